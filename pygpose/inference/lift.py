"""From the 2D keypoints of a whole clip to its 3D pose, with a trained model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.mirror import Mirror, flip_keypoints, flip_points
from pygpose.data.windows import window_starts
from pygpose.models import Lifter
from pygpose.models.padding import repeat_ends
from pygpose.smpl import SMPLOutput

Inference = Literal["whole", "windows"]


def lift(
    model: Lifter,
    keypoints: Float[Tensor, "batch frames *input"],
    *,
    inference: Inference = "whole",
    flip: bool = True,
    window: int = 96,
    step: int = 5,
    batch_size: int = 64,
) -> Float[Tensor, "batch frames joints 3"]:
    """3D pose of every frame.

    Args:
        model: In evaluation mode while it runs; its modules' modes are given back afterwards.
        keypoints: Normalised screen coordinates ``[B, T, J, 2]`` of clips of one length; of a model of features, those.
        inference: ``whole`` runs over the clip in one pass; ``windows`` runs windows every ``step`` frames and
            averages each frame over all windows that hold it (UGCN, section 3.2).
        flip: Average with the mirrored prediction of the mirrored input. Whole clips are shifted for the second pass by
            half of the frames that the model's coarsest layer takes together, so that its grid falls on other frames.
            Features of pictures have no mirror image and are lifted once.
        window: Frames of a window; shorter clips are lengthened by repeating their last frame.
        step: Frames between windows.
        batch_size: Windows that run at once.

    Returns:
        Metres, camera frame, root-relative.

    Raises:
        ValueError: For no, NaN or infinite keypoints, an unknown ``inference``, a step longer than the window, and a
            window, step or batch below 1.
    """
    return _average(model, model, keypoints, inference, flip, window, step, batch_size)


def lift_motion(
    model: Lifter,
    keypoints: Float[Tensor, "batch frames joints 2"],
    *,
    inference: Inference = "whole",
    flip: bool = True,
    window: int = 96,
    step: int = 5,
    batch_size: int = 64,
) -> tuple[Float[Tensor, "batch frames joints 3"], Float[Tensor, "batch frames 3"]]:
    """3D pose of every frame, as :func:`lift` gives it, and the path of the root by the model's root head.

    Returns:
        Pose, metres, root-relative; path, metres; both in the camera's frame.

    Raises:
        ValueError: For a model without a root head, beside what :func:`lift` refuses.
    """

    def call(x: Tensor) -> Tensor:
        pose, path = model.motion(x)
        return torch.cat([pose, path[:, :, None]], 2)

    points = _average(model, call, keypoints, inference, flip, window, step, batch_size)
    return points[:, :, :-1], points[:, :, -1]


@torch.no_grad()
def lift_clip(
    model: Lifter, clip: SkeletonSequence, *, flip: bool = True
) -> tuple[Float[Tensor, "frames joints 3"], Float[Tensor, "frames 3"] | None]:
    """3D pose of every frame of a clip over the clip's own motion graph, in one pass, and the path of the root.

    Args:
        model: In evaluation mode while it runs; its modules' modes are given back afterwards.
        clip: Holds keypoints and edges; no layer looks over its cuts.
        flip: Average with the mirrored prediction of the mirrored clip, whose edges are mirrored, too.

    Returns:
        Pose, metres, root-relative; path, metres, of a model with a root head, else None; both in the camera's frame.

    Raises:
        ValueError: For NaN or infinite keypoints, and what the model refuses.
    """

    def points(data: SkeletonSequence) -> Tensor:
        if model.root_head == "none":
            return model(data)[0]
        pose, path = model.motion(data)
        return torch.cat([pose, path[:, :, None]], 2)[0]

    if not torch.isfinite(clip.keypoints()).all():
        raise ValueError(f"{clip.describe()} has keypoint values that are NaN or infinite")
    with evaluating(model):
        found = points(clip)
        if flip and model.input == "x":
            found = (found + flip_points(points(Mirror()(clip)), model.skeleton)) / 2
    joints = model.skeleton.num_joints
    return found[:, :joints], None if model.root_head == "none" else found[:, joints]


@torch.no_grad()
def lift_bodies(model: Lifter, features: Float[Tensor, "batch frames channels"]) -> SMPLOutput:
    """SMPL's parameters and joints of every frame of clips of one length, from the features of their pictures.

    Raises:
        ValueError: For NaN or infinite features, and what :meth:`Lifter.bodies` refuses.
    """
    if not torch.isfinite(features).all():
        raise ValueError(f"{int((~torch.isfinite(features)).sum())} values of features are NaN or infinite")
    with evaluating(model):
        return model.bodies(features)


@torch.no_grad()
def _average(
    model: Lifter,
    call: Callable[[Tensor], Tensor],
    keypoints: Tensor,
    inference: Inference,
    flip: bool,
    window: int,
    step: int,
    batch_size: int,
) -> Tensor:
    """What ``call`` gives for every frame, over windows and the mirror image."""
    if not isinstance(keypoints, Tensor):
        raise TypeError(
            f"lift takes keypoints [B, T, J, 2] as a tensor, got {type(keypoints).__name__}; give "
            "clip.keypoints()[None], "
            "or lift_clip(model, clip) for a clip with edges of its own"
        )
    if not keypoints.numel():
        raise ValueError(f"keypoints of shape {list(keypoints.shape)} are empty; give clips of one frame or more")
    if not torch.isfinite(keypoints).all():
        raise ValueError(f"{int((~torch.isfinite(keypoints)).sum())} keypoint values are NaN or infinite")
    if inference not in ("whole", "windows"):
        raise ValueError(f"unknown inference '{inference}'; known: whole, windows")

    def predict(x: Tensor, shift: int) -> Tensor:
        if inference == "windows":
            return _windows(call, x, window, step, batch_size)
        return call(repeat_ends(x, shift, 0))[:, shift:]

    with evaluating(model):
        points = predict(keypoints, 0)
        if flip and model.input == "x":
            mirrored = predict(flip_keypoints(keypoints, model.skeleton), model.frame_multiple // 2)
            points = (points + flip_points(mirrored, model.skeleton)) / 2
    return points


@contextmanager
def evaluating(model: Lifter) -> Iterator[None]:
    """The model in evaluation mode; afterwards every module is in the mode that it had."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _windows(call: Callable[[Tensor], Tensor], x: Tensor, window: int, step: int, batch_size: int) -> Tensor:
    if min(window, step, batch_size) < 1:
        raise ValueError(f"window, step and batch_size must be at least 1, got {window}, {step} and {batch_size}")
    if step > window:
        raise ValueError(f"windows of {window} frames every {step} frames leave gaps; give a step of at most {window}")
    frames = x.size(1)
    x = repeat_ends(x, 0, max(window - frames, 0))
    starts = window_starts(x.size(1), window, step)
    jobs = [(clip, start) for clip in range(x.size(0)) for start in starts]
    total, count = None, x.new_zeros(x.size(1), 1, 1)
    for first in range(0, len(jobs), batch_size):
        part = jobs[first : first + batch_size]
        lifted = call(torch.stack([x[clip, start : start + window] for clip, start in part]))
        if total is None:
            total = lifted.new_zeros(*x.shape[:2], *lifted.shape[2:])
        for (clip, start), points in zip(part, lifted, strict=True):
            total[clip, start : start + window] += points
    for start in starts:
        count[start : start + window] += 1
    assert total is not None  # there is one window at least
    return (total / count)[:, :frames]
