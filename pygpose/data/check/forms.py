"""The registry of the forms that data come in, and what checking one gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from graphs.registry import Registry
from pygpose.data.check.drawing import Still
from pygpose.safe.arrays import read_npz
from pygpose.safe.text import shown

Progress = Callable[[Sequence[Any]], Iterable[Any]]
"""Gives what is to be read (files, subjects) one by one and shows how far it is."""


@dataclass(frozen=True)
class Stated:
    """What the user says about data that do not say it themselves."""

    size: tuple[int, int] | None = None
    """Width and height of the image, pixels."""
    fps: float | None = None
    unit: str | None = None
    up: str | None = None
    joint_map: str | None = None
    skeleton: str | None = None
    """Joints that are wanted."""
    format: str | None = None
    """A name of ``KEYPOINT_FORMATS``."""

    @property
    def wanted_skeleton(self) -> str:
        return self.skeleton or "h36m17"


@dataclass(frozen=True)
class Problem:
    """Why data cannot be used."""

    where: str
    """File, clip or field."""
    what: str
    remedy: str

    @classmethod
    def of(cls, error: Exception, where: str | Path, remedy: str, flags: str = "") -> Problem:
        """A reader's sentence, whose remedy stands after a semicolon; ``remedy`` where it has none.

        ``flags`` are those with which the user can state what the reader asks for.
        """
        where = shown(where) if isinstance(where, Path) else where
        sentence = str(error).removeprefix(f"{where}: ").removeprefix(f"{where} ")
        what, _, mend = sentence.partition("; ")
        if mend.startswith(("it ", "its ")):
            what, mend = sentence, ""
        return cls(where, what, (mend or remedy) + (f" (flags: {flags})" if flags else ""))


@dataclass(frozen=True)
class Findings:
    """What was found in one file or folder."""

    format: str
    facts: Mapping[str, str | list[str]]
    problems: tuple[Problem, ...] = ()
    doubts: tuple[str, ...] = ()
    """What may be right and is worth a look, in sentences."""
    stills: tuple[Still, ...] = field(default=(), repr=False)
    """A few frames to look at."""


@dataclass(frozen=True)
class Form:
    """One form of data.

    Args:
        description: What it looks like, for messages and help.
        recognises: Whether a file or folder looks like it: looks at names and first bytes, and never raises.
        check: Reads it all. What is wrong with the data becomes problems, and no error.
        takes: Fields of :class:`Stated` that can say something about it.
    """

    description: str
    recognises: Callable[[Path], bool]
    check: Callable[[Path, Stated, Progress], list[Findings]]
    takes: tuple[str, ...] = ()


FORMS: Registry[Form] = Registry("form of data")


def check_data(
    path: str | Path, stated: Stated = Stated(), *, form: str | None = None, progress: Progress = iter
) -> list[Findings]:
    """Read a file or folder and say what it is and what is wrong with it.

    Args:
        path: A file, or a folder, which may hold several forms.
        stated: What is not in the files.
        form: A name of ``FORMS``; recognised where not given.
        progress: Gives what is to be read one by one and shows how far it is.

    Raises:
        FileNotFoundError: Where there is no such path, or no such joint map.
        ValueError: For an unknown form, and for statements that mean nothing for the forms that are there.
    """
    path = Path(path)
    if not (path.is_file() or path.is_dir()):  # a pipe would be waited for
        raise FileNotFoundError(f"no file or folder {shown(path)}; give data that exist")
    names = [name for name in FORMS if FORMS[name].recognises(path)] if form is None else [form]
    forms = [FORMS[name] for name in names]
    taken = {fact for one in forms for fact in one.takes}
    given = {fact.name for fact in fields(stated) if getattr(stated, fact.name) is not None}
    if forms and not given <= taken:
        flag = min(given - taken).replace("_", "-")
        raise ValueError(
            f"--{flag} says nothing about {shown(path)}, which looks like {', '.join(names)}; leave it out"
        )
    return [findings for one in forms for findings in _checked(one, path, stated, progress)] or [_unknown(path)]


def _checked(form: Form, path: Path, stated: Stated, progress: Progress) -> list[Findings]:
    """A reader's own mistake is a problem of the data, too: whoever checks a folder wants to know the rest."""
    try:
        return form.check(path, stated, progress)
    except FileNotFoundError:
        raise
    except Exception as error:
        what = f"stops the reader, unexpectedly ({type(error).__name__}: {error})"[:300]
        remedy = (
            "copy or export the data again; if they are sound, this is a mistake of pygpose: report it with the file"
        )
        return [Findings(form.description, {}, (Problem(shown(path), what, remedy),))]


def _unknown(path: Path) -> Findings:
    remedy = "give a file or folder of one of the forms above; docs/data.md shows each"
    problem = Problem(shown(path), "looks like no form of data that is known", remedy)
    known = [FORMS[name].description for name in FORMS]
    return Findings("none that is known", {"holds": _appearance(path), "none of": known}, (problem,))


def _appearance(path: Path) -> str:
    """What a file or folder is, as far as anybody can say."""
    if path.is_dir():
        names = sorted(shown(Path(file.name)) for file in path.iterdir())
        return f"{len(names)} files and folders: {', '.join(names[:10])}{', ...' if names[10:] else ''}"
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as error:
        return f"nothing that can be read ({error.strerror})"
    if not start:
        return "nothing: the file is empty; copy or download it again"
    if start[:2] == b"PK":
        try:
            return f"an npz archive of: {', '.join(read_npz(path, objects=True))[:200]}"
        except ValueError as error:
            return str(error)
    return f"bytes that begin with {start[:24]!r}"
