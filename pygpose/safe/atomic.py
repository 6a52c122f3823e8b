"""Files written so that a crash at any moment loses nothing that was there before."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

FORGOTTEN = 3600.0
"""Seconds after which nobody writes to the part of a file any more."""


def write_atomic(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then put it in the place of ``path`` in one step.

    Raises:
        OSError: Where it cannot be written (a full disk, say); what was at ``path`` is still there.
    """
    write_all({path: write})


def write_all(files: Mapping[Path, Callable[[Path], object]]) -> None:
    """Let each function fill a file beside its path; when all are written, put each in its place.

    Raises:
        OSError: Where one cannot be written; what was at the paths is still there.
    """
    parts: dict[Path, Path] = {}
    path = Path()
    for path in files:
        clear_parts(path.parent, path.name, older=FORGOTTEN)
    try:
        for path, write in files.items():
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            os.close(handle)
            parts[path] = Path(name)
            write(parts[path])
            os.chmod(parts[path], 0o644)
        for path, part in parts.items():
            os.replace(part, path)
    except OSError as error:
        raise OSError(
            f"cannot write {path} ({error}); what was there before is unharmed. Make room, or choose another folder"
        ) from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def clear_parts(folder: Path, name: str = "", *, older: float = 0.0) -> None:
    """Remove what a kill left of files half written.

    Args:
        folder: Where they lie.
        name: Of the file that was written. Not given: of any.
        older: Seconds since they were last written to, so that nothing is taken from a process that is writing.
    """
    pattern = re.compile(rf"\.{re.escape(name) or '.+'}\.[a-z0-9_]{{8}}")  # as mkstemp names them
    for path in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):  # another process may have been faster
            if pattern.fullmatch(path.name) and path.is_file() and time.time() - path.stat().st_mtime >= older:
                path.unlink()


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], *, compressed: bool = False) -> None:
    """Write arrays by name in one step, without pickle."""
    write_atomic(path, lambda part: write_arrays(part, arrays, compressed=compressed))


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], *, compressed: bool = False) -> None:
    """Fill a file of any name with arrays by name, without pickle."""
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as archive:  # np.savez takes no array that is called "file"
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file or folder beside ``path``, then put it in its place."""
    for part in path.parent.glob(".part-*"):
        if time.time() - max(inside.stat().st_mtime for inside in (part, *part.rglob("*"))) >= FORGOTTEN:
            shutil.rmtree(part, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
        part = Path(folder) / path.name
        if not path.suffix:
            part.mkdir()
        write(part)
        if path.is_dir():  # not complete, or it would have been read
            shutil.rmtree(path)
        os.replace(part, path)
