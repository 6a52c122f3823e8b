"""JSON of tracked people, ``{person: {frame: {"keypoints", "scores"}}}``, as programs for anomaly detection keep it."""

from __future__ import annotations

import re
from pathlib import Path

from pygpose.frames import frame_numbers
from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import gather
from pygpose.io.keypoints.records import field, json_head, optional, read_content, read_joints
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack
from pygpose.safe.text import shown

_START = re.compile(r'\{\s*"[^"]*"\s*:\s*\{\s*"[^"]*[0-9][^"]*"\s*:\s*\{\s*"(keypoints|scores?|bbox|box)"')


def recognises(path: Path) -> bool:
    """An object of objects, whose keys have digits, of objects with ``keypoints``."""
    head = json_head(path)
    return head.has("keypoints") and _START.match(head.text) is not None


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video: ``{"1": {"0000": {"keypoints" (51 numbers), "scores"}, "0001": ...}, "2": ...}``.

    The outer keys are the people, the inner ones the frames. ``scores`` is a list of confidences, or the person's own
    score or null, which says nothing about joints.
    """
    content = read_content(path)
    if not isinstance(content, dict):
        raise ValueError(f"expected an object of people, found {type(content).__name__}")
    people, frames = [], set()
    for person, moments in content.items():
        if not isinstance(moments, dict):
            raise ValueError(f"person '{person:.40}': expected an object of frames, found {type(moments).__name__}")
        numbers = frame_numbers(list(moments), f"person '{person:.40}'")
        for frame, moment in zip(numbers, moments.values(), strict=True):
            where = f"person '{person:.40}', frame {frame}"
            scores = optional(moment, "scores", "score")
            joints = read_joints(
                field(moment, "keypoints", where),
                f"{where}: keypoints",
                scores=scores if isinstance(scores, list) else None,
                joints=stated.joints,
            )
            people.append(Detection(frame, person[:80], joints))
            frames.add(frame)
    return gather(people, sorted(frames), video=shown(Path(path.stem)), stated=stated)


KEYPOINT_FORMATS.register("tracked_person")(
    KeypointFormat("tracked people: JSON of people, frames and keypoints", recognises, read)
)
