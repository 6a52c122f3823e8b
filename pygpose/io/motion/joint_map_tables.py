"""Which points of the common rigs are the joints of a skeleton, as data.

A joint is one point, the mean of several, or a weighted sum. Human3.6M's hip is the middle of the hip joints; rigs put
their root above it. Its thorax is the base of the neck; its neck/nose and head have no exact counterpart: the base of
the skull and the crown come near.
"""

from __future__ import annotations

from typing import TypeAlias

Source: TypeAlias = str | list[str] | dict[str, int | float]

SKULL = "Neck/Nose is the base of the skull and Head the crown: approximations of Human3.6M's points."
SPINE = "Spine is the point of the rig's back nearest to half way from hip to neck: an approximation."


def _h36m(joints: str, spine: Source, thorax: str, skull: str, crown: Source) -> dict[str, Source]:
    """``joints``: hip, knee, ankle, shoulder, elbow, wrist with ``*`` for the side, left then right."""
    left, right, hip, knee, ankle, shoulder, elbow, wrist = joints.split()
    limbs = {"Hip": hip, "Knee": knee, "Foot": ankle, "Shoulder": shoulder, "Elbow": elbow, "Wrist": wrist}
    sides = {
        f"{letter}{limb}": point.replace("*", side)
        for letter, side in (("L", left), ("R", right))
        for limb, point in limbs.items()
    }
    trunk: dict[str, Source] = {"Spine": spine, "Thorax": thorax, "Neck/Nose": skull, "Head": crown}
    return {"Hip": [sides["LHip"], sides["RHip"]], **sides, **trunk}


_HUMANOID = "Left Right *UpLeg *Leg *Foot *Arm *ForeArm *Hand"

# Name: skeleton, sources, what is approximate. The first whose points are all in a file is taken.
TABLES: dict[str, tuple[str, dict[str, Source], tuple[str, ...]]] = {
    # The public BVH conversion of the CMU recordings for MotionBuilder.
    "cmu-motionbuilder": (
        "h36m17",
        _h36m(_HUMANOID, ["Spine", "Spine1"], "Neck1", "Head", "Head_End"),
        (SKULL, SPINE, "This conversion drops CMU's thorax and wrist bones: trunk and forearms are short by them."),
    ),
    "mixamo": ("h36m17", _h36m(_HUMANOID, "Spine1", "Neck", "Head", "HeadTop_End"), (SKULL, SPINE)),
    # The same rig where the crown is an end site: BVH exports of Blender and MotionBuilder.
    "mixamo-end-site": ("h36m17", _h36m(_HUMANOID, "Spine1", "Neck", "Head", "Head_End"), (SKULL, SPINE)),
    # CMU's own names (ASF/AMC): a bone's name is the joint where it begins, and the wrist bone ends the forearm.
    "cmu": (
        "h36m17",
        _h36m(
            "l r *femur *tibia *foot *humerus *radius *hand", ["upperback", "thorax"], "upperneck", "head", "head_End"
        ),
        (SKULL, SPINE),
    ),
    # Biped of 3ds Max, also the CMU conversion for it.
    "biped": (
        "h36m17",
        _h36m("Left Right *Hip *Knee *Ankle *Shoulder *Elbow *Wrist", "Chest", "Neck", "Head", "Head_End"),
        (SKULL, SPINE),
    ),
    # SMPL and AMASS have no joint at the crown: as far above the base of the skull as that is above the neck.
    "smpl": (
        "h36m17",
        _h36m("L R *Hip *Knee *Ankle *Shoulder *Elbow *Wrist", "Spine2", "Neck", "Head", {"Head": 2, "Neck": -1}),
        ("Head is extrapolated from SMPL's neck and head joints, Neck/Nose is its head joint: approximations.", SPINE),
    ),
}
