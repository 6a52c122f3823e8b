"""The headline table in the terminal."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pygpose.metrics import metrics_of, summary


def show_results(title: str, results: dict[str, pd.DataFrame], out_dir: Path) -> None:
    """Print the mean over frames of every metric and system, and where the report is."""
    table = Table(title=escape(title))
    table.add_column("mean over frames")
    averages = {name: summary(rows)["mean_over_frames"] for name, rows in results.items()}
    for name in averages:
        table.add_column(escape(name), justify="right")
    for metric in dict.fromkeys(metric for rows in results.values() for metric in metrics_of(rows)):
        values = (averages[name].get(metric.name) for name in averages)
        cells = ("" if value is None or math.isnan(value) else f"{value:.2f}" for value in values)
        table.add_row(f"{metric.label} ({metric.unit})", *cells)
    Console().print(table)
    Console().print(f"report: {out_dir / 'report.html'}", soft_wrap=True, markup=False, highlight=False)
