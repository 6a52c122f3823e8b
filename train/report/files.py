"""The files of a report: Markdown and HTML for people, ``metrics.csv`` and ``summary.json`` for programs."""

import json
import math
from pathlib import Path

import pandas as pd

from pygpose.metrics import summary
from pygpose.safe.atomic import write_atomic
from train.report.content import BASELINE, Means, ReportContent
from train.report.lead import cards, in_words
from train.report.markup import Picture, html, markdown
from train.report.spreadsheet import inert
from train.report.story import EXAMPLES, story
from train.report.turned import examples_page


def write_report(content: ReportContent, out_dir: Path) -> None:
    """Write ``report.md``, ``report.html``, ``pictures/``, ``examples.html``, ``metrics.csv`` and ``summary.json``,
    each whole or not at all.

    Raises:
        ValueError: For results that hold no rows of ``clip_row``.
        OSError: Where ``out_dir`` cannot be written.
    """
    means = {system: summary(rows) for system, rows in content.results.items()}
    lead, sections = in_words(content, means), story(content, means)
    rows = pd.concat(dict(content.results), names=["system"]).reset_index(level="system")
    (out_dir / "pictures").mkdir(parents=True, exist_ok=True)
    for picture in (block for blocks in sections.values() for block in blocks if isinstance(block, Picture)):
        _write(out_dir / "pictures" / f"{picture.name}.png", picture.content)
    if content.examples:
        _write(out_dir / EXAMPLES, examples_page(content.examples, content.skeleton, content.title).encode())
    _write(out_dir / "metrics.csv", inert(rows).to_csv(index=False).encode())
    _write(out_dir / "report.md", markdown(content.title, lead, sections).encode())
    _write(out_dir / "report.html", html(content.title, lead, cards(content, means), sections).encode())
    # The last file: where it is, the report is whole.
    _write(out_dir / "summary.json", json.dumps(_summary(content, means), indent=2, allow_nan=False).encode())


def _write(path: Path, content: bytes) -> None:
    write_atomic(path, lambda part: part.write_bytes(content))


def _summary(content: ReportContent, means: Means) -> dict[str, object]:
    """Both means of every system, and the model's mean over frames once more on top. A value that nobody could measure
    is None."""
    systems = {
        system: {
            mean: {name: value if math.isfinite(value) else None for name, value in values.items()}
            for mean, values in both.items()
        }
        for system, both in means.items()
    }
    model, baseline = systems[content.model], systems[BASELINE] if content.baseline else {}
    return {
        "title": content.title,
        "data": content.data,
        "input": content.facts.get("input", ""),
        "split": content.split,
        "clips": content.rows.index.nunique(),
        "frames": int(content.rows["frames"].to_numpy().sum()),
        "training": dict(content.training),
        "average": "mean over frames",
        **model["mean_over_frames"],
        "mean_over_actions": model["mean_over_actions"],
        "mean_pose": baseline.get("mean_over_frames"),
        "mean_pose_mean_over_actions": baseline.get("mean_over_actions"),
        "systems": systems,
    }
