"""Motion as a table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pygpose.io.writers.person import PersonMotion
from pygpose.io.writers.registry import MOTION_WRITERS, MotionWriter


def write(motion: PersonMotion, path: Path) -> None:
    """A row for each frame and joint, with the confidence of the position."""
    frames, joints = motion.confidence.shape
    table = pd.DataFrame(motion.positions.flatten(0, 1).numpy(), columns=["x", "y", "z"])
    table.insert(0, "frame", np.repeat(np.arange(frames), joints))
    table.insert(1, "joint", list(motion.skeleton.joints) * frames)
    table["confidence"] = motion.confidence.flatten().numpy()
    table.to_csv(path, index=False, float_format="%.5f")


MOTION_WRITERS.register("csv")(MotionWriter(write, "table with a row for each frame and joint; metres, z up"))
