"""OpenPose's JSON, a file for each frame: OpenPose's own (``--write_json``), and that of the many programs that write
the same form with other models, such as RTMLib, Pose2Sim and Sports2D."""

from __future__ import annotations

from pathlib import Path

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

KEYS = ("pose_keypoints_2d", "pose_keypoints")  # the second of versions before 1.2


def recognises(path: Path) -> bool:
    """A folder with ``*_keypoints.json``, or with other JSON files of this form, or one such file."""
    try:
        if path.is_dir():
            named = any(file.name.endswith("_keypoints.json") for file in path.iterdir())
            return named or holds_frames(path, _of_a_frame)
    except OSError:
        return False
    return _of_a_frame(json_head(path))


def _of_a_frame(head: JsonHead) -> bool:
    return head.start == "{" and head.has("people") and any(map(head.has, KEYS)) and '"AlphaPose' not in head.text


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of every video in a folder.

    Files are named by video and frame, ``VIDEO_000000000012_keypoints.json``, or by the frame alone, with or without
    ``_keypoints``. ``person_id`` of -1 is no track id. Keypoints must be in pixels (``--keypoint_scale 0``). Files
    beside those that are named ``_keypoints`` are left aside, and a note says so.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    named = [file for file in files if file.name.endswith("_keypoints.json")] or files
    if not files:
        raise ValueError("no JSON files in this folder")
    aside = [file for file in files if file not in named]
    left = [f"Files beside those of frames are left aside, as {shown(Path(file.name))}." for file in aside[:1]]
    tracks = []
    for video, numbered in videos_of(named, path if path.is_dir() else path.parent).items():
        people = [one for frame, file in numbered for one in _people(frame, file, stated)]
        frames = [frame for frame, _ in numbered]
        tracks += gather(people, frames, video=video, stated=stated, notes=tuple(left))
    return tracks


def _people(frame: int, file: Path, stated: StatedFacts) -> list[Detection]:
    where = shown(Path(file.name))
    try:
        content = read_content(file)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    people = []
    for number, person in enumerate(entries(field(content, "people", where), f"{where}: people")):
        at = f"{where}: people[{number}]"
        key = next((key for key in KEYS if has_field(person, key)), KEYS[0])
        values = field(person, key, at)
        if not values:
            continue  # a face or hands alone
        joints = read_joints(values, f"{at}.{key}", joints=stated.joints)
        people.append(Detection(frame, track_id(optional(person, "person_id"), f"{at}.person_id"), joints))
    return people


KEYPOINT_FORMATS.register("openpose")(
    KeypointFormat("OpenPose: folder of JSON files, one a frame, BODY_25, COCO and other models", recognises, read)
)
