"""MMPose's and RTMPose's JSON, frames with instances, written by the inferencer or the top-down demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pygpose.frames import frame_number
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import Detection, gather
from pygpose.io.keypoints.records import (
    entries,
    field,
    has_field,
    json_head,
    optional,
    read_content,
    read_joints,
    track_id,
)
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack
from pygpose.safe.text import shown

SCORES = ("keypoint_scores", "keypoints_visible", "scores")


def recognises(path: Path) -> bool:
    """JSON with ``instances``, ``instance_info``, ``keypoint_scores`` or ``meta_info``."""
    head = json_head(path)
    return any(head.has(name) for name in ("instances", "instance_info", "keypoint_scores", "meta_info"))


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video.

    The inferencer (``--pred-out-dir``) writes ``[{"frame_id", "instances": [{"keypoints", "keypoint_scores", ...}]}]``;
    the demo (``--save-predictions``) writes the same list under ``instance_info``, with the joints' names in
    ``meta_info``. What the inferencer returns has a list of instances for each frame under ``predictions``. For an
    image, the inferencer writes the list of the image's instances, which is read as a video of one frame. ``track_id``
    is used where it is there. Joints go by name where the file names them, and otherwise by their number.
    """
    content = read_content(path)
    names: list[str] | None = None
    if isinstance(content, dict):
        names = _names(optional(content, "meta_info"))
        content = field(content, "instance_info" if has_field(content, "instance_info") else "predictions", "the file")
    elif (
        isinstance(content, list)
        and content
        and has_field(content[0], "keypoints")
        and not (has_field(content[0], "image_id"))
    ):
        content = [content]
    people, frames = [], []
    for number, frame in enumerate(entries(content, "the list of frames")):
        where = f"frame {number} of the list"
        instances = frame
        frames.append(number)
        if isinstance(frame, dict):
            frames[-1] = frame_number(field(frame, "frame_id", where), f"{where}: frame_id")
            instances = field(frame, "instances", where)
        for index, instance in enumerate(entries(instances, f"{where}: instances")):
            at = f"{where}: instances[{index}]"
            joints = read_joints(
                field(instance, "keypoints", at),
                f"{at}.keypoints",
                scores=optional(instance, *SCORES),
                joints=stated.joints,
            )
            people.append(Detection(frames[-1], track_id(optional(instance, "track_id"), at), joints))
    return gather(people, frames, video=shown(Path(path.stem)), stated=stated, names=names)


def _names(meta: Any) -> list[str] | None:
    """The joints' names in their order, where the file has them."""
    names = optional(meta, "keypoint_id2name") or {}
    if not isinstance(names, dict) or sorted(names, key=str) != sorted(map(str, range(len(names)))):
        raise ValueError("meta_info.keypoint_id2name: expected joint names by index")
    return [str(names[str(index)]) for index in range(len(names))] or None


KEYPOINT_FORMATS.register("mmpose")(
    KeypointFormat("MMPose and RTMPose: JSON of frames with instances", recognises, read)
)
