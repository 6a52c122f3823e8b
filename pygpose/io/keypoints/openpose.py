"""OpenPose's JSON: a folder with a file for each frame, as ``--write_json`` makes it (BODY_25 and COCO)."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import numpy as np

from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import Detection, gather
from pygpose.io.keypoints.records import entries, field, triples
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe.text import brief, head, read_json, shown

SKELETONS = {25: "openpose25", 18: "openpose18"}
_NAME = re.compile(r"(.*?)_?([0-9]{1,15})_keypoints\.json")


def recognises(path: Path) -> bool:
    """A folder with ``*_keypoints.json``, or one such file."""
    try:
        if path.is_dir():
            return any(file.name.endswith("_keypoints.json") for file in path.iterdir())
    except OSError:
        return False
    text = head(path)
    return '"people"' in text and '"pose_keypoints_2d"' in text and '"AlphaPose' not in text


def read(path: Path, size: Size | None = None) -> list[KeypointTrack]:
    """People of every video in a folder.

    Files are named ``VIDEO_000000000012_keypoints.json``, with the video's name and the frame's number. ``person_id``
    of -1 is no track id. Keypoints must be in pixels (``--keypoint_scale 0``).
    """
    folder = path if path.is_dir() else path.parent
    files = sorted(path.glob("*_keypoints.json")) if path.is_dir() else [path]
    videos: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    for file in files:
        parts = _NAME.fullmatch(file.name)
        if parts is None:
            raise ValueError(
                f"file '{shown(Path(file.name))}' is not named VIDEO_FRAME_keypoints.json with FRAME a number"
            )
        videos[parts[1]].append((int(parts[2]), file))
    if not videos:
        raise ValueError("no files *_keypoints.json in this folder")
    tracks = []
    for name, numbered in videos.items():
        video = shown(Path(name)) if name else shown(Path(folder.resolve().name))
        people = [one for frame, file in numbered for one in _people(frame, file)]
        counts = sorted({len(one.joints) for one in people})
        if len(counts) > 1:
            raise ValueError(f"video '{video}': people of {counts[0]} and of {counts[1]} joints; one model a folder")
        skeleton = SKELETONS[counts[0]] if counts else "openpose25"
        tracks += gather(people, [frame for frame, _ in numbered], skeleton=skeleton, video=video, size=size)
    return tracks


def _people(frame: int, file: Path) -> list[Detection]:
    where = shown(Path(file.name))
    try:
        content = read_json(file)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    people = []
    for number, person in enumerate(entries(field(content, "people", where), f"{where}: people")):
        at = f"{where}: people[{number}]"
        joints = triples(field(person, "pose_keypoints_2d", at), list(SKELETONS), f"{at}.pose_keypoints_2d")
        people.append(Detection(frame, _track_id(person.get("person_id"), at), joints))
    return people


def _track_id(value: object, where: str) -> str | None:
    ids = np.array(value, dtype=object).flatten().tolist()
    if ids in ([None], [-1], []):
        return None
    if len(ids) == 1 and isinstance(ids[0], int):
        return str(ids[0])
    raise ValueError(f"{where}: person_id {brief(value)} is no number")


KEYPOINT_FORMATS.register("openpose")(
    KeypointFormat("OpenPose: folder of *_keypoints.json, BODY_25 or COCO", recognises, read)
)
