"""Bones that keep their lengths, in poses without 3D targets."""

from __future__ import annotations

from pygpose.losses.bones import BoneDeviationLoss
from pygpose.losses.term import LOSSES


@LOSSES.register("rigid")
class RigidLoss(BoneDeviationLoss):
    r"""Standard deviation over time of the bone lengths of the unlabelled windows.

    .. math:: \mathcal{L}_\sigma = \frac{1}{|\mathcal{B}|} \sum_{b \in \mathcal{B}}
        \sqrt{\frac{1}{T} \sum_t (\hat\ell_{t,b} - \bar\ell_b)^2}, \quad \bar\ell_b = \frac{1}{T} \sum_t \hat\ell_{t,b}

    (Not in the papers: given the projection, bones that keep their lengths tell the depth. The formula is that of
    ``bone_std``, which is computed on the labelled windows.)

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres; the target is not used
        - **output:** scalar, metres

    Raises:
        ValueError: For a skeleton without bones, and for fewer than 2 frames.
    """

    name = "rigid"
    needs = ("poses", "unlabelled")

    def measure(self, part):
        return self(part.pose, part.pose)
