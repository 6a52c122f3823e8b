"""Options of the losses; the field docstrings are the ``--help`` text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from graphs.laplacian import Backend, Normalization


@dataclass(frozen=True)
class MotionOptions:
    """Options of the loss term ``motion``."""

    operators: tuple[Literal["sub", "inner", "cross"], ...] = ("cross",)
    """Motion encodings; several are averaged."""
    intervals: tuple[int, ...] = (8, 12, 16, 24)
    """Frames between the two poses of a pair."""
    normalize: bool = True
    """Divide inner and cross encodings by the target's mean magnitude; without it the term is in square metres."""


@dataclass(frozen=True)
class LapOptions:
    """Options of the loss term ``lap``."""

    spatial_weight: float = 1.0
    """Weight of a bone."""
    temporal_weight: float = 1.0
    """Weight of a joint's next frame."""
    normalization: Normalization = None
    """None (L = D - A), sym or rw."""
    backend: Backend = "sparse"
    """sparse (torch.sparse.mm) or product; the numbers are the same."""


@dataclass(frozen=True)
class SemiOptions:
    """Options of ``--semi``."""

    warmup: int = 1
    """Epochs before the unlabelled half of a batch counts."""
    reprojection: float = 1.0
    """Weight of the distance between the projected prediction and the keypoints, in screen coordinates."""
    bones: float = 1.0
    """Weight of the difference in mean bone lengths from the labelled half's people."""
    rigid: float = 0.0
    """Weight of the standard deviation over a window of each bone's length (not in the paper): with the projection
    given, bones that keep their lengths tell depth."""

    def __post_init__(self) -> None:
        values = (self.warmup, self.reprojection, self.bones, self.rigid)
        if min(values) < 0:
            raise ValueError(f"--semi-options must not be negative, got {values}")


@dataclass(frozen=True)
class SMPLOptions:
    """Weights of the losses of a model that gives SMPL's parameters, beside --loss. They are those of TCMR's published
    code, whose 30 for 3D joints is pose_sq:10."""

    keypoints: float = 60.0
    """Of the projected joints against the keypoints of the crop."""
    pose: float = 1.0
    """Of the rotation matrices."""
    shape: float = 0.001
    """Of the numbers of shape."""

    def __post_init__(self) -> None:
        if min(self.keypoints, self.pose, self.shape) < 0:
            raise ValueError(f"--smpl-options must not be negative, got {(self.keypoints, self.pose, self.shape)}")
