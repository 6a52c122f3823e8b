"""The help of a program of ``python -m``, kept from the last time: what there is to choose from is registered by
modules that take seconds to import, and changes with the code alone.

Help with things of other people's packages and of one's own modules in it is not kept, as their code is not looked at.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from importlib.metadata import entry_points
from pathlib import Path

from pygpose.programs import is_looked_for, words_of_run

CODE = Path(__file__).parents[1]


def show_kept_help(package: str) -> None:
    """Called when a package is imported, before the module that ``python -m`` names: shows the help of that program, if
    it is asked for and kept.

    Raises:
        SystemExit: Where it was shown.
    """
    words = _asked()
    if not is_looked_for() or not words or not words[0].startswith(f"{package}."):
        return
    path = _path(words)
    if path is not None and path.is_file():
        sys.stdout.write(path.read_text(encoding="utf-8"))
        raise SystemExit(0)


@contextmanager
def keep_help() -> Iterator[None]:
    """Around the reading of flags: keeps the help that is shown, for :func:`show_kept_help`."""
    words = _asked()
    path = _path(words) if words else None
    if path is None:
        yield
        return
    shown = _Shown()
    try:
        with redirect_stdout(shown):
            yield
    except SystemExit as end:
        if end.code == 0:
            _write(path, shown.getvalue())
        raise


class _Shown(io.StringIO):
    """What is written to the terminal, which gets it, too."""

    def __init__(self) -> None:
        super().__init__()
        self.terminal = sys.stdout

    def write(self, text: str) -> int:
        self.terminal.write(text)
        return super().write(text)

    def isatty(self) -> bool:
        return self.terminal.isatty()


def _asked() -> Sequence[str]:
    """The module of ``python -m`` and its words, where they ask for help without a module of one's own."""
    words = words_of_run()
    own = any(word.startswith("--import") for word in words)
    return words if {"-h", "--help"} & set(words[1:]) and not own else []


def _path(words: Sequence[str]) -> Path | None:
    """Where the help of these words is kept; None where it is not.

    The name is a hash of all that the help depends on: the words, the terminal and the code.
    """
    base = os.environ.get("PYGPOSE_CACHE", "")
    if base == "off" or any(group.startswith("pygpose.") for group in entry_points().groups):
        return None
    files = [path for folder in ("pygpose", "graphs", "train") for path in sorted((CODE / folder).rglob("*.py"))]
    code = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
    terminal = (shutil.get_terminal_size().columns, sys.stdout.isatty(), os.environ.get("NO_COLOR", ""))
    record = json.dumps([list(words), terminal, code, sys.version])
    folder = Path(base) if base else Path.home() / ".cache/pygpose"
    return folder / "help" / f"{hashlib.sha256(record.encode()).hexdigest()[:16]}.txt"


def _write(path: Path, text: str) -> None:
    """Keep the text; where nothing can be written, help stays as slow as it is."""
    part = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
