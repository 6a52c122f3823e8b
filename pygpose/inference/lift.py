"""From the 2D keypoints of a whole clip to its 3D pose, with a trained model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import MotionGraph
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.mirror import Mirror, flip_keypoints, flip_points
from pygpose.data.windows import window_starts
from pygpose.frames import at_times, keypoints_at_times
from pygpose.models import Lifter
from pygpose.models.data_input import check_confidence
from pygpose.nn import calm_what_shakes, keep_bone_lengths
from pygpose.smpl import SMPLOutput

Inference = Literal["whole", "windows"]
CLOSE = 0.15
"""Metres: a position that is nearer to the true one counts as right."""
SAME_RATE = 0.02
"""Frame rates that differ by less than this share count as one."""


@dataclass(frozen=True)
class Lifted:
    """What a model says of every frame of clips of one length.

    Shapes:
        - **pose:** :math:`(B, T, J, 3)`, metres, camera frame, relative to the root
        - **path:** :math:`(B, T, 3)`, metres, camera frame, of a model with a root head
        - **spread:** :math:`(B, T, J)`, metres, of a model that says how uncertain it is of each position: the scale
          :math:`b` of a density that falls as :math:`\\exp(-\\lVert \\mathbf{d} \\rVert / b)` with the distance
          :math:`\\mathbf{d}` from the position
    """

    pose: Tensor
    path: Tensor | None = None
    spread: Tensor | None = None

    @property
    def confidence(self) -> Tensor | None:
        """How sure each position is (:func:`confidence_of`); None where the model does not say."""
        return None if self.spread is None else confidence_of(self.spread)


def confidence_of(spread: Float[Tensor, "*positions"]) -> Float[Tensor, "*positions"]:
    r"""The probability that a true position lies within 150 mm (PCK's radius) of the one that is given.

    .. math:: c = 1 - e^{-r} (1 + r + r^2 / 2), \qquad r = 0.15\,\mathrm{m} / b

    for the density of :class:`Lifted`'s ``spread`` :math:`b`, metres.
    """
    ratio = CLOSE / spread
    return 1 - (-ratio).exp() * (1 + ratio + ratio.square() / 2)


class LiftOptions(TypedDict, total=False):
    """How clips are lifted; see :func:`lift_all`."""

    confidence: Tensor | None
    intrinsics: Tensor | None
    fps: float | None
    inference: Inference
    flip: bool
    window: int
    step: int
    batch_size: int


def lift(
    model: Lifter, keypoints: Float[Tensor, "batch frames *input"], **options: Unpack[LiftOptions]
) -> Float[Tensor, "batch frames joints 3"]:
    """3D pose of every frame, metres, camera frame, root-relative. Arguments and errors are those of
    :func:`lift_all`."""
    return lift_all(model, keypoints, **options).pose


def lift_motion(
    model: Lifter, keypoints: Float[Tensor, "batch frames joints 2"], **options: Unpack[LiftOptions]
) -> tuple[Float[Tensor, "batch frames joints 3"], Float[Tensor, "batch frames 3"]]:
    """3D pose of every frame, as :func:`lift` gives it, and the path of the root by the model's root head, both in
    metres in the camera's frame.

    Raises:
        ValueError: For a model without a root head, beside what :func:`lift_all` refuses.
    """
    found = lift_all(model, keypoints, **options)
    if found.path is None:
        raise ValueError("this model has no root_head: build one with root_head='model', or solve for the path")
    return found.pose, found.path


@torch.no_grad()
def lift_all(
    model: Lifter,
    keypoints: Float[Tensor, "batch frames *input"],
    *,
    confidence: Float[Tensor, "batch frames joints"] | None = None,
    intrinsics: Float[Tensor, "batch 9"] | None = None,
    fps: float | None = None,
    inference: Inference = "whole",
    flip: bool = True,
    window: int = 96,
    step: int = 5,
    batch_size: int = 64,
) -> Lifted:
    """All that a model says of every frame. Where joints are brought onto rays, bones are then made to keep their
    lengths (:func:`~pygpose.nn.keep_bone_lengths`), and joints whose keypoints shake are averaged over time
    (:func:`~pygpose.nn.calm_what_shakes`).

    Args:
        model: In evaluation mode while it runs; its modules' modes are given back afterwards.
        keypoints: Normalised screen coordinates ``[B, T, J, 2]`` of clips of one length; of a model of features, those.
        confidence: Of every keypoint, in [0, 1]; 0 where it is missing, whatever its coordinates. Not given: 1.
        intrinsics: Of every clip's camera, in screen coordinates (:mod:`pygpose.keys`). Not given: a camera of
            :data:`~pygpose.models.framing.ASSUMED_VIEW` degrees.
        fps: Frames per second of the clips. A model that knows the rate of its training (:attr:`Lifter.fps`) gets the
            clips at that rate, or as near to it as whole steps from the first frame to the last can be, and its motion
            is brought back to theirs. Not given: the clips have the model's rate.
        inference: ``whole`` runs over the clip in one pass; ``windows`` runs windows every ``step`` frames and
            averages each frame over all windows that hold it (UGCN, section 3.2).
        flip: Average with the mirrored prediction of the mirrored input. Whole clips are shifted for the second pass by
            half of the frames that the model's coarsest layer takes together, so that its grid falls on other frames.
            Features of pictures have no mirror image and are lifted once.
        window: Frames of a window; shorter clips are lengthened.
        step: Frames between windows.
        batch_size: Windows that run at once.

    Raises:
        ValueError: For no, NaN or infinite keypoints, confidence outside [0, 1], a frame rate that is not positive, an
            unknown ``inference``, a step longer than the window, and a window, step or batch below 1.
    """
    if not isinstance(keypoints, Tensor):
        raise TypeError(
            f"lift takes keypoints [B, T, J, 2] as a tensor, got {type(keypoints).__name__}; give "
            "clip.keypoints()[None], or lift_clip(model, clip) for a clip"
        )
    if not keypoints.numel():
        raise ValueError(f"keypoints of shape {list(keypoints.shape)} are empty; give clips of one frame or more")
    if not torch.isfinite(keypoints).all():
        raise ValueError(f"{int((~torch.isfinite(keypoints)).sum())} keypoint values are NaN or infinite")
    if inference not in ("whole", "windows"):
        raise ValueError(f"unknown inference '{inference}'; known: whole, windows")
    if fps is not None and not 0 < fps < float("inf"):
        raise ValueError(f"fps must be positive and finite, got {fps}")
    ratio = 1.0 if fps is None or model.fps is None else model.fps / fps
    if confidence is not None:
        check_confidence(confidence, keypoints)
    last = keypoints.size(1) - 1
    steps = last if abs(ratio - 1) <= SAME_RATE else max(round(last * ratio), min(last, 1))
    if steps != last:
        keypoints, confidence = _at_rate(keypoints, confidence, steps)
    frames = keypoints if model.input == "features" else model.frames(keypoints, confidence, intrinsics)

    def predict(x: Tensor, shift: int) -> Tensor:
        if inference == "windows":
            return _windows(model, x, window, step, batch_size)
        return model.lifted(model.lengthened(x, shift, 0))[:, shift:]

    with evaluating(model):
        points = predict(frames, 0)
        if flip and model.input == "x":
            mirrored = predict(flip_keypoints(frames, model.skeleton), model.frame_multiple // 2)
            points = (points + flip_points(mirrored, model.skeleton)) / 2
    if model.gives_shares:
        points = _consistent(model, points, frames)
    if steps != last:
        places = torch.linspace(0, steps, last + 1, dtype=torch.float64)
        spread = at_times(points[..., 3:].log(), places).exp()  # which is positive between frames, too
        points = torch.cat([at_times(points[..., :3], places), spread], -1)
    return _parts(model, points)


def _consistent(
    model: Lifter, points: Float[Tensor, "batch frames points numbers"], frames: Float[Tensor, "batch frames joints 3"]
) -> Tensor:
    """What a model says of every frame, with joints moved along the lines on which they are seen, so that bones keep
    their lengths, and averaged over time where their keypoints shake."""
    joints, rays, confidence = model.skeleton.num_joints, frames[..., :2], frames[..., 2]
    pose = keep_bone_lengths(points[:, :, :joints, :3], rays, confidence, model.skeleton)
    pose = calm_what_shakes(pose, rays, confidence)
    return torch.cat([torch.cat([pose, points[:, :, :joints, 3:]], -1), points[:, :, joints:]], 2)


def _parts(model: Lifter, points: Float[Tensor, "batch frames points numbers"]) -> Lifted:
    joints = model.skeleton.num_joints
    return Lifted(
        points[:, :, :joints, :3],
        None if model.root_head == "none" else points[:, :, joints, :3],
        points[:, :, :joints, 3] if model.gives_spread else None,
    )


def _at_rate(keypoints: Tensor, confidence: Tensor | None, steps: int) -> tuple[Tensor, Tensor | None]:
    """Keypoints at another rate: from the first frame to the last in so many equal steps."""
    times = torch.linspace(0, keypoints.size(1) - 1, steps + 1, dtype=torch.float64)
    if confidence is None:
        return at_times(keypoints, times.round(decimals=9)), None
    return keypoints_at_times(keypoints, confidence, times)


@torch.no_grad()
def lift_clip(model: Lifter, clip: SkeletonSequence, *, flip: bool = True) -> Lifted:
    """All that a model says of a clip over the clip's own motion graph, in one pass: a batch of one.

    Args:
        model: In evaluation mode while it runs; its modules' modes are given back afterwards.
        clip: Holds keypoints, confidence, edges and, where they are known, intrinsics; no layer looks over its cuts.
        flip: Average with the mirrored prediction of the mirrored clip, whose edges are mirrored, too.

    Raises:
        ValueError: For NaN or infinite keypoints, a clip of another frame rate than the model's, and what the model
            refuses.
    """
    if not torch.isfinite(clip.keypoints()).all():
        raise ValueError(f"{clip.describe()} has keypoint values that are NaN or infinite")
    if model.fps is not None and abs(model.fps / clip.fps - 1) > SAME_RATE:
        raise ValueError(
            f"{clip.describe()} has {clip.fps:g} frames/s and edges of its own, and the model was trained at "
            f"{model.fps:g}; bring the clip to that rate first (pygpose.data.transforms.Resample)"
        )
    with evaluating(model):
        found = model.lifted(clip)
        if flip and model.input == "x":
            found = (found + flip_points(model.lifted(Mirror()(clip)), model.skeleton)) / 2
    if model.gives_shares:
        confidence = clip.confidence.view(1, clip.num_frames, -1)
        frames = model.frames(clip.keypoints()[None], confidence, clip.intrinsics if "intrinsics" in clip else None)
        parts = MotionGraph.of_data(clip, model.graph_name).stretches[0]
        kept = [_consistent(model, found[:, a:b], frames[:, a:b]) for a, b in parts]
        found = torch.cat(kept, 1)
    return _parts(model, found)


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


def _windows(model: Lifter, x: Tensor, window: int, step: int, batch_size: int) -> Tensor:
    if min(window, step, batch_size) < 1:
        raise ValueError(f"window, step and batch_size must be at least 1, got {window}, {step} and {batch_size}")
    if step > window:
        raise ValueError(f"windows of {window} frames every {step} frames leave gaps; give a step of at most {window}")
    frames = x.size(1)
    x = model.lengthened(x, 0, max(window - frames, 0))
    starts = window_starts(x.size(1), window, step)
    jobs = [(clip, start) for clip in range(x.size(0)) for start in starts]
    total, count = None, x.new_zeros(x.size(1), 1, 1)
    for first in range(0, len(jobs), batch_size):
        part = jobs[first : first + batch_size]
        lifted = model.lifted(torch.stack([x[clip, start : start + window] for clip, start in part]))
        if total is None:
            total = lifted.new_zeros(*x.shape[:2], *lifted.shape[2:])
        for (clip, start), points in zip(part, lifted, strict=True):
            total[clip, start : start + window] += points
    for start in starts:
        count[start : start + window] += 1
    assert total is not None  # there is one window at least
    return (total / count)[:, :frames]
