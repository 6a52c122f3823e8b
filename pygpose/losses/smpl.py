"""What trains a network that gives SMPL's parameters: TCMR's losses beside that of the 3D joints.

TCMR's published code weighs keypoints 60, 3D joints 30, pose 1 and shape 0.001 by default, and 300, 300, 60 and 0.06 in
its config files (configs/repr_table4_3dpw_model.yaml).
"""

from __future__ import annotations

import roma
import torch
from jaxtyping import Float
from torch import Tensor


def crop_keypoint_loss(
    pred: Float[Tensor, "*batch joints 2"],
    keypoints: Float[Tensor, "*batch joints 2"],
    confidence: Float[Tensor, "*batch joints"],
) -> Float[Tensor, ""]:
    r"""Mean squared error of projected joints, weighted by confidence.

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


def smpl_pose_loss(
    rotations: Float[Tensor, "*batch joints 3 3"], vectors: Float[Tensor, "*batch joints 3"]
) -> Float[Tensor, ""]:
    r"""Mean squared error of rotation matrices.

    .. math:: \mathcal{L}_{\theta} = \frac{1}{9NK} \sum_{n,k} \lVert \hat{\mathbf{R}}_{n,k}
        - \exp [\boldsymbol\theta_{n,k}]_\times \rVert_F^2

    (TCMR, section 3.4, after VIBE; their weight: 1 by default, 60 in their config files.) Bodies whose target holds
    NaN, those of clips without SMPL, are left out; where none is left, the loss is 0.

    Shapes:
        - **rotations:** :math:`(*, K, 3, 3)`, predicted
        - **vectors:** :math:`(*, K, 3)`, true rotation vectors, radians
        - **output:** scalar
    """
    known = ~vectors.isnan().any(-1).any(-1)
    return _mean_square(rotations[known] - roma.rotvec_to_rotmat(vectors[known]))


def smpl_shape_loss(shape: Float[Tensor, "*batch 10"], target: Float[Tensor, "*batch 10"]) -> Float[Tensor, ""]:
    r"""Mean squared error of the numbers of shape.

    .. math:: \mathcal{L}_{\beta} = \frac{1}{10N} \sum_n \lVert \hat{\boldsymbol\beta}_n - \boldsymbol\beta_n \rVert_2^2

    (TCMR, section 3.4, after VIBE; their weight: 0.001 by default, 0.06 in their config files.) Bodies whose target
    holds NaN are left out, as in :func:`smpl_pose_loss`.

    Shapes:
        - **shape, target:** :math:`(*, 10)`
        - **output:** scalar
    """
    known = ~target.isnan().any(-1)
    return _mean_square(shape[known] - target[known])


def _mean_square(error: Tensor) -> Float[Tensor, ""]:
    """0, with its graph, of nothing: a batch without SMPL still has a backward pass."""
    return error.square().sum() / max(error.numel(), 1)
