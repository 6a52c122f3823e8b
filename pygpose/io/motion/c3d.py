"""C3D files of optical motion capture, read by ezc3d: markers, of which a joint map makes joints."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pygpose.io.motion.formats import MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up

BLOCK = 512  # bytes; header, parameters and data begin at multiples
MARK = 0x50  # second byte of every C3D file
INTEL, DEC = 84, 85  # processors whose integers are little-endian; the third, MIPS, has big-endian ones


def recognises(path: Path) -> bool:
    """A file that is named ``.c3d``."""
    return path.suffix.lower() == ".c3d"


def read(path: Path, *, unit: str | float | None = None, up: str | None = None) -> MotionFile:
    """Markers in metres, z up; NaN where a marker was not seen.

    Where the file has them, the unit is ``POINT:UNITS`` and the up axis ``POINT:Y_SCREEN``, the axis that points up on
    the screen; stating another one is an error.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: Without ezc3d; for files that are cut short or no C3D; where unit or up axis are neither in the file
            nor stated, or where file and statement differ.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a C3D file that exists")
    check_header(path)
    try:
        import ezc3d  # pyright: ignore[reportMissingImports]: an extra
    except ImportError as error:
        raise ValueError(f"{path}: reading C3D needs ezc3d; pip install 'pygpose[mocap]'") from error
    try:
        content = ezc3d.c3d(str(path))
    except Exception as error:  # what a native reader throws at a damaged file is of any type
        raise ValueError(f"{path} is no complete C3D file ({error}); copy or export it again") from error
    residuals = content["data"]["meta_points"]["residuals"][0]
    return assemble(path, content["parameters"]["POINT"], content["data"]["points"], residuals, unit, up)


def check_header(path: Path) -> None:
    """Refuse what the native reader should never see: other formats, and headers that promise more than there is.

    Raises:
        ValueError: Naming what the header says and the file holds.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(BLOCK)
        if len(header) < BLOCK or header[1] != MARK:
            raise ValueError(f"{path} does not begin like a C3D file; it is of another format, or cut short")
        file.seek((header[0] - 1) * BLOCK if header[0] else 0)
        section = file.read(4)
    if not header[0] or len(section) < 4:
        raise ValueError(f"{path} ends before its parameters; copy or export it again")
    order = "<" if section[3] in (INTEL, DEC) else ">"
    markers, analog, first, last, _, scale, start = struct.unpack(f"{order}HHHHHfH", header[2:18])
    if last < first:
        raise ValueError(f"{path} has no frames; its header goes from {first} to {last}")
    if order == "<" and section[3] == DEC:
        scale = struct.unpack("<f", header[14:16] + header[12:14])[0]  # the sign is where a VAX has it
    needed = (start - 1) * BLOCK + (last - first + 1) * (4 * markers + analog) * (4 if scale < 0 else 2)
    if needed > size:
        raise ValueError(f"{path} holds {size} bytes, its header promises {needed}; copy or export it again")


def assemble(
    path: Path,
    facts: Mapping[str, Any],
    points: np.ndarray,
    residuals: np.ndarray,
    unit: str | float | None,
    up: str | None,
) -> MotionFile:
    """The parameter group ``POINT`` and the points ``[4, K, T]`` of a file, as ezc3d gives them, put together."""

    def values(name: str) -> list[Any]:
        return list(facts[name]["value"]) if name in facts else []

    labels = [label.strip() for number in ("", *range(2, 10)) for label in values(f"LABELS{number}")]
    labels = tuple(label or f"unlabelled {index}" for index, label in enumerate(labels[: points.shape[1]]))
    if len(labels) < points.shape[1] or not labels:
        raise ValueError(f"{path} names {len(labels)} of its {points.shape[1]} points; label the markers")
    length, unit_note = _read_or_stated(path, "unit", "POINT:UNITS", values("UNITS"), unit, parse_unit)
    axis, up_note = _read_or_stated(path, "up axis", "POINT:Y_SCREEN", values("Y_SCREEN"), up, parse_up)
    seen = np.isfinite(points[:3]).all(0) & (residuals >= 0)
    positions = np.where(seen[..., None], np.moveaxis(points[:3], 0, -1), np.nan).swapaxes(0, 1)
    lost = np.count_nonzero(~seen) / max(seen.size, 1)
    notes = (f"C3D: {unit_note}.", f"C3D: {up_note}.", *([f"{lost:.2%} of the markers were not seen."] if lost else []))
    rate = (values("RATE") or [0.0])[0]
    return MotionFile(path.stem, labels, to_metres_z_up(positions, length, axis), float(rate), notes)


def _read_or_stated(path: Path, what: str, field: str, read: list[Any], stated: Any, parse: Any) -> tuple[Any, str]:
    """What the file or the caller says. An error where neither says it, and where they differ."""
    said = str(read[0]).strip() if read else ""
    if not said:
        if stated is None:
            raise ValueError(f"{path} does not say its {what} ({field}); state it")
        return stated, f"the {what} is {stated}, as stated"
    if stated is not None and parse(stated) != parse(said):
        raise ValueError(f"{path} says its {what} is '{said}' ({field}), stated is '{stated}'; leave one out")
    parse(said)
    return said, f"the {what} is {said}, from {field}"


MOTION_FORMATS.register("c3d")(MotionFormat(recognises, read, "C3D (.c3d) with a marker-to-joint map"))
