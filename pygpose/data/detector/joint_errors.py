"""How wrong a detector is about each kind of joint."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cache

from graphs import Skeleton


@dataclass(frozen=True)
class JointErrors:
    """Errors of one kind of joint.

    Raises:
        ValueError: For figures that are not finite, a negative spread or bias, and a share outside [0, 1].
    """

    spread: float
    """Root mean square, along each axis, of the error that changes within a clip; in sizes of the person."""
    bias: float
    """Root mean square, along each axis and over clips, of an error that is constant in a clip; in sizes."""
    up: float = 0.0
    """Where the detector's joint is another than the truth's: how much higher it lies along the trunk, as a share of
    the vector from the middle of the hips to that of the shoulders in the picture."""
    out: float = 0.0
    """The same for its distance from its partner on the other side, as a share of the vector from there."""
    guess: float = 0.0
    """Share of the frames in which the joint is guessed, as behind something."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not math.isfinite(value):
                raise ValueError(f"JointErrors.{name} must be finite, got {value}")
        if self.spread < 0 or self.bias < 0 or not 0 <= self.guess <= 1:
            raise ValueError(
                "JointErrors.spread and bias must be at least 0 and guess must lie in [0, 1]; got "
                f"{self.spread}, {self.bias} and {self.guess}"
            )


# Sources and what was chosen: docs/detectors.md.
JOINT_ERRORS: dict[str, JointErrors] = {
    "pelvis": JointErrors(0.0070, 0.0050, up=0.04),
    "hip": JointErrors(0.0120, 0.0080, up=0.04, out=0.04),
    "knee": JointErrors(0.0075, 0.0050, up=0.01, guess=0.055),
    "ankle": JointErrors(0.0075, 0.0050, up=0.06, guess=0.070),
    "torso": JointErrors(0.0065, 0.0060, guess=0.010),
    "neck": JointErrors(0.0050, 0.0050, up=0.04, guess=0.010),
    "head": JointErrors(0.0045, 0.0060, up=-0.10, guess=0.010),
    "nose": JointErrors(0.0035, 0.0100, guess=0.020),
    "face": JointErrors(0.0030, 0.0020, guess=0.020),
    "shoulder": JointErrors(0.0080, 0.0055, guess=0.010),
    "elbow": JointErrors(0.0075, 0.0045, guess=0.050),
    "wrist": JointErrors(0.0090, 0.0045, guess=0.095),
    "other": JointErrors(0.0080, 0.0050, guess=0.030),
}
"""Errors by kind of joint for a good detector of today."""

# Parts of a joint's name, in the order in which they are looked for, and the kind that they tell.
_NAMES = {
    "neck/nose": "nose",  # Human3.6M's base of the skull, for which some give the tip of the nose
    **dict.fromkeys(("nose", "eye", "ear", "mouth"), "face"),
    "head": "head",
    **dict.fromkeys(("neck", "thorax"), "neck"),
    **dict.fromkeys(("spine", "torso", "chest", "collar", "clavicle"), "torso"),
    "pelvis": "pelvis",
    "hip": "hip",
    "shoulder": "shoulder",
    "elbow": "elbow",
    **dict.fromkeys(("wrist", "hand", "pinky", "thumb"), "wrist"),
    "knee": "knee",
    **dict.fromkeys(("ankle", "foot", "toe", "heel"), "ankle"),
    "index": "wrist",  # after the foot's
}


@cache
def joint_kinds(skeleton: Skeleton) -> tuple[str, ...]:
    """The kind of each joint, by its name: hands are wrists, feet are ankles, a hip without a partner is the pelvis,
    and a joint whose name says nothing is "other"."""
    paired = {*skeleton.left, *skeleton.right}
    kinds = []
    for joint, name in enumerate(skeleton.joints):
        kind = next((kind for part, kind in _NAMES.items() if part in name.lower()), "other")
        kinds.append("pelvis" if kind == "hip" and joint not in paired else kind)
    return tuple(kinds)
