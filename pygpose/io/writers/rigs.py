"""Rigs: which bones animation programs get, and how they lie at rest. Data alone."""

from __future__ import annotations

from dataclasses import dataclass

from graphs import Skeleton

LEFT, RIGHT, UP, DOWN, AHEAD = (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)
"""Ways from a joint in the pose at rest: y up, and the person faces along z."""
Way = tuple[float, float, float]


@dataclass(frozen=True)
class RigJoint:
    """A joint of a rig; its parent comes before it."""

    name: str
    parent: int
    joint: int
    """The skeleton's joint at whose place it stands. Where that is its parent's place, too, it only turns."""
    aims: tuple[tuple[int, Way], ...] = ()
    """The skeleton's joints towards which it turns, and the ways to them in the pose at rest; none: it turns as its
    parent does."""
    end: tuple[float, float, float] | None = None
    """Where there is no joint after it: the way to its end, in metres; of a joint with one aim, the aim is its end."""


_HUMAN: tuple[tuple[str, str, str, dict[str, Way]], ...] = (
    ("Hips", "", "Hip", {"LHip": LEFT, "RHip": RIGHT, "Spine": UP}),
    ("Spine", "Hips", "Hip", {"Spine": UP}),
    ("Spine1", "Spine", "Spine", {"Thorax": UP}),
    ("Spine2", "Spine1", "Thorax", {"LShoulder": LEFT, "RShoulder": RIGHT, "Neck/Nose": UP}),
    ("Neck", "Spine2", "Thorax", {"Neck/Nose": UP}),
    ("Head", "Neck", "Neck/Nose", {"Head": UP}),
    ("LeftShoulder", "Spine2", "Thorax", {"LShoulder": LEFT}),
    ("LeftArm", "LeftShoulder", "LShoulder", {"LElbow": LEFT}),
    ("LeftForeArm", "LeftArm", "LElbow", {"LWrist": LEFT}),
    ("LeftHand", "LeftForeArm", "LWrist", {}),
    ("RightShoulder", "Spine2", "Thorax", {"RShoulder": RIGHT}),
    ("RightArm", "RightShoulder", "RShoulder", {"RElbow": RIGHT}),
    ("RightForeArm", "RightArm", "RElbow", {"RWrist": RIGHT}),
    ("RightHand", "RightForeArm", "RWrist", {}),
    ("LeftHip", "Hips", "Hip", {"LHip": LEFT}),
    ("LeftUpLeg", "LeftHip", "LHip", {"LKnee": DOWN}),
    ("LeftLeg", "LeftUpLeg", "LKnee", {"LFoot": DOWN}),
    ("LeftFoot", "LeftLeg", "LFoot", {}),
    ("RightHip", "Hips", "Hip", {"RHip": RIGHT}),
    ("RightUpLeg", "RightHip", "RHip", {"RKnee": DOWN}),
    ("RightLeg", "RightUpLeg", "RKnee", {"RFoot": DOWN}),
    ("RightFoot", "RightLeg", "RFoot", {}),
)
"""Human3.6M's 17 joints under the names that retargeters know (MotionBuilder's, Mixamo's). Where several bones leave a
joint, each has a joint of its own there, so that all of them turn freely and no joint has to leave its place."""
_ENDS = {"LeftHand": (0.08, 0.0, 0.0), "RightHand": (-0.08, 0.0, 0.0)}
_ENDS |= dict.fromkeys(("LeftFoot", "RightFoot"), (0.0, -0.03, 0.14))


def rig_of(skeleton: Skeleton) -> tuple[RigJoint, ...]:
    """The rig of a skeleton: that of Human3.6M's joints, or else one with a joint for each joint, whose pose at rest is
    that of the first frame."""
    if skeleton.name == "h36m17":
        place = {name: number for number, (name, *_) in enumerate(_HUMAN)}
        return tuple(
            RigJoint(
                name,
                place.get(parent, -1),
                skeleton.joints.index(joint),
                tuple((skeleton.joints.index(aim), way) for aim, way in aims.items()),
                _ENDS.get(name),
            )
            for name, parent, joint, aims in _HUMAN
        )
    order = [skeleton.root]
    for joint in order:
        order += [child for child, parent in enumerate(skeleton.parents) if parent == joint]
    names = ["_".join(name.replace("/", " ").split()) for name in skeleton.joints]
    return tuple(
        RigJoint(
            names[joint],
            order.index(skeleton.parents[joint]) if joint != skeleton.root else -1,
            joint,
            tuple((child, (0.0, 0.0, 0.0)) for child, parent in enumerate(skeleton.parents) if parent == joint),
        )
        for joint in order
    )
