"""Detections of single frames, put together by person.

With track ids, a person is an id. Without track ids, people are followed from frame to frame: a detection continues the
person whose last box it fits best, by the overlap of their boxes (intersection over union, less the squared distance of
the centres over the squared diagonal of both, so that the nearest centre decides where nothing overlaps). Nobody is
exchanged silently: where a second detection fits almost as well, as when people cross, the tracks of all concerned end,
new ones begin, and a note says so. A person who is not seen for more than 30 frames, or turns up elsewhere, is a new
person. Boxes cannot show that two people change places from one frame to the next: fast crowds need a tracker's ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from graphs import get_skeleton
from pygpose.io.keypoints.track import KeypointTrack, Size, fill_missing

FIT = -0.2  # the worst fit that continues a person: boxes about half their size apart
MARGIN = 0.1  # by which the best fit must beat the second
LOST = 30  # frames after which a person is not looked for any more
MAX_GAP = 100_000  # frames: an hour at 30 frames/s in which a file says nothing is a mistake in its numbers
MAX_VALUES = 3 * 10**8  # of all people together: more than a gigabyte is a mistake, too


@dataclass(frozen=True)
class Detection:
    """One person in one frame.

    Args:
        frame: The file's frame number.
        person: Track id. None where the file has no track ids.
        joints: ``[J, 3]``: x and y in pixels, and a confidence, which need not lie in [0, 1].
    """

    frame: int
    person: str | None
    joints: np.ndarray


def gather(
    detections: Sequence[Detection],
    frames: Sequence[int],
    *,
    skeleton: str,
    video: str,
    fps: float | None = None,
    size: Size | None = None,
    notes: tuple[str, ...] = (),
) -> list[KeypointTrack]:
    """Tracks of all people, each over all frames of the video from the smallest to the largest number.

    Frames may come in any order. Frames without a person, and numbers that are left out, are missing frames:
    confidence 0, positions interpolated over time. A joint with confidence 0 or below, or at (0, 0), is missing.
    Confidences above 1 (heatmap values) are clipped, and a note says so.

    Args:
        frames: Number of every frame of the file, including frames in which nobody is seen.

    Raises:
        ValueError: For frame numbers or ids that occur twice, ids of some people only, nobody in any frame, and frames
            so far apart that they cannot be one video's.
    """
    numbers, counts = np.unique(np.array(frames, dtype=np.int64), return_counts=True)
    if (counts > 1).any():
        raise ValueError(f"video '{video}': frame {numbers[counts.argmax()]} occurs {counts.max()} times")
    gaps = np.diff(numbers)
    if len(gaps) and gaps.max() > MAX_GAP:
        before = int(gaps.argmax())
        raise ValueError(
            f"video '{video}': frame {numbers[before + 1]} follows frame {numbers[before]}; a gap of more than "
            f"{MAX_GAP} frames says that these are not the frames of one video"
        )
    detections = sorted((one for one in map(_clean, detections) if one.joints[:, 2].any()), key=lambda one: one.frame)
    if not detections:
        raise ValueError(f"video '{video}': nobody is seen in any of {len(numbers)} frames")
    anonymous = [one.frame for one in detections if one.person is None]
    if not anonymous:
        people, breaks = _by_id(detections, video), ()
    elif len(anonymous) == len(detections):
        people, breaks = _follow(detections)
    else:
        raise ValueError(f"video '{video}': some people have track ids and some, first in frame {anonymous[0]}, none")
    first, length = int(numbers[0]), int(numbers[-1] - numbers[0]) + 1
    joints = get_skeleton(skeleton).num_joints
    if len(people) * length * joints * 3 > MAX_VALUES:
        raise ValueError(f"video '{video}': {len(people)} people in {length} frames are more than a file should hold")
    tracks = []
    for person, ones in people.items():
        values = np.zeros((length, joints, 3), np.float32)
        for one in ones:
            values[one.frame - first] = one.joints
        confidence, above = values[..., 2].clip(max=1), int((values[..., 2] > 1).sum())
        clipped = (f"Video '{video}', track '{person}': {above} confidences above 1 clipped to 1.",) if above else ()
        track = KeypointTrack(
            fill_missing(values[..., :2], confidence),
            confidence,
            skeleton,
            video,
            person,
            fps=fps,
            size=size,
            first_frame=first,
            notes=(*notes, *breaks, *clipped),
        )
        tracks.append(track)
    return tracks


def _clean(one: Detection) -> Detection:
    """The detection with zeros for missing joints."""
    largest = np.abs(one.joints).max()
    if not largest < 1e6:
        raise ValueError(f"frame {one.frame}: {largest:g} is neither a pixel nor a confidence")
    missing = (one.joints[:, :2] == 0).all(1) | (one.joints[:, 2] <= 0)
    return replace(one, joints=np.where(missing[:, None], 0, one.joints))


def _by_id(detections: Sequence[Detection], video: str) -> dict[str, list[Detection]]:
    people: dict[str, list[Detection]] = defaultdict(list)
    for one in detections:
        before = people[str(one.person)]
        if before and before[-1].frame == one.frame:
            raise ValueError(f"video '{video}': track id '{one.person}' occurs twice in frame {one.frame}")
        before.append(one)
    return people


def _follow(detections: Sequence[Detection]) -> tuple[dict[str, list[Detection]], tuple[str, ...]]:
    """People by the rule of this module, named 1, 2, ... as they come; notes on frames where the rule cannot tell."""
    people: list[list[Detection]] = []
    looked_for: list[list[Detection]] = []
    notes = []
    for frame, group in groupby(detections, key=lambda one: one.frame):
        here = list(group)
        looked_for = [person for person in looked_for if frame - person[-1].frame <= LOST]
        fit = _fit(_boxes([person[-1] for person in looked_for]), _boxes(here))
        near = fit >= FIT
        near &= fit >= fit.max(0, initial=-np.inf) - MARGIN
        near &= fit >= fit.max(1, initial=-np.inf, keepdims=True) - MARGIN
        clear = near & (near.sum(0) == 1) & (near.sum(1, keepdims=True) == 1)
        who = {int(column): looked_for[row] for row, column in np.argwhere(clear)}
        unclear = near.any(1) & ~clear.any(1)
        if unclear.any():
            notes.append(f"Frame {frame}: {unclear.sum()} people could not be told apart; new tracks begin there.")
        looked_for = [person for person, ends in zip(looked_for, unclear, strict=True) if not ends]
        for column, one in enumerate(here):
            if column in who:
                who[column].append(one)
            else:
                people.append([one])
                looked_for.append(people[-1])
    return {str(number): person for number, person in enumerate(people, 1)}, tuple(notes)


def _boxes(detections: Sequence[Detection]) -> np.ndarray:
    """Left, top, right, bottom of the joints that are seen, ``[N, 4]``."""
    seen = [one.joints[one.joints[:, 2] > 0, :2] for one in detections]
    return np.array([[*joints.min(0), *joints.max(0)] for joints in seen]).reshape(-1, 4)


def _fit(last: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Overlap less distance of every two boxes, ``[last, new]``, in [-1, 1] (Zheng et al., Distance-IoU, AAAI 2020)."""
    last, new = last[:, None], new[None]
    low, high = np.maximum(last[..., :2], new[..., :2]), np.minimum(last[..., 2:], new[..., 2:])
    shared = (high - low).clip(0).prod(-1)
    union = sum((box[..., 2:] - box[..., :2]).prod(-1) for box in (last, new)) - shared
    apart = ((last[..., :2] + last[..., 2:] - new[..., :2] - new[..., 2:]) / 2) ** 2
    around = (np.maximum(last[..., 2:], new[..., 2:]) - np.minimum(last[..., :2], new[..., :2])) ** 2
    tiny = 1e-9  # boxes of one joint have no area
    return shared / (union + tiny) - apart.sum(-1) / (around.sum(-1) + tiny)
