"""AlphaPose's JSON: one list of results, a record for each person in each image (COCO 17 and Halpe joints).

With its ``--format cmu`` or ``--format open``, AlphaPose writes the people of each image under the image's name, in the
joints of OpenPose's COCO model; these files are read too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pygpose.frames import frame_numbers
from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import gather
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
from pygpose.safe.text import brief, shown

VERSION = re.compile(r'"version"\s*:\s*"AlphaPose')
TRACKS = ("idx", "track_id")
NECK, SHOULDERS = 1, (2, 5)


def recognises(path: Path) -> bool:
    """A list of records with ``image_id`` and ``keypoints`` that also has an image's name, ``box`` or ``idx``; or a
    file that says that AlphaPose made it."""
    head = json_head(path)
    if head.start == "{" and not head.lines:
        return VERSION.search(head.text) is not None
    if not head.has("image_id", "keypoints"):
        return False
    return head.has("box") or head.has("idx") or re.search(r'"image_id"\s*:\s*"', head.text) is not None


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video: ``alphapose-results.json``.

    ``image_id`` is an image's name that holds the frame's number, or the number itself. ``idx`` is the track id where
    AlphaPose tracked (of several ids, the first). The file names no image in which nobody was found.

    The forms cmu and open have no track ids. Their neck is the middle of the shoulders: AlphaPose computes it so for
    models of COCO's joints, but writes another joint there for others, so that here it is computed in any case.
    """
    content = read_content(path)
    return read_results(content, path, stated) if isinstance(content, list) else _read_images(content, path, stated)


def read_results(content: Any, path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of a list of results in COCO's form, as AlphaPose writes it and COCO's tools read it."""
    records = entries(content, "the file")
    images = [field(record, "image_id", f"result {number}") for number, record in enumerate(records)]
    frames = _one_video(images, "image_id")
    people = []
    for number, (record, frame) in enumerate(zip(records, frames, strict=True)):
        where = f"result {number} (frame {frame})"
        joints = read_joints(field(record, "keypoints", where), f"{where}: keypoints", joints=stated.joints)
        people.append(Detection(frame, track_id(optional(record, *TRACKS), where), joints))
    if not people:
        raise ValueError("the list of results is empty: nobody is seen")
    return gather(people, sorted(set(frames)), video=shown(Path(path.stem)), stated=stated)


def _one_video(images: Sequence[Any], where: str) -> list[int]:
    """The frame number of each image, all of one video."""
    frames = frame_numbers(images, where)
    first: dict[int, Any] = {}
    for frame, image in zip(frames, images, strict=True):
        if first.setdefault(frame, image) != image:
            raise ValueError(
                f"frame {frame} is of two images, {brief(first[frame])} and {brief(image)}; one video a file"
            )
    return frames


def _read_images(content: Any, path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of the forms cmu and open, which hold them under the images' names."""
    if not isinstance(content, dict):
        raise ValueError(f"expected a list of results or an object of images, found {type(content).__name__}")
    if has_field(content, "version"):
        raise ValueError("the people of one image; give alphapose-results.json, which holds the people of all")
    people, frames = [], _one_video(list(content), "the file")
    for frame, (image, entry) in zip(frames, content.items(), strict=True):
        where = f"image '{image:.80}'"
        key, name = ("bodies", "joints") if has_field(entry, "bodies") else ("people", "pose_keypoints_2d")
        for number, person in enumerate(entries(field(entry, key, where), f"{where}: {key}")):
            at = f"{where}: {key}[{number}]"
            joints = read_joints(field(person, name, at), f"{at}.{name}")
            if len(joints) != 18:
                raise ValueError(f"{at}.{name}: {len(joints)} joints, expected OpenPose's 18")
            joints[NECK] = joints[list(SHOULDERS)].mean(0)
            people.append(Detection(frame, None, joints))
    return gather(people, frames, video=shown(Path(path.stem)), stated=stated, said="openpose18")


KEYPOINT_FORMATS.register("alphapose")(
    KeypointFormat("AlphaPose: JSON list of results, COCO 17 or Halpe 26; or its cmu or open form", recognises, read)
)
