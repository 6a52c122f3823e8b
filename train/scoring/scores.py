"""To score: a row of every metric for each clip, of motions against the true ones."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import pandas as pd

from graphs import Skeleton
from pygpose.data import SkeletonSequence
from pygpose.inference.correcting import correct_motions
from pygpose.inference.motion import Motion, smooth_motions
from pygpose.metrics import clip_row, trust_row, world_row
from pygpose.refine import CorrectionOptions
from pygpose.smpl import Body
from train.scoring.meshes import mesh_row


def score(
    clips: Sequence[SkeletonSequence], motions: Sequence[Motion], skeleton: Skeleton, body: Body | None = None
) -> pd.DataFrame:
    """A row of sums and counts for each clip, or for each action of a clip that shows several; the index is the clip's
    place among ``clips``. Rows of motions of a ``body`` hold the errors of its mesh, too; rows of clips
    some of whose keypoints are missing, the errors of seen and of missing joints."""
    rows, places = [], []
    partly = any(bool((clip.confidence == 0).any()) for clip in clips)
    for place, (clip, motion) in enumerate(zip(clips, motions, strict=True)):
        names = {name: clip[name] for name in ("subject", "camera", "clip")}
        for action, valid in clip.counted().items():
            row = clip_row(motion.pose, clip.pose(), skeleton, fps=clip.fps, action=action, valid=valid, **names)
            seen = clip.confidence.view(clip.num_frames, -1) > 0 if partly else None
            row |= trust_row(motion.pose, clip.pose(), skeleton, seen=seen, spread=motion.spread, valid=valid)
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
    *,
    correct: CorrectionOptions | None = None,
) -> tuple[dict[str, pd.DataFrame], dict[str, str], list[str]]:
    """Rows by system, those of its smoothed and corrected motions after its own; the system that was smoothed or
    corrected, by the name of the other one; and sentences on what that took."""
    results: dict[str, pd.DataFrame] = {}
    smoothed: dict[str, str] = {}
    notes: list[str] = []
    for name, motions in found.items():
        results[name] = score(clips, motions, skeleton, body)
        for filter_name in filters:
            smoothed[f"{name} + {filter_name}"] = name
            calmer = smooth_motions(clips, motions, filter_name, body)
            results[f"{name} + {filter_name}"] = score(clips, calmer, skeleton, body)
        if correct is not None:
            start = time.perf_counter()
            corrected = correct_motions(clips, motions, correct)
            rate = sum(clip.num_frames for clip in clips) / (time.perf_counter() - start)
            smoothed[f"{name} + correction"] = name
            results[f"{name} + correction"] = score(clips, corrected, skeleton)
            notes.append(f"{name} + correction: {rate:,.0f} frames/s on the CPU. {_how_corrected(clips)}")
    return results, smoothed, notes


def _how_corrected(clips: Sequence[SkeletonSequence]) -> str:
    known = sum("intrinsics" in clip for clip in clips)
    if known == len(clips):
        return "It sees the keypoints and the camera of every clip."
    return f"It sees the keypoints and the camera of {known} of {len(clips)} clips, and of the others the poses alone."
