"""Joints of one skeleton out of those of another, by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from graphs.skeleton import Skeleton

Table = dict[str, tuple[tuple[str, ...], ...]]

# For each joint of a target skeleton what stands for it, best first: the middle of the named joints, in which a joint
# that is named twice counts twice. Choices with a joint that the source lacks fall away. Joints that are not listed are
# those of the same name.
_CHOICES: dict[str, dict[str, str]] = {
    "h36m17": {
        "Hip": "Hip | MidHip | LHip RHip",
        "RFoot": "RAnkle",
        "LFoot": "LAnkle",
        "Spine": "Hip Neck | MidHip Neck | LHip RHip LShoulder RShoulder",
        "Thorax": "Neck | LShoulder RShoulder",
        # Human3.6M's joint is the base of the skull, half way from the shoulders to the ears: a fifth to a quarter of
        # the trunk above the shoulders, where the tip of the nose is nearly a half (docs/detectors.md).
        "Neck/Nose": "LEar REar LShoulder RShoulder | LEar LEar LShoulder RShoulder | REar REar LShoulder RShoulder"
        " | Nose Nose LShoulder RShoulder",
        # The ears lie on the head's axis where Human3.6M's joint does; in profile one of them is enough. What detectors
        # call the head is its top, higher by a fifth of the trunk.
        "Head": "LEar REar | LEar | REar | LEye REye | Nose | Head",
    }
}


@dataclass(frozen=True)
class Remap:
    """How each joint of ``target`` follows from joints of ``source``. Make one with :func:`find_remap`.

    Args:
        source: What the keypoints have.
        target: What the model wants.
        table: For each target joint one or more choices, best first; a choice names the source joints whose middle
            stands for the joint. A joint that is named twice counts twice.
    """

    source: Skeleton
    target: Skeleton
    table: Table

    @cached_property
    def matrix(self) -> Float[np.ndarray, "target source"]:
        """Weights of the first choices: ``matrix @ keypoints`` is the target's joints where none is missing."""
        first = np.cumsum([0, *(len(self.table[joint]) for joint in self.target.joints)])[:-1]
        return self._rows[first]

    @cached_property
    def _rows(self) -> np.ndarray:
        """Weights of every choice, ``[choices, source]``, in the order of the target's joints."""
        choices = [choice for joint in self.target.joints for choice in self.table[joint]]
        rows = np.zeros((len(choices), self.source.num_joints))
        for row, choice in zip(rows, choices, strict=True):
            np.add.at(row, [self.source.index(joint) for joint in choice], 1 / len(choice))
        return rows

    def apply(
        self, keypoints: Float[np.ndarray, "*frames source axes"], confidence: Float[np.ndarray, "*frames source"]
    ) -> tuple[Float[np.ndarray, "*frames target axes"], Float[np.ndarray, "*frames target"]]:
        """Keypoints and confidence of the target's joints.

        In each frame a joint takes its first choice of which no source is missing (confidence 0). Its confidence is
        the smallest of that choice's; 0 where every choice misses one.
        """
        points = self._rows.astype(keypoints.dtype) @ keypoints
        used = self._rows > 0
        lowest = np.where(used, confidence[..., None, :], np.inf).min(-1).astype(confidence.dtype)
        chosen, start = [], 0
        for joint in self.target.joints:
            stop = start + len(self.table[joint])
            chosen.append(start + (lowest[..., start:stop] > 0).argmax(-1))
            start = stop
        index = np.stack(chosen, -1)
        return np.take_along_axis(points, index[..., None], -2), np.take_along_axis(lowest, index, -1)

    def describe(self) -> list[str]:
        """A sentence for each joint that is not simply the source's joint of the same name."""
        sentences = []
        for joint in self.target.joints:
            first, *others = (_middle(choice) for choice in self.table[joint])
            if first != joint or others:
                missing = f"; where that is missing, {', then '.join(others)}" if others else ""
                sentences.append(f"{self.target.name} {joint} is {first} of {self.source.name}{missing}.")
        return sentences


def _middle(joints: tuple[str, ...]) -> str:
    named = [joint if joints.count(joint) == 1 else f"{joint} (twice)" for joint in dict.fromkeys(joints)]
    if len(named) == 1:
        return named[0]
    return f"the middle of {', '.join(named[:-1])} and {named[-1]}"


def find_remap(source: Skeleton, target: Skeleton) -> Remap:
    """The way from one skeleton to another.

    Raises:
        ValueError: Where a joint of the target does not follow from those of the source.
    """
    listed = {} if source.name == target.name else _CHOICES.get(target.name, {})
    table: Table = {}
    for joint in target.joints:
        choices = [tuple(choice.split()) for choice in listed.get(joint, joint).split("|")]
        table[joint] = tuple(choice for choice in choices if set(choice) <= set(source.joints))
    lost = [joint for joint, choices in table.items() if not choices]
    if lost:
        raise ValueError(
            f"skeleton '{target.name}' does not follow from '{source.name}', which has nothing for {', '.join(lost)}; "
            f"its joints: {', '.join(source.joints)}"
        )
    return Remap(source, target, table)
