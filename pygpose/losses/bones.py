"""Losses on the lengths of bones."""

from __future__ import annotations

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton
from pygpose.losses.term import LOSSES, LossTerm, need_frames, need_joints


def joint_distances(
    pose: Float[Tensor, "*batch joints 3"], pairs: Sequence[tuple[int, int]]
) -> Float[Tensor, "*batch pairs"]:
    """Distance of the two joints of each pair, in metres. The gradient of a distance of zero is zero."""
    first, second = (pose[..., indices, :] for indices in zip(*pairs, strict=True))
    return (second - first).norm(dim=-1)


@LOSSES.register("bone")
class BoneLoss(LossTerm):
    r"""Mean error of the bone lengths.

    .. math:: \mathcal{L}_b = \frac{1}{T|\mathcal{B}|} \sum_{t} \sum_{b \in \mathcal{B}}
        \lvert \hat\ell_{t,b} - \ell_{t,b} \rvert

    (The future work of CVM-Net names bone length constraints and gives no formula; this is the metric bone length
    error as a loss.)

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, metres

    Raises:
        ValueError: For a skeleton without bones.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        need_joints(skeleton.bones, "bones", "bone", skeleton)

    def forward(self, pred, target):
        bones = self.skeleton.bones
        return (joint_distances(pred, bones) - joint_distances(target, bones)).abs().mean()


@LOSSES.register("bone_std")
class BoneDeviationLoss(LossTerm):
    r"""Standard deviation over time of the predicted bone lengths; this term needs no true motion.

    .. math:: \mathcal{L}_\sigma = \frac{1}{|\mathcal{B}|} \sum_{b \in \mathcal{B}}
        \sqrt{\frac{1}{T} \sum_t (\hat\ell_{t,b} - \bar\ell_b)^2}, \quad \bar\ell_b = \frac{1}{T} \sum_t \hat\ell_{t,b}

    (The metric bone length deviation as a loss; the papers have no such term.) A bone that keeps its length has
    gradient zero.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres; the target is not used
        - **output:** scalar, metres

    Raises:
        ValueError: For a skeleton without bones, and for fewer than 2 frames.
    """

    least_frames = 2
    compares = False
    name = "bone_std"

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        need_joints(skeleton.bones, "bones", self.name, skeleton)

    def forward(self, pred, target):
        need_frames(pred, self, self.name)
        return joint_distances(pred, self.skeleton.bones).std(dim=1, correction=0).mean()


@LOSSES.register("dist")
class DistanceLoss(LossTerm):
    r"""Mean squared error of the bone lengths.

    .. math:: \mathcal{L}_d = \frac{1}{T|\mathcal{B}|} \sum_{t} \sum_{b \in \mathcal{B}}
        (\hat\ell_{t,b} - \ell_{t,b})^2

    (:math:`d` of Gupta's Table 1 in eq. 1, as a mean instead of a sum.) The paper has "fixed distances between
    particular joints", names only that of hip and knee, and gives neither a weight nor a unit. Here they are all
    bones, and the weight is 1. In metres that is little: an error of 20 mm costs 4e-4. ``bone`` is not squared.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, square metres

    Raises:
        ValueError: For a skeleton without bones.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        need_joints(skeleton.bones, "bones", "dist", skeleton)

    def forward(self, pred, target):
        bones = self.skeleton.bones
        return (joint_distances(pred, bones) - joint_distances(target, bones)).square().mean()


@LOSSES.register("sym")
class SymmetryLoss(LossTerm):
    r"""Mean squared error of the differences in length between left and right bones.

    .. math:: \mathcal{L}_s = \frac{1}{T|\mathcal{S}|} \sum_{t} \sum_{(l,r) \in \mathcal{S}}
        \left( (\hat\ell_{t,l} - \hat\ell_{t,r}) - (\ell_{t,l} - \ell_{t,r}) \right)^2

    over the pairs :math:`\mathcal{S}` of bones that mirroring exchanges (:math:`s` of Gupta's Table 1 in eq. 1, as a
    mean instead of a sum). For a target whose sides are equal this is the squared asymmetry of the prediction. Eq. 1
    compares with the target's, and so does this: people and their markers are not quite symmetric. The paper gives
    neither a weight nor a unit; the weight here is 1. In metres that is little: sides that differ by 20 mm cost 4e-4.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, square metres

    Raises:
        ValueError: For a skeleton without bones on its left side.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        self.left = [bone for bone in skeleton.bones if bone[1] in skeleton.left]
        self.right = [(skeleton.flip[parent], skeleton.flip[child]) for parent, child in self.left]
        need_joints(self.left, "bones on the left and the right", "sym", skeleton)

    def forward(self, pred, target):
        return (self._asymmetry(pred) - self._asymmetry(target)).square().mean()

    def _asymmetry(self, pose):
        return joint_distances(pose, self.left) - joint_distances(pose, self.right)
