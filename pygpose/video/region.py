"""Where in a picture a person is looked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8


@dataclass(frozen=True)
class Region:
    """A square of a picture, turned so that the person in it stands upright."""

    x: float
    y: float
    """Its middle, pixels."""
    size: float
    """Its side, pixels."""
    angle: float = 0.0
    """Radians by which it is turned clockwise in the picture."""
    sure: float = 1.0
    """How sure it is that a person is there, in [0, 1]."""

    def cut(self, picture: UInt8[np.ndarray, "height width 3"], pixels: int) -> Float[np.ndarray, "pixels pixels 3"]:
        """The region of a picture, as so many pixels in [0, 1]; black beyond the picture's edges."""
        from PIL import Image

        cosine, sine = np.cos(self.angle) * self.size / pixels, np.sin(self.angle) * self.size / pixels
        half = pixels / 2
        matrix = (
            *(cosine, -sine, self.x - half * cosine + half * sine),
            *(sine, cosine, self.y - half * sine - half * cosine),
        )
        # What is much larger than the cut is made smaller first: bilinear pixels would skip lines.
        image = Image.fromarray(picture)
        shrink = max(1, int(self.size / pixels / 2))
        if shrink > 1:
            image = image.reduce(shrink)
            matrix = tuple(value / shrink for value in matrix)
        found = image.transform((pixels, pixels), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
        return np.asarray(found, np.float32) / 255

    def into_picture(self, points: Float[np.ndarray, "points 2"]) -> Float[np.ndarray, "points 2"]:
        """Points of the region, in shares of its side from its upper left corner, in pixels of the picture."""
        cosine, sine = np.cos(self.angle), np.sin(self.angle)
        turn = np.array([[cosine, -sine], [sine, cosine]])
        return (points - 0.5) * self.size @ turn.T + (self.x, self.y)

    def overlap(self, other: Region) -> float:
        """The share of the smaller square that both cover, as if neither was turned."""
        reach = (self.size + other.size) / 2
        across = min(self.size, other.size, max(0.0, reach - abs(self.x - other.x)))
        down = min(self.size, other.size, max(0.0, reach - abs(self.y - other.y)))
        return across * down / min(self.size, other.size) ** 2
