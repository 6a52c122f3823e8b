"""What a detector gave beside the truth: its errors, and what it exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float

from graphs import Skeleton
from pygpose.data.detector.person import person_size, trunk

_TOLD_APART = 0.06  # how far left and right must be from each other for an exchange to show, in sizes


@dataclass
class Compared:
    """A clip's errors, in sizes of the person; joints that were exchanged are compared with their partners' places."""

    error: Float[np.ndarray, "frames joints 2"]
    confidence: Float[np.ndarray, "frames joints"]
    exchanged: Bool[np.ndarray, "frames joints"]
    told_apart: Bool[np.ndarray, "frames pairs"]
    trunk: Float[np.ndarray, "frames 1 2"]
    apart: Float[np.ndarray, "frames joints 2"]

    @property
    def seen(self) -> Bool[np.ndarray, "frames joints"]:
        return self.confidence > 0

    @property
    def distance(self) -> Float[np.ndarray, "frames joints"]:
        """How large the errors are; NaN where a joint is missing."""
        return np.where(self.seen, np.linalg.norm(self.error, axis=-1), np.nan)

    def take_constant(self) -> Float[np.ndarray, "joints 2"]:
        """Take each joint's median over the clip out of its errors, and give it; NaN for joints that are never seen."""
        constant = np.full(self.error.shape[1:], np.nan)
        ever = self.seen.any(0)
        shown = np.where(self.seen[..., None], self.error, np.nan)[:, ever]
        constant[ever] = np.nanmedian(shown, axis=0)
        self.error = self.error - constant
        return constant


def compare(
    detected: np.ndarray | Sequence[np.ndarray],
    true: np.ndarray | Sequence[np.ndarray],
    confidence: np.ndarray | Sequence[np.ndarray],
    skeleton: Skeleton,
) -> list[Compared]:
    """Every clip, compared; one clip needs no list.

    Raises:
        ValueError: As :func:`pygpose.data.detector.fit_detector`.
    """
    found, wanted, sure = _clips(detected, 3), _clips(true, 3), _clips(confidence, 2)
    if not len(found) == len(wanted) == len(sure) or not found:
        raise ValueError(
            f"detected, true and confidence have {len(found)}, {len(wanted)} and {len(sure)} clips; give as many of "
            "each, and at least one"
        )
    clips = list(zip(found, wanted, sure, strict=True))
    for number, (one, other, numbers) in enumerate(clips):
        _check(number, one, other, numbers, skeleton)
    return [_compare(one, other, numbers, skeleton) for one, other, numbers in clips]


def _clips(values: np.ndarray | Sequence[np.ndarray], axes: int) -> list[np.ndarray]:
    single = not isinstance(values, Sequence) and np.ndim(values) == axes
    return [np.asarray(one, dtype=np.float64) for one in ([values] if single else values)]


def _check(clip: int, detected: np.ndarray, true: np.ndarray, confidence: np.ndarray, skeleton: Skeleton) -> None:
    shape = (*true.shape[:1], skeleton.num_joints, 2)
    if detected.shape != shape or true.shape != shape or confidence.shape != shape[:2] or shape[0] < 2:
        raise ValueError(
            f"clip {clip}: detected, true and confidence are {list(detected.shape)}, {list(true.shape)} and "
            f"{list(confidence.shape)}, expected [frames, {shape[1]}, 2] twice and [frames, {shape[1]}] for skeleton "
            f"'{skeleton.name}', and at least 2 frames"
        )
    if not ((confidence >= 0) & (confidence <= 1)).all():
        raise ValueError(f"clip {clip}: confidence is NaN or outside [0, 1] somewhere; give 0 for a missing keypoint")
    if not np.isfinite(true).all() or not np.isfinite(detected[confidence > 0]).all():
        raise ValueError(
            f"clip {clip}: true keypoints, or detected ones with a confidence, hold NaN or infinite values"
        )
    if not (confidence > 0).any():
        raise ValueError(f"clip {clip}: nothing is detected in it; leave it out")
    if not np.ptp(true, axis=1).any():
        raise ValueError(f"clip {clip}: all true joints lie in one place, so that the person has no size")


def _compare(detected: np.ndarray, true: np.ndarray, confidence: np.ndarray, skeleton: Skeleton) -> Compared:
    places = torch.from_numpy(true).permute(2, 0, 1)[:, None]
    everywhere = torch.ones(1, *true.shape[:2], dtype=torch.bool)
    size = person_size(places, everywhere).item()
    flip, (left, right) = list(skeleton.flip), (list(skeleton.left), list(skeleton.right))

    def far(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.linalg.norm(one - other, axis=-1) / size

    own, partners = far(detected, true), far(detected, true[:, flip])
    seen = confidence > 0
    told_apart = (far(true[:, left], true[:, right]) > _TOLD_APART) & seen[:, left] & seen[:, right]
    closer = (partners < 0.5 * own)[:, left] & (partners < 0.5 * own)[:, right]
    exchanged = np.zeros(seen.shape, dtype=bool)
    exchanged[:, left] = exchanged[:, right] = told_apart & closer
    return Compared(
        error=(detected - np.where(exchanged[..., None], true[:, flip], true)) / size,
        confidence=confidence,
        exchanged=exchanged,
        told_apart=told_apart,
        trunk=trunk(places, everywhere, skeleton)[:, 0].permute(1, 2, 0).numpy() / size,
        apart=(true - true[:, flip]) / size,
    )
