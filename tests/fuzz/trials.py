"""One input, read within limits of time and memory: what came of it."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import random
import resource
import shutil
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from codecs_of_files import change
from forms import Form, all_forms
from torch import Tensor, nn

from pygpose.safe.door import LONGEST, UnexpectedContentError

SECONDS = 5.0
"""Seconds of the CPU for an input."""
WAITED = 60.0
"""Seconds on the clock, for an input that waits instead of computing."""
MEMORY = 2**30
"""Bytes beyond the input's own size."""
READ, REFUSED = "read", "refused"
"""The two outcomes that are right; every other one names a fault."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of an input: :data:`READ`, :data:`REFUSED` or a fault, and the sentence or error."""

    kind: str
    words: str = ""

    @property
    def right(self) -> bool:
        return self.kind in (READ, REFUSED)


def trial(form: Form, seed: int, number: int, folder: Path, *, seconds: float = SECONDS) -> Outcome:
    """The input ``number`` of a form: a valid file, changed, and read. It stays in ``folder``."""
    draw = random.Random(f"{form.name} {seed} {number}")
    shutil.rmtree(folder, ignore_errors=True)
    path = folder / form.example.relative_to(form.example.parent)
    folder.mkdir(parents=True)
    (shutil.copytree if form.example.is_dir() else shutil.copy)(form.example, path)
    flipped = form.sealed and draw.random() < 0.5
    for _ in range(1 if flipped else draw.choice([1, 1, 1, 2])):
        with contextlib.suppress(Exception):  # what was changed before may have no structure to change any more
            change(path, draw, bytes_alone=flipped)
    outcome, result = attempt(form, path, seconds)
    if flipped and outcome.kind == READ and numbers_of(result) != form.numbers:
        return Outcome("OTHER NUMBERS", "bytes were changed, and other numbers read without a word")
    return outcome


def attempt(form: Form, path: Path, seconds: float = SECONDS) -> tuple[Outcome, Any]:
    """Read a file within the limits. Gives what was read, too, where it was."""
    result = None
    try:
        with _limits(path, seconds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = form.read(path)
    except _TooSlowError:
        return Outcome("TOO SLOW", f"more than {seconds:g} s"), None
    except MemoryError as error:
        return Outcome("TOO MUCH MEMORY", str(error)), None
    except UnexpectedContentError as error:
        memory = "allocate" in str(error) or "emory" in str(error)
        return Outcome("TOO MUCH MEMORY" if memory else "UNEXPECTED", str(error)), None
    except (ValueError, OSError) as error:
        return _worded(str(error)), None
    except BaseException as error:
        return Outcome("TRACEBACK", f"{type(error).__name__}: {error}"[:500]), None
    for array in _arrays(result) if form.checked else ():
        if array.dtype.kind == "f" and (np.isinf(array).any() or (np.abs(array) > 1e30).any()):
            return Outcome("ABSURD NUMBERS", "infinite, or above 1e30"), None
    return Outcome(READ), result


def _worded(text: str) -> Outcome:
    if not text or len(text) > LONGEST + 500 or not text.isprintable():
        return Outcome("BADLY WORDED", text[:500])
    if "more memory than there is" in text or "an't allocate memory" in text:
        return Outcome("TOO MUCH MEMORY", text[:500])
    return Outcome(REFUSED, text)


class _TooSlowError(BaseException):
    pass


@contextmanager
def _limits(path: Path, seconds: float) -> Iterator[None]:
    def stop(*_: object) -> None:
        raise _TooSlowError

    before = {kind: signal.signal(kind, stop) for kind in (signal.SIGPROF, signal.SIGALRM)}
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    size = path.stat().st_size if path.is_file() else 10**6
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY + size, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)  # of the CPU, so that a loaded machine is no fault
    signal.setitimer(signal.ITIMER_REAL, WAITED)
    try:
        yield
    finally:
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)
        for kind, handler in before.items():
            signal.signal(kind, handler)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def numbers_of(result: Any) -> str:
    """A checksum of all numbers of what was read."""
    digest = hashlib.sha256()
    for array in _arrays(result):
        digest.update(f"{array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, Tensor):
        yield value.detach().numpy()
    elif isinstance(value, nn.Module):
        yield from _arrays(dict(sorted(value.state_dict().items())))
    elif dataclasses.is_dataclass(value):
        yield from _arrays([getattr(value, field.name) for field in dataclasses.fields(value)])
    elif hasattr(value, "to_dict"):  # a clip of PyG
        yield from _arrays(value.to_dict())
    elif isinstance(value, dict):
        yield from _arrays(list(value.values()))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _arrays(part)


def prepare(folder: Path) -> dict[str, Form]:
    """Every form with its valid file written, which is checked to be read."""
    forms = {}
    for form in all_forms():
        (folder / form.name).mkdir(parents=True)
        form = dataclasses.replace(form, example=form.make(folder / form.name))
        outcome, result = attempt(form, form.example, seconds=60)
        if outcome.kind != READ:
            raise RuntimeError(f"the valid file of '{form.name}' is not read: {outcome}")
        forms[form.name] = dataclasses.replace(form, numbers=numbers_of(result))
    return forms
