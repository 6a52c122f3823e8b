"""COCO's results as JSON, which ``loadRes`` of COCO's tools reads, for the frames of one video."""

from __future__ import annotations

from pathlib import Path

from pygpose.io.keypoints import alphapose
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe.text import head


def recognises(path: Path) -> bool:
    """A list of records with ``image_id`` and ``keypoints``, and nothing that only AlphaPose writes."""
    text = head(path).lstrip()
    looks = text.startswith("[") and '"image_id"' in text and '"keypoints"' in text
    return looks and not alphapose.recognises(path)


def read(path: Path, size: Size | None = None) -> list[KeypointTrack]:
    """People of one video: ``[{"image_id", "category_id", "keypoints" (51 numbers), "score"}, ...]``.

    ``image_id`` is taken as the frame's number; results on COCO's own images are no video and are refused for the gaps
    between their numbers. ``track_id`` is used where it is there.
    """
    return alphapose.read_results(path, size, [17], "track_id")


KEYPOINT_FORMATS.register("coco_results")(KeypointFormat("COCO results: JSON list, 17 joints", recognises, read))
