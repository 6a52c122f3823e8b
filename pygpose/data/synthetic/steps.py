r"""Footsteps first: where the feet of a synthetic person stand, when they swing, and the path of the body over them.

A foot is a row of footholds joined by swings, so between two swings it does not move at all; the pelvis follows.
"""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from pygpose.data.synthetic.timing import Glide, pulses

SIDES = np.array([1.0, -1.0])  # left, right: y points left
LOOK_AHEAD = 0.35  # seconds by which the eyes turn before the body does


@dataclass(frozen=True)
class Footwork:
    """What feet and pelvis are asked to do, frame by frame; an axis of two is left, right. Metres and radians."""

    centre: Float[np.ndarray, "frames 2"]
    """Point of the floor under the pelvis, with the shifts of weight."""
    facing: Float[np.ndarray, " frames"]
    gaze: Float[np.ndarray, " frames"]
    """Heading to which the body will turn a moment later."""
    ankles: Float[np.ndarray, "frames 2 3"]
    toes: Float[np.ndarray, "frames 2"]
    """Heading of each foot."""
    support: Float[np.ndarray, " frames"]
    """Which foot carries the body: 1 left, -1 right."""
    stride: Float[np.ndarray, "frames 2"]
    """Where a walker's arms swing: 1 forward, -1 back; 0 for people who stand or sit."""
    seat: Float[np.ndarray, "frames 4"]
    """Pelvis height, its distance behind ``centre``, backward tilt, and share of the weight on a seat (0 to 1)."""
    stoop: Float[np.ndarray, " frames"]
    """Bend of the trunk that sitting down and rising need, 0 to 1."""


@dataclass
class Foot:
    """Footholds (x, y, heading) and the swings between them, in seconds."""

    holds: list[np.ndarray]
    start: list[float] = field(default_factory=list)
    stop: list[float] = field(default_factory=list)

    def swing(self, start: float, stop: float, hold: np.ndarray) -> None:
        self.start.append(start)
        self.stop.append(stop)
        self.holds.append(hold)

    def follow(self, times: np.ndarray, clearance: float) -> np.ndarray:
        """Position and heading ``[frames, 4]``; a foot rises before it travels and lands after it has arrived."""
        start, stop = np.array(self.start), np.array(self.stop)
        ground = Glide(start, stop).weights(times) @ np.array(self.holds)
        early = 0.1 * (stop - start)
        reach = np.linalg.norm(np.diff(np.array(self.holds)[:, :2], axis=0), axis=1)
        rise = pulses(times, start - early, stop + early) @ (clearance * np.minimum(0.35 + reach, 1.0))
        return np.column_stack([ground[:, :2], rise, ground[:, 2]])


def ahead_of(heading: np.ndarray | float) -> np.ndarray:
    """Unit vector (x, y) of a heading in radians."""
    return np.stack([np.cos(heading), np.sin(heading)], axis=-1)


def left_of(heading: np.ndarray | float) -> np.ndarray:
    """Unit vector (x, y) a quarter turn to the left of a heading in radians."""
    return np.stack([-np.sin(heading), np.cos(heading)], axis=-1)


def foothold(place: np.ndarray, side: float, width: float, toe_out: float) -> np.ndarray:
    """Foot (x, y, heading) of a body at ``place`` (x, y, heading)."""
    return np.append(place[:2] + side * width * left_of(place[2]), place[2] + side * toe_out)
