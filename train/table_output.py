"""A finished table as CSV, Markdown, LaTeX and a picture, ours beside the published figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygpose.metrics import METRICS
from pygpose.metrics.table import H36M_ACTIONS
from train.checkpoint import write_atomic
from train.markup import NO_VALUE, markdown_table
from train.papers import Key, PaperTable
from train.pictures import LINES, MARKERS, png
from train.published import published, published_table

LABELS = {metric.name: f"{metric.label} ({metric.unit})" for metric in METRICS} | {
    "weights": "weights",
    "macs_per_frame": "multiply-adds per frame",
    "frames_per_s": "frames/s",
}
COST = ("weights", "macs_per_frame", "frames_per_s")
OURS = "this run"


@dataclass(frozen=True)
class Results:
    """A table's runs, as far as they are complete."""

    name: str
    table: PaperTable
    found: Mapping[Key, pd.DataFrame]
    """Metrics by action, with both means, of every complete run."""
    missing: Mapping[Key, str]
    """Why the others have no figures."""
    data: str
    input: str
    """Whose 2D keypoints the runs had."""
    budget: float
    command: str
    runs: Mapping[Key, str]
    """Folders of the runs."""
    files: list[Path] = field(default_factory=list)

    @property
    def title(self) -> str:
        share = "" if self.budget == 1 else f", at {self.budget:g} of the recipe's epochs, windows and batch"
        return f"{self.name}: {self.table.title}, on {self.data or 'no'} data{share}"


def write_table(results: Results, out_dir: Path) -> None:
    """``NAME.csv`` (by action: ``NAME-METRIC.csv``), ``NAME.md``, ``NAME.tex`` and ``NAME.png``, each in one step."""
    out_dir.mkdir(parents=True, exist_ok=True)
    frames = _frames(results)
    for stem, frame in frames.items():
        _write(results, out_dir / f"{stem}.csv", frame.to_csv(index=False).encode())
    _write(results, out_dir / f"{results.name}.md", _markdown(results, frames).encode())
    tex = "\n".join(
        frame.to_latex(index=False, float_format="%.1f", na_rep="--", escape=True, caption=f"{results.title}. {stem}")
        for stem, frame in frames.items()
    )
    _write(results, out_dir / f"{results.name}.tex", tex.encode())
    _write(results, out_dir / f"{results.name}.png", png(_picture(results, frames)))


def _write(results: Results, path: Path, content: bytes) -> None:
    write_atomic(path, lambda part: part.write_bytes(content))
    results.files.append(path)


def _frames(results: Results) -> dict[str, pd.DataFrame]:
    """The parts of the table by the names of their files; ours first, then what others published."""
    table = results.table
    if table.by_action:
        return {f"{results.name}-{metric}": _by_action(results, metric) for metric in table.metrics}
    wanted = table.columns or (*table.metrics, *(COST if table.cost else ()))
    rows: dict[tuple[str, ...], dict[str, object]] = {}
    for key in table.runs:
        row, column = key if isinstance(key, tuple) else (key, "")
        line = rows.setdefault((OURS, row), {**_own_facts(results, row), "note": ""})
        if key in results.missing:
            line["note"] = f"{line['note']} {column} {results.missing[key]}".strip()
        elif column:
            line[column] = _mean(results.found[key], table.metrics[0])
        else:
            line.update({name: _mean(results.found[key], name) for name in wanted})
    for cell in published_table(results.name).to_dict("records"):
        facts = {"by": "published", "method": cell["row"]} | {k: cell[k] for k in ("data", "input", "source", "note")}
        rows.setdefault(("published", cell["row"], cell["source"]), facts)[cell["column"]] = cell["value"]
    front = ["by", "method", "data", "input"]
    return {results.name: pd.DataFrame(list(rows.values()), columns=[*front, *wanted, "source", "note"])}


def _own_facts(results: Results, row: str) -> dict[str, object]:
    return {"by": OURS, "method": row, "data": results.data, "input": results.input}


def _mean(by_action: pd.DataFrame, name: str) -> float:
    return float(by_action.loc["mean over actions", name])


