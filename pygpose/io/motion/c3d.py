"""C3D files of optical motion capture: markers, of which a joint map makes joints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pygpose.io.motion.c3d_file import read_c3d
from pygpose.io.motion.formats import MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.frame_rates import parse_rate
from pygpose.io.motion.missing import mark_missing
from pygpose.io.motion.stated import stated_or_read
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up


def recognises(path: Path) -> bool:
    """A file that is named ``.c3d``."""
    return path.suffix.lower() == ".c3d"


def read(path: Path, *, unit: str | float | None = None, up: str | None = None, fps: float | None = None) -> MotionFile:
    """Markers in metres, z up; NaN where a marker was not seen.

    Where they are not stated, the unit is ``POINT:UNITS``, the frame rate ``POINT:RATE``, and the up axis
    ``POINT:Y_SCREEN``, the axis that points up on a screen: a hint of display, which is believed where it is positive.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For files that are cut short or no C3D; where unit, up axis or frame rate are neither in the file
            nor stated.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a C3D file that exists")
    content = read_c3d(path)
    point = content.parameters.get("POINT", {})
    return assemble(path, point, content.points, content.residuals, unit=unit, up=up, fps=fps)


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
    """The parameter group ``POINT`` and the points ``[4, K, T]`` of a file, put together."""

    def values(name: str) -> list[Any]:
        return list(facts[name]["value"]) if name in facts else []

    def first(name: str) -> str:
        value = (values(name) or [""])[0]
        return value.strip() if isinstance(value, str) else f"{float(value):.10g}"

    labels = [str(label).strip() for number in ("", *range(2, 10)) for label in values(f"LABELS{number}")]
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
