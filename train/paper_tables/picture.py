"""A table as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from train.paper_tables.cells import LABELS, heading, printed
from train.paper_tables.results import BACK, FRONT, Results
from train.report.style import LINES, MARKERS, TRUTH


def draw_table(results: Results, frames: Mapping[str, pd.DataFrame]) -> Figure:
    """Lines over the columns where the columns are settings or actions of one metric; else bars for each metric."""
    table = results.table
    if table.by_action or table.columns:
        figure = Figure(figsize=(13, 4.5 * len(frames)), layout="constrained")
        for axes, (stem, frame) in zip(figure.subplots(len(frames), squeeze=False)[:, 0], frames.items(), strict=True):
            _lines(axes, heading(results, stem), frame)
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
        f"{row['method']} ({row['by']}: {printed(row['data'])}, {printed(row['input'])})"
        for row in frame.to_dict("records")
    ]


def _colours(frame: pd.DataFrame) -> list[str]:
    return [TRUTH if by == "published" else LINES[0] for by in frame["by"]]
