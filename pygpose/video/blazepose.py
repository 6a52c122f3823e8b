"""BlazePose: a person detector and a landmark network, run by LiteRT, offline and on a CPU.

Bazarevsky et al., "BlazePose: On-device Real-time Body Pose Tracking", 2020; sizes, anchors and the meaning of the
outputs are those of MediaPipe's published graphs (Apache-2.0).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from pygpose.video.detectors import DETECTORS, Seen
from pygpose.video.model_files import LANDMARKS, PERSON, model_file
from pygpose.video.region import Region

DETECTION, LANDMARK = 224, 256
"""Pixels of the input of the two networks."""
CELLS = ((28, 2), (14, 2), (7, 6))
"""Cells along each side of the detector's grids, and anchors in each of their cells."""
PERSON_SURE, LANDMARKS_SURE = 0.5, 0.5
WIDER = 1.25
"""How much larger a region is than the circle around the person."""
SAME_PERSON = 0.3
"""Intersection over union at which two detections are of one person."""
JOINTS, MIDDLE, CIRCLE = 33, 33, 34
"""Landmarks of the body; behind them, the middle of the hips and a point of the circle around the person."""
REFINED = 7
"""Cells of a heatmap across, around a landmark, whose mean refines its place."""


class BlazePose:
    """BlazePose's two networks.

    Raises:
        ValueError: Without LiteRT, and where the model files can neither be found nor fetched.
    """

    skeleton = "mediapipe33"

    def __init__(self) -> None:
        self._person, self._landmarks = (_network(model_file(name)) for name in (PERSON, LANDMARKS))

    def find(self, picture: UInt8[np.ndarray, "height width 3"]) -> list[Region]:
        """People in a picture that they fill to a quarter at least."""
        height, width, _ = picture.shape
        whole = Region(width / 2, height / 2, float(max(width, height)))
        boxes, scores = _run(self._person, 2 * whole.cut(picture, DETECTION) - 1)
        sure = 1 / (1 + np.exp(-scores[:, 0].astype(np.float64).clip(-100, 100)))
        likely = np.flatnonzero(sure >= PERSON_SURE)
        points = boxes[likely].reshape(-1, 6, 2) / DETECTION  # middle and size of a face's box, then four keypoints
        points[:, [0, 2, 3, 4, 5]] += _anchors()[likely, None]
        found = []
        for kept, weight in _merged(points, sure[likely]):
            middle, edge = whole.into_picture(kept[2:4])
            found.append(_around(middle, edge, weight))
        return found

    def look(self, picture: UInt8[np.ndarray, "height width 3"], region: Region) -> Seen | None:
        """The 33 landmarks of the person in a region; None where the network sees nobody."""
        landmarks, presence, heatmaps = _run(self._landmarks, region.cut(picture, LANDMARK), (0, 1, 3))
        if presence.item() < LANDMARKS_SURE:
            return None
        values = landmarks.reshape(-1, 5)
        places = _refined(values[:, :2] / LANDMARK, heatmaps)
        points = region.into_picture(places.astype(np.float64))
        visible = 1 / (1 + np.exp(-values[:JOINTS, 3:5].astype(np.float64)))
        confidence = visible.min(1)
        inside = ((points[:JOINTS] >= 0) & (points[:JOINTS] <= picture.shape[1::-1])).all(1)
        following = _around(points[MIDDLE], points[CIRCLE], float(presence.item()))
        return Seen(points[:JOINTS], np.where(inside, confidence, 0.0), following)


def _network(path: Path) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter  # pyright: ignore[reportMissingImports]: an extra
    except ImportError as error:
        raise ValueError("BlazePose needs LiteRT; pip install 'pygpose[video]'") from error
    network = Interpreter(model_content=path.read_bytes(), num_threads=2)
    network.allocate_tensors()
    return network


def _run(network: Any, picture: np.ndarray, outputs: tuple[int, ...] = (0, 1)) -> list[np.ndarray]:
    network.set_tensor(network.get_input_details()[0]["index"], picture[None].astype(np.float32))
    network.invoke()
    details = network.get_output_details()
    return [network.get_tensor(details[number]["index"])[0].copy() for number in outputs]


@cache
def _anchors() -> Float[np.ndarray, "anchors 2"]:
    """The middles of the cells of the detector's grids, in shares of its input, once for each anchor."""
    parts = []
    for cells, anchors in CELLS:
        y, x = np.divmod(np.arange(cells * cells), cells)
        parts.append(np.repeat(np.stack([x + 0.5, y + 0.5], -1) / cells, anchors, axis=0))
    return np.concatenate(parts)


def _around(middle: Float[np.ndarray, "2"], edge: Float[np.ndarray, "2"], sure: float) -> Region:
    """The region of a person, by the middle of the hips and a point of the circle around the person, above it where
    the person stands upright."""
    away = edge - middle
    angle = float(np.arctan2(away[0], -away[1]))
    return Region(float(middle[0]), float(middle[1]), 2 * WIDER * float(np.hypot(*away)), angle, sure)


def _merged(
    points: Float[np.ndarray, "found 6 2"], sure: Float[np.ndarray, " found"]
) -> list[tuple[Float[np.ndarray, "6 2"], float]]:
    """Detections of one person, averaged with their scores as weights; the surest person first."""
    merged, left = [], np.argsort(-sure)
    while len(left):
        low, high = (points[left, 0] + side * points[left, 1] / 2 for side in (-1, 1))
        both = np.clip(np.minimum(high, high[0]) - np.maximum(low, low[0]), 0, None).prod(1)
        areas = (high - low).prod(1)
        same = both >= SAME_PERSON * (areas + areas[0] - both)
        same[0] = True
        weights = sure[left[same]]
        merged.append(((points[left[same]] * weights[:, None, None]).sum(0) / weights.sum(), float(sure[left[0]])))
        left = left[~same]
    return merged


def _refined(
    places: Float[np.ndarray, "landmarks 2"], heatmaps: Float[np.ndarray, "rows columns landmarks"]
) -> Float[np.ndarray, "landmarks 2"]:
    """Places at the mean of the heatmaps around them, where the heatmaps are sure of something there."""
    size, half, found = len(heatmaps), REFINED // 2, places.copy()
    heat = 1 / (1 + np.exp(-heatmaps.clip(-50, 50)))
    for number, (x, y) in enumerate(places):
        column, row = int(x * size), int(y * size)
        if not (0 <= column < size and 0 <= row < size):
            continue
        rows, columns = (slice(max(0, at - half), at + half + 1) for at in (row, column))
        part = heat[rows, columns, number]
        if part.max() < 0.5:
            continue
        y_at, x_at = np.mgrid[rows, columns][:, : part.shape[0], : part.shape[1]]
        found[number] = np.array([(x_at * part).sum(), (y_at * part).sum()]) / part.sum() / size
    return found


DETECTORS.register("blazepose")(BlazePose)
