"""Points of a file that are the joints of a registered skeleton: by their names, by a detector's names, or as stated.

A map is the name, the sources and the notes of a :class:`~pygpose.io.motion.JointMap`.
"""

from __future__ import annotations

from typing import TypeAlias

from graphs import Skeleton, find_remap, get_skeleton
from pygpose.io.joint_names import Names, same_joint
from pygpose.io.motion.formats import MotionFile
from pygpose.io.writers.marker_names import marker_names

Map: TypeAlias = tuple[str, tuple[dict[str, float], ...], tuple[str, ...]]

DETECTORS = ("coco17", "halpe26", "openpose25", "mediapipe33")
ALIASES = {"CHip": "Hip", "HeadTop": "Head"}  # names of Pose2Sim's and other programs' markers


def is_skeleton(name: str) -> bool:
    try:
        get_skeleton(name)
    except ValueError:
        return False
    return True


def by_own_names(skeleton: str) -> list[Map]:
    """Maps from points that are called as the skeleton's joints, or as the markers of the files that we write."""
    target = get_skeleton(skeleton)
    own = tuple({joint: 1.0} for joint in target.joints)
    markers = tuple({marker: 1.0} for marker in marker_names(target))
    return [(f"names of {skeleton}", own, ()), (f"markers of {skeleton}", markers, ())]


def detected(motion: MotionFile, skeleton: str) -> list[Map]:
    """The map from points that are called as a detector calls its joints, if they suffice for the skeleton's."""
    known = {same_joint(joint): joint for name in DETECTORS for joint in get_skeleton(name).joints}
    known |= {same_joint(alias): joint for alias, joint in ALIASES.items()}
    names, found = Names(motion.points), {}
    for point in motion.points:
        if same_joint(point) in known and names.index(point) is not None:
            found.setdefault(known[same_joint(point)], point)
    if not found:
        return []
    joints = tuple(found)
    source = Skeleton("the file", joints, (-1, *[0] * (len(joints) - 1)), (), ())
    try:
        return [_remapped(source, skeleton, found)]
    except ValueError:  # they do not suffice
        return []


def stated_points(motion: MotionFile, stated: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The file's point for each joint of the skeleton whose joints the points are stated to be, and a sentence where
    they are taken in order, because they have other names.

    Raises:
        ValueError: For another number of points than the skeleton has joints, none of which have its names.
    """
    source, names = get_skeleton(stated), Names(motion.points)
    places = [names.index(joint) for joint in source.joints]
    if None not in places:
        return tuple(motion.points[place] for place in places if place is not None), ()
    if len(motion.points) != source.num_joints:
        raise ValueError(
            f"the file has {len(motion.points)} points, and {stated}, as which they are stated, has "
            f"{source.num_joints}; state another skeleton, or give a joint map as JSON"
        )
    return motion.points, (f"The points are the joints of {stated} in its order, as stated.",)


def _remapped(source: Skeleton, skeleton: str, points: dict[str, str]) -> Map:
    target = get_skeleton(skeleton)
    table = find_remap(source, target).table
    sources, notes = [], []
    for joint in target.joints:
        first = table[joint][0]
        sources.append({points[one]: 1 / len(first) for one in first})
        if first != (joint,):
            notes.append(f"{joint} is {'the middle of ' * (len(first) > 1)}{', '.join(points[one] for one in first)}.")
    return "names of detectors' joints", tuple(sources), tuple(notes)
