"""COCO's results as JSON, which ``loadRes`` of COCO's tools reads, for the frames of one video."""

from __future__ import annotations

from pathlib import Path

from pygpose.io.keypoints import alphapose
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.records import json_head, read_content
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack


def recognises(path: Path) -> bool:
    """A list of records with ``image_id`` and ``keypoints``, and nothing that only AlphaPose writes."""
    head = json_head(path)
    listed = head.start == "[" or head.lines
    return listed and head.has("image_id", "keypoints") and not alphapose.recognises(path)


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video: ``[{"image_id", "category_id", "keypoints" (51 numbers), "score"}, ...]``.

    ``image_id`` is taken as the frame's number; results on COCO's own images are no video and are refused for the gaps
    between their numbers. ``track_id`` is used where it is there.
    """
    return alphapose.read_results(read_content(path), path, stated)


KEYPOINT_FORMATS.register("coco_results")(KeypointFormat("COCO results: JSON list of records", recognises, read))
