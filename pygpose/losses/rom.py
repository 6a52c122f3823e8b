"""Loss on joints that bend further than joints can."""

from __future__ import annotations

import math

from graphs import Skeleton
from pygpose.losses.angles import Bend, joint_angles, tree_bends
from pygpose.losses.term import LOSSES, LossTerm, need_joints

# What joint names end with. In h36m17 and halpe26 the pelvis is called Hip; skeletons without a thorax have the
# shoulders at the neck.
PELVIS = ("pelvis", "hip")
SPINE = ("spine", "spine1", "spine2", "spine3")
CHEST = ("thorax", "neck", "neck/nose")

# Parent, joint and child, with the least and greatest included angle in degrees; 180 is straight. From the public code
# of the paper, which gives no numbers itself. The elbow's range holds every angle there is: it is in the table because
# it is in theirs.
LIMITS = {
    "knee": (("hip",), ("knee",), ("ankle", "foot"), (45, 180)),
    "elbow": (("shoulder",), ("elbow",), ("wrist",), (0, 180)),
    "hip": (PELVIS, ("hip",), ("knee",), (45, 180)),
    "shoulder": (PELVIS + SPINE, CHEST, ("shoulder",), (0, 135)),
    "spine": (PELVIS + SPINE, SPINE, SPINE + CHEST, (90, 180)),
    "neck": (PELVIS + SPINE + CHEST, CHEST, ("head",), (90, 180)),
}


def limited_bends(skeleton: Skeleton) -> dict[Bend, str]:
    """The bends of a skeleton whose joints bear the names of a limit, and which limit that is."""
    found = {}
    for bend in tree_bends(skeleton):
        names = [skeleton.joints[joint].lower() for joint in bend]
        for limit, (*endings, _) in LIMITS.items():
            if all(name.endswith(ending) for name, ending in zip(names, endings, strict=True)):
                found[bend] = limit
    return found


@LOSSES.register("rom")
class RangeOfMotionLoss(LossTerm):
    r"""Mean squared error of how far the joints bend outside their range of motion.

    .. math:: \mathcal{L}_r = \frac{1}{TA} \sum_{t,a} (\hat r_{t,a} - r_{t,a})^2, \quad
        r_{t,a} = \theta_{t,a} - \min(\max(\theta_{t,a}, \theta_a^\text{min}), \theta_a^\text{max})

    (:math:`r` of Gupta's Table 1 in eq. 1, as a mean instead of a sum.) For a target within its limits this is the
    squared hinge of the prediction. Eq. 1 compares with the target's :math:`r`, and so does this: real knees bend
    below the public limit of 45 degrees (in 0.7 % of CMU's frames), and a loss must not pull away from the truth.

    The limits are those of :data:`LIMITS` for knees, elbows, hips, shoulders, spine and neck, the angle that of
    :func:`~pygpose.losses.angles.joint_angles`. A limit holds wherever three joints in a row bear its names: ``coco17``
    has knees and elbows but no trunk, ``smpl24`` no shoulders, for a collar bone lies between. The paper gives neither
    a weight nor a unit; the weight here is 1: 10 degrees too far in one joint of ten cost 0.003.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, rad²

    Raises:
        ValueError: For a skeleton in which no limit holds.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        self.limits = limited_bends(skeleton)
        need_joints(self.limits, f"one of {', '.join(LIMITS)} by name, with a bone on either side", "rom", skeleton)

    def forward(self, pred, target):
        return (self._excess(pred) - self._excess(target)).square().mean()

    def _excess(self, pose):
        angles = joint_angles(pose, list(self.limits))
        low, high = angles.new_tensor([LIMITS[limit][-1] for limit in self.limits.values()]).mul(math.pi / 180).T
        return angles - angles.clamp(low, high)
