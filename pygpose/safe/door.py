"""The door of every reader of strangers' files: one kind of error comes out of it, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pygpose.safe.text import reason, shown

LONGEST = 1000
"""Letters of a sentence that somebody reads to its end."""


class UnexpectedContentError(ValueError):
    """A reader met content that nobody had thought of. What it was is the error's cause."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong within is a ``ValueError`` or ``OSError`` of one sentence.

    Readers say themselves what is wrong with a file; this is for content that nobody had thought of, so that nobody
    who calls a reader has to expect other errors. Sentences that became too long, as by the names in a file, are cut.
    """
    try:
        yield
    except OSError:
        raise
    except ValueError as error:
        text = str(error)
        if len(text) <= LONGEST:
            raise
        raise ValueError(f"{text[: LONGEST - 4]} ...") from error
    except MemoryError as error:
        raise ValueError(f"{shown(path)} needs more memory than there is; read it on a larger machine") from error
    except Exception as error:
        raise UnexpectedContentError(
            f"{shown(path)} has content that its reader did not expect ({type(error).__name__}: {reason(error)}); copy "
            "or export it again, and if other programs read it, report the file as a mistake of pygpose"
        ) from error
