"""Which joints a file holds: those that the user states, those that the file names, or those that go by their number.

One table of numbers of joints serves all readers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graphs import get_skeleton, list_skeletons

COUNTS: dict[int, tuple[str, int]] = {
    17: ("coco17", 17),
    18: ("openpose18", 18),
    25: ("openpose25", 25),
    26: ("halpe26", 26),
    33: ("mediapipe33", 33),
    68: ("halpe26", 26),
    133: ("coco17", 17),
    136: ("halpe26", 26),
}
"""For a number of joints the skeleton that detectors mean by it, and how many of the first joints are the body's. The
larger models go on with face and hands."""


@dataclass(frozen=True)
class Layout:
    """The joints of a file.

    Args:
        skeleton: Registered name.
        places: Where each joint of the skeleton stands among the file's joints.
        notes: What was left out, and where a statement of the user won over the file.
    """

    skeleton: str
    places: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def of(self, joints: np.ndarray) -> np.ndarray:
        """The skeleton's joints ``[J, C]`` out of the file's."""
        return joints[list(self.places)]


def find_layout(
    count: int,
    where: str,
    *,
    stated: str | None = None,
    said: str | None = None,
    names: Sequence[str] | None = None,
) -> Layout:
    """The layout of ``count`` joints.

    Args:
        count: How many joints the file has for each person.
        where: What has these joints, for messages.
        stated: Registered name of the skeleton that the user states. It wins.
        said: Registered name of the skeleton that the file says, or that its format has.
        names: The joints' names, where the file has them. Names of another number of joints say nothing.

    Raises:
        ValueError: For a number of joints that is not the skeleton's, names that hold no registered skeleton, and a
            number without names of which nothing is known.
    """
    if stated is not None:
        return _stated(count, where, stated, said, names)
    if names and len(names) == count:
        skeleton, places = match_joints(names, where)
        return Layout(skeleton, tuple(places))
    if said is not None:
        joints = get_skeleton(said).num_joints
        if joints != count:
            raise ValueError(f"{where}: {count} joints, where the file says {said}, which has {joints}")
        return Layout(said, tuple(range(count)))
    if count not in COUNTS:
        raise ValueError(
            f"{where}: {count} joints without names; known numbers are {', '.join(map(str, COUNTS))}; give joints, the "
            "registered skeleton that they are of"
        )
    skeleton, used = COUNTS[count]
    notes = [f"Of {count} joints the first {used} are taken, the body's."] if used < count else []
    if names:
        notes.append(f"The file names {len(names)} joints and holds {count}, which are taken for those of {skeleton}.")
    return Layout(skeleton, tuple(range(used)), tuple(notes))


def _stated(count: int, where: str, stated: str, said: str | None, names: Sequence[str] | None) -> Layout:
    joints = get_skeleton(stated).num_joints
    body = COUNTS.get(count) == (stated, joints)
    if joints != count and not body:
        fitting = [name for name in list_skeletons() if get_skeleton(name).num_joints == count]
        remedy = f"give joints as one of {', '.join(fitting)}" if fitting else "leave joints out"
        raise ValueError(f"{where}: {count} joints, where {stated}, as stated, has {joints}; {remedy}")
    if names:
        try:
            said = match_joints(names, where)[0]
        except ValueError:
            said = "other joints"
    notes, usual = [], COUNTS.get(count, (stated, 0))[0]
    if said not in (None, stated):
        notes.append(f"The file says that its joints are those of {said}; those of {stated}, as stated, are taken.")
    elif said is None and usual != stated:
        notes.append(f"{count} joints are mostly those of {usual}; those of {stated}, as stated, are taken.")
    if joints != count:
        notes.append(f"Of {count} joints the first {joints} are taken, the body's.")
    return Layout(stated, tuple(range(joints)), tuple(notes))


def match_joints(names: Sequence[str], where: str) -> tuple[str, list[int]]:
    """The largest registered skeleton that has all its joints among ``names``, and their places in ``names``.

    Case and separators do not count, and ``left`` and ``right`` may be written out, before the name or behind it:
    ``left_shoulder`` is LShoulder, ``MOUTH_LEFT`` is LMouth.
    """
    here = {plain_joint(name): position for position, name in enumerate(names)}
    skeletons = sorted((get_skeleton(name) for name in list_skeletons()), key=lambda one: one.num_joints, reverse=True)
    for skeleton in skeletons:
        wanted = [plain_joint(joint) for joint in skeleton.joints]
        if here.keys() >= set(wanted):
            return skeleton.name, [here[joint] for joint in wanted]
    closest = min(skeletons, key=lambda one: len({plain_joint(joint) for joint in one.joints} - here.keys()))
    lacks = [joint for joint in closest.joints if plain_joint(joint) not in here]
    raise ValueError(
        f"{where}: joints {', '.join(map(str, names)):.300} hold no registered skeleton; the closest, {closest.name}, "
        f"also needs {', '.join(lacks)}"
    )


def plain_joint(name: str) -> str:
    """A joint's name without case, separators and spellings of its side."""
    letters = re.sub(r"[^a-z0-9]", "", str(name).lower())
    letters = re.sub(r"^(.+)(left|right)$", r"\2\1", letters)
    return re.sub(r"^(left|right)", lambda side: side[0][0], letters)
