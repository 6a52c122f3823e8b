"""The public calibration of Human3.6M's four cameras, for each subject."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from pygpose.geometry.camera import Camera


@cache
def h36m_cameras(subject: str) -> tuple[Camera, ...]:
    """The four cameras as they stood for one subject (they were moved a little between subjects).

    Raises:
        ValueError: For a subject without calibration.
    """
    calibration = json.loads(files("pygpose.geometry").joinpath("h36m_cameras.json").read_text())
    extrinsics = calibration["extrinsics"]
    if subject not in extrinsics:
        raise ValueError(f"no Human3.6M calibration for subject '{subject}'; known: {', '.join(extrinsics)}")
    return tuple(
        Camera(
            id=inner["id"],
            focal=tuple(inner["focal"]),
            center=tuple(inner["center"]),
            radial=tuple(inner["radial"]),
            tangential=tuple(inner["tangential"]),
            size=tuple(inner["size"]),
            orientation=tuple(outer["orientation"]),
            position=tuple(part / 1000 for part in outer["translation"]),
        )
        for inner, outer in zip(calibration["intrinsics"], extrinsics[subject], strict=True)
    )
