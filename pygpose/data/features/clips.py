"""Clips of a file of image features: videos cut at their gaps, joints by name, keypoints in the crop."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from graphs import get_skeleton
from pygpose.data.features.crops import keypoints_in_crop
from pygpose.data.features.files import FeatureFile, read_feature_file
from pygpose.data.sequence import SkeletonSequence, make_sequence
from pygpose.frames import check_finite
from pygpose.io.keypoints.track import fill_missing

SKELETON = "lsp15"
RATES = {"3dpw": 30.0, "mpii3d": 25.0, "h36m": 25.0}
"""Frames per second of the published files, which do not say it: as recorded, or half of the 50 of Human3.6M."""
SPIN_FIRST = 25
"""Place of LSP's 14 among SPIN's 49 joints; the 25 before them are OpenPose's, the 10 behind of other data sets."""
ACTIONS = (
    "Directions Discussion Eating Greeting Phoning Posing Purchases Sitting SittingDown Smoking Photo Waiting Walking "
    "WalkDog WalkTogether"
).split()
"""Actions of Human3.6M, whose numbers in a video's name begin with 2."""


@dataclass(frozen=True)
class FeatureClip:
    """A stretch of frames of one video without a gap between them.

    Args:
        video: Name of the video in the file.
        part: Number of the stretch in the video, from 0.
        start: First row of the stretch in the file.
        stop: Row after the last one.
    """

    video: str
    part: int
    start: int
    stop: int


@dataclass(frozen=True)
class Facts:
    """Who moves, what is done and which camera sees it."""

    subject: str
    action: str = "motion"
    camera: str = "camera"


def read_smpl_features(path: str | Path, *, dataset: str = "", fps: float | None = None) -> list[SkeletonSequence]:
    """Clips of one file, with or without the truth, as a model of image features takes them.

    Args:
        path: A ``*_db.pt`` of TCMR or VIBE, or an npz of :func:`~pygpose.data.save_smpl_features`.
        dataset: ``3dpw``, ``mpii3d`` or ``h36m``, whose names of videos have facts in them; see ``docs/features.md``.
        fps: Frames per second, where neither the file nor the data set says them.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that cannot be used, or whose frame rate is neither known nor given.
    """
    file = read_feature_file(Path(path))
    return [clip_sequence(file, clip, dataset, fps) for clip in clips_of(file)]


def clips_of(file: FeatureFile) -> list[FeatureClip]:
    """Stretches of frames that follow each other in one video.

    Frames follow each other at the file's smallest distance: every frame, or every second of those recorded.

    Raises:
        ValueError: For a video whose frames are out of order or stand in two places.
    """
    same = file.videos[1:] == file.videos[:-1]
    distance = np.diff(file.frames)
    wrong = same & (distance <= 0)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{file.path}: video '{file.videos[row]}' has frame {file.frames[row + 1]} after frame {file.frames[row]}; "
            "the frames of a video must stand in their order"
        )
    bounds = [0, *(np.flatnonzero(~same | (distance != frame_step(file))) + 1).tolist(), len(file.videos)]
    clips, parts = [], Counter()
    for start, stop in pairwise(bounds):
        video = str(file.videos[start])
        if parts[video] and file.videos[start - 1] != video:
            raise ValueError(f"{file.path}: video '{video}' stands in two places; put its frames together")
        clips.append(FeatureClip(video, parts[video], start, stop))
        parts[video] += 1
    return clips


def frame_step(file: FeatureFile) -> int:
    """Distance of the file's frames, in recorded frames."""
    within = np.diff(file.frames)[file.videos[1:] == file.videos[:-1]]
    return int(within.min()) if len(within) else 1


def clip_sequence(file: FeatureFile, clip: FeatureClip, dataset: str, fps: float | None = None) -> SkeletonSequence:
    """The clip as a sequence of :data:`SKELETON`.

    Raises:
        ValueError: For NaN and absurd values, boxes without a size, positions that are no metres, and a frame rate
            that is neither known nor given.
    """
    where = f"{file.path}, video '{clip.video}'"
    rows = slice(clip.start, clip.stop)
    parts = {name: array[rows] for name, array in file.numbers.items()}
    for name, part in parts.items():
        check_finite(part, np.ones(len(part), bool), f"{where}, '{name}'")
    facts = facts_of(clip.video, dataset)
    keypoints, confidence = _keypoints(parts, where)
    pose = _pose(parts["joints3D"], dataset, where) if "joints3D" in parts else None
    return make_sequence(
        torch.from_numpy(keypoints.astype(np.float32)),
        None if pose is None else torch.from_numpy(pose.astype(np.float32)),
        skeleton=SKELETON,
        subject=facts.subject,
        action=facts.action,
        camera=facts.camera,
        clip=Path(clip.video).name + (f"#{clip.part}" if clip.part else ""),
        fps=frame_rate(file, dataset, fps),
        confidence=torch.from_numpy(confidence.astype(np.float32)),
        placed=False,
        valid=None if file.valid is None else torch.from_numpy(file.valid[rows]),
        features=torch.from_numpy(parts["features"].astype(np.float32)),
        smpl=_smpl(parts),
    )


