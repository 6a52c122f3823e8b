"""AlphaPose's JSON: one list of results, a record for each person in each image (COCO 17 and Halpe joints).

With its ``--format cmu`` or ``--format open``, AlphaPose writes the people of each image under the image's name, in the
joints of OpenPose's COCO model; these files are read too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pygpose.frames import frame_number
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import Detection, gather
from pygpose.io.keypoints.records import entries, field, numbers, triples
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe.text import brief, head, read_json, shown

# Joint count: the skeleton that the first joints are of. Whole-body models go on with face and hands.
SKELETONS = {17: ("coco17", 17), 26: ("halpe26", 26), 68: ("halpe26", 26), 133: ("coco17", 17), 136: ("halpe26", 26)}

VERSION = re.compile(r'"version"\s*:\s*"AlphaPose')
# Where people and joints stand in what AlphaPose's --format cmu and --format open write.
FORMS = {"bodies": "joints", "people": "pose_keypoints_2d"}
NECK, SHOULDERS = 1, (2, 5)


def recognises(path: Path) -> bool:
    """A list of records with ``image_id`` and ``keypoints`` that also has an image's name, ``box`` or ``idx``; or a
    file that says that AlphaPose made it."""
    text = head(path).lstrip()
    if text.startswith("{"):
        return VERSION.search(text) is not None
    if not (text.startswith("[") and '"image_id"' in text and '"keypoints"' in text):
        return False
    return re.search(r'"image_id"\s*:\s*"|"box"\s*:|"idx"\s*:', text) is not None


def read(path: Path, size: Size | None = None) -> list[KeypointTrack]:
    """People of one video: ``alphapose-results.json``.

    ``image_id`` is an image's name, whose last digits are the frame's number, or the number itself. ``idx`` is the
    track id where AlphaPose tracked (of several ids, the first). The file names no image in which nobody was found.

    The forms cmu and open have no track ids. Their neck is the middle of the shoulders: AlphaPose computes it so for
    models of COCO's joints, but writes another joint there for others, so that here it is computed in any case.
    """
    if head(path).lstrip().startswith("{"):
        return _read_images(read_json(path), path, size)
    return read_results(path, size, list(SKELETONS), "idx")


def read_results(path: Path, size: Size | None, counts: Sequence[int], track_field: str) -> list[KeypointTrack]:
    """People of a list of results in COCO's form. AlphaPose's and COCO's lists differ in their numbers of joints and in
    the name of the track id."""
    people, images = [], {}
    for number, record in enumerate(entries(read_json(path), "the file")):
        where = f"result {number}"
        image = field(record, "image_id", where)
        frame = frame_number(image, f"{where}: image_id")
        if images.setdefault(frame, image) != image:
            raise ValueError(
                f"{where}: frame {frame} is of two images, {brief(images[frame])} and {brief(image)}; one video a file"
            )
        at = f"{where} (frame {frame}): keypoints"
        joints = triples(field(record, "keypoints", where), counts, at)
        counts = [len(joints)]  # one model a file
        people.append(Detection(frame, _track_id(record.get(track_field), where), joints))
    if not people:
        raise ValueError("the list of results is empty: nobody is seen")
    skeleton, used = SKELETONS[counts[0]]
    notes = () if used == counts[0] else (f"Of {counts[0]} joints the first {used} are taken, the body's.",)
    people = [replace(one, joints=one.joints[:used]) for one in people]
    return gather(people, list(images), skeleton=skeleton, video=shown(Path(path.stem)), size=size, notes=notes)


def _read_images(content: Any, path: Path, size: Size | None) -> list[KeypointTrack]:
    """People of the forms cmu and open, which hold them under the images' names."""
    if "version" in content:
        raise ValueError("the people of one image; give alphapose-results.json, which holds the people of all")
    people, images = [], {}
    for image, entry in content.items():
        frame = frame_number(image, "the file")
        where = f"image '{image:.80}'"
        if frame in images:
            raise ValueError(
                f"frame {frame} is of two images, {brief(images[frame])} and {brief(image)}; one video a file"
            )
        images[frame] = image
        key = "bodies" if isinstance(entry, dict) and "bodies" in entry else "people"
        for number, person in enumerate(entries(field(entry, key, where), f"{where}: {key}")):
            at = f"{where}: {key}[{number}]"
            joints = triples(field(person, FORMS[key], at), [18], f"{at}.{FORMS[key]}")
            joints[NECK] = joints[list(SHOULDERS)].mean(0)
            people.append(Detection(frame, None, joints))
    return gather(people, list(images), skeleton="openpose18", video=shown(Path(path.stem)), size=size)


def _track_id(value: Any, where: str) -> str | None:
    if value is None:
        return None
    ids = numbers(value, f"{where}: track id").flatten()
    if not len(ids):
        return None
    return f"{ids[0]:.15g}"


KEYPOINT_FORMATS.register("alphapose")(
    KeypointFormat("AlphaPose: JSON list of results, COCO 17 or Halpe 26; or its cmu or open form", recognises, read)
)
