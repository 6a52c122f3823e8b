"""Data of any known form, checked."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from pygpose.data.check.data_sets import data_set_form
from pygpose.data.check.forms import FORMS, Findings, Form, Problem, Progress, Stated
from pygpose.data.datasets import DATASETS
from pygpose.io.keypoints import unread_form
from pygpose.io.motion import unread_form as unread_motion
from pygpose.safe.arrays import read_npz
from pygpose.safe.text import shown

NOTHING = Stated()


def known_forms() -> dict[str, Form]:
    """All forms by name: those of :data:`FORMS`, and one for each other data set that says how it is recognised."""
    own = {name: FORMS[name] for name in FORMS}
    others = [name for name in DATASETS if name not in own and DATASETS[name].recognition is not None]
    return dict(sorted((own | {name: data_set_form(name) for name in others}).items()))


def check_data(
    path: str | Path, stated: Stated = NOTHING, *, form: str | None = None, progress: Progress = iter
) -> list[Findings]:
    """Read a file or folder and say what it is and what is wrong with it.

    Args:
        path: A file, or a folder, which may hold several forms.
        stated: What is not in the files.
        form: A name of :func:`known_forms`. Recognised where not given.
        progress: Gives what is to be read one by one and shows how far it is.

    Raises:
        FileNotFoundError: Where there is no such path, or no such joint map.
        ValueError: For an unknown form, and for statements that mean nothing for the forms that are there.
    """
    path = Path(path)
    if not (path.is_file() or path.is_dir()):  # a pipe would be waited for
        raise FileNotFoundError(f"no file or folder {shown(path)}; give data that exist")
    known = known_forms()
    if form is not None and form not in known:
        raise ValueError(f"unknown form of data '{form}'; known: {', '.join(known)}")
    names = [name for name in known if known[name].recognises(path)] if form is None else [form]
    forms = [known[name] for name in names]
    taken = {fact for one in forms for fact in one.takes}
    given = {fact.name for fact in fields(stated) if getattr(stated, fact.name) is not None}
    if forms and not given <= taken:
        raise ValueError(
            f"Stated.{min(given - taken)} says nothing about {shown(path)}, which looks like {', '.join(names)}; leave "
            "it out"
        )
    return [findings for one in forms for findings in _checked(one, path, stated, progress)] or [_unknown(path)]


def _checked(form: Form, path: Path, stated: Stated, progress: Progress) -> list[Findings]:
    """The findings. A mistake of the reader itself is a problem too: whoever checks a folder wants to know the rest."""
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
    what = "looks like no form of data that is known"
    remedy = "give a file or folder of one of the forms above; docs/data.md shows each"
    named = unread_form(path) or unread_motion(path)
    if named is not None:
        what, _, remedy = named.partition("; ")
    problem = Problem(shown(path), what, remedy)
    known = [form.description for form in known_forms().values()]
    return Findings("none that is known", {"holds": _appearance(path), "none of": known}, (problem,))


def _appearance(path: Path) -> str:
    """What a file or folder of no known form is, as far as its names and first bytes say."""
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
