"""Motion as numpy arrays: the form that the data set ``mocap`` and predictions of other systems have."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pygpose.io.writers.person import PersonMotion
from pygpose.io.writers.registry import MOTION_WRITERS, MotionWriter
from pygpose.safe.atomic import write_arrays


def write(motion: PersonMotion, path: Path) -> None:
    """An array ``[T, J, 3]`` under the person's name."""
    write_arrays(path, {motion.name: motion.positions.numpy().astype(np.float32)})


MOTION_WRITERS.register("npz")(MotionWriter(write, "numpy arrays: positions of the joints; metres, z up"))
