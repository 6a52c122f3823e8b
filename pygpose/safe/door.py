"""The door of every reader of strangers' files: one kind of error comes out of it, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pygpose.safe.text import reason, shown, spelled

LONGEST = 1000
"""Letters of a sentence that somebody reads to its end."""


class UnexpectedContentError(ValueError):
    """A reader met content that nobody had thought of. What it was is the error's cause."""


@contextmanager
def in_one_sentence() -> Iterator[None]:
    """The sentence of a ``ValueError`` is cut where it became too long, as by the names in a file, and what would
    command a terminal is spelled out in it."""
    try:
        yield
    except ValueError as error:
        text = str(error)
        if len(text) <= LONGEST and text.isprintable():
            raise
        text = spelled(text[: LONGEST + 1])
        raise ValueError(text if len(text) <= LONGEST else f"{text[: LONGEST - 4]} ...") from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong within is a ``ValueError`` or ``OSError`` of one sentence.

    Readers say themselves what is wrong with a file; this is for content that nobody had thought of, so that nobody
    who calls a reader has to expect other errors; its sentences are those of :func:`in_one_sentence`.
    """
    try:
        with in_one_sentence():
            yield
    except (OSError, ValueError):
        raise
    except MemoryError as error:
        raise ValueError(f"{shown(path)} needs more memory than there is; read it on a larger machine") from error
    except Exception as error:
        raise UnexpectedContentError(
            f"{shown(path)} has content that its reader did not expect ({type(error).__name__}: {reason(error)}); copy "
            "or export it again, and if other programs read it, report the file as a mistake of pygpose"
        ) from error
