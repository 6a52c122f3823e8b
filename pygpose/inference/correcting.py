"""Predicted motions, corrected with all that their clips tell: keypoints, cameras and the way up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from graphs import get_skeleton
from pygpose.console import track
from pygpose.data import SkeletonSequence
from pygpose.geometry import world_to_camera
from pygpose.inference.lift import confidence_of
from pygpose.inference.motion import Motion, with_solved_paths
from pygpose.refine import Correction, CorrectionOptions, correct_motion

CAMERAS_UP = (0.0, -1.0, 0.0)
"""The way up before a camera that nobody knows how it is held: against y, which points down in its picture."""


def correct_clip(
    clip: SkeletonSequence, motion: Motion, options: CorrectionOptions | None = None, up: Tensor | None = None
) -> Correction:
    """The motion of a clip, corrected (:func:`~pygpose.refine.correct_motion`): in the camera's frame, where its camera
    is known, with the keypoints of the clip; relative to the root, where it is not.

    Args:
        motion: Where it has no path and the camera is known, the path is solved for first.
        options: Weights of the terms.
        up: The way up in the camera's axes, where it is better known than by the clip (:func:`way_up`).
    """
    confidence = None if motion.spread is None else confidence_of(motion.spread).clamp(0, 1)
    if "intrinsics" not in clip:
        placed = motion.pose if motion.path is None else motion.pose + motion.path[:, None]
        return correct_motion(placed, clip.fps, clip.skeleton, confidence=confidence, options=options)
    if motion.path is None:
        (motion,) = with_solved_paths([clip], [motion])
    assert motion.path is not None
    return correct_motion(
        motion.pose + motion.path[:, None],
        clip.fps,
        clip.skeleton,
        confidence=confidence,
        keypoints=clip.keypoints(),
        camera=clip.intrinsics[0],
        keypoint_confidence=clip.confidence.view(clip.num_frames, -1),
        up=way_up(clip) if up is None else up,
        options=options,
    )


def correct_motions(
    clips: Sequence[SkeletonSequence], motions: Sequence[Motion], options: CorrectionOptions | None = None
) -> list[Motion]:
    """The motions of clips, corrected: root-relative poses, and paths where there were paths."""
    corrected = []
    for clip, motion in track(list(zip(clips, motions, strict=True)), "correction"):
        found = correct_clip(clip, motion, options).positions
        root = found[:, get_skeleton(clip.skeleton).root]
        path = None if motion.path is None else root
        corrected.append(replace(motion, pose=found - root[:, None], path=path, rotations=None, shape=None))
    return corrected


def way_up(clip: SkeletonSequence) -> Tensor:
    """The world's way up in the camera's frame, where it is known how the camera stands; against y otherwise."""
    if "extrinsics" not in clip:
        return torch.tensor(CAMERAS_UP)
    ends = torch.tensor([[[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]], dtype=clip.extrinsics.dtype)
    low, high = world_to_camera(ends, clip.extrinsics)[0]
    return high - low
