"""Whether joints have the size, the pose and the speed of a person, which tests a stated unit and up axis."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from graphs import get_skeleton

SIZES = (1.0, 3.5)  # metres along the bones from wrist to foot or so: an infant, a very tall person
FARTHEST = 1000.0  # metres from the origin that float32 keeps to a tenth of a millimetre
FASTEST = 15.0  # metres per second of a hand in sports other than strikes and throws
STRETCHED = 1.5  # times a bone's median length, or that part of it, that soft tissue and noise do not explain


def body_size(joints: Float[np.ndarray, "frames joints 3"], skeleton: str) -> float:
    """The :func:`longest_way` along a body, after a check that a person can have it.

    Raises:
        ValueError: Where no person has this size, or is this far from the origin, or has a bone of this length in any
            frame.
    """
    size = longest_way(joints, skeleton)
    if not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(
            f"the body measures {size:.3g} m along its bones; expected {SIZES[0]:g} to {SIZES[1]:g} m: state the unit "
            "that the file is in"
        )
    check_places(joints, skeleton)
    return size


def check_places(joints: Float[np.ndarray, "frames joints 3"], skeleton: str) -> None:
    """Refuse places where no person can be. Joints that are NaN are nowhere.

    Raises:
        ValueError: Where a joint is too far from the origin, or a bone longer than a person, naming the first frame.
    """
    names = get_skeleton(skeleton).joints
    far = np.nan_to_num(np.abs(joints)).max(-1)
    if far.max() > FARTHEST:
        frame, joint = np.argwhere(far > FARTHEST)[0]
        raise ValueError(
            f"'{names[joint]}' is {far[frame, joint]:.3g} m from the origin in frame {frame}; expected up to "
            f"{FARTHEST:g} m: state its unit, or mend or cut the recording"
        )
    for parent, child in get_skeleton(skeleton).bones:
        lengths = np.nan_to_num(np.linalg.norm(joints[:, parent] - joints[:, child], axis=-1))
        if lengths.max() > SIZES[1]:
            raise ValueError(
                f"the bone from '{names[parent]}' to '{names[child]}' is {lengths.max():.3g} m long in frame "
                f"{lengths.argmax()}; expected up to {SIZES[1]:g} m: state its unit, or mend or cut the recording"
            )


def longest_way(joints: Float[np.ndarray, "frames joints 3"], skeleton: str) -> float:
    """Length of the longest way along the bones, metres. It adds the bones' median lengths: the same in every pose."""
    steps = np.full((joints.shape[1], joints.shape[1]), np.inf)
    np.fill_diagonal(steps, 0)
    for parent, child in get_skeleton(skeleton).bones:
        with np.errstate(over="ignore"):  # absurd lengths become infinite
            lengths = np.linalg.norm(joints[:, parent] - joints[:, child], axis=-1)
        steps[parent, child] = steps[child, parent] = np.median(lengths)
    for via in range(len(steps)):
        steps = np.minimum(steps, steps[:, via, None] + steps[None, via, :])
    return float(steps.max())


def doubts(joints: Float[np.ndarray, "frames joints 3"], skeleton: str, fps: float) -> list[str]:
    """Sentences about what may be right and is worth a look. Frames in which a joint is NaN are not looked at."""
    complete = np.isfinite(joints).all((1, 2))
    if not complete.any():
        return []
    found, there = _doubts_of_poses(joints[complete], skeleton), np.flatnonzero(complete)
    speeds = np.linalg.norm(np.diff(joints[complete], axis=0), axis=-1).max(-1, initial=0) * fps / np.diff(there)
    jumps = [str(frame) for frame in there[:-1][speeds > FASTEST]]
    if jumps:
        found.append(
            f"Faster than {FASTEST:g} m/s after frame {', '.join(jumps[:3])}{' and others' if jumps[3:] else ''}: a "
            "reference pose that drop_first=N leaves out, a fault of tracking, a wrong frame rate, or a strike."
        )
    return found


def _doubts_of_poses(joints: np.ndarray, skeleton: str) -> list[str]:
    found, tree = [], get_skeleton(skeleton)
    extent = np.ptp(joints.reshape(-1, 3), axis=0)
    if extent.min() < 1e-3 * extent.max():
        found.append("All joints lie in one plane in all frames: these may be 2D positions, which pygpose lift lifts.")
    heads = [joint for joint, name in enumerate(tree.joints) if any(word in name.lower() for word in ("head", "nose"))]
    below = joints[:, heads, 2].max(-1, initial=-np.inf) < joints[:, tree.feet, 2].min(-1, initial=np.inf)
    if heads and tree.feet and below.mean() > 0.5:
        found.append("In most frames the head is below the feet: the up axis is another one, or points down.")
    elif (np.ptp(joints, axis=1).argmax(-1) != 2).mean() > 0.5:
        found.append("In most frames the body is longest across z: it lies, spreads its arms, or the up axis is wrong.")
    for parent, child in tree.bones:
        lengths = np.linalg.norm(joints[:, parent] - joints[:, child], axis=-1)
        ratios = lengths / max(np.median(lengths), 1e-9)
        odd = (ratios > STRETCHED) | (ratios < 1 / STRETCHED)
        if odd.any() and np.ptp(lengths) > 0.1:
            found.append(
                f"The bone from {tree.joints[parent]} to {tree.joints[child]} is {lengths.min():.2g} to "
                f"{lengths.max():.2g} m long, first unlike itself in frame {odd.argmax()}: a fault of tracking, or a "
                "point of another joint."
            )
    return found
