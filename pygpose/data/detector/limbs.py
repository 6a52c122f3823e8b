"""Which joints a detector loses or exchanges together."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Bool

from graphs import Skeleton
from pygpose.data.detector.joint_errors import joint_kinds


@cache
def limbs(skeleton: Skeleton) -> tuple[tuple[int, ...], ...]:
    """The limbs of the left side: every paired joint with the paired joints below it in the tree, where there are any.

    These are the leg, the lower leg, the arm and the forearm of most skeletons. Those of the right side are their
    partners. In a tree that hangs from the head, the hips and what is below them are no part of the arm.
    """
    found = []
    for top in skeleton.left:
        limb = tuple(joint for joint in skeleton.left if top in _way_up(skeleton, joint))
        if len(limb) > 1 and limb not in found:
            found.append(limb)
    return tuple(found)


def _way_up(skeleton: Skeleton, joint: int) -> list[int]:
    """A joint of the left side, its parent and so on, up to the hip or where the side ends."""
    way, kinds = [joint], joint_kinds(skeleton)
    while kinds[joint] != "hip" and (joint := skeleton.parents[joint]) in skeleton.left:
        way.append(joint)
    return way


@cache
def lost_together(skeleton: Skeleton) -> Bool[np.ndarray, "groups joints"]:
    """Which joints are lost together: each limb of each side."""
    one_side = _rows(skeleton, limbs(skeleton))
    return np.concatenate([one_side, one_side[:, list(skeleton.flip)]])


@cache
def swapped_together(skeleton: Skeleton) -> Bool[np.ndarray, "groups joints"]:
    """Which joints are exchanged with their partners together: each limb, and last the whole body."""
    groups = _rows(skeleton, (*limbs(skeleton), skeleton.left))
    return groups | groups[:, list(skeleton.flip)]


def _rows(skeleton: Skeleton, groups: tuple[tuple[int, ...], ...]) -> Bool[np.ndarray, "groups joints"]:
    rows = np.zeros((len(groups), skeleton.num_joints), dtype=bool)
    for row, group in zip(rows, groups, strict=True):
        row[list(group)] = True
    return rows
