r"""The fifteen Human3.6M actions as data: where hands go, how the body bends, and how people stand, sit or walk."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Vector = tuple[float, float, float]
# What hands are placed from, with their rough place from the shoulder: forward, outward, up, in arm lengths.
ANCHORS: dict[str, Vector] = {
    "shoulder": (0.0, 0.0, 0.0),
    "thorax": (0.0, -0.28, 0.07),
    "head": (0.07, -0.28, 0.20),
    "pelvis": (0.0, -0.28, -0.90),
}


class Reach(NamedTuple):
    """A place for a wrist: ``offset`` (forward, outward, up) from a joint, in arm lengths and that joint's frame."""

    anchor: str
    """The joint from which the place is measured, one of ``ANCHORS``. The frame of "shoulder" is upright; the frames of
    the others lean with the body."""
    offset: Vector
    spread: Vector = (0.06, 0.06, 0.06)
    """Half of the range by which the place differs from one hold to the next."""
    elbow: Vector = (-0.5, 0.5, -1.0)
    """Direction in which the elbow bends."""
    beat: Vector = (0.03, 0.03, 0.03)
    """How far the hand moves about the place while it is held."""
    swing: float = 0.0
    """Share of a walker's arm swing that the arm keeps."""


_BACK = (-1.0, 0.45, 0.0)
_OUT = (-0.3, 1.0, -0.6)
HANG = Reach("shoulder", (0.08, 0.10, -0.97), (0.05, 0.03, 0.02), _BACK, (0.02, 0.015, 0.005), swing=1.0)
POCKET = Reach("pelvis", (0.10, 0.36, 0.08), (0.05, 0.03, 0.04), (-1.0, 0.9, 0.0))
WAIST = Reach("pelvis", (-0.02, 0.40, 0.26), (0.05, 0.03, 0.04), (-0.6, 1.0, 0.0))
BEHIND = Reach("pelvis", (-0.28, 0.08, 0.12), (0.04, 0.05, 0.06), (-0.6, 1.0, 0.0))
LAP = Reach("pelvis", (0.50, 0.12, 0.24), (0.12, 0.10, 0.04), _OUT)
THIGH = Reach("pelvis", (0.66, 0.32, 0.20), (0.12, 0.06, 0.03), _OUT)
PROP = Reach("pelvis", (-0.45, 0.50, 0.02), (0.10, 0.12, 0.02), (-1.0, 0.7, 0.0))
CROSSED = Reach("thorax", (0.36, -0.16, -0.52), (0.03, 0.04, 0.04), (0.0, 1.0, -0.7))
CHEST = Reach("thorax", (0.60, 0.30, -0.52), (0.14, 0.16, 0.14))
GESTURE = Reach("thorax", (0.64, 0.38, -0.44), (0.14, 0.22, 0.20), beat=(0.08, 0.10, 0.10))
HEART = Reach("thorax", (0.32, -0.05, -0.34), (0.03, 0.05, 0.05))
PLATE = Reach("thorax", (0.60, 0.14, -0.66), (0.06, 0.08, 0.06), beat=(0.03, 0.03, 0.02))
MOUTH = Reach("head", (0.24, 0.08, -0.18), (0.03, 0.04, 0.04), (-0.1, 0.8, -1.0))
EAR = Reach("head", (0.18, 0.22, -0.12), (0.04, 0.03, 0.04), (0.1, 0.6, -1.0))
CAMERA = Reach("head", (0.46, 0.17, -0.06), (0.08, 0.03, 0.06), (0.0, 0.8, -1.0))
TEMPLE = Reach("head", (0.06, 0.26, 0.18), (0.04, 0.04, 0.06), (0.0, 0.8, -0.8))
POINT = Reach("shoulder", (0.98, 0.20, 0.05), (0.10, 0.40, 0.35), beat=(0.03, 0.05, 0.04))
ASIDE = Reach("shoulder", (0.25, 0.90, 0.08), (0.30, 0.10, 0.25), (-0.6, 0.0, -1.0), (0.03, 0.04, 0.04))
WAVE = Reach("shoulder", (0.30, 0.38, 0.52), (0.12, 0.15, 0.15), (-0.2, 0.7, -1.0), (0.03, 0.24, 0.05))
SHAKE = Reach("shoulder", (0.78, -0.06, -0.36), (0.05, 0.06, 0.06), beat=(0.02, 0.01, 0.07))
ALOFT = Reach("shoulder", (0.15, 0.28, 0.92), (0.12, 0.20, 0.06), (-0.2, 0.8, -0.8))
SHELF = Reach("shoulder", (0.84, 0.10, 0.10), (0.08, 0.18, 0.25), beat=(0.03, 0.03, 0.03))
GROUND = Reach("shoulder", (0.40, 0.06, -0.86), (0.12, 0.12, 0.08), (-0.4, 0.6, -0.4), (0.03, 0.03, 0.03))
LEASH = Reach("shoulder", (0.60, 0.12, -0.66), (0.10, 0.08, 0.06), (-1.0, 0.4, -0.4), (0.06, 0.04, 0.05), swing=0.1)
LINKED = Reach("shoulder", (0.42, 0.04, -0.44), (0.05, 0.04, 0.04), (-1.0, 0.7, -0.4), (0.02, 0.01, 0.02), swing=0.1)


