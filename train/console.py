"""What the program shows while it works: progress bars, the headline table, and errors in one sentence."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from pygpose.metrics import metrics_of, summary

Item = TypeVar("Item")
console = Console(stderr=True)


def track(items: Sequence[Item], what: str) -> Iterable[Item]:
    """The items, with a progress bar that goes away when they are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, description=what)


@contextmanager
def training_progress(steps: int, done: int, frames_per_step: int) -> Iterator[TrainingBar]:
    """A bar over the steps of training, with the losses, frames/s and the time left."""
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rate]}{task.fields[losses]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=steps, completed=done, losses="", rate="")
        yield TrainingBar(progress, task, frames_per_step)


class TrainingBar:
    """Takes each step's losses; shows their running means."""

    def __init__(self, progress: Progress, task, frames_per_step: int) -> None:
        self.progress = progress
        self.task = task
        self.frames_per_step = frames_per_step
        self.means: dict[str, float] = {}

    def step(self, losses: dict[str, float]) -> None:
        for name, value in losses.items():
            self.means[name] = 0.95 * self.means.get(name, value) + 0.05 * value
        shown = "  ".join(f"{name} {value:.4f}" for name, value in self.means.items())
        speed = self.progress.tasks[0].speed
        rate = f"{speed * self.frames_per_step:,.0f} frames/s  " if speed else ""
        self.progress.update(self.task, advance=1, losses=shown, rate=rate)


def show_results(title: str, results: dict[str, pd.DataFrame], out_dir: Path) -> None:
    """The headline table, and where the report is."""
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


@contextmanager
def fail_with_sentence() -> Iterator[None]:
    """Errors that a user can mend end the program with one sentence and exit code 2, not with a traceback."""
    try:
        yield
    except (ValueError, OSError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
        sys.exit(2)
