"""Rotations of a rig, by a closed form for each joint, and the person's own pose at rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from graphs import Skeleton
from pygpose.io.writers.rigs import RigJoint, rig_of
from pygpose.io.writers.y_up import y_up

ROUNDS = 3
"""Rounds in which a joint's aims at rest and its rotations are fitted to each other."""
APART = 1e-6
"""Metres; nearer places count as one."""


@dataclass(frozen=True)
class RigMotion:
    """A motion as rotations of a rig whose bones keep their lengths; y up, metres.

    Shapes:
        - **offsets:** :math:`(K, 3)`, of each joint from its parent in the pose at rest
        - **ends:** :math:`(K, 3)`, of the end of each joint's bone from it where no joint follows; NaN otherwise
        - **root:** :math:`(T, 3)`, places of the first joint
        - **rotations:** :math:`(T, K, 3, 3)`, against the parent
    """

    joints: tuple[RigJoint, ...]
    offsets: np.ndarray
    ends: np.ndarray
    root: np.ndarray
    rotations: np.ndarray

    def positions(self) -> Float[np.ndarray, "frames joints 3"]:
        """Where the rig's joints are in each frame."""
        turned, places = np.empty_like(self.rotations), np.empty(self.rotations.shape[:-1])
        for number, joint in enumerate(self.joints):
            if joint.parent < 0:
                turned[:, number], places[:, number] = self.rotations[:, number], self.root
            else:
                above = turned[:, joint.parent]
                turned[:, number] = above @ self.rotations[:, number]
                places[:, number] = places[:, joint.parent] + above @ self.offsets[number]
        return places

    def residual_mm(self, positions: Float[np.ndarray, "frames joints 3"]) -> float:
        """How far a joint of the rig is from its place in ``positions`` at most, millimetres; the price of bones that
        keep their lengths."""
        wanted = y_up(positions)[:, [joint.joint for joint in self.joints]]
        return 1000 * float(np.linalg.norm(self.positions() - wanted, axis=-1).max())


def fit_rig(positions: Float[np.ndarray, "frames joints 3"], skeleton: Skeleton) -> RigMotion:
    """Rotations that bring the rig of a skeleton (:func:`~pygpose.io.writers.rigs.rig_of`) to the positions.

    A joint with one aim turns as its parent does and then by the smallest rotation that brings its bone to the aim. A
    joint with several turns by the rotation that fits all of them best (Kabsch's), against aims at rest that are their
    mean over the clip, seen from the joint. So the pose at rest is the person's own.

    Args:
        positions: Metres, z up.
        skeleton: Their joints.
    """
    x, joints = y_up(positions), rig_of(skeleton)
    turned = np.empty((len(x), len(joints), 3, 3))
    rest = np.full((len(joints), x.shape[1], 3), np.nan)  # of each joint's aims, from the joint
    offsets, ends = np.zeros((len(joints), 3)), np.full((len(joints), 3), np.nan)
    followed = {joint.parent for joint in joints}
    for number, joint in enumerate(joints):
        above = turned[:, joint.parent] if joint.parent >= 0 else np.broadcast_to(np.eye(3), (len(x), 3, 3))
        aims = [aim for aim, _ in joint.aims]
        seen = x[:, aims] - x[:, joint.joint, None]
        lengths = np.median(np.linalg.norm(seen, axis=-1), axis=0)
        ways = np.array([way for _, way in joint.aims]).reshape(-1, 3)
        if len(aims) and not ways.any():
            ways = np.einsum("ji,kj->ki", above[0], seen[0] / np.maximum(lengths, APART)[:, None])
        if len(aims) > 1:
            turned[:, number], rest[number, aims] = _fitted(seen, ways * lengths[:, None])
        elif aims:
            turned[:, number] = _smallest(above @ ways[0], seen[:, 0]) @ above
            rest[number, aims] = ways * lengths[:, None]
        else:
            turned[:, number] = above
        if joint.parent >= 0:
            parent = joints[joint.parent]
            offsets[number] = 0.0 if joint.joint == parent.joint else rest[joint.parent, joint.joint]
        if number not in followed:
            ends[number] = rest[number, aims[0]] if aims else joint.end or (0.0, 0.0, 0.0)
    local = turned.copy()
    for number, joint in enumerate(joints):
        if joint.parent >= 0:
            local[:, number] = turned[:, joint.parent].swapaxes(-1, -2) @ turned[:, number]
    return RigMotion(joints, offsets, ends, x[:, joints[0].joint], local)


def _fitted(
    seen: Float[np.ndarray, "frames aims 3"], rest: Float[np.ndarray, "aims 3"]
) -> tuple[Float[np.ndarray, "frames 3 3"], Float[np.ndarray, "aims 3"]]:
    """Rotations from aims at rest to those that are seen, and the aims at rest that fit best."""
    turned = _kabsch(rest, seen)
    for _ in range(ROUNDS):
        rest = np.einsum("tij,tki->tkj", turned, seen).mean(0)
        turned = _kabsch(rest, seen)
    return turned, rest


def _kabsch(rest: Float[np.ndarray, "aims 3"], seen: Float[np.ndarray, "frames aims 3"]) -> np.ndarray:
    r"""The rotations :math:`R` with the least :math:`\sum_k \lVert R \mathbf{r}_k - \mathbf{s}_k \rVert^2`."""
    left, _, right = np.linalg.svd(np.einsum("tki,kj->tij", seen, rest))
    sign = np.ones((len(seen), 3))
    sign[:, 2] = np.sign(np.linalg.det(left @ right))
    return (left * sign[:, None]) @ right


def _smallest(ways: Float[np.ndarray, "frames 3"], seen: Float[np.ndarray, "frames 3"]) -> np.ndarray:
    """The smallest rotations that turn ways of length 1 into what is seen; none where nothing is seen."""
    length = np.linalg.norm(seen, axis=-1, keepdims=True)
    ahead = np.where(length > APART, seen / np.maximum(length, APART), ways)
    axis, cosine = np.cross(ways, ahead), (ways * ahead).sum(-1)
    # Turned right around, every axis across will do: one is taken that depends on the way alone.
    across = np.cross(ways, np.eye(3)[np.abs(ways).argmin(-1)])
    across /= np.linalg.norm(across, axis=-1, keepdims=True)
    around = cosine < -1 + 1e-9
    cross = _cross(axis)
    turned = np.eye(3) + cross + cross @ cross / np.maximum(1 + cosine, 1e-9)[:, None, None]
    turned[around] = 2 * across[around, :, None] * across[around, None] - np.eye(3)
    return turned


def _cross(vectors: Float[np.ndarray, "frames 3"]) -> Float[np.ndarray, "frames 3 3"]:
    """The matrices that take the cross product with vectors."""
    x, y, z = vectors.T
    zero = np.zeros_like(x)
    return np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(-1, 3, 3)
