"""Text out of files and of file names, whatever their bytes are, and values out of files, cut before they are shown."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

MAX_NESTED = 64
"""How deep lists and objects of a file may lie in one another; what recorders write lies in less than ten."""
_SHOWN_DEPTH, _SHOWN_COUNT = 2, 4


def shown(path: Path) -> str:
    """A path as text that every terminal and file takes, whatever the bytes of its name are."""
    return os.fsencode(path).decode("utf-8", "replace")


def spelled(text: str) -> str:
    """Text in which what would command a terminal, or could not be written as UTF-8, is spelled out."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)


def brief(value: Any, length: int = 60) -> str:
    """A value out of a file as text of at most ``length`` letters. Depth, count and length are cut before anything is
    formatted: a few hundred bytes can hold a list that would take longer than anybody's life to print."""
    text = _formatted(value, _SHOWN_DEPTH, length)
    return text if len(text) <= length else f"{text[: length - 3]}..."


def listed(names: Iterable[Any], most: int = 9) -> str:
    """The first names out of a file, each cut, and how many more there are where that is known."""
    names = list(names) if not isinstance(names, list | tuple | Mapping) else names
    first = ", ".join(_name(name) for name in islice(names, most))
    return f"{first} and {len(names) - most} more" if len(names) > most else first or "none"


def _name(name: Any) -> str:
    return name if type(name) is str and len(name) <= 60 and name.isprintable() else brief(name)


def reason(error: BaseException, length: int = 200) -> str:
    """What an error of another package says, on one line of at most ``length`` letters."""
    text = spelled(" ".join(str(error)[: 4 * length].split())) or type(error).__name__
    return text if len(text) <= length else f"{text[: length - 3]}..."


def _formatted(value: Any, depth: int, length: int) -> str:
    if isinstance(value, str | bytes):
        return repr(value[:length])
    if isinstance(value, bool | float) or value is None:
        return str(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() < 100 else f"a whole number of {value.bit_length()} bits"
    if hasattr(value, "dtype") and hasattr(value, "shape"):  # numpy's, which messages alone need not import
        plain = not value.shape and value.dtype.kind in "biuf"
        return str(value.item()) if plain else f"an array {list(value.shape)} of {str(value.dtype)[:length]}"
    if isinstance(value, Mapping):
        parts = [
            f"{_formatted(key, 0, length)}: {_formatted(part, depth - 1, length)}"
            for key, part in (islice(value.items(), _SHOWN_COUNT) if depth else ())
        ]
        return f"{{{_joined(parts, len(value))}}}"
    if isinstance(value, list | tuple | set | frozenset):
        parts = [_formatted(part, depth - 1, length) for part in (islice(value, _SHOWN_COUNT) if depth else ())]
        inside = _joined(parts, len(value))
        return f"({inside})" if isinstance(value, tuple) else f"[{inside}]"
    return type(value).__name__[:length]


def _joined(parts: list[str], count: int) -> str:
    return ", ".join(parts if len(parts) == count else [*parts, "..."])


def head(path: Path) -> str:
    """The first 64 kB of a file as text, without its byte order mark. Empty where there is no file that can be read, as
    for a pipe."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return ""
        with path.open("rb") as file:
            return _decoded(file.read(1 << 16), "replace")
    except (OSError, ValueError):  # the second for a name with a zero byte
        return ""


def read_text(path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 where a byte order mark says so; without that mark.

    Raises:
        FileNotFoundError: Where there is no such file, or a folder or pipe in its place.
        ValueError: For other bytes.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {shown(path)}; give a file of text that exists")
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
        FileNotFoundError: Where there is no such file, or a folder or pipe in its place.
        ValueError: For text that is not UTF-8, is no complete JSON, or is nested deeper than :data:`MAX_NESTED`.
    """
    return parse_json(read_text(path))


def parse_json(text: str) -> Any:
    """The content of JSON text; see :func:`read_json`."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"no complete JSON ({error}); the file may be cut short, copy it again") from error
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    except ValueError as error:
        raise ValueError(f"no JSON that can be read ({reason(error)})") from error
    _check_depth(content)
    return content


_TOO_DEEP = f"no JSON that can be read: its lists are nested more than {MAX_NESTED} deep, which no recording is"


def _check_depth(content: Any) -> None:
    level = [content]
    for _ in range(MAX_NESTED + 1):
        level = [
            inner
            for outer in level
            if type(outer) in (list, dict)
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in (list, dict)
        ]
        if not level:
            return
    raise ValueError(_TOO_DEEP)
