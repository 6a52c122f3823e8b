"""Whether the keypoints of a person look like a person in a picture: doubts in sentences, and joints far astray."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from graphs import Skeleton, get_skeleton, list_skeletons
from pygpose.io.keypoints.detections import REACH, median
from pygpose.io.keypoints.track import KeypointTrack, Size, fill_missing

FEW = 0.05  # share of a person's joints that may be astray: if more are, the picture is larger than it is said to be
OUTSIDE = 0.05  # share of joints outside the picture that is worth a doubt
UNEQUAL = (3.0, 1.7)
"""Ratios of a left and a right limb's lengths that one, or two at once, seldom reach by perspective: 1.5 % of upright
people's clips seen by all kinds of cameras."""
MOST = 0.5  # share of frames
UPSIDE_DOWN = "the head is below the feet"
HEAD = ("Nose", "Neck/Nose", "Head", "HeadTop", "LEar", "REar", "LEye", "REye")
ANKLES = (("LAnkle", "LFoot"), ("RAnkle", "RFoot"))
LIMBS = (("Shoulder", "Elbow"), ("Elbow", "Wrist"), ("Hip", "Knee"), ("Knee", "Ankle"))


def without_strays(track: KeypointTrack) -> KeypointTrack:
    """The track with single joints missing that lie outside the picture and far from their person, and a note.

    Where the picture's size is not known, or more than a few joints lie so, nothing changes.
    """
    if track.size is None:
        return track
    seen = track.confidence > 0
    astray = seen & _outside(track.keypoints, track.size)
    frames = np.flatnonzero(astray.any(1))
    points = track.keypoints[frames].astype(float)
    away = np.linalg.norm(points - median(points, seen[frames])[:, None], axis=-1)
    astray[frames] &= away > REACH * median(away[..., None], seen[frames]).clip(min=1)
    if not astray.any() or astray.sum() > FEW * seen.sum():
        return track
    confidence = np.where(astray, 0, track.confidence).astype(track.confidence.dtype)
    note = (
        f"{track.name}: {astray.sum()} joints that lie outside the picture and far from their person are missing, the "
        f"first in frame {track.first_frame + int(astray.any(1).argmax())}."
    )
    keypoints = np.where(astray[..., None], fill_missing(track.keypoints, confidence), track.keypoints)
    return replace(track, keypoints=keypoints, confidence=confidence, notes=(*track.notes, note))


def doubts(track: KeypointTrack) -> list[str]:
    """Sentences about what may be right in a person's keypoints, and more probably is not."""
    size = [] if track.size is None else _doubt_size(track, track.size)
    return [*size, *_doubt_shape(track)]


def share_outside(track: KeypointTrack, size: Size) -> tuple[float, str]:
    """The share of a person's joints that lies outside a picture of this size, and what may be the reason."""
    seen = track.keypoints[track.confidence > 0]
    share = float(_outside(seen, size).mean())
    low, high = seen.min(0), seen.max(0)
    if size[0] != size[1] and not _outside(seen, (size[1], size[0])).any():
        return share, f"{size[1]} x {size[0]} would hold all"
    return share, f"x is {low[0]:.0f} to {high[0]:.0f}, y is {low[1]:.0f} to {high[1]:.0f}"


def _outside(points: np.ndarray, size: Size) -> np.ndarray:
    return np.any((points < 0) | (points > size), axis=-1)


def _doubt_size(track: KeypointTrack, size: Size) -> list[str]:
    share, reason = share_outside(track, size)
    if share < OUTSIDE:
        return []
    return [
        f"{share:.0%} of the joints lie outside the picture of {size[0]} x {size[1]} ({reason}): has it another size, "
        "or is the person half out of sight?"
    ]


def _doubt_shape(track: KeypointTrack) -> list[str]:
    skeleton, seen = get_skeleton(track.skeleton), track.confidence > 0
    points = np.where(seen[..., None], track.keypoints, np.nan).astype(float)
    strange = _strange(points, skeleton)
    if not strange:
        return []
    alike = [get_skeleton(name) for name in list_skeletons() if get_skeleton(name).num_joints == skeleton.num_joints]
    others = [other.name for other in alike if other != skeleton and not _strange(points, other)]
    if strange[0] == UPSIDE_DOWN and not others:
        return [f"In most frames {UPSIDE_DOWN}: y must point down, and the picture must not stand upside down."]
    hint = f" (as those of {' or '.join(others)} they look like a person)" if others else ""
    return [
        f"In most frames {' and '.join(strange)}: are these the joints of {skeleton.name}, in its order{hint}? If not, "
        "give joints."
    ]


def _strange(points: np.ndarray, skeleton: Skeleton) -> list[str]:
    """What is not as people are in most frames of ``points`` ``[T, J, 2]``, NaN where a joint is missing."""
    shoulders, hips = (_middle(points, skeleton, (f"L{name}",), (f"R{name}",)) for name in ("Shoulder", "Hip"))
    head, feet = _middle(points, skeleton, HEAD), _middle(points, skeleton, *ANKLES)
    trunk = np.abs(shoulders - hips)
    upright = np.where(trunk[:, 1] > trunk[:, 0], 1.0, np.nan)
    strange = []
    if _mostly(head[:, 1] - feet[:, 1]):
        strange.append(UPSIDE_DOWN)
    if _mostly(upright * (head[:, 1] - shoulders[:, 1])):
        strange.append("the head is not above the shoulders")
    if _mostly(upright * (hips[:, 1] - feet[:, 1])):
        strange.append("the ankles are above the hips")
    if _unequal(points, skeleton):
        strange.append("left and right limbs are of unequal length")
    return strange


def _unequal(points: np.ndarray, skeleton: Skeleton) -> bool:
    """Whether one limb and its counterpart, or two, are of more unequal length in the median than perspective makes
    them."""
    ratios = []
    for limb in LIMBS:
        lengths = []
        for side in "LR":
            ends = [_middle(points, skeleton, (f"{side}{end}", *_foot(side, end))) for end in limb]
            lengths.append(np.linalg.norm(ends[0] - ends[1], axis=-1))
        known = ~np.isnan(lengths).any(0)
        if known.any():
            ratios.append(float(np.median(np.abs(np.log2((lengths[0][known] + 1) / (lengths[1][known] + 1))))))
    ratios.sort(reverse=True)
    return any(ratio > np.log2(limit) for ratio, limit in zip(ratios, UNEQUAL, strict=False))


def _foot(side: str, end: str) -> tuple[str, ...]:
    return (f"{side}Foot",) if end == "Ankle" else ()


def _middle(points: np.ndarray, skeleton: Skeleton, *groups: tuple[str, ...]) -> np.ndarray:
    """The middle ``[T, 2]`` of the joints that are seen, of each group the first that the skeleton has; of one group
    alone, of all its joints."""
    names = [name for group in groups for name in group if name in skeleton.joints]
    if len(groups) > 1:
        names = [next((name for name in group if name in skeleton.joints), "") for group in groups]
        names = [name for name in names if name]
    if not names:
        return np.full((len(points), 2), np.nan)
    chosen = points[:, [skeleton.index(name) for name in names]]
    known = ~np.any(np.isnan(chosen), axis=-1)
    total = np.where(known[..., None], chosen, 0).sum(1)
    return np.where(known.any(1)[:, None], total / np.maximum(known.sum(1), 1)[:, None], np.nan)


def _mostly(values: np.ndarray) -> bool:
    """Whether most values that are known are above 0."""
    known = values[~np.isnan(values)]
    return len(known) > 0 and float((known > 0).mean()) > MOST
