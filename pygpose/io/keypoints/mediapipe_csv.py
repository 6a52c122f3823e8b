"""MediaPipe's pose landmarks as a table, in the forms in which people save them: a row a frame, or a row a landmark."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import numpy as np

from graphs import get_skeleton
from pygpose.frames import frame_numbers
from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.layouts import plain_joint
from pygpose.io.keypoints.mediapipe import FRAME, NUM_LANDMARKS, check_parts, in_pixels
from pygpose.io.keypoints.people import gather
from pygpose.io.keypoints.records import plain, track_id
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.tables import Table, header_cells, read_table
from pygpose.io.keypoints.track import KeypointTrack
from pygpose.io.landmarks import may_be_landmarks
from pygpose.safe.text import shown

AXES = {"x": 0, "y": 1, "v": 2, "vis": 2, "visibility": 2, "c": 2, "confidence": 2, "score": 2}
LANDMARK = ("landmark", "landmark_id", "landmark_index", "landmark_name", "joint", "keypoint", "name", "id", "index")
PERSON = ("person", "person_id", "pose", "pose_id", "track_id")
HOLISTIC = (501, 543)  # landmarks with the face's 468, and with both hands' 42, too; the body's come first
Columns = dict[str, dict[int, int]]
"""For each landmark the columns of x, y and visibility, by their number in :data:`AXES`."""


def recognises(path: Path) -> bool:
    """A table whose header names x and y of 33 landmarks or more; or x, y, and a landmark's number or name. Points in
    space, as freemocap's in millimetres, are motion."""
    header = header_cells(path)
    return (len(_wide(header)) >= NUM_LANDMARKS or _long(header) is not None) and may_be_landmarks(path)


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video.

    A row for each frame has columns such as ``x0, y0, z0, v0, x1, ...`` or ``NOSE_x, NOSE_y, ...``; numbers begin with
    0 or 1. A row for each landmark has the columns ``frame``, ``landmark``, ``x``, ``y`` and perhaps ``visibility``.
    Without a column ``frame`` rows are frames in their order. An empty cell is missing, and a row of empty cells a
    frame in which nobody is found. x and y are parts of the image's width and height, so that its ``size`` must be
    stated.
    """
    if stated.size is None:
        raise ValueError("MediaPipe's landmarks are parts of the image; give its size as (width, height) in pixels")
    table = read_table(path)
    header, notes = table.rows[0], ()
    if len(table.rows) < 2:
        raise ValueError("no frames below the header")
    if _long(header) is not None:
        frames, people = _of_landmarks(table)
    else:
        columns = _wide(header)
        if len(columns) in HOLISTIC:
            notes = (f"Of {len(columns)} landmarks the first {NUM_LANDMARKS} are taken, the body's.",)
        frames, people = _of_frames(table, _body(columns))
    people = [(frame, person, in_pixels(joints, stated.size)) for frame, person, joints in people]
    detections = [Detection(*one) for one in people if not np.isnan(one[2][:, 0]).all()]
    check_parts(detections, stated.size)
    video = shown(Path(path.stem))
    return gather(detections, frames, video=video, stated=stated, said="mediapipe33", size=stated.size, notes=notes)


def _of_frames(table: Table, body: list[dict[int, int]]) -> tuple[list[int], list[tuple[int, str | None, np.ndarray]]]:
    """The frames, and frame, track id and landmarks ``[33, 2]`` or ``[33, 3]`` of each row."""
    axes = sorted(body[0])
    wanted = [columns[axis] for columns in body for axis in axes]
    joints = table.numbers(1, wanted).reshape(-1, NUM_LANDMARKS, len(axes))
    rows, header = table.rows[1:], table.rows[0]
    numbers, persons = _numbers(header, rows), _column(header, PERSON)
    ids = [None if persons is None else track_id(row[persons], "track id") for row in rows]
    return sorted(set(numbers)) if persons is not None else numbers, list(zip(numbers, ids, joints, strict=True))


def _of_landmarks(table: Table) -> tuple[list[int], list[tuple[int, str | None, np.ndarray]]]:
    """The same of a table with a row for each landmark."""
    header, rows = table.rows[0], table.rows[1:]
    found = _long(header)
    assert found is not None
    place, columns = found
    axes = sorted(columns)
    values = table.numbers(1, [columns[axis] for axis in axes])
    persons = _column(header, PERSON)
    frames = _numbers(header, rows)
    which = _landmarks([row[place] for row in rows])
    people: dict[tuple[int, str | None], np.ndarray] = defaultdict(lambda: np.full((NUM_LANDMARKS, len(axes)), np.nan))
    for frame, landmark, row, value in zip(frames, which, rows, values, strict=True):
        if landmark is not None:
            people[frame, None if persons is None else track_id(row[persons], "track id")][landmark] = value
    return sorted(set(frames)), [(frame, person, joints) for (frame, person), joints in people.items()]


def _landmarks(cells: list[str]) -> list[int | None]:
    """The number of the landmark of each row; None for those beyond the body's."""
    names = {plain_joint(joint): number for number, joint in enumerate(get_skeleton("mediapipe33").joints)}
    numbers = [int(cell) if cell.isdecimal() else names.get(plain_joint(cell)) for cell in cells]
    unknown = [cell for cell, number in zip(cells, numbers, strict=True) if number is None]
    if unknown:
        raise ValueError(f"landmark '{unknown[0]:.40}' is none of MediaPipe's; give its name, or a number from 0 to 32")
    known = {number for number in numbers if number is not None}
    base = 1 if min(known) == 1 and max(known) == NUM_LANDMARKS else 0
    return [number - base if number is not None and number - base < NUM_LANDMARKS else None for number in numbers]


