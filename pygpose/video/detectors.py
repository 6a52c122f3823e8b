"""The registry of 2D detectors, and what each of them can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from graphs.registry import Registry
from pygpose.video.region import Region


@dataclass(frozen=True)
class Seen:
    """A person in one picture."""

    keypoints: Float[np.ndarray, "joints 2"]
    """Pixels."""
    confidence: Float[np.ndarray, " joints"]
    """In [0, 1]; 0 outside of the picture."""
    region: Region
    """Where to look for the person in the next picture."""


@runtime_checkable
class Detector(Protocol):
    """Finds people in a picture, and the joints of a person where one is."""

    skeleton: str
    """Registered name of the skeleton of the keypoints."""

    def find(self, picture: UInt8[np.ndarray, "height width 3"]) -> list[Region]:
        """Where people are, the surest first; people much smaller than the picture may be missed."""
        ...

    def look(self, picture: UInt8[np.ndarray, "height width 3"], region: Region) -> Seen | None:
        """The person in a region; None where nobody is."""
        ...


DETECTORS: Registry[Callable[[], Detector]] = Registry("detector")
