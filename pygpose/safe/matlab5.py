"""Numbers and cells out of MATLAB 5 files. SciPy's reader can crash the process on a damaged file; this one raises."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pygpose.safe.inflation import inflate

# Numbers of MathWorks' "MAT-File Format", tables 1-1 and 1-3.
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_INT8, _INT32, _UINT32, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_CELL = 1
_COMPLEX = 0x0800
_MAX_DEPTH = 4
_START = 1024  # bytes that a variable's flags, dimensions and name fit in


def read_matlab5(path: Path, names: Collection[str]) -> dict[str, Any]:
    """The named variables of a file: real numbers, or cells of real numbers. Variables of other kinds come as None.

    Numbers are arrays; cells are arrays of objects. Both have MATLAB's axes.

    Raises:
        ValueError: For what is no MATLAB 5 file, is damaged or cut short, or unpacks to more than any recording does.
    """
    with path.open("rb") as file:
        header = file.read(128)
        order = {b"IM": "<", b"MI": ">"}.get(header[126:])
        if order is None or not header.startswith(b"MATLAB 5.0"):
            raise ValueError(f"{path} is no MATLAB 5 file")
        found = {}
        try:
            while tag := file.read(8):
                kind, length = struct.unpack(f"{order}II", tag)
                data = file.read(length)
                if len(data) < length or kind not in (_MATRIX, _COMPRESSED):
                    raise ValueError(f"a variable of {length} bytes of which {len(data)} are there")
                if kind == _COMPRESSED:
                    head = zlib.decompressobj().decompress(data, _START)[8:]
                    if _head(_elements(memoryview(head), order), order)[2] not in names:
                        continue
                    unpacked = inflate(io.BufferedReader(io.BytesIO(data)), length, "a variable")
                    [(kind, matrix)] = _elements(memoryview(unpacked), order)
                else:
                    matrix = memoryview(data)
                name, value = _variable(kind, matrix, order, 0)
                if name in names:
                    found[name] = value
        except (ValueError, struct.error, zlib.error) as error:
            raise ValueError(f"{path} cannot be read ({error}); copy or download it again") from error
    return found


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Type and content of each part; those of up to 4 bytes have it inside of their tag."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from(f"{order}II", data, at)
        start, stop, following = at + 8, at + 8 + length, at + 8 + length + -length % 8
        if kind >> 16:
            kind, length = kind & 0xFFFF, kind >> 16
            start, stop, following = at + 4, at + 4 + min(length, 4), at + 8
        if stop > len(data):
            raise ValueError(f"a part ends {stop - len(data)} bytes after what holds it")
        yield kind, data[start:stop]
        at = following


def _head(parts: Iterator[tuple[int, memoryview]], order: str) -> tuple[int, tuple[int, ...], str]:
    """Flags, shape and name, with which a variable starts."""
    contents = []
    for expected in (_UINT32, _INT32, _INT8):
        kind, content = next(parts, (None, memoryview(b"")))
        if kind != expected:
            raise ValueError("a variable without flags, shape and name")
        contents.append(content)
    flags, shape, name = contents
    lengths = tuple(np.frombuffer(shape, f"{order}i4").tolist())
    if len(flags) != 8 or not 2 <= len(lengths) <= 8 or min(lengths) < 0:
        raise ValueError(f"a variable of shape {lengths}")
    return struct.unpack_from(f"{order}I", flags)[0], lengths, bytes(name).decode("latin1")


def _variable(kind: int, data: memoryview, order: str, depth: int) -> tuple[str, Any]:
    if kind != _MATRIX or depth > _MAX_DEPTH:
        raise ValueError("something else where a variable is expected")
    if not data:  # an empty cell
        return "", np.zeros((0, 0))
    parts = _elements(data, order)
    flags, shape, name = _head(parts, order)
    count, number_class = math.prod(shape), flags & 0xFF
    if number_class == _CELL:
        cells = [_variable(*part, order, depth + 1)[1] for part in parts]
        if len(cells) != count:
            raise ValueError(f"'{name}' has {len(cells)} of {count} cells")
        value = np.empty(count, object)
        value[:] = cells
        return name, value.reshape(shape, order="F")
    if number_class not in _CLASSES or flags & _COMPLEX:
        return name, None
    stored, content = next(parts, (0, memoryview(b"")))
    if stored not in _STORED or len(content) != count * np.dtype(_STORED[stored]).itemsize:
        raise ValueError(f"'{name}' is of shape {shape}, with {len(content)} bytes")
    with np.errstate(invalid="ignore"):  # MATLAB stores no integers as fractions; damaged files may
        numbers = np.frombuffer(content, order + _STORED[stored]).astype(_CLASSES[number_class])
    return name, numbers.reshape(shape, order="F")
