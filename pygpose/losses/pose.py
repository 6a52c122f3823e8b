"""Position losses."""

from pygpose.losses.term import LOSSES, LossTerm


@LOSSES.register("pose")
class PoseLoss(LossTerm):
    r"""Mean distance of the joints.

    .. math:: \mathcal{L}_P = \frac{1}{TJ} \sum_{t,j} \lVert \hat{\mathbf{s}}_{t,j} - \mathbf{s}_{t,j} \rVert_2

    (eq. 1 of CVM-Net; MPJPE as a loss.)

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, metres
    """

    positional = True

    def forward(self, pred, target):
        return (pred - target).norm(dim=-1).mean()


@LOSSES.register("pose_sq")
class SquaredPoseLoss(LossTerm):
    r"""Mean squared distance of the joints.

    .. math:: \mathcal{L}_p = \frac{1}{TJ} \sum_{t,j} \lVert \hat{\mathbf{s}}_{t,j} - \mathbf{s}_{t,j} \rVert_2^2

    (eq. 5 of UGCN, as a mean instead of a sum.)

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, square metres
    """

    positional = True

    def forward(self, pred, target):
        return (pred - target).square().sum(-1).mean()