def frame_rate(file: FeatureFile, dataset: str, given: float | None) -> float:
    """The frame rate that the user or the file says, or that of the published files.

    Raises:
        ValueError: Where none of them says it, and where user and file differ.
    """
    if file.fps is not None and given is not None and file.fps != given:
        raise ValueError(f"{file.path} says fps {file.fps:g}, and {given:g} is given; leave it out")
    known = given or file.fps or RATES.get(dataset)
    if known is None:
        raise ValueError(f"{file.path} does not say its fps; give fps")
    return known


def facts_of(video: str, dataset: str) -> Facts:
    """The facts in a video's name, by the convention of its data set.

    ``3dpw``: RECORDING_PERSON; the subject is the recording, the action its name without number. ``mpii3d``:
    subjN_seqN_vidN_segN of training subjects SN, subjN_segN of test subjects TSN. ``h36m``:
    FOLDERS/s_NN_act_NN_subact_NN_ca_NN_N. Others: SUBJECT/CLIP, or the subject alone.
    """
    if dataset == "3dpw" and (found := re.fullmatch(r"((.+)_\d+)_\d+", video)):
        return Facts(found[1], found[2])
    if dataset == "mpii3d" and (found := re.fullmatch(r"subj(\d+)_seq(\d+)_vid(\d+)_seg\d+", video)):
        return Facts(f"S{found[1]}", f"Seq{found[2]}", found[3])
    if dataset == "mpii3d" and (found := re.fullmatch(r"subj(\d+)_seg\d+", video)):
        return Facts(f"TS{found[1]}")
    if dataset == "h36m" and (found := re.search(r"s_(\d+)_act_(\d+)_subact_(\d+)_ca_(\d+)[^/]*$", video)):
        subject, action, _, camera = (int(number) for number in found.groups())
        named = ACTIONS[action - 2] if 2 <= action < len(ACTIONS) + 2 else f"act {action}"
        return Facts(f"S{subject}", named, str(camera))
    return Facts(video.partition("/")[0] or video)


def _smpl(parts: dict[str, np.ndarray]) -> torch.Tensor | None:
    """Rotations and shape. None where they are missing, or a frame has zeros, which stand for unknown parameters."""
    if "pose" not in parts or "shape" not in parts:
        return None
    smpl = np.concatenate([parts["pose"], parts["shape"]], 1).astype(np.float32)
    return torch.from_numpy(smpl) if smpl.any(1).all() else None


def _pose(joints: np.ndarray, dataset: str, where: str) -> np.ndarray:
    """``[T, 15, 3]``: the 14 joints by name, and the middle of the hips."""
    if joints.shape[1] == 17 and dataset != "mpii3d":
        raise ValueError(
            f"{where}, 'joints3D': 17 joints have an order that is known for mpii3d (its test set's) alone; "
            f"give LSP's 14: {', '.join(get_skeleton(SKELETON).joints[:14])}"
        )
    chosen = joints[:, _rows(joints.shape[1])].astype(np.float64)
    hips = chosen[:, [get_skeleton(SKELETON).index(hip) for hip in ("LHip", "RHip")]].mean(1, keepdims=True)
    typical = np.median(np.linalg.norm(chosen - hips, axis=-1))
    if typical > 20:
        raise ValueError(f"{where}, 'joints3D': joints lie {typical:.0f} m from the hips; positions must be metres")
    return np.concatenate([chosen, hips], 1)


def _rows(count: int) -> list[int]:
    """Places of LSP's 14 joints among ``count`` joints."""
    if count == 17:
        test = get_skeleton("mpi_inf_3dhp17")
        return [test.index(joint) for joint in get_skeleton(SKELETON).joints[:14]]
    first = SPIN_FIRST if count == 49 else 0
    return list(range(first, first + 14))


def _keypoints(parts: dict[str, np.ndarray], where: str) -> tuple[np.ndarray, np.ndarray]:
    """``[T, 15, 2]`` in the crop and ``[T, 15]``; all missing where the file has no keypoints, or no boxes."""
    if "joints2D" not in parts or "bbox" not in parts:
        return np.zeros((len(parts["features"]), 15, 2)), np.zeros((len(parts["features"]), 15))
    if not (parts["bbox"][:, 2:] > 0).all():
        raise ValueError(f"{where}, 'bbox': width and height must be positive (centre x, centre y, width, height)")
    joints = parts["joints2D"][:, _rows(parts["joints2D"].shape[1])].astype(np.float64)
    confidence = joints[..., 2]
    if confidence.min() < 0 or confidence.max() > 1:
        raise ValueError(f"{where}, 'joints2D': confidence (column 2) must lie in [0, 1]")
    hips = [get_skeleton(SKELETON).index(hip) for hip in ("LHip", "RHip")]
    points = np.concatenate([joints[..., :2], joints[:, hips, :2].mean(1, keepdims=True)], 1)
    confidence = np.concatenate([confidence, confidence[:, hips].min(1, keepdims=True)], 1)
    return fill_missing(keypoints_in_crop(points, parts["bbox"].astype(np.float64)), confidence), confidence
