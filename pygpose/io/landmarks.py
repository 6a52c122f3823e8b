"""Tables of landmarks of MediaPipe, which are parts of an image, told from tables of points in space."""

from __future__ import annotations

import csv
from pathlib import Path

from graphs import get_skeleton
from pygpose.io.joint_names import same_joint
from pygpose.safe.text import head

FARTHEST = 3.0  # widths of the image that a landmark may be outside of it
POINT = ("joint", "marker", "keypoint", "landmark", "trajectory", "name", "landmark_name")


def may_be_landmarks(path: Path) -> bool:
    """Whether the first rows of a CSV can be MediaPipe's landmarks: without z, or with x and y near 0 to 1; and, where
    a column names points, with names of MediaPipe's landmarks."""
    text = head(path).lstrip("\ufeff").lstrip()
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        header, *rows = list(csv.reader(text.splitlines()[:-1], delimiter=delimiter))[:40]
    except (csv.Error, ValueError):
        return True
    header = [cell.strip().lower() for cell in header]
    if not any(cell == "z" or cell.endswith(("_z", ".z", " z", ":z")) for cell in header):
        return True
    known = {same_joint(joint) for joint in get_skeleton("mediapipe33").joints}
    named = [row[place] for place, cell in enumerate(header) if cell in POINT for row in rows if len(row) > place]
    if any(not name.strip().isdecimal() and same_joint(name) not in known for name in named):
        return False
    places = [
        place for place, cell in enumerate(header) if cell in ("x", "y") or cell.endswith(("_x", "_y", ".x", ".y"))
    ]
    return all(abs(_number(row[place])) <= FARTHEST for row in rows for place in places if len(row) > place)


def _number(cell: str) -> float:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return 0.0
