"""Arrays of points ``[T, K, 3]`` in an npy file, which says nothing else: freemocap's, and those of many scripts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pygpose.io.motion.formats import MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.frame_rates import parse_rate
from pygpose.io.motion.missing import mark_missing
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up
from pygpose.safe.arrays import npy_shape, read_npy


def recognises(path: Path) -> bool:
    """An npy file with an array ``[T, K, 3]``."""
    return path.suffix.lower() == ".npy" and len(shape := npy_shape(path)) == 3 and shape[2] == 3


def read(path: Path, *, unit: str | float | None = None, up: str | None = None, fps: float | None = None) -> MotionFile:
    """Points called ``0``, ``1``, ..., in metres, z up; NaN where a point is missing.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: Where unit, up axis or frame rate is not stated; for an array of another shape, or of no numbers.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give an npy file that exists")
    if unit is None or up is None or fps is None:
        raise ValueError(
            "an npy file holds positions and no more; state its unit ('mm'), its up axis ('z') and its frame rate, and "
            "give a joint map of its points, which are called 0, 1, 2, ..., or the name of their skeleton"
        )
    points = read_npy(path)
    if points.dtype.kind not in "iuf" or points.ndim != 3 or points.shape[2] != 3:
        raise ValueError(f"{path} holds {points.dtype} {list(points.shape)}, expected numbers [T, K, 3]")
    names = tuple(map(str, range(points.shape[1])))
    positions, missing = mark_missing(points.astype(np.float64), names)
    said = f"npy: one unit is {parse_unit(unit):g} m and {parse_up(up)} is up, {fps:g} frames/s, all as stated."
    return MotionFile(path.stem, names, to_metres_z_up(positions, unit, up), parse_rate(fps), (said, *missing))


MOTION_FORMATS.register("npy")(MotionFormat(recognises, read, "npy of points [T, K, 3] (freemocap)"))
