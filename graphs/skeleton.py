"""What a skeleton is: named joints in a tree, with left/right pairs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

FEET = ("foot", "ankle", "heel", "toe")


@dataclass(frozen=True)
class Skeleton:
    """A tree of named joints.

    Args:
        name: Registry key, written into checkpoints.
        joints: Joint names, in data order.
        parents: Index of each joint's parent; ``-1`` for the one root.
        left: Joints that change places with ``right``, pairwise, when the image is mirrored.
        right: See ``left``.

    Raises:
        ValueError: Where names, parents or pairs do not describe one tree with disjoint pairs.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]

    def __post_init__(self) -> None:
        where, num_joints = f"skeleton '{self.name}'", len(self.joints)
        if len(set(self.joints)) != num_joints:
            raise ValueError(f"{where} names a joint twice: {self.joints}")
        if len(self.parents) != num_joints:
            raise ValueError(f"{where} names {num_joints} joints but gives {len(self.parents)} parents")
        if not all(-1 <= parent < num_joints for parent in self.parents):
            raise ValueError(f"{where}: parents must lie in -1..{num_joints - 1}, got {self.parents}")
        if self.parents.count(-1) != 1:
            raise ValueError(f"{where} must have exactly one root (parent -1), got {self.parents.count(-1)}")
        if not np.isfinite(self.distances).all():
            raise ValueError(f"{where} is not one tree: its parents {self.parents} hold a cycle")
        paired = self.left + self.right
        if len(self.left) != len(self.right) or len(set(paired)) != len(paired):
            raise ValueError(f"{where}: left {self.left} and right {self.right} must pair distinct joints one to one")
        if not all(0 <= joint < num_joints for joint in paired):
            raise ValueError(f"{where}: left/right name a joint outside 0..{num_joints - 1}")

    @property
    def num_joints(self) -> int:
        return len(self.joints)

    @property
    def root(self) -> int:
        return self.parents.index(-1)

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """(parent, child) of every bone, in the children's order."""
        return tuple((parent, child) for child, parent in enumerate(self.parents) if parent >= 0)

    @cached_property
    def distances(self) -> np.ndarray:
        """Number of bones between every two joints, ``[J, J]`` (Floyd-Warshall; infinite where not connected)."""
        steps = np.full((self.num_joints, self.num_joints), np.inf)
        np.fill_diagonal(steps, 0)
        for parent, child in self.bones:
            steps[parent, child] = steps[child, parent] = 1
        for via in range(self.num_joints):
            steps = np.minimum(steps, steps[:, via, None] + steps[None, via, :])
        return steps

    @cached_property
    def flip(self) -> tuple[int, ...]:
        """Joint order after mirroring: ``pose[..., flip, :]`` exchanges left and right."""
        order = list(range(self.num_joints))
        for left, right in zip(self.left, self.right, strict=True):
            order[left], order[right] = right, left
        return tuple(order)

    @cached_property
    def ways(self) -> np.ndarray:
        """Whether a joint is on the way from the root to another, ``[J, J]``: row j has the joints whose bones lead to
        joint j, itself among them; the root's is empty."""
        found = np.zeros((self.num_joints, self.num_joints), bool)
        for joint in range(self.num_joints):
            step = joint
            while self.parents[step] >= 0:
                found[joint, step] = True
                step = self.parents[step]
        return found

    @property
    def feet(self) -> tuple[int, ...]:
        """Joints on which a foot stands, by their names."""
        return tuple(joint for joint, name in enumerate(self.joints) if name.lower().endswith(FEET))

    def index(self, joint: str) -> int:
        """Index of a joint by name; a miss names the known ones."""
        if joint not in self.joints:
            raise ValueError(f"skeleton '{self.name}' has no joint '{joint}'; known: {', '.join(self.joints)}")
        return self.joints.index(joint)


_SKELETONS: dict[str, Skeleton] = {}


def register_skeleton(skeleton: Skeleton) -> Skeleton:
    """Make a skeleton known by its name, for the command line, checkpoints and the contract tests."""
    if skeleton.name in _SKELETONS:
        raise ValueError(f"skeleton '{skeleton.name}' is registered already; give the new one another name")
    _SKELETONS[skeleton.name] = skeleton
    return skeleton


def get_skeleton(name: str) -> Skeleton:
    """The registered skeleton of this name."""
    if name not in _SKELETONS:
        raise ValueError(f"unknown skeleton '{name}'; known: {', '.join(list_skeletons())}")
    return _SKELETONS[name]


def list_skeletons() -> list[str]:
    return sorted(_SKELETONS)
