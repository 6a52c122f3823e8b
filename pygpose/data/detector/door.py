"""What a detector refuses to see."""

from __future__ import annotations

import torch
from torch import Tensor

from graphs import Skeleton


def check_seen(keypoints: Tensor, confidence: Tensor, skeleton: Skeleton) -> None:
    """
    Raises:
        ValueError: For shapes that do not fit, other numbers than float32 and float64, confidence that does not lie
            in [0, 1], seen joints without a finite place, and windows without seen joints.
    """
    if keypoints.dim() != 4 or keypoints.shape[2:] != (skeleton.num_joints, 2) or not keypoints.shape[1]:
        raise ValueError(
            f"keypoints are {list(keypoints.shape)}, expected [windows, frames, {skeleton.num_joints}, 2] for skeleton "
            f"'{skeleton.name}'"
        )
    if confidence.shape != keypoints.shape[:-1]:
        raise ValueError(
            f"confidence is {list(confidence.shape)}, expected {list(keypoints.shape[:-1])}, a number for each keypoint"
        )
    if {keypoints.dtype, confidence.dtype} - {torch.float32, torch.float64}:
        raise ValueError(
            f"keypoints and confidence are {keypoints.dtype} and {confidence.dtype}, expected float32 or float64"
        )
    seen = confidence > 0
    wrong = ~((confidence >= 0) & (confidence <= 1))
    lost = seen & ~keypoints.isfinite().all(-1)
    empty = ~seen.any((1, 2))
    # One look at the numbers, as each makes a GPU wait.
    if not torch.stack([wrong.any(), lost.any(), empty.any()]).any():
        return
    if wrong.any():
        where = wrong.nonzero()[0].tolist()
        raise ValueError(
            f"{int(wrong.sum())} values of confidence are NaN or outside [0, 1], the first at [window, frame, joint] "
            f"{where}: {confidence[tuple(where)].item():g}; give 0 for a missing keypoint and at most 1"
        )
    if lost.any():
        raise ValueError(
            f"{int(lost.sum())} keypoints hold NaN or infinite values, the first at [window, frame, joint] "
            f"{lost.nonzero()[0].tolist()}; give confidence 0 to a missing keypoint"
        )
    raise ValueError(
        f"{int(empty.sum())} windows have no seen joint, the first is {empty.nonzero()[0].item()}; leave them out"
    )


def per_window(name: str, value: float | Tensor, keypoints: Tensor, *, above: bool) -> Tensor:
    """A number for every window, as the keypoints are.

    Raises:
        ValueError: For another number of values than windows, and values that are not finite, negative or, with
            ``above``, 0.
    """
    values = torch.as_tensor(value, dtype=keypoints.dtype, device=keypoints.device)
    if values.shape not in ((), keypoints.shape[:1]):
        raise ValueError(
            f"{name} is {list(values.shape)}, expected one number or one for each of {len(keypoints)} windows"
        )
    if not (values.isfinite() & ((values > 0) if above else (values >= 0))).all():
        wanted = "positive" if above else "at least 0"
        raise ValueError(f"{name} must be finite and {wanted}, got {values.flatten().tolist()}")
    return values.expand(len(keypoints))
