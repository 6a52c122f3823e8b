"""Names of markers that OpenSim's and Pose2Sim's models expect."""

from __future__ import annotations

from graphs import Skeleton

_POSE2SIM = {
    "Hip": "CHip",
    "RFoot": "RAnkle",
    "LFoot": "LAnkle",
    "Thorax": "Neck",
    "Neck/Nose": "Nose",
}
"""Of Human3.6M's 17 joints, those that Pose2Sim's models name otherwise."""


def marker_names(skeleton: Skeleton) -> list[str]:
    """The names of a skeleton's joints as markers: Pose2Sim's for Human3.6M's joints, otherwise its own."""
    own = [_POSE2SIM.get(joint, joint) if skeleton.name == "h36m17" else joint for joint in skeleton.joints]
    return ["_".join(name.replace("/", " ").split()) for name in own]
