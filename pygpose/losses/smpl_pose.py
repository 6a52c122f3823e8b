"""TCMR's loss on the rotations of a SMPL body."""

from __future__ import annotations

import roma
from jaxtyping import Float
from torch import Tensor

from pygpose.losses.term import LOSSES, LossTerm


def smpl_pose_loss(
    rotations: Float[Tensor, "*batch joints 3 3"], vectors: Float[Tensor, "*batch joints 3"]
) -> Float[Tensor, ""]:
    r"""Mean squared error of the rotation matrices of an SMPL body.

    .. math:: \mathcal{L}_{\theta} = \frac{1}{9NK} \sum_{n,k} \lVert \hat{\mathbf{R}}_{n,k}
        - \exp [\boldsymbol\theta_{n,k}]_\times \rVert_F^2

    (TCMR, section 3.4, after VIBE; its weight: 60.) Bodies whose target holds
    NaN, those of clips without SMPL, are left out; where none is left, the loss is 0.

    Shapes:
        - **rotations:** :math:`(*, K, 3, 3)`, predicted
        - **vectors:** :math:`(*, K, 3)`, true rotation vectors, radians
        - **output:** scalar
    """
    known = ~vectors.isnan().any(-1).any(-1)
    return mean_square(rotations[known] - roma.rotvec_to_rotmat(vectors[known]))


def mean_square(error: Tensor) -> Float[Tensor, ""]:
    """0, with its graph, of nothing: a batch without SMPL still has a backward pass."""
    return error.square().sum() / max(error.numel(), 1)


@LOSSES.register("smpl_pose")
class SMPLPoseLoss(LossTerm):
    """The rotations of SMPL bodies: :func:`smpl_pose_loss`.

    Shapes:
        - **rotations:** :math:`(*, K, 3, 3)`, predicted
        - **vectors:** :math:`(*, K, 3)`, true rotation vectors, radians
        - **output:** scalar
    """

    default_weight = 60.0
    positional = True
    needs = ("true_smpl",)

    def forward(self, rotations, vectors):
        return smpl_pose_loss(rotations, vectors)

    def measure(self, part):
        return self(part.smpl.rotations, part.true_smpl[..., :-10].unflatten(-1, (-1, 3)))
