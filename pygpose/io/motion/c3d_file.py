"""The content of a C3D file: its parameters by group, and its points. Every length is compared with what is there.

The public description is a header of one block, a chain of records with parameters, and frames of numbers (The C3D File
Format User Guide). It is read here because native readers take lengths in a damaged file on trust and end the process.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

BLOCK = 512  # bytes; header, parameters and data begin at multiples
MARK = 0x50  # second byte of every C3D file
INTEL, DEC = 84, 85  # processors whose integers are little-endian; the third, MIPS, has big-endian ones
LAST = 65535
MOST_AXES = 7
SIZES = {-1: 1, 1: 1, 2: 2, 4: 4}  # bytes of a value: text, small and large whole numbers, floating point


@dataclass(frozen=True)
class C3DContent:
    """What a file holds.

    Args:
        parameters: By group and name, as ``content["POINT"]["UNITS"]["value"]``, a list.
        points: ``[4, K, T]``, x, y and z in the file's unit, and 1.
        residuals: ``[K, T]``, below 0 where a point was not seen.
    """

    parameters: Mapping[str, Mapping[str, Any]]
    points: np.ndarray
    residuals: np.ndarray


@dataclass(frozen=True)
class _Header:
    order: str
    dec: bool
    markers: int
    analog: int
    first: int
    last: int
    scale: float
    start: int
    """Byte at which the data begin."""
    parameters: int
    """Byte at which the parameters begin."""


def read_c3d(path: Path) -> C3DContent:
    """A C3D file of any processor, with points as whole or floating-point numbers.

    Raises:
        ValueError: For other formats, and for a file that ends before what it announces, or whose parameters do.
    """
    header = check_header(path)
    content = path.read_bytes()
    end = header.start if header.start > header.parameters else len(content)
    try:
        parameters = _parameters(content[header.parameters : end], header)
    except (ValueError, struct.error) as error:
        raise ValueError(f"{path} is no complete C3D file ({error}); copy or export it again") from error
    width = 4 * header.markers + header.analog
    count, size = _frames(header, parameters), 4 if header.scale < 0 else 2
    if header.start + count * width * size > len(content):
        raise ValueError(f"{path} holds {len(content)} bytes, too few for {count} frames; copy or export it again")
    values = _numbers(content[header.start :], size, header, count * width).reshape(count, width)
    frames = values[:, : 4 * header.markers].reshape(count, header.markers, 4)
    points = np.ones((4, header.markers, count))
    points[:3] = frames[..., :3].transpose(2, 1, 0)
    if header.scale >= 0:
        points[:3] *= header.scale
    return C3DContent(parameters, points, np.where(frames[..., 3] >= 0, 0.0, -1.0).T)


def check_header(path: Path) -> _Header:
    """What a file's header says, which is compared with its size.

    Raises:
        ValueError: For other formats, and a header that promises more than there is.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(BLOCK)
        if len(header) < BLOCK or header[1] != MARK:
            raise ValueError(f"{path} does not begin like a C3D file; it is of another format, or cut short")
        at = (header[0] - 1) * BLOCK if header[0] else 0
        file.seek(at)
        section = file.read(4)
    if not header[0] or len(section) < 4:
        raise ValueError(f"{path} ends before its parameters; copy or export it again")
    order, dec = "<" if section[3] in (INTEL, DEC) else ">", section[3] == DEC
    markers, analog, first, last, _, scale, start = struct.unpack(f"{order}HHHHHfH", header[2:18])
    if last < first:
        raise ValueError(f"{path} has no frames; its header goes from {first} to {last}")
    if dec:
        scale = struct.unpack("<f", header[14:16] + header[12:14])[0] / 4  # words exchanged, another exponent
    needed = (start - 1) * BLOCK + (last - first + 1) * (4 * markers + analog) * (4 if scale < 0 else 2)
    if needed > size or not start:
        raise ValueError(f"{path} holds {size} bytes, its header promises {needed}; copy or export it again")
    return _Header(order, dec, markers, analog, first, last, scale, (start - 1) * BLOCK, at)


