"""Detections of single frames, put together by person.

With track ids, a person is an id. Without track ids, people are followed from frame to frame: a detection continues the
person whose last box it fits best, by the overlap of their boxes (intersection over union, less the squared distance of
the centres over the squared diagonal of both, so that the nearest centre decides where nothing overlaps). Nobody is
exchanged silently: where a second detection fits almost as well, as when people cross, the tracks of all concerned end,
new ones begin, and a note says so. A person who is not seen for more than 30 frames, or turns up elsewhere, is a new
person. Boxes cannot show that two people change places from one frame to the next: fast crowds need a tracker's ids.

Where a tracker gave ids to some detections alone, the others are followed in the same way, beside and between those
with ids; who gets an id late has it from the beginning. A person whom a detector found twice in a frame is one person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

from graphs import get_skeleton
from pygpose.io.keypoints.layouts import Layout, find_layout
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack, Size, fill_missing, missing_joints

FIT = -0.2  # the worst fit that continues a person: boxes about half their size apart
MARGIN = 0.1  # by which the best fit must beat the second
LOST = 30  # frames after which a person is not looked for any more
SAME = (
    0.15  # mean distance of the joints of two detections, in medians of their extent, below which they are one person
)
REACH = 4.0  # distance from the middle of a person, in medians of it, beyond which a joint does not count for the box
MAX_GAP = 100_000  # frames: an hour at 30 frames/s in which a file says nothing is a mistake in its numbers
MAX_VALUES = 3 * 10**8  # of all people together: more than a gigabyte is a mistake, too
MAX_PLACE = 1e6  # pixels
NOTHING = StatedFacts()


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


def gather(
    detections: Sequence[Detection],
    frames: Sequence[int],
    *,
    video: str,
    stated: StatedFacts = NOTHING,
    said: str | None = None,
    names: Sequence[str] | None = None,
    fps: float | None = None,
    size: Size | None = None,
    notes: tuple[str, ...] = (),
) -> list[KeypointTrack]:
    """Tracks of all people, each over all frames of the video from the smallest to the largest number.

    Frames may come in any order. Frames without a person, and numbers that are left out, are missing frames:
    confidence 0, positions interpolated over time. Joints are missing by the rule of
    :func:`~pygpose.io.keypoints.track.missing_joints`. Where the file has no confidences, a joint counts as seen, and
    a note says so. Confidences above 1 (heatmap values) are clipped, and a note says so.

    Args:
        frames: Number of every frame of the file, including frames in which nobody is seen.
        video: Name of the video.
        stated: What the user states; of this the joints are used here.
        said: Registered name of the skeleton whose joints the file says it holds.
        names: Names of the joints, where the file has them.
        fps: Frames per second, where the file says them.
        size: Width and height of the image in pixels, where the file says them.
        notes: What is to be noted of all people.

    Raises:
        ValueError: For joints of no or of several layouts, frame numbers or ids that occur twice, nobody in any frame,
            frames so far apart that they cannot be one video's, and people of whom most are seen in one frame alone.
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
    layout = _layout(detections, video, stated, said, names)
    clean = [_clean(one, layout) for one in detections]
    absurd = sum(far for _, far in clean)
    found = sorted((one for one, _ in clean if one.joints[:, 2].any()), key=lambda one: one.frame)
    if not found:
        raise ValueError(_nobody(detections, video, len(numbers)))
    found, doubles = _without_doubles(found)
    people, told = _follow(found, video)
    _check_followed(people, video)
    first, length = int(numbers[0]), int(numbers[-1] - numbers[0]) + 1
    joints = get_skeleton(layout.skeleton).num_joints
    if len(people) * length * joints * 3 > MAX_VALUES:
        raise ValueError(f"video '{video}': {len(people)} people in {length} frames are more than a file should hold")
    unsure = sum(one.joints.shape[1] == 2 for one in detections)
    which = "The file has" if unsure == len(detections) else f"{unsure} of {len(detections)} detections have"
    notes = (
        *notes,
        *layout.notes,
        *([f"{which} no confidences; every joint that is there counts as seen."] if unsure else []),
        *([f"Video '{video}': {absurd} joints at more than {MAX_PLACE:g} pixels are missing."] if absurd else []),
        *([f"Video '{video}': {doubles} times a person was found twice in a frame, and is one."] if doubles else []),
        *told,
    )
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
            layout.skeleton,
            video,
            person,
            fps=fps,
            size=size,
            first_frame=first,
            notes=(*notes, *clipped),
        )
        tracks.append(track)
    return tracks


