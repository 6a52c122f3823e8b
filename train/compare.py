"""The same run with several objectives, and one table of them. Flags after -- are those of python -m train.run.

python -m train.compare runs/losses pose pose+motion pose+lap motion+lap -- --max-minutes 5
"""

from __future__ import annotations

import dataclasses
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console

from pygpose.metrics import METRICS
from train.checkpoint import write_atomic
from train.config import Config, config_from_plain, parse_command
from train.console import fail_with_sentence
from train.markup import markdown_table
from train.run import run


def compare(losses: Sequence[str], flags: Sequence[str], out_dir: Path) -> pd.DataFrame:
    """One run folder for each objective in ``out_dir``, and ``comparison.csv`` and ``.md`` beside them.

    A run that is complete is not made again, so an interrupted comparison goes on where it stopped.

    Raises:
        ValueError: Where ``out_dir`` holds a run that was made with other flags.
    """
    command = shlex.join(["python", "-m", "train.compare", str(out_dir), *losses, "--", *flags])
    rows: dict[str, dict[str, float]] = {}
    summary: dict = {}
    for loss in losses:
        run_dir = out_dir / loss.replace(":", "_")
        config = parse_command([*flags, "--loss", loss, "--out-dir", str(run_dir)])
        if not (run_dir / "summary.json").is_file():
            run(_begun(config, run_dir), command)
        _begun(config, run_dir)
        summary = json.loads((run_dir / "summary.json").read_text())
        rows[loss] = {metric.name: summary[metric.name] for metric in METRICS}
    rows["mean pose"] = {metric.name: summary["mean_pose"][metric.name] for metric in METRICS}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("loss")
    write_atomic(out_dir / "comparison.csv", lambda part: table.to_csv(part))
    cells = table.rename(columns={metric.name: f"{metric.label} ({metric.unit})" for metric in METRICS})
    text = (
        f"# Objectives compared on {summary['data']} data\n\nMean over {summary['frames']} frames of "
        f"{summary['clips']} clips. Made by `{command}`.\n\n{markdown_table(cells.map('{:.2f}'.format))}\n"
    )
    write_atomic(out_dir / "comparison.md", lambda part: part.write_text(text))
    return table


def _begun(config: Config, run_dir: Path) -> Config:
    """The config to start with, or to resume with where the same run was begun in that folder."""
    if not (run_dir / "config.json").is_file():
        return config
    stored = config_from_plain(json.loads((run_dir / "config.json").read_text())["config"])
    if stored != config:
        raise ValueError(f"{run_dir} holds a run with other flags; give another folder")
    return dataclasses.replace(config, resume=str(run_dir))


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    split = words.index("--") if "--" in words else len(words)
    if split < 2 or words[0] in ("-h", "--help"):
        Console().print(__doc__, highlight=False)
        sys.exit(0 if words[:1] in (["-h"], ["--help"]) else 2)
    with fail_with_sentence():
        table = compare(words[1:split], words[split + 1 :], Path(words[0]))
        Console().print(table.round(2).to_string(), f"\n{Path(words[0]) / 'comparison.md'}", soft_wrap=True)


if __name__ == "__main__":
    main()
