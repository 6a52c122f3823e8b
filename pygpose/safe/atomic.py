"""Files written so that a crash at any moment loses nothing that was there before."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np


def write_atomic(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then put it in the place of ``path`` in one step.

    Raises:
        OSError: Where it cannot be written (a full disk, say); what was at ``path`` is still there.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    part = Path(name)
    try:
        write(part)
        os.chmod(part, 0o644)
        os.replace(part, path)
    except OSError as error:
        raise OSError(
            f"cannot write {path} ({error}); what was there before is unharmed. Make room, or choose another folder"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name in one step, without pickle."""

    def write(part: Path) -> None:
        with part.open("wb") as file:  # given a name, savez would add .npz to it
            np.savez(file, allow_pickle=False, **arrays)

    write_atomic(path, write)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file or folder beside ``path``, then put it in its place."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
        part = Path(folder) / path.name
        if not path.suffix:
            part.mkdir()
        write(part)
        if path.is_dir():  # not complete, or it would have been read
            shutil.rmtree(path)
        os.replace(part, path)
