"""To evaluate: lift clips with a model, and score its motions, with the baseline and smoothed motion beside them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd
import torch

from pygpose.data import SkeletonSequence
from pygpose.inference.doubts import doubts_of
from pygpose.inference.lift import Inference
from pygpose.inference.motion import NAMES, Motion, Trajectory, behind, predict, with_solved_paths
from pygpose.models import Lifter
from pygpose.refine import CorrectionOptions
from train.report.content import BASELINE
from train.report.example import Example
from train.scoring.examples import examples_of
from train.scoring.scores import score, score_smoothed

InferenceChoice = Literal["whole", "windows", "both"]
LISTED = 8  # people whose names a cell holds


def never_seen(header: Mapping[str, str], clips: Sequence[SkeletonSequence]) -> bool:
    """Whether nobody in the clips was in the model's training, by the facts in its header; False where the header does
    not say who was."""
    return "subjects" in header and not {clip.subject for clip in clips} & set(json.loads(header["subjects"]))


def split_words(header: Mapping[str, str], clips: Sequence[SkeletonSequence], other: str = "") -> str:
    """Training people / scored people, as published tables have them: S1,5,6,7,8 / S9,11; the scored ones with the data
    set's name, where they are of an ``other`` one."""
    trained = _people_words(json.loads(header["subjects"])) if "subjects" in header else "not known"
    scored = _people_words({clip.subject for clip in clips})
    return f"{trained} / {scored} of {other}" if other else f"{trained} / {scored}"


def _people_words(names: Collection[str]) -> str:
    """Names of one form, such as S1 and S11, by their numbers; how many, where they are too many for a cell."""
    if len(names) > LISTED:
        return f"{len(names)} people"
    parts = [re.fullmatch(r"(\D*)(\d+)", name) for name in names]
    if all(parts) and len({part[1] for part in parts if part}) == 1:
        by_number = sorted((int(part[2]), part[2], part[1]) for part in parts if part)
        return by_number[0][2] + ",".join(number for _, number, _ in by_number)
    return ", ".join(sorted(names))


def inference_words(inference: InferenceChoice, window: int, step: int, flip: bool) -> str:
    """A report's words on how clips were lifted."""
    windows = "" if inference == "whole" else f" of {window} frames every {step}"
    ways = {"whole": "whole clips", "windows": f"windows{windows}", "both": f"whole clips, and windows{windows}"}
    return f"{ways[inference]}, flip averaging {'on' if flip else 'off'}"


def correction_words(options: CorrectionOptions) -> str:
    """A report's words on how motion was corrected."""
    return ", ".join(
        f"{name} {value:g}" if not isinstance(value, bool) else f"{name} {'on' if value else 'off'}"
        for name, value in vars(options).items()
    )


def with_focal_error(clips: Sequence[SkeletonSequence], share: float) -> list[SkeletonSequence]:
    """The clips under cameras whose focal length is wrong by this share.

    Raises:
        ValueError: For a clip whose camera nobody knows.
    """
    if not share:
        return list(clips)
    changed = []
    for clip in clips:
        if "intrinsics" not in clip:
            raise ValueError(f"{clip.describe()} has no camera whose focal length could be wrong")
        moved = copy.copy(clip)
        moved.intrinsics = clip.intrinsics * clip.intrinsics.new_tensor([1 + share] * 2 + [1] * 7)
        changed.append(moved)
    return changed


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found."""

    results: dict[str, pd.DataFrame]
    """Rows of :func:`~train.scoring.scores.score` by system: the model in each way to lift, and the baseline, where it
    is known."""
    motions: list[Motion]
    """The motion of every clip, lifted in the first of these ways."""
    examples: list[Example]
    """Some clips to look at."""
    notes: list[str]
    """Sentences for the report."""
    smoothed: dict[str, str]
    """The system whose motion was smoothed, by the name of the smoothed one."""


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
    correct: CorrectionOptions | None = None,
    detected: bool | None = None,
) -> Evaluation:
    """Every metric on every clip, for the model and for the mean pose of its training data, where that is known.

    All clips have their true motion (:func:`train.config.environment.load_scored`).

    Where the root's path is the root head's and the cameras are known, the same poses on the solved path stand beside
    them as a system of their own; so does every motion after each filter of ``smooth``,
    and after the correction where ``correct`` says how. ``detected`` is that of
    :func:`~pygpose.inference.doubts.find_doubts`.

    Raises:
        ValueError: For a model without the root head that ``trajectory`` asks for.
    """
    if trajectory == "model" and model.root_head == "none":
        raise ValueError("this model has no root head for --trajectory model; give solve, or none")
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
    results, smoothed, costs = score_smoothed(clips, found, model.skeleton, smooth, model.body, correct=correct)
    if model.mean_pose.any():  # official weights come without that of their training data
        mean = (model.mean_pose[: model.skeleton.num_joints] - model.mean_pose[model.skeleton.root]).cpu()
        still = [Motion(mean.expand(clip.num_frames, -1, -1).contiguous()) for clip in clips]
        results[BASELINE] = score(clips, still, model.skeleton)
    first = next(iter(found))
    notes = costs + (doubts_of(model, clips, detected) if model.input == "x" else [])
    notes += [
        f"{name}: in {count} frames the root comes out at or behind the camera: these poses do not fit their keypoints."
        for name, motions in found.items()
        if (count := behind(motions))
    ]
    return Evaluation(results, found[first], examples_of(clips, found[first], results[first]), notes, smoothed)
