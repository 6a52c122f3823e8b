"""RTMPose, by rtmlib: what Sports2D's and Pose2Sim's users have. It fetches its own weights."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from pygpose.video.detectors import DETECTORS, Seen
from pygpose.video.region import Region

SURE = 0.3
"""Mean score of the keypoints at which a person is there."""
WIDER = 1.25


class RTMPose:
    """Halpe's 26 keypoints of body and feet.

    Raises:
        ValueError: Without rtmlib, and where its weights can neither be found nor fetched.
    """

    skeleton = "halpe26"

    def __init__(self) -> None:
        try:
            from rtmlib import BodyWithFeet  # pyright: ignore[reportMissingImports]: an extra
        except ImportError as error:
            raise ValueError(
                "detector rtmpose needs rtmlib; pip install 'pygpose[rtmpose]', or take detector blazepose"
            ) from error
        try:
            body = BodyWithFeet(mode="balanced", backend="onnxruntime", device="cpu")
        except Exception as error:  # what a download and an onnx file throw is of any type
            raise ValueError(
                f"rtmlib cannot get its weights ({error}); fetch them where there is a network, as its README says, or "
                "take detector blazepose"
            ) from error
        self._people, self._pose = body.det_model, body.pose_model

    def find(self, picture: UInt8[np.ndarray, "height width 3"]) -> list[Region]:
        boxes = np.asarray(self._people(picture[..., ::-1]), float).reshape(-1, 4)
        return [_around(box) for box in boxes]

    def look(self, picture: UInt8[np.ndarray, "height width 3"], region: Region) -> Seen | None:
        half = region.size / 2 / WIDER
        box = [region.x - half, region.y - half, region.x + half, region.y + half]
        keypoints, scores = self._pose(picture[..., ::-1], bboxes=[box])
        points, sure = np.asarray(keypoints[0], float), np.clip(np.asarray(scores[0], float), 0, 1)
        if sure.mean() < SURE:
            return None
        inside = ((points >= 0) & (points <= picture.shape[1::-1])).all(1)
        trusted = points[sure >= SURE]
        following = _around(np.concatenate([trusted.min(0), trusted.max(0)]))
        return Seen(points, np.where(inside, sure, 0.0), following)


def _around(box: np.ndarray) -> Region:
    """The region of a box: left, top, right, bottom."""
    left, top, right, bottom = (float(value) for value in box)
    return Region((left + right) / 2, (top + bottom) / 2, WIDER * max(right - left, bottom - top, 8.0))


DETECTORS.register("rtmpose")(RTMPose)
