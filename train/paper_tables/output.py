"""A finished table as CSV, Markdown, LaTeX and a picture, ours beside the published figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygpose.metrics import MESH_METRICS, METRICS
from pygpose.metrics.table import H36M_ACTIONS
from pygpose.safe.atomic import write_atomic
from train.paper_tables.papers import Key, PaperTable
from train.report.markup import NO_VALUE, markdown_table
from train.report.published import published, published_table
from train.report.style import LINES, MARKERS, TRUTH, png

LABELS = {metric.name: f"{metric.label} ({metric.unit})" for metric in (*METRICS, *MESH_METRICS)} | {
    "weights": "weights",
    "macs_per_frame": "multiply-adds per frame",
    "frames_per_s": "frames/s",
}
COST = ("weights", "macs_per_frame", "frames_per_s")
FRONT = ("by", "method", "data", "input")
BACK = ("budget", "source", "note")
OURS, BESIDE = "this run", "beside"


@dataclass(frozen=True)
class Row:
    """A system's results."""

    system: str
    by_action: pd.DataFrame | None
    """Metrics by action, with both means; None where there are none, as the note says."""
    data: str = ""
    input: str = ""
    """Whose 2D keypoints."""
    note: str = ""


@dataclass(frozen=True)
class Results:
    """What a table is made of, as far as it is there."""

    name: str
    table: PaperTable
    rows: Mapping[Key, Row]
    """Of the table's runs."""
    beside: Sequence[Row]
    """Of other systems."""
    budget: float
    recipe: str
    """Flags that all runs were given beside their own."""
    command: str
    runs: Mapping[Key, str]
    """Folders of the runs."""
    files: list[Path] = field(default_factory=list)

    @property
    def title(self) -> str:
        data = " and ".join(sorted({row.data for row in self.rows.values() if row.data})) or "no"
        share = f", at {self.budget:g} of the recipe's epochs and windows" if self.budget < 1 else ""
        recipe = f", with {self.recipe}" if self.recipe else ""
        return f"{self.name}: {self.table.title}, on {data} data{share}{recipe}"


def write_table(results: Results, out_dir: Path) -> None:
    """``NAME.csv`` (by action: ``NAME-METRIC.csv``), ``NAME.md``, ``NAME.tex`` and ``NAME.png``, each in one step."""
    out_dir.mkdir(parents=True, exist_ok=True)
    frames = _frames(results)
    for stem, frame in frames.items():
        _write(results, out_dir / f"{stem}.csv", frame.to_csv(index=False).encode())
    _write(results, out_dir / f"{results.name}.md", _markdown(results, frames).encode())
    _write(results, out_dir / f"{results.name}.tex", _latex(results, frames).encode())
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
    lines: dict[tuple[str, ...], dict[str, object]] = {}
    for key, row in results.rows.items():
        name, column = key if isinstance(key, tuple) else (key, "")
        line = lines.setdefault((OURS, name), _facts(results, OURS, name, row) | {"note": ""})
        _add_note(line, f"{column}: {row.note}" if column and row.note else row.note)
        if row.by_action is not None:
            metrics = {column: table.metrics[0]} if column else {name: name for name in wanted}
            line.update({head: _mean(row.by_action, metric) for head, metric in metrics.items()})
            line.update(data=row.data, input=row.input)
    for row in results.beside:
        assert row.by_action is not None
        means = {name: _mean(row.by_action, name) for name in table.metrics}
        lines[BESIDE, row.system] = {**_facts(results, BESIDE, row.system, row), **means}
    for cell in published_table(results.name).to_dict("records"):
        facts = {"by": "published", "method": cell["row"]} | {k: cell[k] for k in ("data", "input", "source")}
        line = lines.setdefault(("published", cell["row"], cell["data"], cell["source"]), {**facts, "note": ""})
        line[cell["column"]] = cell["value"]
        _add_note(line, cell["note"])
    return {results.name: pd.DataFrame(list(lines.values()), columns=[*FRONT, *wanted, *BACK])}


def _facts(results: Results, by: str, name: str, row: Row) -> dict[str, object]:
    facts: dict[str, object] = {"by": by, "method": name, "data": row.data, "input": row.input, "note": row.note}
    return facts | ({"budget": results.budget} if by == OURS else {})


def _add_note(line: dict[str, object], note: str) -> None:
    known = str(line["note"])
    if note and note not in known:
        line["note"] = f"{known}; {note}" if known else note


def _mean(by_action: pd.DataFrame, name: str) -> float:
    """NaN where nothing was measured, as errors of meshes where there are none."""
    return float(by_action.loc["mean over actions", name]) if name in by_action.columns else math.nan


