"""C3D files, the biomechanics laboratory's format, written by ezc3d."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pygpose.io.writers.marker_names import marker_names
from pygpose.io.writers.person import PersonMotion
from pygpose.io.writers.registry import MOTION_WRITERS, MotionWriter


def write(motion: PersonMotion, path: Path) -> None:
    """Markers in millimetres, z up; the parameters ``POINT:UNITS``, ``X_SCREEN`` and ``Y_SCREEN`` say so.

    Raises:
        ValueError: Without ezc3d.
    """
    try:
        import ezc3d  # pyright: ignore[reportMissingImports]: an extra
    except ImportError as error:
        raise ValueError("writing C3D needs ezc3d; pip install 'pygpose[mocap]'") from error
    frames, joints, _ = motion.positions.shape
    points = np.ones((4, joints, frames))
    points[:3] = 1000 * motion.positions.double().numpy().transpose(2, 1, 0)
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["RATE"]["value"] = [motion.fps]
    file["parameters"]["POINT"]["LABELS"]["value"] = marker_names(motion.skeleton)
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file.add_parameter("POINT", "X_SCREEN", ["+X"])
    file.add_parameter("POINT", "Y_SCREEN", ["+Z"])
    file["data"]["points"] = points
    named = path.with_name(f"{path.name}.c3d")  # ezc3d puts this suffix behind any other
    file.write(str(named))
    named.replace(path)


MOTION_WRITERS.register("c3d")(MotionWriter(write, "markers for biomechanics programs; millimetres, z up (ezc3d)"))
