"""MMPose's and RTMPose's JSON, frames with instances, written by the inferencer or the top-down demo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from pygpose.frames import frame_number
from pygpose.io.keypoints.alphapose import SKELETONS
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import Detection, gather
from pygpose.io.keypoints.records import entries, field, match_joints, numbers
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe.text import head, read_json, shown


def recognises(path: Path) -> bool:
    """JSON with ``instances``, ``instance_info`` or ``keypoint_scores``."""
    text = head(path).lstrip()
    return (
        text[:1] in ("[", "{") and re.search('"(instances|instance_info|keypoint_scores|meta_info)"', text) is not None
    )


def read(path: Path, size: Size | None = None) -> list[KeypointTrack]:
    """People of one video.

    The inferencer (``--pred-out-dir``) writes ``[{"frame_id", "instances": [{"keypoints", "keypoint_scores", ...}]}]``;
    the demo (``--save-predictions``) writes the same list under ``instance_info``, with the joints' names in
    ``meta_info``. What the inferencer returns has a list of instances for each frame under ``predictions``. For an
    image, the inferencer writes the list of the image's instances, which is read as a video of one frame. ``track_id``
    is used where it is there. Joints go by name where the file names them, and otherwise by their number: 17 are taken
    for COCO's, 26 for Halpe's, and 133 and 136 begin with these.
    """
    content = read_json(path)
    names: dict[int, str] = {}
    if isinstance(content, dict):
        names = _names(content.get("meta_info"))
        key = "instance_info" if "instance_info" in content else "predictions"
        content = field(content, key, "the file")
    elif isinstance(content, list) and content and isinstance(content[0], dict) and "keypoints" in content[0]:
        content = [content]
    people, frames, order, skeleton = [], [], None, ""
    for number, frame in enumerate(entries(content, "the list of frames")):
        where = f"frame {number} of the list"
        if isinstance(frame, dict):
            frames.append(frame_number(field(frame, "frame_id", where), f"{where}: frame_id"))
            instances = field(frame, "instances", where)
        else:
            frames.append(number)
            instances = frame
        for index, instance in enumerate(entries(instances, f"{where}: instances")):
            at = f"{where}: instances[{index}]"
            joints = _joints(instance, at)
            if order is None:
                skeleton, order, count = *_order(len(joints), names, at), len(joints)
            if len(joints) != count:
                raise ValueError(f"{at}: {len(joints)} joints, where the first instance has {count}")
            track = instance.get("track_id")
            people.append(Detection(frames[-1], None if track is None else str(track), joints[order]))
    return gather(people, frames, skeleton=skeleton or "coco17", video=shown(Path(path.stem)), size=size)


def _joints(instance: Any, where: str) -> np.ndarray:
    points = numbers(field(instance, "keypoints", where), f"{where}.keypoints")
    scores = numbers(field(instance, "keypoint_scores", where), f"{where}.keypoint_scores")
    if points.ndim != 2 or points.shape[1] != 2 or scores.shape != points.shape[:1]:
        raise ValueError(
            f"{where}: keypoints are {list(points.shape)}, keypoint_scores {list(scores.shape)}; "
            "expected [J, 2] and [J]"
        )
    return np.concatenate([points, scores[:, None]], 1)


def _names(meta: Any) -> dict[int, str]:
    """Joint names by index, where the file has them."""
    names = meta.get("keypoint_id2name", {}) if isinstance(meta, dict) else {}
    if not isinstance(names, dict) or not all(str(index).isdecimal() for index in names):
        raise ValueError("meta_info.keypoint_id2name: expected joint names by index")
    return {int(index): str(name) for index, name in names.items()}


def _order(count: int, names: dict[int, str], where: str) -> tuple[str, list[int]]:
    """The skeleton, and the places of its joints among the ``count`` joints of the file."""
    if names:
        if sorted(names) != list(range(count)):
            raise ValueError(f"{where}: {count} joints, where meta_info names {len(names)}")
        return match_joints([names[index] for index in range(count)], "meta_info")
    if count not in SKELETONS:
        raise ValueError(f"{where}: {count} joints without names; expected {', '.join(map(str, SKELETONS))}")
    skeleton, used = SKELETONS[count]
    return skeleton, list(range(used))


KEYPOINT_FORMATS.register("mmpose")(
    KeypointFormat("MMPose and RTMPose: JSON of frames with instances", recognises, read)
)
