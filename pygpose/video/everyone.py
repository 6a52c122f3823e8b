"""Everybody in a picture, small people as well."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from pygpose.video.detectors import Detector
from pygpose.video.region import Region

TILES = (0.5, 0.25)
"""Sides of the tiles in which small people are looked for, in shares of the picture's shorter side: the second only
where nobody is found in the first."""
SAME_PERSON = 0.5
"""Share of a region that another one covers, at which both are of one person."""


def find_everyone(detector: Detector, picture: UInt8[np.ndarray, "height width 3"]) -> list[Region]:
    """Where people are: in the picture as a whole, or, where nobody is found so, in overlapping tiles of it."""
    found = detector.find(picture)
    for share in TILES:
        if found:
            break
        found = _in_tiles(detector, picture, round(share * min(picture.shape[:2])))
    kept: list[Region] = []
    for region in sorted(found, key=lambda region: -region.sure):
        if all(region.overlap(other) < SAME_PERSON for other in kept):
            kept.append(region)
    return kept


def _in_tiles(detector: Detector, picture: UInt8[np.ndarray, "height width 3"], side: int) -> list[Region]:
    found = []
    if side < 32:
        return found
    for top in _starts(picture.shape[0], side):
        for left in _starts(picture.shape[1], side):
            for region in detector.find(np.ascontiguousarray(picture[top : top + side, left : left + side])):
                found.append(Region(region.x + left, region.y + top, region.size, region.angle, region.sure))
    return found


def _starts(length: int, side: int) -> list[int]:
    """Where tiles begin that cover a length and overlap by half."""
    count = max(1, int(np.ceil((length - side) / (side / 2))) + 1)
    return np.linspace(0, length - side, count).round().astype(int).tolist() if length > side else [0]
