"""Detectron's own detections as VideoPose3D's ``infer_video*.py`` keep them: ``VIDEO.mp4.npz``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import gather
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe import arrays
from pygpose.safe.arrays import npz_names
from pygpose.safe.text import shown

MIN_SCORE = 0.5  # of a box: below it a detection is nobody


def recognises(path: Path) -> bool:
    """An npz with ``boxes``, ``keypoints`` and ``metadata``."""
    return npz_names(path) >= {"boxes", "keypoints", "metadata"}


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video.

    ``keypoints[FRAME][1]`` holds the people of a frame, ``[N, 4, 17]``: x, y, a score of the heatmap and a probability,
    the last of which is the confidence; ``boxes[FRAME][1]`` has the score of each in its last column, and people whose
    score is below one half are left out. ``metadata`` has the image's ``w`` and ``h``.
    """
    content = arrays.read_npz(path, objects=True)
    keypoints, boxes = (_frames(content, name) for name in ("keypoints", "boxes"))
    if len(keypoints) != len(boxes):
        raise ValueError(f"{len(keypoints)} frames of keypoints and {len(boxes)} of boxes; copy the file again")
    people, faint = [], 0
    for frame, (found, around) in enumerate(zip(keypoints, boxes, strict=True)):
        joints, scores = _people(found, f"keypoints of frame {frame}"), _people(around, f"boxes of frame {frame}")
        if joints.size == 0:
            continue
        if joints.ndim != 3 or joints.shape[1] not in (3, 4) or scores.ndim != 2 or len(scores) != len(joints):
            raise ValueError(
                f"frame {frame}: keypoints {list(joints.shape)} and boxes {list(scores.shape)}, expected [N, 4, 17] "
                "and [N, 5]"
            )
        sure = scores[:, -1] >= MIN_SCORE
        faint += int((~sure).sum())
        people += [Detection(frame, None, one[[0, 1, -1]].T) for one in joints[sure]]
    note = f"{faint} detections whose box has a score below {MIN_SCORE:g} are left out."
    return gather(
        people,
        range(len(keypoints)),
        video=shown(Path(path.stem)),
        stated=stated,
        said="coco17",
        size=_size(content),
        notes=(note,) if faint else (),
    )


def _frames(content: dict[str, np.ndarray], name: str) -> np.ndarray:
    value = content.get(name)
    if value is None or value.ndim < 1 or not len(value):
        raise ValueError(f"array '{name}' is missing or has no frames")
    return value


def _people(frame: Any, where: str) -> np.ndarray:
    """The array of the class 'person', which is the second; empty where nobody is found."""
    values = frame[1] if isinstance(frame, list | tuple | np.ndarray) and len(frame) == 2 else None
    if isinstance(values, list) and not values:
        return np.empty(0)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf" or np.isinf(values).any():
        raise ValueError(f"{where}: expected two classes, of which the second is an array of the people's numbers")
    return values.astype(float)


def _size(content: dict[str, np.ndarray]) -> Size | None:
    metadata = content["metadata"].item() if content["metadata"].shape == () else None
    sides = [metadata.get(name) if isinstance(metadata, dict) else None for name in ("w", "h")]
    whole = [int(side) for side in sides if isinstance(side, int | np.integer)]
    return (whole[0], whole[1]) if len(whole) == 2 else None


KEYPOINT_FORMATS.register("detectron_raw")(
    KeypointFormat("Detectron's detections before VideoPose3D's preparation: VIDEO.mp4.npz", recognises, read)
)
