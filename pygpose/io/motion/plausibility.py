"""Whether joints have the size and the speed of a person, which tests a stated unit and up axis."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from graphs import get_skeleton

SIZES = (1.0, 3.5)  # metres along the bones from wrist to foot or so: an infant, a very tall person
FARTHEST = 1000.0  # metres from the origin that float32 keeps to a tenth of a millimetre
FASTEST = 15.0  # metres per second of a hand in sports other than strikes and throws


def body_size(joints: Float[np.ndarray, "frames joints 3"], skeleton: str) -> float:
    """The :func:`longest_way` along a body, after a check that a person can have it.

    Raises:
        ValueError: Where no person has this size, or is this far from the origin: the unit is wrong.
    """
    far, size = float(np.abs(joints).max()), longest_way(joints, skeleton)
    if not SIZES[0] <= size <= SIZES[1] or far > FARTHEST:
        raise ValueError(
            f"the body measures {size:.3g} m along its bones and is up to {far:.3g} m from the origin; expected "
            f"{SIZES[0]:g} to {SIZES[1]:g} m within {FARTHEST:g} m: state the unit that the file is in"
        )
    return size


def longest_way(joints: Float[np.ndarray, "frames joints 3"], skeleton: str) -> float:
    """Length of the longest way along the bones, metres. It adds the bones' median lengths: the same in every pose."""
    steps = np.full((joints.shape[1], joints.shape[1]), np.inf)
    np.fill_diagonal(steps, 0)
    for parent, child in get_skeleton(skeleton).bones:
        lengths = np.linalg.norm(joints[:, parent] - joints[:, child], axis=-1)
        steps[parent, child] = steps[child, parent] = np.median(lengths)
    for via in range(len(steps)):
        steps = np.minimum(steps, steps[:, via, None] + steps[None, via, :])
    return float(steps.max())


def doubts(joints: Float[np.ndarray, "frames joints 3"], fps: float) -> list[str]:
    """Sentences about what may be right and is worth a look."""
    found = []
    if (np.ptp(joints, axis=1).argmax(-1) != 2).mean() > 0.5:
        found.append("In most frames the body is longest across z: it lies, spreads its arms, or the up axis is wrong.")
    speeds = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(-1) * fps
    jumps = [str(frame) for frame in np.flatnonzero(speeds > FASTEST)]
    if jumps:
        found.append(
            f"Faster than {FASTEST:g} m/s after frame {', '.join(jumps[:3])}{' and others' if jumps[3:] else ''}: a "
            "reference pose that drop_first=N leaves out, a fault of tracking, or a strike."
        )
    return found
