"""Every metric of what a model predicts, a row for each clip, with the baseline and smoothed motion beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import torch

from graphs import Skeleton
from pygpose.data import SkeletonSequence
from pygpose.inference.lift import Inference
from pygpose.inference.motion import (
    NAMES,
    Motion,
    Trajectory,
    behind,
    body_of,
    predict,
    smooth_motions,
    with_solved_paths,
)
from pygpose.metrics import clip_row, world_row
from pygpose.models import Lifter
from pygpose.smpl import Body
from train.report.pictures import Example
from train.report.story import BASELINE
from train.scoring.meshes import mesh_row

InferenceChoice = Literal["whole", "windows", "both"]


def never_seen(header: Mapping[str, str], clips: Sequence[SkeletonSequence]) -> bool:
    """Whether nobody in the clips was in a model's training, by the facts that it was saved with; of weights without
    them, nobody here knows."""
    return "subjects" in header and not {clip.subject for clip in clips} & set(json.loads(header["subjects"]))


def inference_words(inference: InferenceChoice, window: int, step: int, flip: bool) -> str:
    """A report's line on how clips were lifted."""
    windows = "" if inference == "whole" else f" of {window} frames every {step}"
    ways = {"whole": "whole clips", "windows": f"windows{windows}", "both": f"whole clips, and windows{windows}"}
    return f"{ways[inference]}, flip averaging {'on' if flip else 'off'}"


def score(
    clips: Sequence[SkeletonSequence], motions: Sequence[Motion], skeleton: Skeleton, body: Body | None = None
) -> pd.DataFrame:
    """A row of sums and counts for each clip, or for each action of one that shows several; the index is the clip's
    place among ``clips``. Of motions of a ``body``, the errors of its mesh are among them."""
    rows, places = [], []
    for place, (clip, motion) in enumerate(zip(clips, motions, strict=True)):
        names = {name: clip[name] for name in ("subject", "camera", "clip")}
        for action, valid in clip.counted().items():
            row = clip_row(motion.pose, clip.pose(), skeleton, fps=clip.fps, action=action, valid=valid, **names)
            if motion.path is not None:
                row |= world_row(motion.pose, motion.path, clip.pose(), clip.root, skeleton, clip.fps, valid)
            if body is not None and motion.rotations is not None:
                row |= mesh_row(body, motion, clip, valid)
            rows.append(row)
            places.append(place)
    return pd.DataFrame(rows, index=places)


def score_smoothed(
    clips: Sequence[SkeletonSequence],
    found: Mapping[str, Sequence[Motion]],
    skeleton: Skeleton,
    filters: Sequence[str],
    body: Body | None = None,
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Rows of every system, each with those of its smoothed motion after them; and who was smoothed, by their names."""
    results: dict[str, pd.DataFrame] = {}
    smoothed: dict[str, str] = {}
    for name, motions in found.items():
        results[name] = score(clips, motions, skeleton, body)
        for filter_name in filters:
            smoothed[f"{name} + {filter_name}"] = name
            calmer = smooth_motions(clips, motions, filter_name, body)
            results[f"{name} + {filter_name}"] = score(clips, calmer, skeleton, body)
    return results, smoothed


@dataclass(frozen=True)
class Scores:
    """Rows of every way to predict, the baseline's among them where it is known; the first way's motions; some clips to
    look at."""

    results: dict[str, pd.DataFrame]
    motions: list[Motion]
    examples: list[Example]
    notes: list[str]
    smoothed: dict[str, str]
    """Whose motion a smoothed system's is."""


def evaluate(
    model: Lifter,
    arch: str,
    clips: Sequence[SkeletonSequence],
    *,
    device: torch.device,
    inference: InferenceChoice,
    trajectory: Trajectory,
    flip: bool,
    window: int,
    step: int,
    smooth: Sequence[str] = (),
) -> Scores:
    """Every metric on every clip, for the model and for the mean pose of its training data, where that is known.

    A path by the model's root head has the solved one beside it, where the cameras are known, and every motion the same
    through each filter of ``smooth``.
    """
    if trajectory == "model" and model.root_head == "none":
        raise ValueError("this model has no root head for --trajectory model; give solve, or none")
    if any("y" not in clip for clip in clips):
        raise ValueError(
            "these data have no 3D truth to score against; pygpose.inference.lift gives poses of keypoints alone"
        )
    ways: list[Inference] = ["whole", "windows"] if inference == "both" else [inference]
    found: dict[str, list[Motion]] = {}
    for way in ways:
        name = f"{arch} ({NAMES[way]})" if len(ways) > 1 else arch
        motions = predict(model, clips, device=device, inference=way, flip=flip, window=window, step=step)
        if trajectory == "model":
            found[name] = motions
            if all("intrinsics" in clip for clip in clips):
                found[f"{name}, path solved"] = with_solved_paths(clips, motions)
        else:
            poses = [replace(motion, path=None) for motion in motions]
            found[name] = with_solved_paths(clips, poses) if trajectory == "solve" else poses
    results, smoothed = score_smoothed(clips, found, model.skeleton, smooth, body_of(model))
    if model.mean_pose.any():  # official weights come without that of their training data
        mean = (model.mean_pose[: model.skeleton.num_joints] - model.mean_pose[model.skeleton.root]).cpu()
        still = [Motion(mean.expand(clip.num_frames, -1, -1).contiguous()) for clip in clips]
        results[BASELINE] = score(clips, still, model.skeleton)
    first = next(iter(found))
    notes = [
        f"{name}: in {count} frames the root comes out at or behind the camera: these poses do not fit their keypoints."
        for name, motions in found.items()
        if (count := behind(motions))
    ]
    return Scores(results, found[first], examples_of(clips, found[first], results[first]), notes, smoothed)


def examples_of(clips: Sequence[SkeletonSequence], motions: Sequence[Motion], rows: pd.DataFrame) -> list[Example]:
    """Clips of small, median and largest error, of a second or longer where there are such."""
    sums = rows.loc[rows["frames"] > 0].groupby(level=0)[["mpjpe_sum", "frames"]].sum()
    error = (sums["mpjpe_sum"] / sums["frames"]).to_dict()
    some = list(error)  # in the others, no frame counts
    long = [i for i in some if clips[i].num_frames >= clips[i].fps] or some
    order = sorted(long, key=lambda i: error[i])
    chosen = {"good": order[len(order) // 10], "median": order[len(order) // 2], "worst": order[-1]}
    return [
        Example(
            title=f"{name}: {clips[i].subject}, {clips[i].action}, camera {clips[i].camera}, {clips[i].clip}",
            keypoints=clips[i].keypoints().numpy(),
            pred=motions[i].pose.numpy(),
            target=clips[i].pose().numpy(),
            fps=clips[i].fps,
            valid=clips[i].valid.numpy() if "valid" in clips[i] else None,
            **_paths(clips[i], motions[i]),
        )
        for name, i in chosen.items()
    ]


def _paths(clip: SkeletonSequence, motion: Motion) -> dict[str, np.ndarray]:
    return {} if motion.path is None else {"pred_path": motion.path.numpy(), "path": clip.root.numpy()}
