"""The words and numbers of a table's cells, whichever form it is written in."""

from __future__ import annotations

import math

import pandas as pd

from pygpose.metrics import MESH_METRICS, METRICS
from train.paper_tables.results import Results
from train.report.markup import NO_VALUE

LABELS = {metric.name: f"{metric.label} ({metric.unit})" for metric in (*METRICS, *MESH_METRICS)} | {
    "weights": "weights",
    "macs_per_frame": "multiply-adds per frame",
    "frames_per_s": "frames/s",
}


def heading(results: Results, stem: str) -> str:
    """The metric, where the columns do not say it."""
    if results.table.by_action:
        return LABELS[stem.removeprefix(f"{results.name}-")]
    return LABELS[results.table.metrics[0]] if results.table.columns else ""


def cells_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Text of every cell; published figures have the digits that were published."""
    exact = (frame["by"] == "published").tolist()
    cells = pd.DataFrame({name: list(map(printed, frame[name], exact)) for name in frame.columns})
    return cells.rename(columns=LABELS)


def printed(value: object, exact: bool = False) -> str:
    """A cell as text; an ``exact`` number keeps all its digits."""
    if isinstance(value, float):
        if math.isnan(value):
            return NO_VALUE
        return str(value) if exact else f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
    return NO_VALUE if value is None or value == "" else str(value)