def _numbers(header: list[str], rows: list[list[str]]) -> list[int]:
    """The frame's number of each row."""
    column = _column(header, (*FRAME, "image", "image_id"))
    if column is None and header[0] == "":
        column = 0  # pandas' index
    return list(range(len(rows))) if column is None else frame_numbers([row[column] for row in rows], "column 'frame'")


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    plainly = [plain(cell) for cell in header]
    return next((plainly.index(plain(name)) for name in names if plain(name) in plainly), None)


def _wide(header: list[str]) -> Columns:
    """The columns of each landmark that has x and y in the header."""
    columns: Columns = defaultdict(dict)
    for place, cell in enumerate(header):
        cell = cell.lower()
        match = re.fullmatch(
            r"(?:.*[^a-z0-9])?([a-z]+)_?([0-9]+)|(?:.*[^a-z0-9])?([0-9]+)_?([a-z]+)|(.+)[_.\- ]([a-z]+)", cell
        )
        if match is None:
            continue
        axis, landmark = match[1] or match[4] or match[6], match[2] or match[3] or match[5]
        if landmark in AXES and axis not in AXES:
            axis, landmark = landmark, axis
        if axis in AXES:
            columns[landmark if landmark.isdecimal() else plain_joint(landmark)][AXES[axis]] = place
    return {landmark: axes for landmark, axes in columns.items() if {0, 1} <= set(axes)}


def _long(header: list[str]) -> tuple[int, dict[int, int]] | None:
    """The column of the landmark, and those of x, y and visibility, of a table with a row for each landmark."""
    axes = {AXES[plain(cell)]: place for place, cell in enumerate(header) if plain(cell) in AXES}
    landmark = _column(header, LANDMARK)
    depth = any(plain(cell) == "z" for cell in header)
    return (landmark, axes) if landmark is not None and {0, 1} <= set(axes) and (depth or 2 in axes) else None


def _body(columns: Columns) -> list[dict[int, int]]:
    """The columns of the 33 landmarks in their order."""
    if all(name.isdecimal() for name in columns):
        numbers = {int(name): axes for name, axes in columns.items()}
        if len(columns) not in (NUM_LANDMARKS, *HOLISTIC) or max(numbers) - min(numbers) + 1 != len(numbers):
            raise ValueError(f"{len(columns)} landmarks, expected MediaPipe's {NUM_LANDMARKS}, numbered from 0 or 1")
        body = [numbers[number] for number in range(min(numbers), min(numbers) + NUM_LANDMARKS)]
    else:
        wanted = [plain_joint(joint) for joint in get_skeleton("mediapipe33").joints]
        lacks = [name for name in wanted if name not in columns]
        if lacks:
            raise ValueError(f"the header has no x and y of {', '.join(lacks[:5])}, which MediaPipe's landmarks need")
        body = [columns[name] for name in wanted]
    if len({tuple(sorted(axes)) for axes in body}) > 1:
        raise ValueError("some landmarks have a visibility and some none; give it for all, or for none")
    return body


KEYPOINT_FORMATS.register("mediapipe_csv")(
    KeypointFormat("MediaPipe: CSV of 33 landmarks a frame (needs the image's size)", recognises, read)
)
