"""What training shows while it works: a progress bar, or lines in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pygpose.console import ProgressLines, console

OnStep = Callable[[dict[str, float]], None]
"""Takes the losses of a step."""


@contextmanager
def training_progress(steps: int, done: int, frames_per_step: int) -> Iterator[OnStep]:
    """A bar over the steps of training, with the running means of the losses, the speed in frames/s and the time that
    is left; where there is no terminal, a line every half minute.

    Args:
        steps: All steps of training.
        done: Steps before a resumed run stopped.
        frames_per_step: Frames in a batch.
    """
    losses = RunningMeans()
    if not console.is_terminal:
        lines = ProgressLines("training, steps", steps, done)

        def write(step: dict[str, float]) -> None:
            losses.add(step)
            lines.advance(f"{frames_per_step / max(lines.pace, 1e-9):,.0f} frames/s  {losses}")

        yield write
        return
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rate]}{task.fields[losses]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=steps, completed=done, losses="", rate="")

        def draw(step: dict[str, float]) -> None:
            losses.add(step)
            speed = progress.tasks[0].speed
            rate = f"{speed * frames_per_step:,.0f} frames/s  " if speed else ""
            progress.update(task, advance=1, losses=str(losses), rate=rate)

        yield draw


class RunningMeans:
    """Means of the losses over some twenty steps."""

    def __init__(self) -> None:
        self.means: dict[str, float] = {}

    def add(self, losses: Mapping[str, float]) -> None:
        for name, value in losses.items():
            self.means[name] = 0.95 * self.means.get(name, value) + 0.05 * value

    def __str__(self) -> str:
        return "  ".join(f"{name} {value:.4f}" for name, value in self.means.items())
