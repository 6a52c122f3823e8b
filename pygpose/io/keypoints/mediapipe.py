"""MediaPipe's pose landmarks as JSON. MediaPipe itself writes no file; this is the form in which people save them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pygpose.frames import frame_number
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import Detection, gather
from pygpose.io.keypoints.records import entries, field, numbers
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe.text import head, read_json, shown


def recognises(path: Path) -> bool:
    """JSON with ``visibility`` beside ``x`` and ``y``."""
    text = head(path).lstrip()
    return text.startswith("[") and all(f'"{name}"' in text for name in ("visibility", "x", "y"))


def read(path: Path, size: Size | None = None) -> list[KeypointTrack]:
    """People of one video: a list of frames.

    A frame is the list of 33 landmarks ``{"x", "y", "z", "visibility"}`` of ``pose_landmarks``, or a list of several
    people's, and empty or null where nobody was found; or an object with that under ``landmarks`` (or
    ``pose_landmarks``) and the frame's number under ``frame``, if it has one. x and y are parts of the image's width
    and height, so that the image's ``size`` must be given; z is not used.
    """
    if size is None:
        raise ValueError("MediaPipe's landmarks are parts of the image; give its size as (width, height) in pixels")
    people, frames = [], []
    for number, frame in enumerate(entries(read_json(path), "the list of frames")):
        where = f"frame {number} of the list"
        frames.append(number)
        if isinstance(frame, dict):
            if "frame" in frame:
                frames[-1] = frame_number(frame["frame"], f"{where}: frame")
            frame = field(frame, "landmarks" if "landmarks" in frame else "pose_landmarks", where)
        found = entries(frame or [], where)
        for person in found if found and isinstance(found[0], list) else [found] if found else []:
            people.append(Detection(frames[-1], None, _joints(person, size, where)))
    seen = [abs(one.joints[:, :2] / size) for one in people]
    if seen and np.median(seen) > 2:
        raise ValueError(f"x and y are about {np.median(seen):.0f} times the image; expected parts of it, not pixels")
    return gather(people, frames, skeleton="mediapipe33", video=shown(Path(path.stem)), size=size)


def _joints(landmarks: Any, size: Size, where: str) -> np.ndarray:
    landmarks = entries(landmarks, where)
    if len(landmarks) != 33:
        raise ValueError(f"{where}: {len(landmarks)} landmarks, expected 33")
    values = [
        [field(landmark, name, f"{where}: landmark {number}") for name in ("x", "y", "visibility")]
        for number, landmark in enumerate(landmarks)
    ]
    return numbers(values, f"{where}: landmarks [number, (x, y, visibility)]") * [*size, 1]


KEYPOINT_FORMATS.register("mediapipe")(
    KeypointFormat("MediaPipe: JSON list of frames of 33 landmarks (needs the image's size)", recognises, read)
)
