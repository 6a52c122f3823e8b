"""COCO's annotations as JSON, as COCO's own files and programs for labelling have them, for the frames of one video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pygpose.frames import frame_numbers
from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import gather
from pygpose.io.keypoints.records import entries, field, json_head, optional, read_content, read_joints, track_id
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe.text import brief, shown


def recognises(path: Path) -> bool:
    """An object with ``annotations`` that have ``keypoints``, or with ``images`` that have a ``file_name``."""
    head = json_head(path)
    if head.start != "{" or head.lines or head.has("instances"):
        return False
    return head.has("annotations", "keypoints") or head.has("images", "file_name")


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video: ``{"images": [...], "annotations": [{"image_id", "keypoints"}], "categories": [...]}``.

    Every image is a frame, by the number in its ``file_name``, or by its ``frame_id`` or ``id`` where the name has
    none; the image's size is read, too. A joint of visibility 0 is not labelled: missing; 1 and 2 are seen.
    ``track_id``, beside the keypoints or in their ``attributes``, is used where it is there. The joints' names come
    from the category, where it has them.
    """
    content = read_content(path)
    annotations = entries(field(content, "annotations", "the file"), "annotations")
    images = entries(optional(content, "images"), "images")
    frames = _frames(images) if images else {}
    people = []
    for number, record in enumerate(annotations):
        where = f"annotation {number}"
        image = optional(record, "image_id", "frame_id")
        if not images:
            frames.setdefault(str(image), frame_numbers([image], f"{where}: image_id")[0])
        if str(image) not in frames:
            raise ValueError(f"{where}: image_id {brief(image)} is none of the {len(images)} images")
        if optional(record, "keypoints") is None:
            continue  # a box alone
        joints = read_joints(optional(record, "keypoints"), f"{where}: keypoints", joints=stated.joints)
        if joints.shape[1] == 3 and images:
            joints[:, 2] = joints[:, 2].clip(max=1)  # COCO's visibility, which is 0, 1 or 2
        tracked = optional(record, "track_id"), optional(optional(record, "attributes"), "track_id")
        track = next((value for value in tracked if value is not None), None)
        people.append(Detection(frames[str(image)], track_id(track, where), joints))
    if not people:
        raise ValueError("no annotation has keypoints; give a file of person keypoints")
    return gather(
        people,
        list(frames.values()),
        video=shown(Path(path.stem)),
        stated=stated,
        names=_names(content),
        size=_size(images, stated),
    )


def _frames(images: list[Any]) -> dict[str, int]:
    """The frame number of each image by its id."""
    ids = [str(field(image, "id", f"image {number}")) for number, image in enumerate(images)]
    for name in ("file_name", "frame_id", "id"):
        values = [optional(image, name) for image in images]
        if any(value is None for value in values):
            continue
        try:
            numbers = frame_numbers(values, f"images: {name}")
        except ValueError:
            if name == "id":
                raise
            continue
        if len(set(numbers)) == len(numbers):
            return dict(zip(ids, numbers, strict=True))
    raise ValueError("images: neither their names nor their ids give each a frame number of its own; one video a file")


def _size(images: list[Any], stated: StatedFacts) -> Size | None:
    """The size of all images, where the file says it."""
    sides = [(optional(image, "width"), optional(image, "height")) for image in images]
    sizes = {pair for pair in sides if all(type(side) is int for side in pair)}
    if len(sizes) > 1 and stated.size is None:
        shown_sizes = " and ".join(f"{width} x {height}" for width, height in list(sizes)[:2])
        raise ValueError(f"images of different sizes, {shown_sizes}, are no video; give the images of one video")
    return next(iter(sizes)) if len(sizes) == 1 else None


def _names(content: Any) -> list[str] | None:
    """The joints' names, where one category has them."""
    named = [optional(one, "keypoints") for one in entries(optional(content, "categories"), "categories")]
    named = [one for one in named if isinstance(one, list) and one]
    return [str(name) for name in named[0]] if len(named) == 1 else None


KEYPOINT_FORMATS.register("coco_annotations")(
    KeypointFormat("COCO annotations: JSON with images and annotations", recognises, read)
)
