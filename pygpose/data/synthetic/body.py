r"""Seven rigid bodies and the geometry that puts them into a pose.

Local frames are x forward, y left, z up; world z is up and the floor is z = 0. Legs and arms are solved by analytic
two-bone inverse kinematics, so an ankle that is asked to stay on the floor stays there exactly and no bone ever
changes length.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class SyntheticBody:
    """Bone lengths of one person in metres; ``hip`` and ``shoulder`` are half widths, ``ankle`` is its height."""

    ankle: float
    shin: float
    thigh: float
    hip: float
    spine: float
    chest: float
    neck: float
    head: float
    shoulder: float
    upper_arm: float
    forearm: float

    @property
    def leg(self) -> float:
        return self.thigh + self.shin

    @property
    def arm(self) -> float:
        return self.upper_arm + self.forearm


def _body(stature: float, legs: float, arms: float, hips: float, shoulders: float) -> SyntheticBody:
    """Scale the average Human3.6M proportions (fractions of stature) by a person's own build, keeping the stature."""
    leg = 0.521 * legs
    trunk = 0.967 - 0.045 - leg
    return SyntheticBody(
        ankle=0.045 * stature,
        shin=0.505 * leg * stature,
        thigh=0.495 * leg * stature,
        hip=0.076 * hips * stature,
        spine=0.335 * trunk * stature,
        chest=0.365 * trunk * stature,
        neck=0.168 * trunk * stature,
        head=0.166 * trunk * stature,
        shoulder=0.088 * shoulders * stature,
        upper_arm=0.161 * arms * stature,
        forearm=0.146 * arms * stature,
    )


# The people tests hold out (S9, S11) lie inside the range of the others: a new person, not a new species.
BODIES: dict[str, SyntheticBody] = {
    "S1": _body(1.66, legs=0.99, arms=0.98, hips=1.05, shoulders=0.97),
    "S5": _body(1.58, legs=1.01, arms=0.97, hips=1.06, shoulders=0.95),
    "S6": _body(1.84, legs=1.02, arms=1.03, hips=0.97, shoulders=1.04),
    "S7": _body(1.73, legs=0.97, arms=1.00, hips=1.00, shoulders=1.02),
    "S8": _body(1.91, legs=1.00, arms=1.04, hips=0.96, shoulders=1.05),
    "S9": _body(1.76, legs=1.01, arms=1.01, hips=1.01, shoulders=1.03),
    "S11": _body(1.69, legs=0.98, arms=0.99, hips=0.98, shoulders=0.99),
}


def rotation(yaw: np.ndarray, pitch: np.ndarray, roll: np.ndarray | float = 0.0) -> Float[np.ndarray, "frames 3 3"]:
    r"""Rotation matrices :math:`R_z(\text{yaw})\,R_y(\text{pitch})\,R_x(\text{roll})`, angles in radians.

    Yaw turns left, pitch bows forward, roll leans to the right.
    """
    cy, sy, cp, sp, cr, sr = (f(a) for a in np.broadcast_arrays(yaw, pitch, roll) for f in (np.cos, np.sin))
    rows = [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
    return np.moveaxis(np.array(rows), -1, 0)


def soft_minimum(a: np.ndarray, b: np.ndarray | float, width: float) -> np.ndarray:
    """Smooth lower bound of ``min(a, b)``, below it by at most ``width * log(2)``."""
    return -width * np.logaddexp(-a / width, -b / width)


def within_reach(
    root: Float[np.ndarray, "*shape 3"], target: Float[np.ndarray, "*shape 3"], upper: float, lower: float
) -> Float[np.ndarray, "*shape 3"]:
    """Pull a target along its line from ``root`` to where a limb of two bones can be, neither straight nor folded."""
    reach = target - root
    distance = np.linalg.norm(reach, axis=-1, keepdims=True)
    folded = 0.30 * (upper + lower)  # about 145 degrees of flexion
    allowed = -soft_minimum(-soft_minimum(distance, 0.992 * (upper + lower), 0.008), -folded, 0.02)
    return root + reach * (allowed / distance)


def middle_joint(
    root: Float[np.ndarray, "*shape 3"],
    end: Float[np.ndarray, "*shape 3"],
    upper: float,
    lower: float,
    pole: Float[np.ndarray, "*shape 3"],
) -> Float[np.ndarray, "*shape 3"]:
    r"""Knee or elbow of a limb whose two ends are known, bent towards ``pole``.

    By the law of cosines it lies :math:`a = (u^2 - l^2 + d^2) / 2d` along the line between the ends and
    :math:`\sqrt{u^2 - a^2}` beside it, with bones u, l and distance d.

    Units: metres.
    """
    line = end - root
    distance = np.linalg.norm(line, axis=-1, keepdims=True)
    axis = line / distance
    along = (upper**2 - lower**2 + distance**2) / (2 * distance)
    beside = pole - (pole * axis).sum(-1, keepdims=True) * axis
    beside /= np.linalg.norm(beside, axis=-1, keepdims=True)
    return root + along * axis + np.sqrt(np.maximum(upper**2 - along**2, 0.0)) * beside
