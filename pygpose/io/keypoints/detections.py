"""Detections of single frames: what is missing in them, how large they are, and which of them are one person twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from pygpose.io.keypoints.layouts import Layout
from pygpose.io.keypoints.track import missing_joints

SAME = 0.15  # mean distance of two detections' joints, in medians of their extent, below which they are one person
REACH = 4.0  # distance from the middle of a person, in medians of it, beyond which a joint does not count for the box
MAX_PLACE = 1e6  # pixels


@dataclass(frozen=True)
class Detection:
    """One person in one frame.

    Args:
        frame: The file's frame number.
        person: Track id. None where nobody is tracked.
        joints: ``[J, 3]``: x and y in pixels, and a confidence, which need not lie in [0, 1]; NaN where something is
            missing. ``[J, 2]`` where the file has no confidences.
    """

    frame: int
    person: str | None
    joints: np.ndarray


@dataclass(frozen=True, eq=False)
class Seen:
    """One person in one frame, of whom at least one joint is seen.

    Args:
        frame: The file's frame number.
        person: Track id. None where nobody is tracked.
        joints: ``[J, 3]`` of the skeleton: x, y and confidence; zeros where a joint is missing.
        box: Left, top, right and bottom of the joints that are seen, without those far from the others.
        extent: Median distance of the seen joints from their middle.
    """

    frame: int
    person: str | None
    joints: np.ndarray
    box: np.ndarray
    extent: float


def clean(detections: Sequence[Detection], layout: Layout) -> tuple[list[Seen], int]:
    """The detections of whom something is seen, in the joints of a layout; and how many joints lie absurdly far away,
    and are missing.

    Raises:
        ValueError: For detections most of which are neither pixels nor confidences.
    """
    if not detections:
        return [], 0
    joints = np.stack([_confident(one.joints) for one in detections])[:, list(layout.places)]
    missing = missing_joints(joints[..., :2], joints[..., 2])
    joints[missing] = 0
    huge = np.abs(joints) >= MAX_PLACE
    far = huge[..., :2].any(-1)
    bad = (far.mean(1) > 0.2) | huge[..., 2].any(1)
    if bad.any():
        first = int(bad.argmax())
        largest = np.abs(joints[first]).max()
        raise ValueError(f"frame {detections[first].frame}: {largest:g} is neither a pixel nor a confidence")
    joints[far] = 0
    there = np.asarray((joints[..., 2] > 0).any(1))
    joints, seen = joints[there], joints[there, :, 2] > 0
    places = joints[..., :2]
    away = np.linalg.norm(places - median(places, seen)[:, None], axis=-1)
    extent = median(away[..., None], seen)
    near = (seen & ((away <= REACH * extent) | (extent == 0)))[..., None]
    boxes = np.concatenate([np.where(near, places, np.inf).min(1), np.where(near, places, -np.inf).max(1)], 1)
    found = [one for one, seen_at_all in zip(detections, there, strict=True) if seen_at_all]
    return [
        Seen(one.frame, one.person, values, box, float(size))
        for one, values, box, size in zip(found, joints, boxes, extent[:, 0], strict=True)
    ], int(far.sum())


def _confident(joints: np.ndarray) -> np.ndarray:
    return joints if joints.shape[1] == 3 else np.concatenate([joints, np.ones_like(joints[:, :1])], 1)


def median(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The median ``[N, C]`` of values ``[N, J, C]`` over the joints that are seen, at least one of each detection."""
    ordered, count = np.sort(np.where(seen[..., None], values, np.inf), axis=1), seen.sum(1)
    each = np.arange(len(values))
    return (ordered[each, (count - 1) // 2] + ordered[each, count // 2]) / 2


def without_doubles(detections: Sequence[Seen]) -> tuple[list[Seen], int]:
    """Detections in the order of frames without those of a person who is there already in the same frame, and how many
    those were.

    Of two, the one stays whose track id is in more frames, and then the one of more confidence.
    """
    frames = Counter(one.person for one in detections)
    kept: list[Seen] = []
    for _, group in groupby(detections, key=lambda one: one.frame):
        here = list(group)
        if len(here) > 1:
            ranks = [
                (one.person is not None, frames[one.person], one.joints[:, 2].sum(), -place)
                for place, one in enumerate(here)
            ]
            better = np.array([[rank > other for other in ranks] for rank in ranks])
            doubles = np.any(_alike(here) & better, axis=0)
            here = [one for one, double in zip(here, doubles, strict=True) if not double]
        kept += here
    return kept, len(detections) - len(kept)


def _alike(here: Sequence[Seen]) -> np.ndarray:
    """Which detections of a frame are of one person: the same joints at nearly the same places, ``[N, N]``."""
    joints = np.stack([one.joints for one in here])
    extent = np.array([one.extent for one in here])
    seen = joints[..., 2] > 0
    both = seen[:, None] & seen[None]
    shared, count = both.sum(-1), seen.sum(-1)
    away = (np.linalg.norm(joints[:, None, :, :2] - joints[None, :, :, :2], axis=-1) * both).sum(-1)
    enough = shared >= np.maximum(3, np.minimum(count[:, None], count[None]) / 2)
    return enough & (away < SAME * np.minimum(extent[:, None], extent[None]) * shared)
