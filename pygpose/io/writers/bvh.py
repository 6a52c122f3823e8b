"""BVH files: rotations of a skeleton, as animation programs read them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float

from pygpose.io.writers.person import PersonMotion
from pygpose.io.writers.registry import MOTION_WRITERS, MotionWriter
from pygpose.io.writers.rig_fit import RigMotion, fit_rig

CENTIMETRES = 100.0
CHANNELS = "Zrotation Xrotation Yrotation"


def write(motion: PersonMotion, path: Path) -> None:
    """Centimetres, y up; bones keep their lengths, and the pose at rest is the person's own
    (:func:`~pygpose.io.writers.rig_fit.fit_rig`), arms sideways and facing along z."""
    rig = fit_rig(motion.positions.double().numpy(), motion.skeleton)
    path.write_text(bvh_text(rig, motion.fps), encoding="utf-8")


def bvh_text(rig: RigMotion, fps: float) -> str:
    lines = ["HIERARCHY", *_joint_lines(rig, 0, 0), "MOTION", f"Frames: {len(rig.root)}", f"Frame Time: {1 / fps:.8f}"]
    order = _order(rig, 0)
    angles = continuous_angles(rig.rotations[:, order])
    values = np.concatenate([CENTIMETRES * rig.root, angles.reshape(len(angles), -1)], 1)
    return "\n".join([*lines, *(" ".join(f"{value:.5f}" for value in frame) for frame in values.tolist()), ""])


def _order(rig: RigMotion, number: int) -> list[int]:
    """A joint and all after it, as the file has them: depth first."""
    children = [child for child, joint in enumerate(rig.joints) if joint.parent == number]
    return [number, *(later for child in children for later in _order(rig, child))]


def _joint_lines(rig: RigMotion, number: int, depth: int) -> list[str]:
    def offset(values: np.ndarray) -> str:
        return "OFFSET " + " ".join(f"{value:.5f}" for value in CENTIMETRES * values)

    joint, tab = rig.joints[number], "\t" * depth
    root = joint.parent < 0
    channels = f"6 Xposition Yposition Zposition {CHANNELS}" if root else f"3 {CHANNELS}"
    lines = [f"{tab}{'ROOT' if root else 'JOINT'} {joint.name}", f"{tab}{{"]
    lines += [f"{tab}\t{offset(rig.offsets[number])}", f"{tab}\tCHANNELS {channels}"]
    for child, below in enumerate(rig.joints):
        if below.parent == number:
            lines += _joint_lines(rig, child, depth + 1)
    if np.isfinite(rig.ends[number]).all():
        lines += [f"{tab}\tEnd Site", f"{tab}\t{{", f"{tab}\t\t{offset(rig.ends[number])}", f"{tab}\t}}"]
    return [*lines, f"{tab}}}"]


def continuous_angles(rotations: Float[np.ndarray, "frames joints 3 3"]) -> Float[np.ndarray, "frames joints 3"]:
    r"""Angles about z, x and y in degrees, with :math:`R = R_z R_x R_y`, that do not jump from frame to frame: of the
    two triples that mean one rotation, and of their whole turns, the nearest to the frame before."""
    r = rotations
    z = np.arctan2(-r[..., 0, 1], r[..., 1, 1])
    x = np.arcsin(r[..., 2, 1].clip(-1, 1))
    y = np.arctan2(-r[..., 2, 0], r[..., 2, 2])
    first = np.degrees(np.stack([z, x, y], -1))
    other = np.stack([first[..., 0] + 180, 180 - first[..., 1], first[..., 2] + 180], -1)
    found = first.copy()
    for frame in range(1, len(found)):
        before = found[frame - 1]
        near = [angles[frame] - 360 * np.round((angles[frame] - before) / 360) for angles in (first, other)]
        far = [np.abs(angles - before).sum(-1, keepdims=True) for angles in near]
        found[frame] = np.where(far[0] <= far[1], *near)
    return found


MOTION_WRITERS.register("bvh")(MotionWriter(write, "rotations for Blender and MotionBuilder; centimetres, y up"))
