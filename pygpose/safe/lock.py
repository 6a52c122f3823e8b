"""A folder that one process works in at a time. The system drops the lock when the process dies, however it does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows, which has no such call
    fcntl = None

LOCK = ".lock"
"""Name of the file that is locked. It stays in the folder, and says nothing by being there."""


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold a folder that exists.

    Where the system or the file system knows no locks, nobody is kept out.

    Raises:
        ValueError: Where another process holds it.
        OSError: Where nothing can be written into it.
    """
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ValueError(
                    f"another process works in {folder}; wait for its end, or give another folder"
                ) from error
            except OSError:
                pass  # a file system without locks
        yield
    finally:
        os.close(handle)
