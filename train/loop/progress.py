"""The progress bar of training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pygpose.console import console


@contextmanager
def training_progress(steps: int, done: int, frames_per_step: int) -> Iterator[TrainingBar]:
    """A bar over the steps of training, with the losses, the speed in frames/s and the time that is left.

    Args:
        steps: All steps of training.
        done: Steps before a resumed run stopped.
        frames_per_step: Frames in a batch.
    """
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
    """A progress bar that takes the losses of each step and shows their running means."""

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
