"""What the program shows while it works: progress bars, the headline table, and errors in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")
console = Console(stderr=True)


def track(items: Sequence[Item], what: str) -> Iterable[Item]:
    """The items, with a progress bar that goes away when they are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(items, description=what)


@contextmanager
def fail_with_sentence() -> Iterator[None]:
    """Errors that a user can mend end the program with one sentence and exit code 2, not with a traceback."""
    try:
        yield
    except (ValueError, OSError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
        sys.exit(2)
