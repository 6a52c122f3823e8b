"""TCMR's loss on the keypoints of the crop.

The configurations that made TCMR's tables (configs/repr_table4_3dpw_model.yaml of its code) weigh keypoints 300, 3D
joints 300, pose 60 and shape 0.06, and so do our terms by default; what its code has without a configuration, 60, 30, 1
and 0.001, made none of its figures. The 300 for 3D joints is ``pose_sq:100``: they are of the mean squared coordinate.
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

    (TCMR, section 3.4, after VIBE; its weight: 300.) As in their code, the mean
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

    default_weight = 300.0
    positional = True
    needs = ("smpl",)

    def forward(self, pred, keypoints, confidence):
        return crop_keypoint_loss(pred, keypoints, confidence)

    def measure(self, part):
        return self(part.smpl.keypoints(), part.keypoints, part.confidence)