def _layout(
    detections: Sequence[Detection],
    video: str,
    stated: StatedFacts,
    said: str | None,
    names: Sequence[str] | None,
) -> Layout:
    counts = Counter(one.joints.shape for one in detections)
    if len({count for count, _ in counts}) > 1:
        (usual, _), *others = counts.most_common()
        other = next(shape for shape, _ in others if shape[0] != usual[0])
        where = next(one.frame for one in detections if one.joints.shape == other)
        told = ["with" if width == 3 else "without" for _, width in (usual, other)]
        raise ValueError(
            f"video '{video}': people of {usual[0]} joints {told[0]} confidences, and in frame {where} one of "
            f"{other[0]} {told[1]}; give the keypoints of one model, none of them cut short"
        )
    if not counts:
        return Layout("coco17", ())
    return find_layout(next(iter(counts))[0], f"video '{video}'", stated=stated.joints, said=said, names=names)


def _clean(one: Detection, layout: Layout) -> tuple[Detection, int]:
    """The detection in its layout with zeros for missing joints, and how many of them lie absurdly far away."""
    joints = layout.of(one.joints)
    if joints.shape[1] == 2:
        joints = np.concatenate([joints, np.ones_like(joints[:, :1])], 1)
    missing = missing_joints(joints[:, :2], joints[:, 2])
    far = ~missing & (np.abs(joints[:, :2]) >= MAX_PLACE).any(1)
    largest = np.abs(joints[~missing]).max(initial=0)
    if far.sum() > len(joints) / 5 or np.abs(joints[~missing, 2]).max(initial=0) >= MAX_PLACE:
        raise ValueError(f"frame {one.frame}: {largest:g} is neither a pixel nor a confidence")
    return replace(one, joints=np.where((missing | far)[:, None], 0, joints)), int(far.sum())


def _nobody(detections: Sequence[Detection], video: str, frames: int) -> str:
    places = [one for one in detections if np.nan_to_num(one.joints[:, :2]).any()]
    if places and not any((one.joints[:, 2:] > 0).any() for one in places):
        return (
            f"video '{video}': the confidence of every joint is 0, which says that nobody is seen; if the detector "
            "gave no confidences, leave them out of the file"
        )
    return f"video '{video}': nobody is seen in any of {frames} frames"


def _without_doubles(detections: Sequence[Detection]) -> tuple[list[Detection], int]:
    """The detections without those of a person who is there already in the same frame, and how many those were.

    Of two, the one stays whose track id is in more frames, and then the one of more confidence."""
    frames = Counter(one.person or "" for one in detections)
    frames[""] = 0  # nobody is tracked
    kept: list[Detection] = []
    for _, group in groupby(detections, key=lambda one: one.frame):
        here = list(group)
        ranks = [(frames[one.person or ""], one.joints[:, 2].sum(), -place) for place, one in enumerate(here)]
        better = np.array([[other > rank for rank in ranks] for other in ranks])
        doubles = np.any(_alike(here) & better, axis=0) if len(here) > 1 else np.zeros(1, bool)
        kept += [one for one, double in zip(here, doubles, strict=True) if not double]
    return kept, len(detections) - len(kept)


def _alike(here: Sequence[Detection]) -> np.ndarray:
    """Which detections of a frame are of one person: the same joints at nearly the same places, ``[N, N]``."""
    joints = np.stack([one.joints for one in here])
    seen = joints[..., 2] > 0
    places = np.where(seen[..., None], joints[..., :2], np.nan)
    extent = np.nanmedian(np.linalg.norm(places - np.nanmedian(places, axis=1, keepdims=True), axis=-1), axis=1)
    both = seen[:, None] & seen[None]
    shared = both.sum(-1)
    away = np.where(both, np.linalg.norm(joints[:, None, :, :2] - joints[None, :, :, :2], axis=-1), 0).sum(-1)
    count = seen.sum(-1)
    enough = shared >= np.maximum(3, np.minimum(count[:, None], count[None]) / 2)
    return enough & (away < SAME * np.minimum(extent[:, None], extent[None]) * np.maximum(shared, 1))


