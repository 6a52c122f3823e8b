"""Motion in the world, before any camera sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from graphs import get_skeleton


@dataclass(frozen=True)
class Recording:
    """One recording: world positions ``[T, J, 3]``, metres, z up, with its facts (:mod:`pygpose.keys`)."""

    positions: np.ndarray
    subject: str
    action: str
    clip: str
    fps: float

    @property
    def num_frames(self) -> int:
        return len(self.positions)

    def frames_at(self, fps: float) -> int:
        """How many frames it has at another rate."""
        return math.floor((self.num_frames - 1) * fps / self.fps + 1e-6) + 1

    def window(self, start: int, stop: int) -> Recording:
        """Frames ``start`` to ``stop`` (excluded)."""
        return replace(self, positions=self.positions[start:stop])


def check_recording(motion: Recording, skeleton: str) -> None:
    """
    Raises:
        ValueError: For positions that are not ``[T, J, 3]`` of the skeleton, or hold NaN or infinite values.
    """
    joints = get_skeleton(skeleton).num_joints
    if motion.positions.ndim != 3 or motion.positions.shape[1:] != (joints, 3) or len(motion.positions) < 1:
        raise ValueError(
            f"clip '{motion.clip}': positions are {list(motion.positions.shape)}, expected [T, {joints}, 3] "
            f"for skeleton '{skeleton}', T at least 1"
        )
    if not np.isfinite(motion.positions).all():
        frame, joint, _ = np.argwhere(~np.isfinite(motion.positions))[0]
        raise ValueError(f"clip '{motion.clip}': NaN or infinite position, first in frame {frame}, joint {joint}")
