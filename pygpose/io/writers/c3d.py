"""C3D files, the biomechanics laboratory's format, written by ezc3d."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pygpose.io.writers.marker_names import marker_names
from pygpose.io.writers.person import PersonMotion
from pygpose.io.writers.registry import MOTION_WRITERS, MotionWriter


def check() -> Any:
    """The package ezc3d.

    Raises:
        ValueError: Where it is not installed.
    """
    try:
        import ezc3d  # pyright: ignore[reportMissingImports]: an extra
    except ImportError as error:
        raise ValueError("writing C3D needs ezc3d; pip install 'pygpose[mocap]'") from error
    return ezc3d


def write(motion: PersonMotion, path: Path) -> None:
    """Markers in millimetres, z up; the parameters ``POINT:UNITS``, ``X_SCREEN`` and ``Y_SCREEN`` say so."""
    frames, joints, _ = motion.positions.shape
    points = np.ones((4, joints, frames))
    points[:3] = 1000 * motion.positions.double().numpy().transpose(2, 1, 0)
    file = check().c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [motion.fps]
    file["parameters"]["POINT"]["LABELS"]["value"] = marker_names(motion.skeleton)
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file.add_parameter("POINT", "X_SCREEN", ["+X"])
    file.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    file["data"]["points"] = points
    named = path.with_name(f"{path.name}.c3d")  # ezc3d puts this suffix behind any other
    try:
        file.write(str(named))
        named.replace(path)
    finally:
        named.unlink(missing_ok=True)


MOTION_WRITERS.register("c3d")(
    MotionWriter(write, "markers for biomechanics programs; millimetres, z up (ezc3d)", check)
)
