"""Text out of files and of file names, whatever their bytes are."""

from __future__ import annotations

import codecs
import json
import os
from pathlib import Path
from typing import Any


def shown(path: Path) -> str:
    """A path as text that every terminal and file takes, whatever the bytes of its name are."""
    return os.fsencode(path).decode("utf-8", "replace")


def head(path: Path) -> str:
    """The first 64 kB of a file as text, without its byte order mark. Empty where there is no file that can be read."""
    try:
        with path.open("rb") as file:
            return _decoded(file.read(1 << 16), "replace")
    except OSError:
        return ""


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 where a byte order mark says so; without that mark.

    Raises:
        ValueError: For other bytes.
    """
    try:
        return _decoded(path.read_bytes(), "strict")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start}); save the file as UTF-8") from error


def _decoded(content: bytes, errors: str) -> str:
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if marked else "utf-8-sig", errors)


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        ValueError: For text that is not UTF-8, or no complete JSON.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"no complete JSON ({error}); the file may be cut short, copy it again") from error
    except (RecursionError, ValueError) as error:
        raise ValueError(f"no JSON that can be read ({type(error).__name__}: {error})") from error
