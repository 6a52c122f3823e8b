"""Which registered format a file is of: one rule for keypoint files and motion capture files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from graphs.registry import Registry
from pygpose.safe.text import shown


class Format(Protocol):
    """What every registered format has."""

    @property
    def description(self) -> str:
        """The format in a line, for messages and help."""
        ...

    @property
    def recognises(self) -> Callable[[Path], bool]:
        """Whether a path looks like this format. Looks at names and the first bytes, and never raises."""
        ...


Entry = TypeVar("Entry", bound=Format)


def recognising(path: Path, formats: Registry[Entry]) -> list[str]:
    """Names of the formats that recognise a file or folder."""
    return [name for name in formats if formats[name].recognises(path)]


def one_format(path: Path, formats: Registry[Entry]) -> str:
    """Name of the one format that recognises a file or folder.

    Raises:
        ValueError: Where no format or several recognise it. The message has the names among which ``format`` decides.
    """
    names = recognising(path, formats)
    if len(names) == 1:
        return names[0]
    known = "; ".join(f"{name} ({formats[name].description})" for name in names or formats)
    found = f"looks like several {formats.kind}s" if names else f"looks like no {formats.kind}"
    raise ValueError(f"{shown(path)} {found}; give format as one of: {known}")
