"""Which points of the common rigs are the joints of a skeleton, as data.

A joint is one point, the mean of several, or a weighted sum; or one :class:`Among` several points, as rigs of one
family have them or not. Human3.6M's hip is the middle of the hip joints; rigs put their root above it. Its thorax is
the base of the neck; its neck/nose and head have no exact counterpart: the base of the skull and the crown come near.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Source: TypeAlias = str | list[str] | dict[str, int | float]


@dataclass(frozen=True)
class Among:
    """One of several sources, of which a file may have some; see :mod:`pygpose.io.motion.rig_points`.

    Args:
        sources: In the order in which they are preferred; of a spine or neck, from below.
        rule: ``first`` of those that are there; ``half way``: the one nearest half way from hip to thorax; ``base``:
            the lowest of a neck, which is not at the place of a point of the back.
    """

    sources: tuple[Source, ...]
    rule: Literal["first", "half way", "base"]


@dataclass(frozen=True)
class RigTable:
    """The joints of a skeleton out of the points of a family of rigs.

    Args:
        sources: For each joint.
        notes: What is approximate.
        needs: Further points by which the family is known.
    """

    sources: dict[str, Source | Among]
    notes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    skeleton: str = "h36m17"


SKULL = "Neck/Nose is the base of the skull and Head the crown: approximations of Human3.6M's points."
EXTRAPOLATED = "Head is extrapolated from the file's neck and head points, Neck/Nose is its head point: approximations."
BACK = Among(
    ("LowerBack", "Waist", "Abdomen", "L5", "L3", "T12", "T8", "Torso")
    + tuple(f"{name}{number}" for name in ("Spine", "Chest") for number in ("", 1, 2, 3, 4, 5))
    + ("UpperChest",),
    "half way",
)
NECK = Among(("Neck", "Neck1", "Neck2"), "base")
CROWN = Among(("HeadTop_End", "Head_End", "HeadTop"), "first")


def _h36m(joints: str, *, spine: Among = BACK, thorax: Among = NECK, skull: str = "Head", crown: Among = CROWN):
    """``joints``: hip, knee, ankle, shoulder, elbow, wrist with ``*`` for the side, left then right."""
    left, right, hip, knee, ankle, shoulder, elbow, wrist = joints.split()
    limbs = {"Hip": hip, "Knee": knee, "Foot": ankle, "Shoulder": shoulder, "Elbow": elbow, "Wrist": wrist}
    sides = {
        f"{letter}{limb}": point.replace("*", side)
        for letter, side in (("L", left), ("R", right))
        for limb, point in limbs.items()
    }
    trunk: dict[str, Source | Among] = {"Spine": spine, "Thorax": thorax, "Neck/Nose": skull, "Head": crown}
    return {"Hip": [sides["LHip"], sides["RHip"]], **sides, **trunk}


# The head joint of these is at the base of the skull, and none is at the crown: as far above the one as that is above
# the neck.
_NO_CROWN = Among((*CROWN.sources, {"Head": 2, "Neck": -1}), "first")
_HUMANOID = "Left Right *UpLeg *Leg *Foot *Arm *ForeArm *Hand"
_CMU_NOTE = "This conversion drops CMU's thorax and wrist bones: trunk and forearms are short by them."

# The first whose points are all in a file is taken.
TABLES: dict[str, RigTable] = {
    # The public BVH conversion of the CMU recordings for MotionBuilder, whose Neck is at the place of Spine1.
    "cmu-motionbuilder": RigTable(_h36m(_HUMANOID), (SKULL, _CMU_NOTE), needs=("LowerBack", "Neck1")),
    # Mixamo's names, also those of MotionBuilder, Perception Neuron (Noitom), Rokoko and LAFAN1.
    "mixamo": RigTable(_h36m(_HUMANOID), (SKULL,)),
    "rokoko": RigTable(_h36m("Left Right *Thigh *Shin *Foot *Arm *ForeArm *Hand", crown=_NO_CROWN)),
    # CMU's own names (ASF/AMC): a bone's name is the joint where it begins, and the wrist bone ends the forearm.
    "cmu": RigTable(
        _h36m(
            "l r *femur *tibia *foot *humerus *radius *hand",
            spine=Among(("lowerback", "upperback", "thorax"), "half way"),
            thorax=Among(("upperneck",), "base"),
            skull="head",
            crown=Among(("head_End",), "first"),
        ),
        (SKULL,),
    ),
    # Biped of 3ds Max, also the CMU conversion for it, and the BVH files of Xsens MVN and of 100STYLE.
    "biped": RigTable(_h36m("Left Right *Hip *Knee *Ankle *Shoulder *Elbow *Wrist"), (SKULL,)),
    # Segments of Xsens MVN, which begin at the joints, and bones of Unity and VRM.
    "xsens": RigTable(_h36m("Left Right *UpperLeg *LowerLeg *Foot *UpperArm *ForeArm *Hand", crown=_NO_CROWN)),
    "unity": RigTable(_h36m("Left Right *UpperLeg *LowerLeg *Foot *UpperArm *LowerArm *Hand", crown=_NO_CROWN)),
    # SMPL and AMASS.
    "smpl": RigTable(_h36m("L R *Hip *Knee *Ankle *Shoulder *Elbow *Wrist", crown=_NO_CROWN)),
}