def _by_action(results: Results, metric: str) -> pd.DataFrame:
    """Columns are the papers' actions, then those of the data that the papers do not have, then the average."""
    papers = list(H36M_ACTIONS.values())
    names = {name for frame in results.found.values() for name in frame.index}
    own = sorted(names - set(papers) - {"mean over actions", "mean over frames"})
    lines = []
    for key in results.table.runs:
        line = {**_own_facts(results, str(key)), "note": results.missing.get(key, "")}
        if key in results.found:
            values = results.found[key][metric]
            line |= {name: values[name] for name in [*papers, *own] if name in values.index}
            line["average"] = values["mean over actions"]
            absent = [name for name in papers if name not in values.index]
            if absent:
                what = "none of the papers' actions" if len(absent) == len(papers) else f"no {', '.join(absent)}"
                line["note"] = f"the data have {what}; the average is over theirs"
        lines.append(line)
    others = published("h36m", metric)
    printed = [results.name in tables.split(", ") for tables in others["tables"]]
    for row in others.loc[printed].to_dict("records"):
        facts = {name: row[name] for name in ("method", "input", "source", "note", "average", *papers)}
        lines.append({"by": "published", "data": "h36m", **facts})
    front = ["by", "method", "data", "input"]
    return pd.DataFrame(lines, columns=[*front, *papers, *own, "average", "source", "note"])


def _markdown(results: Results, frames: Mapping[str, pd.DataFrame]) -> str:
    about = results.table.source or "a table of our own"
    lines = [
        f"# {results.title}",
        f"After {about}. Made by `{results.command}`. Averages of this run are over actions. Published figures are of "
        "the data and 2D input that stand beside them; rows of different data or input are not comparable.",
    ]
    for stem, frame in frames.items():
        metric = stem.removeprefix(f"{results.name}-")
        heading = LABELS.get(metric, LABELS[results.table.metrics[0]] if results.table.columns else "")
        cells = frame.rename(columns=LABELS).map(_printed)
        lines += ([f"## {heading}"] if heading else []) + [markdown_table(cells.set_index("by"))]
    lines.append("Runs: " + "; ".join(f"{_name(key)}: {folder}" for key, folder in results.runs.items()))
    return "\n\n".join(lines) + "\n"


def _name(key: Key) -> str:
    return key if isinstance(key, str) else ", ".join(key)


def _printed(value: object) -> str:
    if isinstance(value, float):
        return NO_VALUE if math.isnan(value) else f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
    return NO_VALUE if value is None or value == "" else str(value)


FACTS = ("by", "method", "data", "input", "source", "note")


def _picture(results: Results, frames: Mapping[str, pd.DataFrame]) -> Figure:
    """Lines over the columns where these are settings or actions of one metric; bars for each metric where not."""
    table = results.table
    if table.by_action or table.columns:
        figure = Figure(figsize=(11, 4 * len(frames)), layout="constrained")
        for axes, (stem, frame) in zip(figure.subplots(len(frames), squeeze=False)[:, 0], frames.items(), strict=True):
            _lines(axes, stem, frame)
        return figure
    (frame,) = frames.values()
    names = [name for name in frame.columns if name not in FACTS]
    figure = Figure(figsize=(2.5 + 2 * len(names), 1 + 0.3 * len(frame)), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), sharey=True, squeeze=False)[0], names, strict=True):
        axes.barh(_legend(frame), frame[name].astype(float), color=_colours(frame))
        axes.set_title(LABELS[name].replace(" (", "\n("), fontsize=8)
        axes.tick_params(labelsize=7)
    axes.invert_yaxis()  # of all: they share it
    return figure


def _lines(axes: Axes, title: str, frame: pd.DataFrame) -> None:
    names = [name for name in frame.columns if name not in FACTS]
    shown = frame.dropna(subset=names, how="all")
    for position, (label, row) in enumerate(zip(_legend(shown), shown.to_dict("records"), strict=True)):
        ours = row["by"] == OURS
        colour, marker = LINES[position % len(LINES)], MARKERS[position % len(MARKERS)]
        style, width = ("-", 2.0) if ours else (":", 1.0)
        values = [float(row[name]) for name in names]
        axes.plot(names, values, label=label, color=colour, marker=marker, linestyle=style, linewidth=width)
    axes.set_title(title, fontsize=9)
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(alpha=0.3)
    if len(shown):
        axes.legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))


def _legend(frame: pd.DataFrame) -> list[str]:
    return [
        row["method"] if row["by"] == OURS else f"{row['method']} (published, {row['data']}, {_printed(row['input'])})"
        for row in frame.to_dict("records")
    ]


def _colours(frame: pd.DataFrame) -> list[str]:
    return [LINES[0] if by == OURS else "#C9C9C9" for by in frame["by"]]
