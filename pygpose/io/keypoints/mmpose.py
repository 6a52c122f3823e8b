"""MMPose's and RTMPose's JSON, frames with instances, written by the inferencer or the top-down demo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pygpose.frames import frame_number
from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.frame_files import holds_frames, videos_of
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
    track_id,
)
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack
from pygpose.safe.text import shown

SCORES = ("keypoint_scores", "keypoints_visible", "scores")


def recognises(path: Path) -> bool:
    """JSON with ``instances``, ``instance_info``, ``keypoint_scores`` or ``meta_info``; or a folder with such a file
    for each image."""
    if path.is_dir():
        return holds_frames(path, _of_an_image)
    head = json_head(path)
    return any(head.has(name) for name in ("instances", "instance_info", "keypoint_scores", "meta_info"))


def _of_an_image(head: JsonHead) -> bool:
    return head.start == "[" and head.has("keypoints", "keypoint_scores") and not head.has("frame_id")


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video, or of every video in a folder of images' files.

    The inferencer (``--pred-out-dir``) writes ``[{"frame_id", "instances": [{"keypoints", "keypoint_scores", ...}]}]``;
    the demo (``--save-predictions``) writes the same list under ``instance_info``, with the joints' names in
    ``meta_info``. What the inferencer returns has a list of instances for each frame under ``predictions``. For an
    image, the inferencer writes the list of the image's instances: a folder of these is a video, and one file alone a
    video of one frame. ``track_id`` is used where it is there. Joints go by name where the file names them, and
    otherwise by their number.
    """
    if path.is_dir():
        return _read_images(path, stated)
    content = read_content(path)
    names: list[str] | None = None
    if isinstance(content, dict):
        names = _names(optional(content, "meta_info"))
        content = field(content, "instance_info" if has_field(content, "instance_info") else "predictions", "the file")
    elif _is_image(content):
        content = [content]
    people, frames = [], []
    for number, frame in enumerate(entries(content, "the list of frames")):
        where = f"frame {number} of the list"
        instances = frame
        frames.append(number)
        if isinstance(frame, dict):
            frames[-1] = frame_number(field(frame, "frame_id", where), f"{where}: frame_id")
            instances = field(frame, "instances", where)
        people += _people(instances, frames[-1], where, stated)
    return gather(people, frames, video=shown(Path(path.stem)), stated=stated, names=names)


def _read_images(folder: Path, stated: StatedFacts) -> list[KeypointTrack]:
    files = [file for file in sorted(folder.glob("*.json")) if _of_an_image(json_head(file)) or _is_empty(file)]
    if not files:
        raise ValueError("no files with the instances of an image in this folder")
    tracks = []
    for video, numbered in videos_of(files, folder).items():
        people = []
        for frame, file in numbered:
            where = shown(Path(file.name))
            try:
                people += _people(read_content(file), frame, where, stated)
            except ValueError as error:
                raise ValueError(f"{where}: {str(error).removeprefix(f'{where}: ')}") from error
        tracks += gather(people, [frame for frame, _ in numbered], video=video, stated=stated)
    return tracks


def _is_empty(file: Path) -> bool:
    """Whether a file says that nobody is in the image."""
    return "".join(json_head(file).text.split()) == "[]"


def _is_image(content: Any) -> bool:
    listed = isinstance(content, list) and bool(content)
    return listed and has_field(content[0], "keypoints") and not has_field(content[0], "image_id")


def _people(instances: Any, frame: int, where: str, stated: StatedFacts) -> list[Detection]:
    people = []
    for index, instance in enumerate(entries(instances, f"{where}: instances")):
        at = f"{where}: instances[{index}]"
        joints = read_joints(
            field(instance, "keypoints", at),
            f"{at}.keypoints",
            scores=optional(instance, *SCORES),
            joints=stated.joints,
        )
        people.append(Detection(frame, track_id(optional(instance, "track_id"), at), joints))
    return people


def _names(meta: Any) -> list[str] | None:
    """The joints' names in their order, where the file has them."""
    names = optional(meta, "keypoint_id2name") or {}
    if not isinstance(names, dict) or sorted(names, key=str) != sorted(map(str, range(len(names)))):
        raise ValueError("meta_info.keypoint_id2name: expected joint names by index")
    return [str(names[str(index)]) for index in range(len(names))] or None


KEYPOINT_FORMATS.register("mmpose")(
    KeypointFormat("MMPose and RTMPose: JSON of frames with instances", recognises, read)
)
