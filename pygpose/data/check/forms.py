"""The forms that data come in, and what checking data of a form gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphs.registry import Registry
from pygpose.data.check.drawing import Still
from pygpose.safe.text import shown

Progress = Callable[[Sequence[Any]], Iterable[Any]]
"""Gives what is to be read (files, subjects) one by one and shows how far it is."""


@dataclass(frozen=True)
class Stated:
    """What the user says about data that do not say it themselves.

    Messages name its fields as ``Stated.size``; a program puts its own words in their place.
    """

    size: tuple[int, int] | None = None
    """Width and height of the image, pixels."""
    fps: float | None = None
    """Frames per second."""
    unit: str | None = None
    """Length of one unit of motion capture files, whatever they say."""
    up: str | None = None
    """The axis of motion capture files that points up."""
    joint_map: str | None = None
    """Name or JSON file of the joint map for motion capture files, or the skeleton whose joints their points are."""
    joints: str | None = None
    """Registered name of the skeleton whose joints a keypoint file holds, in its order."""
    skeleton: str | None = None
    """Registered name of the skeleton whose joints are wanted."""
    format: str | None = None
    """A name of ``KEYPOINT_FORMATS`` or ``MOTION_FORMATS``."""

    @property
    def wanted_skeleton(self) -> str:
        return self.skeleton or "h36m17"


@dataclass(frozen=True)
class Problem:
    """Why data cannot be used."""

    where: str
    """File, clip or field."""
    what: str
    """What is wrong."""
    remedy: str
    """What would mend it."""

    @classmethod
    def of(cls, error: Exception, where: str | Path, remedy: str, stated: Sequence[str] = ()) -> Problem:
        """The problem that a reader's sentence tells: what is wrong, a semicolon, and what would mend it.

        Args:
            error: The reader's error.
            where: File, clip or field.
            remedy: What would mend it, for a sentence that does not say.
            stated: Fields of :class:`Stated` with which the user can state what the reader asks for.
        """
        where = shown(where) if isinstance(where, Path) else where
        sentence = str(error).removeprefix(f"{where}: ").removeprefix(f"{where} ")
        what, _, mend = sentence.partition("; ")
        if mend.startswith(("it ", "its ")):
            what, mend = sentence, ""
        fields = ", ".join(f"Stated.{fact}" for fact in stated)
        return cls(where, what, (mend or remedy) + (f" (see {fields})" if stated else ""))


@dataclass(frozen=True)
class Findings:
    """What was found in one file or folder."""

    format: str
    facts: Mapping[str, str | list[str]]
    problems: tuple[Problem, ...] = ()
    doubts: tuple[str, ...] = ()
    """Sentences about what may be right and is worth a look."""
    stills: tuple[Still, ...] = field(default=(), repr=False)
    """A few frames to look at."""


Check = Callable[[Path, Stated, Progress], list[Findings]]
"""Reads a file or folder and says what was found. What is wrong with the data becomes problems, and no error."""


@dataclass(frozen=True)
class Form:
    """One form of data.

    Args:
        description: What data of this form look like, for messages and help.
        recognises: Whether a file or folder looks like this form. Looks at names and first bytes, and never raises.
        check: Reads it all.
        takes: Fields of :class:`Stated` that can say something about data of this form.
    """

    description: str
    recognises: Callable[[Path], bool]
    check: Check
    takes: tuple[str, ...] = ()


FORMS: Registry[Form] = Registry("form of data")
"""Forms that are no data set's, and those of data sets that have a check of their own."""
