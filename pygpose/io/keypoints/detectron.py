"""VideoPose3D's npz of detections on one's own videos: ``data_2d_custom_*.npz`` of ``prepare_data_2d_custom.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from graphs import get_skeleton, list_skeletons
from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import gather
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe import arrays
from pygpose.safe.arrays import npz_names
from pygpose.safe.text import listed

NAMES = {"coco": "coco17", "h36m": "h36m17", "humaneva15": "humaneva15"}
"""The skeleton of each ``layout_name`` of VideoPose3D; a registered skeleton's name is its own."""


def recognises(path: Path) -> bool:
    """An npz with ``positions_2d`` and ``metadata`` that is not named as one of Human3.6M or HumanEva."""
    own = not path.name.startswith(("data_2d_h36m", "data_2d_humaneva"))
    return own and npz_names(path) >= {"positions_2d", "metadata"}


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """One person for each video.

    ``positions_2d[VIDEO]["custom"]`` is a list of one array ``[T, J, 2]``, pixels, or ``[T, J, 3]`` with confidences;
    ``metadata`` has the joints' ``layout_name`` and ``keypoints_symmetry``, and under ``video_metadata`` the ``w`` and
    ``h`` of each video's image. Without confidences every joint counts as seen: the file's makers interpolated what the
    detector missed.
    """
    content = arrays.read_npz(path, objects=True)
    positions, metadata = (_dictionary(content, name) for name in ("positions_2d", "metadata"))
    if not positions:
        raise ValueError("positions_2d holds no videos")
    said, note = layout_of(metadata) if stated.joints is None else (_named(metadata), None)
    facts = metadata.get("video_metadata")
    tracks = []
    for video, views in positions.items():
        where = f"positions_2d['{str(video):.80}']"
        if not isinstance(views, dict) or "custom" not in views:
            raise ValueError(f"{where} has no 'custom': not detections on one's own videos (a data set's own file?)")
        keypoints = _one_array(views["custom"], f"{where}['custom']")
        found, fps = _facts(facts.get(video) if isinstance(facts, dict) else metadata, where)
        tracks += gather(
            [Detection(frame, "1", one) for frame, one in enumerate(keypoints)],
            range(len(keypoints)),
            video=str(video),
            stated=stated,
            said=said,
            fps=fps,
            size=found,
            notes=() if note is None else (note,),
        )
    return tracks


def layout_of(metadata: dict[str, Any]) -> tuple[str | None, str | None]:
    """The skeleton that VideoPose3D's metadata say, by name and by symmetry, and a note where it is taken from the
    symmetry alone. No skeleton where they say nothing.

    Raises:
        ValueError: Where name and symmetry contradict each other, and for a name and a symmetry that are not known.
    """
    name, sides = metadata.get("layout_name"), sides_of(metadata.get("keypoints_symmetry"))
    alike = [one for one in list_skeletons() if sides == _own_sides(one)]
    said = _named(metadata)
    if said is not None and sides is not None and said not in alike:
        other = " or ".join(alike) or "no registered skeleton"
        raise ValueError(
            f"metadata contradict themselves: layout_name is '{name}', whose joints are those of {said}, and "
            f"keypoints_symmetry is that of {other}; give joints, the skeleton that they are of"
        )
    if said is not None:
        return said, None
    if len(alike) == 1:
        called = (
            f"its name for them, '{name:.40}', is not known" if isinstance(name, str) else "it has no name for them"
        )
        return alike[0], f"By its symmetry the file holds the joints of {alike[0]}; {called}."
    if name is not None or sides is not None:
        what = f"layout_name '{name:.40}'" if isinstance(name, str) else "the joints' layout"
        raise ValueError(f"metadata: {what} is not known; known are {', '.join(NAMES)}; give joints")
    return None, "The file does not say which joints it holds; they are taken for those of their number."


def sides_of(symmetry: Any) -> list[list[int]] | None:
    """The left and the right joints of ``keypoints_symmetry`` in order; None where it holds something else."""
    try:
        return [sorted(int(joint) for joint in side) for side in symmetry]
    except (TypeError, ValueError, OverflowError):
        return None


def _own_sides(name: str) -> list[list[int]]:
    return [sorted(get_skeleton(name).left), sorted(get_skeleton(name).right)]


def _named(metadata: dict[str, Any]) -> str | None:
    name = metadata.get("layout_name")
    if not isinstance(name, str):
        return None
    return NAMES.get(name.lower(), name if name in list_skeletons() else None)


def _one_array(views: Any, where: str) -> np.ndarray:
    """The keypoints ``[T, J, 2]`` or ``[T, J, 3]`` of the one view; NaN where something is missing."""
    if not isinstance(views, list | tuple | np.ndarray) or len(views) != 1:
        raise ValueError(f"{where} must hold one array")
    keypoints = np.asarray(views[0]) if not isinstance(views[0], list | tuple | dict) else np.empty(0)
    if keypoints.ndim != 3 or keypoints.shape[-1] not in (2, 3) or keypoints.dtype.kind not in "iuf":
        raise ValueError(
            f"{where}: {keypoints.dtype} of shape {list(keypoints.shape)}, expected numbers [T, J, 2], or [T, J, 3] "
            "with confidences"
        )
    if not len(keypoints) or np.isinf(keypoints).any():
        raise ValueError(f"{where}: no frames, or infinite values")
    return keypoints.astype(float)


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
    for value in values:
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if value is not None and not (number and abs(value) < 1e6):
            raise ValueError(f"{where}: w, h and fps of its metadata are not all numbers below a million")
    width, height, fps = values
    return None if width is None or height is None else (int(width), int(height)), None if fps is None else float(fps)


KEYPOINT_FORMATS.register("detectron")(
    KeypointFormat("VideoPose3D's detections on own videos: data_2d_custom_*.npz", recognises, read)
)
