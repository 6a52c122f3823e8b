"""What programs show on the terminal while they work: progress bars, and errors in one sentence."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from pygpose.safe.text import spelled

Item = TypeVar("Item")
console = Console(stderr=True)


HALF_A_MINUTE = 30.0


class ProgressLines:
    """Progress where there is no terminal, as in a log: a line every half minute, and none of what is done sooner.

    Args:
        what: What is done.
        total: Number of items, where it is known.
        done: Number of items that were done before.
    """

    def __init__(self, what: str, total: int | None, done: int = 0) -> None:
        self.what, self.total, self.begun, self.done = what, total, done, done
        self.start = self.said = time.monotonic()

    @property
    def pace(self) -> float:
        """Seconds that an item has taken, the one under way included."""
        return (time.monotonic() - self.start) / (self.done + 1 - self.begun)

    def advance(self, more: str = "") -> None:
        """Count an item; ``more`` follows in the line, where there is one."""
        pace, now = self.pace, time.monotonic()
        self.done += 1
        if now - self.said < HALF_A_MINUTE:
            return
        self.said = now
        line = f"{self.what}: {self.done:,}"
        if self.total:
            left = pace * (self.total - self.done) / 60
            line += f" of {self.total:,} ({self.done / self.total:.0%}), about {left:.1f} minutes left"
        say(f"{line}  {more}".rstrip())


def track(items: Sequence[Item], what: str) -> Iterable[Item]:
    """The items one by one, with a progress bar that goes away after the last; where there is no terminal, with a line
    every half minute."""
    if not console.is_terminal:
        lines = ProgressLines(what, len(items))
        for item in items:
            yield item
            lines.advance()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, description=what)


@contextmanager
def progress(what: str, total: int | None, done: int = 0) -> Iterator[Callable[[], None]]:
    """A progress bar with items per second and the time that is left; it goes away in the end. Where there is no
    terminal, a line every half minute stands for it. Gives a function to be called after each item.

    Args:
        what: What is done.
        total: Number of items, where it is known.
        done: Number of items that were done before.
    """
    if not console.is_terminal:
        yield ProgressLines(what, total, done).advance
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total, completed=done)
        yield lambda: bar.advance(task)


class _Speed(ProgressColumn):
    """Items per second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f}/s")


def say(line: str) -> None:
    """A line for people. Text from files may hold what would command a terminal; it is spelled out."""
    console.print(spelled(line), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def fail_with_sentence(translate: Callable[[str], str] = str) -> Iterator[None]:
    """Errors that a user can mend end the program with one sentence and exit code 2, not with a traceback; Ctrl-C ends
    it with exit code 130.

    Args:
        translate: Puts the sentence into the program's own words, as flags for the names of fields.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        show_error(translate(str(error)))
        sys.exit(2)
    except KeyboardInterrupt:
        show_error("stopped before its end")
        sys.exit(130)


def show_error(sentence: str) -> None:
    """An error, as all programs print it."""
    console.print(f"[bold red]error:[/] {escape(spelled(sentence))}", soft_wrap=True, highlight=False)
