"""One person in one video, which is what every reader of keypoint files gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from graphs import get_skeleton

Size = tuple[int, int]


@dataclass(frozen=True)
class KeypointTrack:
    """Keypoints of one person over time, as a detector or a file gives them.

    Args:
        keypoints: ``[T, J, 2]``, pixels; finite also where a joint is missing.
        confidence: ``[T, J]`` in [0, 1]; 0 = missing.
        skeleton: Registered name.
        video: Name of the video.
        track: Name of the person in the video; (video, track) is unique in a file.
        fps: Frames per second, where the file says them.
        size: Width and height of the image in pixels, where the file says them.
        first_frame: Number of the first frame in the file.
        intrinsics: Nine numbers of a calibrated camera, as :meth:`pygpose.geometry.Camera.intrinsics` gives them.
        pose: ``[T, J, 3]``, metres, camera frame, where the truth is known.
        notes: What was changed or assumed, in sentences for a report.

    Raises:
        ValueError: For shapes that do not fit, no frames, values that are not finite or no pixels, confidences outside
            [0, 1] or 0 everywhere, and facts that cannot be.
    """

    keypoints: np.ndarray
    confidence: np.ndarray
    skeleton: str
    video: str
    track: str = ""
    fps: float | None = None
    size: Size | None = None
    first_frame: int = 0
    intrinsics: tuple[float, ...] | None = None
    pose: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        joints = get_skeleton(self.skeleton).num_joints
        frames = self.keypoints.shape[0] if self.keypoints.ndim else 0
        if frames < 1:
            raise ValueError(f"{self.name}: no frames")
        self._check("keypoints", self.keypoints, (frames, joints, 2))
        self._check("confidence", self.confidence, (frames, joints))
        if self.pose is not None:
            self._check("pose", self.pose, (frames, joints, 3))
        if self.confidence.min() < 0 or self.confidence.max() > 1:
            raise ValueError(
                f"{self.name}: confidence runs from {self.confidence.min():g} to {self.confidence.max():g}; "
                "it must lie in [0, 1]"
            )
        if not self.confidence.any():
            raise ValueError(f"{self.name}: no joint is seen in any frame (confidence 0 everywhere)")
        if np.abs(self.keypoints).max() <= 2:
            raise ValueError(
                f"{self.name}: all keypoints lie within 2 pixels of the corner, as normalised ones do; give pixels"
            )
        if self.fps is not None and not 0 < self.fps < 1e5:
            raise ValueError(f"{self.name}: fps is {self.fps:g}; it must be positive")
        if self.size is not None and min(self.size) < 1:
            raise ValueError(f"{self.name}: size is {self.size}; width and height must be positive")
        if self.intrinsics is not None and (
            len(self.intrinsics) != 9 or not np.isfinite(self.intrinsics).all() or min(self.intrinsics[:2]) <= 0
        ):
            raise ValueError(
                f"{self.name}: intrinsics are {self.intrinsics}; give 9 finite numbers (focal lengths, centre, k1, k2, "
                "k3, tangential pair) with positive focal lengths, pixels"
            )

    def _check(self, field: str, values: np.ndarray, shape: tuple[int, ...]) -> None:
        if values.shape != shape:
            raise ValueError(
                f"{self.name}: {field} are {list(values.shape)}, expected {list(shape)} for skeleton '{self.skeleton}'"
            )
        if values.dtype.kind != "f":
            raise ValueError(f"{self.name}: {field} are {values.dtype}, expected floats")
        if not np.isfinite(values).all():
            first = np.argwhere(~np.isfinite(values))[0].tolist()
            raise ValueError(f"{self.name}: {field} hold NaN or infinite values, first at {first}")

    @property
    def name(self) -> str:
        """The clip's name, ``VIDEO/TRACK``."""
        return f"{self.video}/{self.track}" if self.track else self.video


def missing_joints(
    keypoints: Float[np.ndarray, "*joints axes"], confidence: Float[np.ndarray, "*joints"]
) -> Bool[np.ndarray, "*joints"]:
    """Which joints are missing, by the rule of all readers: NaN in the place or the confidence, the places (0, 0) and
    (-1, -1), and a confidence of 0 or less."""
    nothing = (keypoints == 0).all(-1) | (keypoints == -1).all(-1)
    return np.isnan(keypoints).any(-1) | nothing | ~(confidence > 0)


def fill_missing(
    keypoints: Float[np.ndarray, "frames joints axes"], confidence: Float[np.ndarray, "frames joints"]
) -> Float[np.ndarray, "frames joints axes"]:
    """Missing joints (confidence 0) interpolated linearly over time, held at a clip's ends.

    A joint that is never seen lies in the middle of the joints that are. Where nothing is seen, nothing changes.
    """
    seen = confidence > 0
    filled, frames = keypoints.copy(), np.arange(len(keypoints))
    ever = seen.any(0)
    for joint in np.flatnonzero(ever & ~seen.all(0)):
        known = seen[:, joint]
        for axis in range(keypoints.shape[2]):
            filled[~known, joint, axis] = np.interp(frames[~known], frames[known], keypoints[known, joint, axis])
    if ever.any():
        filled[:, ~ever] = filled[:, ever].mean(1, keepdims=True)
    return filled
