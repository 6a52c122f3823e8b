"""C3D files of optical motion capture, read by ezc3d: markers, of which a joint map makes joints."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pygpose.io.motion.formats import MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.frame_rates import parse_rate
from pygpose.io.motion.missing import mark_missing
from pygpose.io.motion.stated import stated_or_read
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up

BLOCK = 512  # bytes; header, parameters and data begin at multiples
MARK = 0x50  # second byte of every C3D file
INTEL, DEC = 84, 85  # processors whose integers are little-endian; the third, MIPS, has big-endian ones


def recognises(path: Path) -> bool:
    """A file that is named ``.c3d``."""
    return path.suffix.lower() == ".c3d"


def read(path: Path, *, unit: str | float | None = None, up: str | None = None, fps: float | None = None) -> MotionFile:
    """Markers in metres, z up; NaN where a marker was not seen.

    Where they are not stated, the unit is ``POINT:UNITS``, the frame rate ``POINT:RATE``, and the up axis
    ``POINT:Y_SCREEN``, the axis that points up on a screen: a hint of display, which is believed where it is positive.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: Without ezc3d; for files that are cut short or no C3D; where unit, up axis or frame rate are neither
            in the file nor stated.
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
    points = content["data"]["points"]
    return assemble(path, content["parameters"]["POINT"], points, residuals, unit=unit, up=up, fps=fps)


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
    *,
    unit: str | float | None,
    up: str | None,
    fps: float | None,
) -> MotionFile:
    """The parameter group ``POINT`` and the points ``[4, K, T]`` of a file, as ezc3d gives them, put together."""

    def values(name: str) -> list[Any]:
        return list(facts[name]["value"]) if name in facts else []

    def first(name: str) -> str:
        value = (values(name) or [""])[0]
        return value.strip() if isinstance(value, str) else f"{float(value):.10g}"

    labels = [label.strip() for number in ("", *range(2, 10)) for label in values(f"LABELS{number}")]
    labels += [""] * (points.shape[1] - len(labels))
    labels = tuple(label or f"unlabelled {index}" for index, label in enumerate(labels[: points.shape[1]]))
    if not labels:
        raise ValueError("the file holds no points; export it again with its markers")
    length, unit_note = stated_or_read("unit", "POINT:UNITS", first("UNITS"), unit, parse_unit)
    axis, up_note = stated_or_read("up axis", "POINT:Y_SCREEN", first("Y_SCREEN"), up, parse_up, read_as=_up_on_screen)
    rate, rate_note = stated_or_read("frame rate", "POINT:RATE", first("RATE"), fps, parse_rate)
    seen = np.isfinite(points[:3]).all(0) & (residuals >= 0)
    positions = np.where(seen[..., None], np.moveaxis(points[:3], 0, -1), np.nan).swapaxes(0, 1)
    positions, missing = mark_missing(positions, labels)
    notes = *(f"C3D: {note}." for note in (unit_note, up_note, rate_note)), *missing
    return MotionFile(path.stem, labels, to_metres_z_up(positions, length, axis), rate, notes)


def _up_on_screen(word: str) -> str:
    """The axis that points up on a screen, which is a hint of display; a person's up axis is rarely a negative one."""
    axis = parse_up(word)
    if axis.startswith("-"):
        raise ValueError(f"'{word}' points up on a screen, which is a hint of display")
    return axis


MOTION_FORMATS.register("c3d")(MotionFormat(recognises, read, "C3D (.c3d): markers"))
