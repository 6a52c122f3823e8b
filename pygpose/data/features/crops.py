"""The square picture around a person that an image network sees."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn.functional import grid_sample

CROP_SCALE = 1.2
"""Side of a crop, in sides of its box."""
CROP_SIZE = 224
"""Width and height of a crop, pixels."""
BOX_MARGIN = 1.1
"""Side of a box around keypoints, in multiples of the larger of their two extents."""


def keypoints_in_crop(
    keypoints: Float[np.ndarray, "frames joints 2"], boxes: Float[np.ndarray, "frames 4"]
) -> Float[np.ndarray, "frames joints 2"]:
    """Pixels of the image to coordinates that run from -1 to 1 over each frame's crop.

    ``boxes`` are centre x, centre y, width and height, pixels; the crop is :data:`CROP_SCALE` times as large.
    """
    return (keypoints - boxes[:, None, :2]) / (boxes[:, None, 2:] * (CROP_SCALE / 2))


def boxes_of_keypoints(
    keypoints: Float[np.ndarray, "frames joints 2"], confidence: Float[np.ndarray, "frames joints"]
) -> Float[np.ndarray, "frames 4"]:
    """A square around the joints that are seen, :data:`BOX_MARGIN` times as long as they extend.

    NaN in frames where fewer than two different places are seen.
    """
    seen = confidence[..., None] > 0
    low = np.where(seen, keypoints, np.inf).min(1)
    high = np.where(seen, keypoints, -np.inf).max(1)
    side = (high - low).max(-1)
    boxes = np.full((len(keypoints), 4), np.nan)
    known = side > 0
    boxes[known, :2] = (low[known] + high[known]) / 2
    boxes[known, 2:] = BOX_MARGIN * side[known, None]
    return boxes


def crop_image(image: UInt8[np.ndarray, "height width 3"], box: Float[np.ndarray, "4"]) -> Float[Tensor, "3 size size"]:
    """The crop of a box, values from 0 to 1: linear between pixels, black beyond the image.

    The crop's pixel in row and column ``CROP_SIZE / 2`` is the image's at the box's centre, as OpenCV's ``warpAffine``
    has it. A box that is not square gives a crop that is stretched.
    """
    height, width = image.shape[:2]
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    steps = torch.arange(CROP_SIZE, dtype=torch.float64) / CROP_SIZE - 0.5
    across, down = (box[axis] + steps * (box[axis + 2] * CROP_SCALE) for axis in (0, 1))
    places = torch.stack(torch.meshgrid(_unit(across, width), _unit(down, height), indexing="xy"), -1)
    return grid_sample(pixels, places[None].float(), padding_mode="zeros", align_corners=True)[0]


def _unit(places: Tensor, pixels: int) -> Tensor:
    """-1 at the middle of the first pixel, 1 at that of the last."""
    return places * (2 / max(pixels - 1, 1)) - 1
