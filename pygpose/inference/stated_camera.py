"""What is told of the camera of a file of keypoints."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from pygpose.geometry import Camera
from pygpose.models.framing import ASSUMED_VIEW

LOWEST = 0.2
"""Metres above the ground: a camera that stands lower gives no scale, as ankles are nearly as high."""


@dataclass(frozen=True)
class StatedCamera:
    """A camera as somebody describes it; whatever is left out is assumed or estimated.

    Raises:
        ValueError: For two statements of one thing, and angles and lengths that no camera has.
    """

    field_of_view: float | None = None
    """Degrees across the picture's width."""
    focal: float | None = None
    """Focal length in pixels."""
    calibration: Camera | None = None
    pitch: float | None = None
    """Degrees by which the camera looks down; negative: up. Where only the roll is told, 0."""
    roll: float | None = None
    """Degrees by which the camera is turned clockwise, seen from behind. Where only the pitch is told, 0."""
    height: float | None = None
    """Metres of the camera above the ground, which give the scale."""

    def __post_init__(self) -> None:
        lenses = ("field_of_view", "focal", "calibration")
        given = [f"StatedCamera.{name}" for name in lenses if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} say the same thing; give one of them")
        ranges = {"field_of_view": (0, 180), "focal": (0, math.inf), "height": (LOWEST, math.inf)}
        for name, (low, high) in {**ranges, "pitch": (-90, 90), "roll": (-180, 180)}.items():
            value = getattr(self, name)
            if value is not None and not low < value < high:
                raise ValueError(f"StatedCamera.{name} must lie between {low} and {high}, got {value:g}")

    def lens(self, size: tuple[int, int]) -> Camera | None:
        """The camera of a picture of ``size``, where its lens is told.

        Raises:
            ValueError: For a calibration of pictures of another size.
        """
        if self.field_of_view is not None:
            return Camera.of_view(self.field_of_view, size)
        if self.focal is not None:
            return Camera((self.focal, self.focal), (size[0] / 2, size[1] / 2), size)
        if self.calibration is not None and self.calibration.size != tuple(size):
            width, height = self.calibration.size
            raise ValueError(
                f"the calibration of camera '{self.calibration.id}' is for pictures of {width} x {height}, and these "
                f"are {size[0]} x {size[1]}; give the calibration of this size"
            )
        return self.calibration

    def up(self, like: Tensor) -> Tensor | None:
        """The way up in the camera's axes, where pitch or roll are told."""
        if self.pitch is None and self.roll is None:
            return None
        pitch, roll = (math.radians(angle or 0.0) for angle in (self.pitch, self.roll))
        level = math.cos(pitch)
        return like.new_tensor([-math.sin(roll) * level, -math.cos(roll) * level, -math.sin(pitch)])


def assumed_lens(size: tuple[int, int]) -> Camera:
    """A camera that sees :data:`~pygpose.models.framing.ASSUMED_VIEW` degrees across the longer side of its picture, as
    most phones do, however they are held."""
    focal = max(size) / 2 / math.tan(math.radians(ASSUMED_VIEW) / 2)
    return Camera((focal, focal), (size[0] / 2, size[1] / 2), size)
