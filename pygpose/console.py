"""What programs show on the terminal while they work: progress bars, and errors in one sentence."""

from __future__ import annotations

import sys
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


def track(items: Sequence[Item], what: str) -> Iterable[Item]:
    """The items one by one, with a progress bar that goes away after the last; without one where there is no
    terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(items, description=what)


@contextmanager
def progress(what: str, total: int | None, done: int = 0) -> Iterator[Callable[[], None]]:
    """A progress bar with items per second and the time that is left; it goes away in the end, and is not there where
    there is no terminal. Gives a function to be called after each item.

    Args:
        what: What is done.
        total: Number of items, where it is known.
        done: Number of items that were done before.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Speed(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
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
