"""Cameras out of a JSON file that somebody wrote.

.. code-block:: json

    {"cameras": [{"name": "door", "size": [1920, 1080], "horizontal_degrees": 60,
                  "position": [0, -4, 1.5], "look_at": [0, 0, 1]}]}

``size`` is in pixels, ``position`` in metres, z up, where each clip is moved so that the root's mean position lies
over the origin. ``focal`` (a number or two, pixels) may stand in the place of ``horizontal_degrees``, and
``orientation`` (the unit quaternion w, x, y, z that turns camera axes into world axes) in the place of ``look_at``.
``center`` (pixels), ``radial`` (k1, k2, k3) and ``tangential`` may be left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import roma
import torch

from pygpose.data.pictures import reach_of
from pygpose.geometry import Camera
from pygpose.safe.door import reading
from pygpose.safe.text import brief, read_json

REQUIRED = ("name", "size", "position")
LARGEST = 1e9  # pixels, metres, and what a lens is described by
OPTIONAL = ("focal", "horizontal_degrees", "center", "radial", "tangential", "orientation", "look_at")


def read_cameras(path: Path) -> tuple[Camera, ...]:
    """The cameras of a file.

    Raises:
        ValueError: For a file that is no JSON, lacks cameras, or has a camera without intrinsics or without a place,
            with values that are no numbers, or with a lens that cannot be inverted.
        FileNotFoundError: Where there is no file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a JSON file of cameras that exists")
    try:
        content = read_json(path)
    except ValueError as error:
        raise ValueError(f"{path} is no JSON file of cameras ({error})") from error
    with reading(path):
        return _cameras(content, path)


def _cameras(content: Any, path: Path) -> tuple[Camera, ...]:
    rows = content.get("cameras") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ValueError(f'{path} holds no list of cameras; expected {{"cameras": [{{"name": ..., "size": ...}}]}}')
    cameras = tuple(_camera(row, f"{path}, camera {place}") for place, row in enumerate(rows))
    names = [camera.id for camera in cameras]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{path} has two cameras with the name {brief(name)}; give each its own")
    return cameras


def _camera(row: dict[str, Any], where: str) -> Camera:
    for name in REQUIRED:
        if name not in row:
            raise ValueError(f"{where} has no '{name}'; a camera needs {', '.join(REQUIRED)}")
    if not isinstance(row["name"], str) or not row["name"]:
        raise ValueError(f"{where}: its name must be text, got {brief(row['name'])}")
    where = f"{where} ({brief(row['name'])})"
    unknown = sorted(set(row) - {*REQUIRED, *OPTIONAL})
    if unknown:
        raise ValueError(f"{where} has {brief(unknown[0])}; known: {', '.join((*REQUIRED, *OPTIONAL))}")
    for two, what in ((("focal", "horizontal_degrees"), "intrinsics"), (("orientation", "look_at"), "orientation")):
        if sum(name in row for name in two) != 1:
            raise ValueError(f"{where} needs '{two[0]}' or '{two[1]}' for its {what}, one of the two")
    width, height = (int(part) for part in _numbers(row, "size", 2, where))
    if min(width, height) < 1:
        raise ValueError(f"{where}: size {brief(row['size'])} must be positive, pixels")
    position = _numbers(row, "position", 3, where)
    try:
        camera = Camera(
            focal=_focal(row, width, where),
            center=_numbers(row, "center", 2, where) if "center" in row else (width / 2, height / 2),
            size=(width, height),
            radial=_numbers(row, "radial", 3, where) if "radial" in row else (0.0, 0.0, 0.0),
            tangential=_numbers(row, "tangential", 2, where) if "tangential" in row else (0.0, 0.0),
            orientation=(
                _numbers(row, "orientation", 4, where)
                if "orientation" in row
                else _towards(position, _numbers(row, "look_at", 3, where), where)
            ),
            position=position,
            id=row["name"],
        )
        reach_of(camera)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
    return camera


def _focal(row: dict[str, Any], width: int, where: str) -> tuple[float, float]:
    if "focal" in row:
        given = row["focal"]
        return _numbers({"focal": given if isinstance(given, list) else [given, given]}, "focal", 2, where)
    (degrees,) = _numbers({"horizontal_degrees": [row["horizontal_degrees"]]}, "horizontal_degrees", 1, where)
    if not 0 < degrees < 180:
        raise ValueError(f"horizontal_degrees is {degrees:g}; give an angle between 0 and 180")
    focal = width / 2 / math.tan(math.radians(degrees) / 2)
    return focal, focal


def _numbers(row: dict[str, Any], name: str, count: int, where: str) -> tuple[Any, ...]:
    values = row[name]
    right = isinstance(values, list) and len(values) == count
    right = right and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    if not right or not all(abs(value) <= LARGEST for value in values):
        wanted = "a number" if count == 1 else f"{count} numbers"
        raise ValueError(f"{where}: '{name}' must be {wanted}, finite and below {LARGEST:g}, got {brief(values)}")
    return tuple(float(value) for value in values)


def _towards(position: Sequence[float], target: Sequence[float], where: str) -> tuple[float, float, float, float]:
    """The orientation of an upright camera that looks at a point."""
    forward = np.subtract(target, position)
    level = np.hypot(forward[0], forward[1])
    if level < 1e-6 * max(1.0, abs(forward[2])):
        raise ValueError(f"{where} looks straight up or down, or at itself; give 'orientation' in the place of look_at")
    forward = forward / np.linalg.norm(forward)
    right = np.array([forward[1], -forward[0], 0.0]) / np.hypot(forward[0], forward[1])
    axes = torch.from_numpy(np.stack([right, np.cross(forward, right), forward], -1))  # columns: camera to world
    x, y, z, w = roma.rotmat_to_unitquat(axes).tolist()
    return (w, x, y, z)
