"""Arrays out of an npz file, without ever running what is in it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an npz file by name.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is no npz, is cut short, or holds pickled objects (which could run code).
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a folder or npz file that exists")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError(f"{path} holds a single array; expected an npz archive of named arrays")
            return {name: _read(archive, name, path) for name in archive.files}
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise ValueError(f"{path} is no complete npz file ({error}); copy or download it again") from error


def _read(archive: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    try:
        return archive[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise ValueError(f"array '{name}' in {path} cannot be read ({error}); copy or download it again") from error
        raise ValueError(
            f"array '{name}' in {path} holds pickled Python objects, which could run code; save plain number arrays"
        ) from error
