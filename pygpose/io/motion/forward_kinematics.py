"""Positions of the joints of a hierarchy, from rotations and offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float


@dataclass
class Joint:
    """One joint of a hierarchy; ``parent`` comes before it, -1 for the root.

    ``channels`` are ``position`` or ``rotation`` with the axis 0, 1 or 2, in the order in which they are applied.
    """

    name: str
    parent: int
    offset: tuple[float, ...] | None = None
    channels: list[tuple[str, int]] | None = None
    columns: list[int] = field(default_factory=list)
    """Places of the channels' values in a frame."""


def forward_kinematics(
    joints: Sequence[Joint], frames: Float[np.ndarray, "frames channels"]
) -> Float[np.ndarray, "frames joints 3"]:
    """Positions of all joints, in the unit of the offsets, world axes of the file.

    Channels ``Z Y X`` with angles in degrees make the rotation :math:`R_Z R_Y R_X`; a joint stands at its parent's
    position plus its parent's world rotation times its own offset. Position channels take the place of the offset, as
    in Blender, MotionBuilder and the research codes: files with six channels a joint repeat the offset in them.

    Args:
        joints: Parents first.
        frames: Values of all channels; angles in degrees.
    """
    positions = np.zeros((len(frames), len(joints), 3))
    rotations = np.zeros((len(frames), len(joints), 3, 3))
    for index, joint in enumerate(joints):
        local = np.broadcast_to(np.array(joint.offset), (len(frames), 3)).copy()
        rotation = np.broadcast_to(np.eye(3), (len(frames), 3, 3))
        for (kind, axis), column in zip(joint.channels or (), joint.columns, strict=True):
            if kind == "position":
                local[:, axis] = frames[:, column]
            else:
                rotation = rotation @ rotation_about(axis, np.radians(frames[:, column]))
        if joint.parent < 0:
            positions[:, index], rotations[:, index] = local, rotation
        else:
            above = rotations[:, joint.parent]
            positions[:, index] = positions[:, joint.parent] + (above @ local[..., None])[..., 0]
            rotations[:, index] = above @ rotation
    return positions


def rotation_about(axis: int, angles: Float[np.ndarray, " frames"]) -> Float[np.ndarray, "frames 3 3"]:
    """Rotations about the axis 0, 1 or 2 by angles in radians."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    rotation = np.zeros((len(angles), 3, 3))
    rotation[:, axis, axis] = 1
    rotation[:, first, first] = rotation[:, second, second] = np.cos(angles)
    rotation[:, second, first] = np.sin(angles)
    rotation[:, first, second] = -np.sin(angles)
    return rotation
