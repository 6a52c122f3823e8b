"""What a model predicts of whole clips: poses, and where the person is; and the same through a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from graphs import MotionGraph, get_skeleton
from pygpose.console import track
from pygpose.data import SkeletonSequence
from pygpose.geometry import camera_to_world, fit_path_to_rays, undistort_shown
from pygpose.inference.lift import Inference, Lifted, lift_all, lift_bodies, lift_clip
from pygpose.inference.predictions import by_key
from pygpose.models import Lifter
from pygpose.refine import FILTERS, average_rotations
from pygpose.safe.atomic import write_npz
from pygpose.smpl import Body

NAMES: dict[Inference, str] = {"whole": "whole clips", "windows": "windows"}
Trajectory = Literal["none", "model", "solve"]
AT_ONCE = 256  # frames of a body: their vertices are 20 MB
SMOOTHNESS = 10.0  # of solved paths: of 0, 0.1, 1, 10 and 100 best for predictions on real motion, in place and speed


@dataclass(frozen=True)
class Motion:
    """What was predicted of a clip: root-relative pose ``[T, J, 3]``, and the root's path ``[T, 3]`` where it is known,
    metres, camera frame; of a body its rotations ``[T, 24, 3, 3]`` and shape ``[T, 10]``; of a model that says how
    uncertain it is the spread ``[T, J]`` of every position, metres (:class:`~pygpose.inference.lift.Lifted`)."""

    pose: Tensor
    path: Tensor | None = None
    spread: Tensor | None = None
    rotations: Tensor | None = None
    shape: Tensor | None = None


def predict(
    model: Lifter, clips: Sequence[SkeletonSequence], *, device: torch.device, inference: Inference, **options
) -> list[Motion]:
    """The motion of every clip; neighbours of one length (a clip's cameras) run together."""
    motions: list[Motion] = []
    at_once = 4096 if device.type == "cpu" else 2**18  # frames; more than a CPU's caches hold run at half the speed
    alike = groupby(clips, key=lambda clip: (clip.num_frames, clip.fps, "intrinsics" in clip))
    jobs = [
        group[first : first + max(1, at_once // frames)]
        for frames, group in ((key[0], list(part)) for key, part in alike)
        for first in range(0, len(group), max(1, at_once // frames))
    ]
    if model.input == "features" and inference == "windows":
        raise ValueError("a model of image features has windows of its own; give inference='whole'")
    for group in track(jobs, f"lifting, {NAMES[inference]}"):
        if model.input == "features":
            motions += _bodies(model, group, device)
        elif all(MotionGraph.of_data(clip, model.graph_name).is_skeletons for clip in group):
            motions += _motions(_lift_group(model, group, device, inference, options))
        elif inference == "windows":
            raise ValueError("clips with edges of their own are lifted in one pass; give inference='whole'")
        else:
            for clip in group:
                motions += _motions(lift_clip(model, clip.clone().to(device), flip=options.get("flip", True)))
    return motions


def _lift_group(
    model: Lifter, clips: Sequence[SkeletonSequence], device: torch.device, inference: Inference, options: dict
) -> Lifted:
    """Clips of one length, one frame rate, and all with cameras or all without."""
    lenses = torch.cat([clip.intrinsics for clip in clips]).to(device) if "intrinsics" in clips[0] else None
    return lift_all(
        model,
        torch.stack([clip.keypoints() for clip in clips]).to(device),
        confidence=torch.stack([clip.confidence.view(clip.num_frames, -1) for clip in clips]).to(device),
        intrinsics=lenses,
        fps=clips[0].fps,
        inference=inference,
        **options,
    )


def _motions(found: Lifted) -> list[Motion]:
    """One motion for each clip. Contiguous, so that sums over it run in one order, as over the same pose of a file."""
    parts = [None if part is None else part.cpu() for part in (found.path, found.spread)]
    return [
        Motion(pose.contiguous(), *(None if part is None else part[i] for part in parts))
        for i, pose in enumerate(found.pose.cpu())
    ]


def _bodies(model: Lifter, clips: Sequence[SkeletonSequence], device: torch.device) -> list[Motion]:
    """The motion of clips of one length, out of the features of their pictures."""
    for clip in clips:
        if "features" not in clip:
            raise ValueError(
                f"{clip.describe()} has no image features, which this model lifts; give data of the data set "
                "smpl_features"
            )
    bodies = lift_bodies(model, torch.stack([clip.features for clip in clips]).to(device))
    poses = bodies.joints - bodies.joints[..., model.skeleton.root, None, :]
    parts = zip(poses.cpu(), bodies.rotations.cpu(), bodies.shape.cpu(), strict=True)
    return [Motion(pose.contiguous(), rotations=rotations, shape=shape) for pose, rotations, shape in parts]


def clip_rays(clip: SkeletonSequence) -> tuple[Tensor, Tensor]:
    """Rays ``[T, J, 2]`` of a clip's keypoints, in double precision, and the confidence ``[T, J]`` of those that its
    lens can show; 0 for the others."""
    confidence = clip.confidence.view(clip.num_frames, -1).double()
    rays, shown = undistort_shown(clip.keypoints().double(), clip.intrinsics[0], confidence > 0)
    return rays, confidence * shown


def with_solved_paths(clips: Sequence[SkeletonSequence], motions: Sequence[Motion]) -> list[Motion]:
    """The same poses, with the path that puts them onto their keypoints (:func:`~pygpose.geometry.solve_root_path`).

    A prediction may be so wrong that it fits its keypoints behind the camera only; that is an error to be measured
    (:func:`behind`), and stops nothing.

    Raises:
        ValueError: For clips without intrinsics.
    """
    solved = []
    for clip, motion in zip(clips, motions, strict=True):
        if "intrinsics" not in clip:
            raise ValueError(
                f"{clip.describe()} has no camera intrinsics, which trajectory='solve' needs; give its calibration, or "
                "state a field of view"
            )
        rays, confidence = clip_rays(clip)
        path = fit_path_to_rays(motion.pose.double(), rays, confidence, SMOOTHNESS, ridge=1e-9)
        solved.append(replace(motion, path=path.to(motion.pose.dtype)))
    return solved


def behind(motions: Sequence[Motion]) -> int:
    """Frames whose root comes out at or behind the camera."""
    return sum(int((motion.path[:, 2] <= 0).sum()) for motion in motions if motion.path is not None)


def check_filters(names: Sequence[str]) -> None:
    """
    Raises:
        ValueError: For filters that are unknown, or named twice.
    """
    for name in names:
        FILTERS[name]  # for what it refuses
        if names.count(name) > 1:
            raise ValueError(f"the list of filters names '{name}' twice; give each filter once")


def smooth_motions(
    clips: Sequence[SkeletonSequence], motions: Sequence[Motion], name: str, body: Body | None = None
) -> list[Motion]:
    """The motions through the filter ``name`` at its defaults: root-relative joints, and the root's path by itself.

    The average filter of a body's motion is that of its rotations, as in TCMR's Table 5, and its joints follow. The
    spread of every position stays as it is.

    Raises:
        ValueError: For an unknown filter, and motions that are NaN or infinite.
    """
    smooth = FILTERS[name]()
    smoothed = []
    for clip, motion in track(list(zip(clips, motions, strict=True)), f"smoothing, {name}"):
        if body is not None and motion.rotations is not None and name == "average":
            smoothed.append(_average_body(body, motion))
        else:
            path = None if motion.path is None else smooth(motion.path[:, None], clip.fps)[:, 0]
            smoothed.append(Motion(smooth(motion.pose, clip.fps), path, motion.spread))
    return smoothed


@torch.no_grad()
def _average_body(body: Body, motion: Motion) -> Motion:
    assert motion.rotations is not None and motion.shape is not None and body.skeleton is not None
    rotations, device = average_rotations(motion.rotations), body.template.device
    parts = zip(rotations.split(AT_ONCE), motion.shape.split(AT_ONCE), strict=True)
    joints = torch.cat([body(turn.to(device), shape.to(device)).joints.cpu() for turn, shape in parts])
    pose = joints - joints[:, get_skeleton(body.skeleton).root, None]
    return Motion(pose.to(motion.pose.dtype), motion.path, rotations=rotations, shape=motion.shape)


def positions(motions: Sequence[Motion]) -> list[Tensor]:
    """Poses where they are, as far as that is known."""
    return [motion.pose if motion.path is None else motion.pose + motion.path[:, None] for motion in motions]


def save_world(path: Path, clips: Sequence[SkeletonSequence], motions: Sequence[Motion]) -> None:
    """World positions of every clip, metres, z up, in the npz form that the data set ``mocap`` reads.

    Raises:
        ValueError: For motions without a root path, and clips whose camera stands nobody knows where.
        OSError: Where ``path`` cannot be written.
    """
    for clip, motion in zip(clips, motions, strict=True):
        if motion.path is None or "extrinsics" not in clip:
            lacks = (
                "root path; give trajectory='model' or trajectory='solve'"
                if motion.path is None
                else "camera extrinsics"
            )
            raise ValueError(f"{clip.describe()} cannot be put into the world: it has no {lacks}")
    placed = zip(by_key(clips).items(), positions(motions), strict=True)
    write_npz(path, {key: camera_to_world(place, clip.extrinsics[0]).numpy() for (key, clip), place in placed})