class Posture(NamedTuple):
    """A posture of the upper body that is held for a while. The leading hand of the clip takes ``lead``."""

    lead: Reach
    other: Reach
    seconds: tuple[float, float] = (0.3, 1.2)
    """Shortest and longest time for which the posture is held."""
    lean: float = 0.0
    """Forward bend of the trunk in radians."""
    dip: float = 0.0
    """How far the pelvis sinks, in leg lengths."""
    nod: float = 0.0
    """Downward look in radians."""


_REST = Posture(HANG, HANG)


@dataclass(frozen=True)
class Action:
    """The motion of one action."""

    postures: tuple[Posture, ...]
    speed: tuple[float, float] | None = None
    """Range of walking speed in m/s; None for people who do not walk."""
    sit: Literal["never", "always", "between"] = "never"
    pause: tuple[float, float] = (1.5, 4.5)
    """Range of seconds between steps on the spot."""
    tempo: tuple[float, float] = (0.4, 1.6)
    """Band of the hands' own movement in a hold, Hz."""
    look: float = 0.5
    """Largest turn of the head in radians."""
    switch: float = 0.2
    """Chance that the other hand leads in a posture."""


TABLE: dict[str, Action] = {
    "Directions": Action(
        (
            _REST,
            Posture(POINT, HANG),
            Posture(ASIDE, HANG),
            Posture(POINT, WAIST),
            Posture(GESTURE, HANG),
            Posture(ASIDE, POINT),
        ),
        look=0.7,
        switch=0.35,
    ),
    "Discussion": Action(
        (Posture(GESTURE, GESTURE), Posture(CHEST, CHEST), Posture(GESTURE, HANG), Posture(WAIST, GESTURE), _REST),
        tempo=(0.5, 1.2),
        switch=0.4,
    ),
    "Eating": Action(
        (Posture(PLATE, PLATE, (0.3, 1), nod=0.25), Posture(MOUTH, PLATE, (0.25, 0.7), lean=0.05, nod=0.15)),
        look=0.3,
        switch=0.0,
    ),
    "Greeting": Action(
        (
            _REST,
            Posture(WAVE, HANG),
            Posture(HANG, HANG, (0.15, 0.6), lean=1.0, nod=0.25),
            Posture(HEART, HANG, (0.15, 0.6), lean=0.55, nod=0.2),
            Posture(SHAKE, HANG),
            Posture(WAVE, WAVE),
        ),
        tempo=(1.4, 2.1),
    ),
    "Phoning": Action(
        (
            Posture(EAR, HANG, (1.5, 3.5)),
            Posture(EAR, WAIST),
            Posture(EAR, GESTURE),
            Posture(EAR, POCKET),
            Posture(CHEST, HANG, (0.25, 0.75), nod=0.3),
        ),
        pause=(1.5, 5.0),
        look=0.25,
        switch=0.0,
    ),
    "Photo": Action(
        (
            Posture(CAMERA, CAMERA, (1, 2.25)),
            Posture(CAMERA, CAMERA, (0.75, 1.75), lean=0.2, dip=0.12),
            Posture(CHEST, CHEST, (0.4, 1), nod=0.3),
            _REST,
        ),
        look=0.25,
    ),
    "Posing": Action(
        (
            Posture(WAIST, WAIST),
            Posture(CROSSED, CROSSED),
            Posture(TEMPLE, TEMPLE),
            Posture(TEMPLE, WAIST),
            Posture(ALOFT, ALOFT),
            Posture(ASIDE, ASIDE),
            Posture(HEART, WAIST),
            Posture(POINT, WAIST, lean=0.15, dip=0.08),
        ),
        switch=0.5,
        look=0.6,
    ),
    "Purchases": Action(
        (
            Posture(SHELF, HANG, (0.25, 0.75), lean=0.15),
            Posture(GROUND, HANG, (0.2, 0.6), lean=0.85, dip=0.14, nod=0.2),
            Posture(GROUND, GROUND, (0.2, 0.6), lean=0.75, dip=0.22, nod=0.2),
            Posture(CHEST, PLATE, (0.4, 1.25), nod=0.3),
            Posture(SHELF, SHELF, (0.25, 0.75), lean=0.2),
            _REST,
        ),
        pause=(1.5, 4.5),
        switch=0.3,
    ),
    "Sitting": Action(
        (
            Posture(LAP, LAP),
            Posture(THIGH, THIGH),
            Posture(GESTURE, THIGH),
            Posture(GESTURE, GESTURE),
            Posture(CROSSED, CROSSED),
            Posture(MOUTH, LAP, lean=0.15),
            Posture(THIGH, THIGH, lean=0.4),
        ),
        sit="always",
        pause=(2.0, 6.0),
        look=0.6,
        switch=0.4,
    ),
    "SittingDown": Action(
        (Posture(LAP, LAP), Posture(THIGH, THIGH), Posture(PROP, THIGH), Posture(GESTURE, LAP), _REST),
        sit="between",
        pause=(0.6, 2.0),
        switch=0.4,
    ),
    "Smoking": Action(
        (
            Posture(HANG, HANG, (1, 2.5)),
            Posture(MOUTH, HANG, (0.5, 1)),
            Posture(CHEST, POCKET, (0.75, 2)),
            Posture(MOUTH, POCKET, (0.5, 1)),
        ),
        switch=0.0,
    ),
    "Waiting": Action(
        (
            Posture(HANG, HANG, (1.5, 3)),
            Posture(CROSSED, CROSSED, (1.25, 2.5)),
            Posture(WAIST, HANG),
            Posture(POCKET, POCKET),
            Posture(CHEST, CROSSED, (0.5, 1), nod=0.3),
            Posture(BEHIND, BEHIND),
        ),
        pause=(1.5, 4.5),
        look=0.8,
        switch=0.4,
    ),
    "WalkDog": Action(
        (Posture(LEASH, HANG, (1, 2.5)), Posture(LEASH, HANG, (0.5, 1.25), lean=0.12, nod=0.2)),
        speed=(1.0, 1.35),
        tempo=(0.4, 1.1),
        look=0.3,
        switch=0.0,
    ),
    "Walking": Action((_REST,), speed=(1.1, 1.45), look=0.3),
    "WalkTogether": Action((Posture(LINKED, HANG, (1.5, 3)),), speed=(0.85, 1.15), look=0.6, switch=0.0),
}
