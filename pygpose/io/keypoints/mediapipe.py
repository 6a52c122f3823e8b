"""MediaPipe's pose landmarks as JSON, in the forms in which people save them: MediaPipe itself writes no file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pygpose.frames import frame_number
from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.layouts import match_joints, plain_joint
from pygpose.io.keypoints.people import gather
from pygpose.io.keypoints.records import (
    JsonHead,
    entries,
    field,
    has_field,
    json_head,
    optional,
    read_content,
    read_joints,
)
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack, Size, missing_joints
from pygpose.safe.text import listed, shown

LANDMARKS = ("landmarks", "pose_landmarks", "landmark")
FRAME = ("frame", "frame_id", "frame_number", "frame_index", "frame_idx", "index")
NUM_LANDMARKS = 33


def recognises(path: Path) -> bool:
    """JSON of objects with ``x``, ``y``, and ``z`` or ``visibility``; not of a detector whose records have
    ``keypoints``."""
    head: JsonHead = json_head(path)
    points = head.has("x", "y") and (head.has("z") or head.has("visibility"))
    return bool(head.start) and points and not (head.has("keypoints") or head.has("instances"))


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video: a list of frames, or an object with the list under ``frames``, or of frames by number.

    A frame is the list of 33 landmarks ``{"x", "y", "z", "visibility"}`` of ``pose_landmarks``, or a list of several
    people's, and empty or null where nobody was found; or an object with that under ``landmarks``,
    ``pose_landmarks`` or ``landmark`` and the frame's number under ``frame``, if it has one; or an object of landmarks
    by name. Keys may be spelled in any way. x and y are parts of the image's width and height, so that the image's
    ``size`` must be known; z is not used.
    """
    content = read_content(path)
    found = _size(content)
    size = stated.size or found
    if size is None:
        raise ValueError("MediaPipe's landmarks are parts of the image; give its size as (width, height) in pixels")
    people, frames = [], []
    for number, frame in _numbered(content):
        where = f"frame {number} of the list"
        frames.append(number)
        for person in _people(frame, where):
            people.append(Detection(number, None, in_pixels(_joints(person, where), size)))
    check_parts(people, size)
    return gather(people, frames, video=shown(Path(path.stem)), stated=stated, said="mediapipe33", size=found or size)


def in_pixels(joints: np.ndarray, size: Size) -> np.ndarray:
    """Landmarks ``[33, 2]`` or ``[33, 3]`` in pixels, NaN where they are missing."""
    confidence = joints[:, 2] if joints.shape[1] == 3 else np.ones(len(joints))
    missing = missing_joints(joints[:, :2], confidence)
    scaled = joints.copy()
    scaled[:, :2] *= size
    scaled[missing, :2] = np.nan
    return scaled


def check_parts(people: list[Detection], size: Size) -> None:
    """Refuse landmarks that are pixels, and so were multiplied by the size of the image for nothing."""
    parts = np.concatenate([np.abs(one.joints[:, :2] / size).ravel() for one in people] or [np.empty(0)])
    parts = parts[~np.isnan(parts)]
    if len(parts) and np.median(parts) > 2:
        raise ValueError(f"x and y are about {np.median(parts):.0f} times the image; expected parts of it, not pixels")


def _size(content: Any) -> Size | None:
    """The image's size, where the file says it."""
    sides = [optional(content, name, f"image_{name}", f"frame_{name}") for name in ("width", "height")]
    return (sides[0], sides[1]) if all(type(side) is int and side > 0 for side in sides) else None


def _numbered(content: Any) -> list[tuple[int, Any]]:
    """The frames with their numbers."""
    if isinstance(content, dict):
        if has_field(content, *LANDMARKS):
            return [(0, content)]
        frames = optional(content, "frames", "results", "poses", "data")
        if frames is None:
            keys = [key for key in content if any(letter.isdigit() for letter in key)]
            if not keys:
                raise ValueError(
                    f"no list of frames; expected one, or an object with it under 'frames' (the fields of this one: "
                    f"{listed(sorted(content))})"
                )
            return [(frame_number(key, "the file"), content[key]) for key in keys]
        content = frames
    if isinstance(content, list) and len(content) == NUM_LANDMARKS and all(has_field(one, "x") for one in content):
        return [(0, content)]
    numbered = []
    for number, frame in enumerate(entries(content, "the list of frames")):
        value = optional(frame, *FRAME)
        at = number if value is None else frame_number(value, f"frame {number} of the list: frame")
        numbered.append((at, frame))
    return numbered


def _people(frame: Any, where: str) -> list[Any]:
    """The landmarks of each person of a frame."""
    if frame is None or frame == []:
        return []
    if isinstance(frame, dict):
        if {plain_joint(str(key)) for key in frame} >= {"nose", "lhip", "rhip"}:
            return [frame]
        return _people(
            field(frame, next((key for key in LANDMARKS if has_field(frame, key)), LANDMARKS[0]), where), where
        )
    first = next((one for one in entries(frame, where) if one is not None), None)
    if has_field(first, "x") or (isinstance(first, list) and first and not isinstance(first[0], list | dict)):
        return [frame]
    return [person for part in frame for person in _people(part, where)]


def _joints(person: Any, where: str) -> np.ndarray:
    """Landmarks ``[33, 2]`` or ``[33, 3]`` of a person."""
    if isinstance(person, dict):
        names = list(person)
        skeleton, order = match_joints(names, where)
        if skeleton != "mediapipe33":
            raise ValueError(f"{where}: the joints of {skeleton}, expected MediaPipe's {NUM_LANDMARKS} landmarks")
        person = [person[names[place]] for place in order]
    elif person and isinstance(person[0], list):
        person = [[*row[:2], *row[3:4]] if isinstance(row, list) else row for row in person]  # x, y, z, visibility
    joints = read_joints(person, where)
    if len(joints) != NUM_LANDMARKS:
        raise ValueError(f"{where}: {len(joints)} landmarks, expected {NUM_LANDMARKS}")
    return joints


KEYPOINT_FORMATS.register("mediapipe")(
    KeypointFormat("MediaPipe: JSON of frames of 33 landmarks (needs the image's size)", recognises, read)
)
