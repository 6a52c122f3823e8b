"""A clip to show in a report."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

MM = 1000.0


@dataclass(frozen=True)
class Example:
    """One clip with its prediction.

    Raises:
        ValueError: For arrays that are not of the same frames and joints, and for values that are not finite.
    """

    title: str
    keypoints: Float[np.ndarray, "frames joints 2"]
    """Normalised screen coordinates, y down."""
    pred: Float[np.ndarray, "frames joints 3"]
    """The predicted pose: metres, camera frame, relative to the root joint."""
    target: Float[np.ndarray, "frames joints 3"]
    """The true pose."""
    fps: float
    pred_path: Float[np.ndarray, "frames 3"] | None = None
    """The predicted path of the root joint: metres, camera frame."""
    path: Float[np.ndarray, "frames 3"] | None = None
    """The true path of the root joint."""
    valid: Bool[np.ndarray, " frames"] | None = None
    """The frames whose error counts; None where all frames do."""

    def __post_init__(self) -> None:
        shapes = {name: getattr(self, name).shape for name in ("keypoints", "pred", "target")}
        where = f"example '{self.title}'"
        if self.target.ndim != 3 or self.target.size == 0:
            raise ValueError(f"{where} has target {self.target.shape}; give [frames, joints, 3] with 1 frame or more")
        frames_joints = self.target.shape[:2]
        if shapes != {"keypoints": (*frames_joints, 2), "pred": (*frames_joints, 3), "target": (*frames_joints, 3)}:
            raise ValueError(f"{where} has shapes {shapes}; give one clip's, keypoints with 2 axes and poses with 3")
        paths = [path for path in (self.pred_path, self.path) if path is not None]
        if paths and [path.shape for path in paths] != [(len(self.target), 3)] * 2:
            raise ValueError(f"{where} has paths {[path.shape for path in paths]}; give both, [frames, 3], or neither")
        if not all(np.isfinite(values).all() for values in (*(getattr(self, name) for name in shapes), *paths)):
            raise ValueError(f"{where} holds values that are NaN or infinite; leave it out, or repair the prediction")

    @property
    def counted(self) -> Bool[np.ndarray, " frames"]:
        """The frames whose error counts."""
        return np.ones(len(self.target), dtype=bool) if self.valid is None else self.valid

    @property
    def errors(self) -> Float[np.ndarray, "frames joints"]:
        """Distance of every joint to the truth, mm."""
        return MM * np.linalg.norm(self.pred - self.target, axis=-1)