@dataclass(eq=False)
class _Person:
    """A person so far: the track id, if any, and the detections."""

    id: str | None
    ones: list[Detection] = field(default_factory=list)


def _follow(detections: Sequence[Detection], video: str) -> tuple[dict[str, list[Detection]], tuple[str, ...]]:
    """People by the rule of this module, by their ids, and without ids named 1, 2, ... as they come; notes on frames
    where the rule cannot tell, and on detections without ids beside others."""
    people: list[_Person] = []
    looked_for: list[_Person] = []
    by_id: dict[str, _Person] = {}
    notes = []
    for frame, group in groupby(detections, key=lambda one: one.frame):
        here, rest, looked_for = list(group), [], [one for one in looked_for if frame - one.ones[-1].frame <= LOST]
        for one in here:
            known = None if one.person is None else by_id.get(one.person)
            if known is None:
                rest.append(one)
                continue
            if known.ones[-1].frame == frame:
                raise ValueError(f"video '{video}': track id '{one.person}' occurs twice in frame {frame}")
            known.ones.append(one)
            looked_for += [] if known in looked_for else [known]
        if not rest:
            continue
        free = [one for one in looked_for if one.ones[-1].frame < frame]
        fit = _fit(_boxes([one.ones[-1] for one in free]), _boxes(rest))
        fit[np.ix_([one.id is not None for one in free], [one.person is not None for one in rest])] = -np.inf
        near = fit >= FIT
        near &= fit >= fit.max(0, initial=-np.inf) - MARGIN
        near &= fit >= fit.max(1, initial=-np.inf, keepdims=True) - MARGIN
        clear = near & (near.sum(0) == 1) & (near.sum(1, keepdims=True) == 1)
        who = {int(column): free[row] for row, column in np.argwhere(clear)}
        unclear = [one for one, lost in zip(free, near.any(1) & ~clear.any(1), strict=True) if lost and one.id is None]
        if unclear:
            notes.append(f"Frame {frame}: {len(unclear)} people could not be told apart; new tracks begin there.")
        looked_for = [one for one in looked_for if one not in unclear]
        for column, one in enumerate(rest):
            person = who.get(column)
            if person is None:
                person = _Person(None)
                people.append(person)
                looked_for.append(person)
            person.ones.append(one)
            if one.person is not None:
                if one.person in by_id:
                    raise ValueError(f"video '{video}': track id '{one.person}' occurs twice in frame {frame}")
                person.id = one.person
                by_id[one.person] = person
    without = len({one.frame for one in detections if one.person is None})
    if without and by_id:
        notes.append(f"Video '{video}': in {without} frames people without track ids are followed by where they are.")
    return _named(people), tuple(notes)


def _named(people: Sequence[_Person]) -> dict[str, list[Detection]]:
    taken = {one.id for one in people}
    free = (str(number) for number in range(1, 2 * len(people) + 1) if str(number) not in taken)
    return {one.id if one.id is not None else next(free): one.ones for one in people}


def _check_followed(people: dict[str, list[Detection]], video: str) -> None:
    """Refuse people of whom nobody can be followed."""
    alone = [ones[0].frame for ones in people.values() if len(ones) == 1]
    if len(set(alone)) >= 3 and len(alone) > sum(map(len, people.values())) / 2:
        raise ValueError(
            f"video '{video}': {len(alone)} of {len(people)} people are seen in one frame alone, so that nobody is "
            "followed from frame to frame; give all frames of one video, or track ids"
        )


def _boxes(detections: Sequence[Detection]) -> np.ndarray:
    """Left, top, right, bottom of the joints that are seen, without those far from the others, ``[N, 4]``."""
    boxes = []
    for one in detections:
        joints = one.joints[one.joints[:, 2] > 0, :2]
        away = np.linalg.norm(joints - np.median(joints, axis=0), axis=1)
        joints = joints[away <= REACH * np.median(away)] if np.median(away) > 0 else joints
        boxes.append([*joints.min(0), *joints.max(0)])
    return np.array(boxes).reshape(-1, 4)


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
