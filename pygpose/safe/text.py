"""Text out of files and of file names, whatever their bytes are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def shown(path: Path) -> str:
    """A path as text that every terminal and file takes, whatever the bytes of its name are."""
    return os.fsencode(path).decode("utf-8", "replace")


def head(path: Path) -> str:
    """The first 64 kB of a file as text. Empty where there is no file that can be read."""
    try:
        with path.open("rb") as file:
            return file.read(1 << 16).decode("utf-8", "replace")
    except OSError:
        return ""


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        ValueError: For text that is not UTF-8, or no complete JSON.
    """
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start}); save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"no complete JSON ({error}); the file may be cut short, copy it again") from error
    except (RecursionError, ValueError) as error:
        raise ValueError(f"no JSON that can be read ({type(error).__name__}: {error})") from error
