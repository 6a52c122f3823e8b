"""VideoPose3D's npz of detections on one's own videos: ``data_2d_custom_*.npz`` of ``prepare_data_2d_custom.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import Detection, gather
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe import arrays
from pygpose.safe.arrays import npz_names
from pygpose.safe.text import brief, listed, shown


def recognises(path: Path) -> bool:
    """An npz with ``positions_2d`` and ``metadata`` that is not named as one of Human3.6M or HumanEva."""
    own = not path.name.startswith(("data_2d_h36m", "data_2d_humaneva"))
    return own and npz_names(path) >= {"positions_2d", "metadata"}


def read(path: Path, size: Size | None = None) -> list[KeypointTrack]:
    """One person for each video.

    ``positions_2d[VIDEO]["custom"]`` is a list of one array ``[T, 17, 2]``, pixels, COCO's joints;
    ``metadata["video_metadata"][VIDEO]`` has the image's ``w`` and ``h``. The file has no confidences and its makers
    interpolated what the detector missed: every confidence is 1.
    """
    content = arrays.read_npz(path, objects=True)
    positions, metadata = (_dictionary(content, name) for name in ("positions_2d", "metadata"))
    layout = metadata.get("layout_name", "coco")
    if layout != "coco":
        raise ValueError(f"metadata.layout_name is {brief(layout)}; expected coco")
    if not positions:
        raise ValueError("positions_2d holds no videos")
    note = f"{shown(Path(path.name))} has no confidences; every joint counts as seen."
    facts = metadata.get("video_metadata", {})
    tracks = []
    for video, views in positions.items():
        where = f"positions_2d[{brief(video)}]"
        if not isinstance(views, dict) or "custom" not in views:
            raise ValueError(f"{where} has no 'custom': not detections on one's own videos (a data set's own file?)")
        if not isinstance(views["custom"], list | tuple | np.ndarray) or len(views["custom"]) != 1:
            raise ValueError(f"{where}['custom'] must hold one array")
        keypoints = np.asarray(views["custom"][0])
        if keypoints.ndim != 3 or keypoints.shape[1:] != (17, 2) or keypoints.dtype.kind not in "iuf":
            raise ValueError(
                f"{where}: {keypoints.dtype} of shape {list(keypoints.shape)}, expected numbers [T, 17, 2]"
            )
        if not len(keypoints) or not np.isfinite(keypoints).all():
            raise ValueError(f"{where}: no frames, or NaN or infinite values")
        joints = np.concatenate([keypoints, np.ones_like(keypoints[..., :1])], -1).astype(float)
        people = [Detection(frame, "1", one) for frame, one in enumerate(joints)]
        found, fps = _facts(facts.get(video) if isinstance(facts, dict) else None, where)
        tracks += gather(
            people,
            range(len(joints)),
            skeleton="coco17",
            video=str(video),
            fps=fps,
            size=found or size,
            notes=(note,),
        )
    return tracks


def _dictionary(content: dict[str, np.ndarray], name: str) -> dict[str, Any]:
    value = content.get(name)
    if value is None or value.shape != () or not isinstance(value.item(), dict):
        raise ValueError(f"array '{name}' is missing or no dictionary; arrays: {listed(sorted(content))}")
    return value.item()


def _facts(facts: Any, where: str) -> tuple[Size | None, float | None]:
    """Image size and frame rate; None for what the file does not say."""
    if not isinstance(facts, dict):
        return None, None
    values = [facts.get(name) for name in ("w", "h", "fps")]
    if not all(value is None or (isinstance(value, int | float | np.number) and abs(value) < 1e6) for value in values):
        raise ValueError(f"{where}: w, h and fps of its metadata are {brief(values)}; expected numbers")
    width, height, fps = values
    return None if width is None or height is None else (int(width), int(height)), None if fps is None else float(fps)


KEYPOINT_FORMATS.register("detectron")(
    KeypointFormat("VideoPose3D's detections on own videos: data_2d_custom_*.npz", recognises, read)
)
