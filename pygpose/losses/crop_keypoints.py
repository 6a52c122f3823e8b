"""TCMR's loss on the keypoints of the crop.

TCMR's published code weighs keypoints 60, 3D joints 30, pose 1 and shape 0.001 by default, and 300, 300, 60 and 0.06 in
its config files (configs/repr_table4_3dpw_model.yaml). Its 30 for 3D joints is ``pose_sq:10``.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from pygpose.losses.term import LOSSES, LossTerm


def crop_keypoint_loss(
    pred: Float[Tensor, "*batch joints 2"],
    keypoints: Float[Tensor, "*batch joints 2"],
    confidence: Float[Tensor, "*batch joints"],
) -> Float[Tensor, ""]:
    r"""Mean squared error of the projected joints in the crop, weighted by confidence.

    .. math:: \mathcal{L}_{2D} = \frac{1}{2NJ} \sum_{n,j} c_{n,j}
        \lVert \hat{\mathbf{x}}_{n,j} - \mathbf{x}_{n,j} \rVert_2^2

    (TCMR, section 3.4, after VIBE; their weight: 60 by default, 300 in their config files.) As in their code, the mean
    is over all N J joints, missing ones too.

    Shapes:
        - **pred, keypoints:** :math:`(*, J, 2)`, coordinates of the crop: see :func:`~pygpose.smpl.project_crop`
        - **confidence:** :math:`c`; 0 where a keypoint is missing, which may then be NaN
        - **output:** scalar
    """
    error = torch.where(confidence[..., None] == 0, 0.0, pred - keypoints)
    return (confidence[..., None] * error.square()).mean()


@LOSSES.register("crop_keypoints")
class CropKeypointLoss(LossTerm):
    """The projected joints of SMPL bodies against the keypoints of the crop: :func:`crop_keypoint_loss`.

    Shapes:
        - **pred, keypoints:** :math:`(*, J, 2)`, coordinates of the crop
        - **confidence:** :math:`(*, J)`
        - **output:** scalar
    """

    default_weight = 60.0
    positional = True
    needs = ("smpl",)

    def forward(self, pred, keypoints, confidence):
        return crop_keypoint_loss(pred, keypoints, confidence)

    def measure(self, part):
        return self(part.smpl.keypoints(), part.keypoints, part.confidence)
