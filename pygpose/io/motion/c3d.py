"""C3D files of optical motion capture: markers, of which a joint map makes joints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pygpose.io.motion.c3d_file import read_c3d
from pygpose.io.motion.formats import MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up


def recognises(path: Path) -> bool:
    """A file that is named ``.c3d``."""
    return path.suffix.lower() == ".c3d"


def read(path: Path, *, unit: str | float | None = None, up: str | None = None) -> MotionFile:
    """Markers in metres, z up; NaN where a marker was not seen.

    Where the file has them, the unit is ``POINT:UNITS`` and the up axis ``POINT:Y_SCREEN``, the axis that points up on
    the screen; stating another one is an error.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For files that are cut short or no C3D; where unit or up axis are neither in the file nor stated, or
            where file and statement differ.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a C3D file that exists")
    content = read_c3d(path)
    return assemble(path, content.parameters.get("POINT", {}), content.points, content.residuals, unit, up)


def assemble(
    path: Path,
    facts: Mapping[str, Any],
    points: np.ndarray,
    residuals: np.ndarray,
    unit: str | float | None,
    up: str | None,
) -> MotionFile:
    """The parameter group ``POINT`` and the points ``[4, K, T]`` of a file, put together."""

    def values(name: str) -> list[Any]:
        return list(facts[name]["value"]) if name in facts else []

    labels = [str(label).strip() for number in ("", *range(2, 10)) for label in values(f"LABELS{number}")]
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
