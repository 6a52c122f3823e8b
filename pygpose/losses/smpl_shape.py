"""TCMR's loss on the shape of a SMPL body."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from pygpose.losses.smpl_pose import mean_square
from pygpose.losses.term import LOSSES, LossTerm


def smpl_shape_loss(shape: Float[Tensor, "*batch 10"], target: Float[Tensor, "*batch 10"]) -> Float[Tensor, ""]:
    r"""Mean squared error of the shape parameters of an SMPL body.

    .. math:: \mathcal{L}_{\beta} = \frac{1}{10N} \sum_n \lVert \hat{\boldsymbol\beta}_n - \boldsymbol\beta_n \rVert_2^2

    (TCMR, section 3.4, after VIBE; its weight: 0.06.) Bodies whose target
    holds NaN are left out, as in :func:`smpl_pose_loss`.

    Shapes:
        - **shape, target:** :math:`(*, 10)`
        - **output:** scalar
    """
    known = ~target.isnan().any(-1)
    return mean_square(shape[known] - target[known])


@LOSSES.register("smpl_shape")
class SMPLShapeLoss(LossTerm):
    """The shape of SMPL bodies: :func:`smpl_shape_loss`.

    Shapes:
        - **shape, target:** :math:`(*, 10)`
        - **output:** scalar
    """

    default_weight = 0.06
    positional = True
    needs = ("true_smpl",)

    def forward(self, shape, target):
        return smpl_shape_loss(shape, target)

    def measure(self, part):
        return self(part.smpl.shape, part.true_smpl[..., -10:])
