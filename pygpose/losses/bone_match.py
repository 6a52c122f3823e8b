"""VideoPose3D's loss on the bone lengths of poses without 3D targets."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton
from pygpose.losses.bones import joint_distances
from pygpose.losses.term import LOSSES, LossTerm, need_joints


def bone_match_loss(
    pred: Float[Tensor, "batch frames joints 3"],
    labelled: Float[Tensor, "others frames joints 3"],
    skeleton: Skeleton,
) -> Float[Tensor, ""]:
    r"""Mean error between the mean bone lengths of unlabelled predictions and those of people whose poses are known.

    .. math:: \mathcal{L}_B = \frac{1}{|\mathcal{B}|} \sum_{b \in \mathcal{B}} \left| \frac{1}{T} \sum_t \hat\ell_{t,b}
        - \frac{1}{T'} \sum_{t'} \ell_{t',b} \right|

    (VideoPose3D, section 4, between the unlabelled and the labelled half of a batch; its code compares two predictions,
    this compares with the targets of the labelled half.) Projection alone leaves depth free; people's size does not.

    The slides of the talk print a sum of squares ("bone length L2 loss"). The published code, which made the paper's
    figures, takes the mean of absolute values, and so does this: in metres, the square of an error of 20 mm would be
    0.0004, which is nothing beside the reprojection loss.

    Shapes:
        - **pred:** :math:`(B, T, J, 3)`, metres; **labelled:** :math:`(B', T, J, 3)`, metres
        - **output:** scalar, metres
    """
    ours, theirs = (joint_distances(pose, skeleton.bones).mean((0, 1)) for pose in (pred, labelled))
    return (ours - theirs).abs().mean()


@LOSSES.register("bone_match")
class BoneMatchLoss(LossTerm):
    """Mean bone lengths of the unlabelled windows against those of the labelled windows: :func:`bone_match_loss`.

    Shapes:
        - **pred:** :math:`(B, T, J, 3)`, metres; **labelled:** :math:`(B', T, J, 3)`, metres
        - **output:** scalar, metres

    Raises:
        ValueError: For a skeleton without bones.
    """

    needs = ("poses", "unlabelled")

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        need_joints(skeleton.bones, "bones", "bone_match", skeleton)

    def forward(self, pred, labelled):
        return bone_match_loss(pred, labelled, self.skeleton)

    def measure(self, part):
        return self(part.pose, part.batch.pose())