def _by_action(results: Results, metric: str) -> pd.DataFrame:
    """Columns are the papers' actions, then those of the data that the papers do not have, then the average."""
    papers = list(H36M_ACTIONS.values())
    ours = [(OURS, str(key), row) for key, row in results.rows.items()]
    ours += [(BESIDE, row.system, row) for row in results.beside]
    names = {name for _, _, row in ours if row.by_action is not None for name in row.by_action.index}
    own = sorted(names - set(papers) - {"mean over actions", "mean over frames"})
    lines = []
    for by, name, row in ours:
        line = _facts(results, by, name, row)
        if row.by_action is not None:
            values = row.by_action[metric]
            line |= {name: values[name] for name in [*papers, *own] if name in values.index}
            line["average"] = values["mean over actions"]
            absent = [name for name in papers if name not in values.index]
            if absent:
                what = "none of the papers' actions" if len(absent) == len(papers) else f"no {', '.join(absent)}"
                _add_note(line, f"the data have {what}; the average is over theirs")
        lines.append(line)
    others = published("h36m", metric)
    printed = [results.name in tables.split(", ") for tables in others["tables"]]
    for row in others.loc[printed].to_dict("records"):
        facts = {name: row[name] for name in ("method", "input", "source", "note", "average", *papers)}
        lines.append({"by": "published", "data": "h36m", **facts})
    return pd.DataFrame(lines, columns=[*FRONT, *papers, *own, "average", *BACK])


def _markdown(results: Results, frames: Mapping[str, pd.DataFrame]) -> str:
    about = results.table.source or "a table of our own"
    lines = [
        f"# {results.title}",
        f"After {about}. Made by `{results.command}`. Averages of this run are over actions. Published figures are of "
        "the data and 2D input that stand beside them; rows of different data or input are not comparable.",
    ]
    for stem, frame in frames.items():
        heading = _heading(results, stem)
        lines += ([f"## {heading}"] if heading else []) + [markdown_table(_cells(frame).set_index("by"))]
    lines.append("Runs: " + "; ".join(f"{_name(key)}: {folder}" for key, folder in results.runs.items()))
    return "\n\n".join(lines) + "\n"


def _name(key: Key) -> str:
    return key if isinstance(key, str) else ", ".join(key)


def _heading(results: Results, stem: str) -> str:
    """The metric, where the columns do not say it."""
    if results.table.by_action:
        return LABELS[stem.removeprefix(f"{results.name}-")]
    return LABELS[results.table.metrics[0]] if results.table.columns else ""


def _latex(results: Results, frames: Mapping[str, pd.DataFrame]) -> str:
    parts = []
    for stem, frame in frames.items():
        caption = ". ".join(part for part in (results.title, _heading(results, stem)) if part)
        for sign in "_%&#$":
            caption = caption.replace(sign, f"\\{sign}")
        parts.append(_cells(frame).to_latex(index=False, escape=True, caption=caption.replace("^", "\\^{}")))
    return "\n".join(parts)


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    """Text of every cell; published figures have the digits that were published."""
    exact = (frame["by"] == "published").tolist()
    cells = pd.DataFrame({name: list(map(_printed, frame[name], exact)) for name in frame.columns})
    return cells.rename(columns=LABELS)


def _printed(value: object, exact: bool = False) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return NO_VALUE
        return str(value) if exact else f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
    return NO_VALUE if value is None or value == "" else str(value)


def _picture(results: Results, frames: Mapping[str, pd.DataFrame]) -> Figure:
    """Lines over the columns where these are settings or actions of one metric; bars for each metric where not."""
    table = results.table
    if table.by_action or table.columns:
        figure = Figure(figsize=(13, 4.5 * len(frames)), layout="constrained")
        for axes, (stem, frame) in zip(figure.subplots(len(frames), squeeze=False)[:, 0], frames.items(), strict=True):
            _lines(axes, _heading(results, stem), frame)
    else:
        (frame,) = frames.values()
        names = _numbers(frame)
        figure = Figure(figsize=(4 + 1.7 * len(names), 1.5 + 0.3 * len(frame)), layout="constrained")
        for axes, name in zip(figure.subplots(1, len(names), sharey=True, squeeze=False)[0], names, strict=True):
            axes.barh(_legend(frame), frame[name].astype(float).fillna(0), color=_colours(frame))
            axes.set_title(LABELS[name].replace(" (", "\n("), fontsize=8)
            axes.tick_params(labelsize=7)
        axes.invert_yaxis()  # of all: they share it
    figure.suptitle(fill(results.title, int(13 * figure.get_figwidth())), fontsize=9)  # all flags of a long recipe
    return figure


def _numbers(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns if name not in (*FRONT, *BACK)]


def _lines(axes: Axes, title: str, frame: pd.DataFrame) -> None:
    names = _numbers(frame)
    joined = [name for name in names if name != "average"]
    for position, (label, row) in enumerate(zip(_legend(frame), frame.to_dict("records"), strict=True)):
        ours = row["by"] != "published"
        colour, marker = LINES[position % len(LINES)], MARKERS[position // len(LINES) % len(MARKERS)]
        style, width = ("-", 2.0) if ours else (":", 1.0)
        axes.plot(joined, [float(row[name]) for name in joined], style, color=colour, marker=marker, linewidth=width)
        if "average" in names:
            axes.plot(["average"], [float(row["average"])], marker, color=colour)
        axes.plot([], [], style, color=colour, marker=marker, label=label)
    axes.set_title(title, fontsize=9)
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=6, loc="center left", bbox_to_anchor=(1, 0.5))


def _legend(frame: pd.DataFrame) -> list[str]:
    return [
        f"{row['method']} ({row['by']}: {_printed(row['data'])}, {_printed(row['input'])})"
        for row in frame.to_dict("records")
    ]


def _colours(frame: pd.DataFrame) -> list[str]:
    return [TRUTH if by == "published" else LINES[0] for by in frame["by"]]
