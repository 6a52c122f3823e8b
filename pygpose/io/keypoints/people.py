"""Detections of single frames, put together by person: :mod:`pygpose.io.keypoints.following` says who is who."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from graphs import get_skeleton
from pygpose.io.keypoints.detections import MAX_PLACE, Detection, clean, without_doubles
from pygpose.io.keypoints.following import check_followed, follow
from pygpose.io.keypoints.layouts import Layout, find_layout
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack, Size, fill_missing

MAX_GAP = 100_000  # frames: an hour at 30 frames/s in which a file says nothing is a mistake in its numbers
MAX_VALUES = 3 * 10**8  # of all people together: more than a gigabyte is a mistake, too
FREE_VALUES = 2 * 10**7  # of which few may be seen: that much fits into any memory
MOST_TOGETHER = 300  # people in a frame
NOTHING = StatedFacts()


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
    seen, absurd = clean(detections, layout)
    if not seen:
        raise ValueError(_nobody(detections, video, len(numbers)))
    here = np.unique([one.frame for one in seen], return_counts=True)
    if here[1].max() > MOST_TOGETHER:
        raise ValueError(
            f"video '{video}': frame {here[0][here[1].argmax()]} has {here[1].max()} people; more than {MOST_TOGETHER} "
            "are found in no picture, so the same ones stand there again and again"
        )
    found, doubles = without_doubles(sorted(seen, key=lambda one: one.frame))
    people, told = follow(found, video)
    check_followed(people, video)
    first, length = int(numbers[0]), int(numbers[-1] - numbers[0]) + 1
    joints = get_skeleton(layout.skeleton).num_joints
    values = len(people) * length * joints * 3
    if values > MAX_VALUES or values > max(FREE_VALUES, 200 * len(found) * joints * 3):
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


def _nobody(detections: Sequence[Detection], video: str, frames: int) -> str:
    places = [one for one in detections if np.nan_to_num(one.joints[:, :2]).any()]
    if places and not any((one.joints[:, 2:] > 0).any() for one in places):
        return (
            f"video '{video}': the confidence of every joint is 0, which says that nobody is seen; if the detector "
            "gave no confidences, leave them out of the file"
        )
    return f"video '{video}': nobody is seen in any of {frames} frames"
