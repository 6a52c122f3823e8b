"""The registry of files that motion is written as."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphs.registry import Registry


@dataclass(frozen=True)
class MotionWriter:
    """A kind of file.

    Args:
        write: ``write(motion, path)`` fills a file with a :class:`~pygpose.io.writers.PersonMotion`.
        description: The kind of file in a line, with its axes and units, for messages.
        check: Raises ``ValueError`` where a package that it needs is not installed.
        write_people: The same with the motion of several people, for kinds of files that hold them.
    """

    write: Callable[[Any, Path], object]
    description: str
    check: Callable[[], object] = lambda: None
    write_people: Callable[[Any, Path], object] | None = None


MOTION_WRITERS: Registry[MotionWriter] = Registry("kind of motion file")
"""By suffix without its dot."""