def _frames(header: _Header, parameters: Mapping[str, Mapping[str, Any]]) -> int:
    """Number of frames. The header's two bytes end at 65535, and longer files say it in two words each in ``TRIAL``."""
    trial = parameters.get("TRIAL", {})
    words = [trial.get(f"ACTUAL_{end}_FIELD", {}).get("value", []) for end in ("START", "END")]
    if header.last == LAST and all(len(pair) == 2 for pair in words):
        first, last = ((int(low) & LAST) + ((int(high) & LAST) << 16) for low, high in words)
        return max(last - first + 1, 0)
    return header.last - header.first + 1


def _numbers(data: bytes, size: int, header: _Header, count: int) -> np.ndarray:
    """Whole numbers of two bytes, or floating-point numbers of four, in double precision."""
    if size == 2:
        return np.frombuffer(data, f"{header.order}i2", count).astype(np.float64)
    if header.dec:
        words = np.frombuffer(data, "<u2", 2 * count).reshape(-1, 2)[:, ::-1]
        return np.ascontiguousarray(words).view("<f4").ravel().astype(np.float64) / 4
    return np.frombuffer(data, f"{header.order}f4", count).astype(np.float64)


def _parameters(section: bytes, header: _Header) -> dict[str, dict[str, Any]]:
    """Values by group and name, as far as the chain of records goes."""
    names: dict[int, str] = {}
    found: list[tuple[int, str, list[Any]]] = []
    for at, stop in _records(section, header.order):
        group, length = _signed(section[at + 1]), abs(_signed(section[at]))
        name = section[at + 2 : at + 2 + length].decode("latin-1").strip().upper()
        if group < 0:
            names[-group] = name
            continue
        start = at + 4 + length
        kind, axes = _signed(section[start]), section[start + 1] if start + 1 < stop else MOST_AXES + 1
        shape = tuple(section[start + 2 : start + 2 + axes])
        end = start + 2 + axes + SIZES.get(kind, 0) * math.prod(shape)
        if kind not in SIZES or axes > MOST_AXES or len(shape) < axes or end > stop:
            raise ValueError(f"its parameter '{name:.40}' does not hold what it announces")
        found.append((group, name, _values(section[start + 2 + axes : end], kind, shape, header)))
    parameters: dict[str, dict[str, Any]] = {name: {} for name in names.values()}
    for group, name, values in found:
        parameters.setdefault(names.get(group, ""), {})[name] = {"value": values}
    return parameters


def _records(section: bytes, order: str) -> Iterator[tuple[int, int]]:
    """Start and end of each record: the length of a name and a group's number, the name, and the way to the next."""
    at = 4
    while at + 2 <= len(section) and section[at]:
        way = at + 2 + abs(_signed(section[at]))
        if way + 2 > len(section):
            raise ValueError(f"its parameters break off after {at} of {len(section)} bytes")
        (step,) = struct.unpack_from(f"{order}h", section, way)
        stop = way + step if step else len(section)
        if step < 0 or stop > len(section) or way + 3 > stop:
            raise ValueError(f"its parameters break off after {at} of {len(section)} bytes")
        yield at, stop
        if not step:
            return
        at = stop


def _values(content: bytes, kind: int, shape: tuple[int, ...], header: _Header) -> list[Any]:
    """Text by lines, of which the first axis is the length; numbers in one row."""
    if kind == -1:
        length = shape[0] if shape else 1
        lines = [content[at : at + length] for at in range(0, len(content), length)] if length else []
        return [line.decode("utf-8", "replace").rstrip() for line in lines]
    count = math.prod(shape)
    if kind == 1:
        return list(content)
    return _numbers(content, SIZES[kind], header, count).tolist()


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte
