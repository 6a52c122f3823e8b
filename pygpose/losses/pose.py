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


@LOSSES.register("n_pose")
class ScaledPoseLoss(LossTerm):
    r"""Mean distance of the joints after the best scale of each frame: N-MPJPE as a loss.

    .. math:: \mathcal{L}_N = \frac{1}{TJ} \sum_{t,j} \lVert s_t\, \hat{\mathbf{s}}_{t,j} - \mathbf{s}_{t,j} \rVert_2,
        \quad s_t = \frac{\sum_j \langle \hat{\mathbf{s}}_{t,j}, \mathbf{s}_{t,j} \rangle}
        {\sum_j \lVert \hat{\mathbf{s}}_{t,j} \rVert_2^2}

    (Protocol 3 of the joint-aware paper, as a loss.) The size of a person cannot be told from their keypoints;
    this term does not punish what nobody can know. It teaches no size: ``pose`` stands beside it.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, metres
    """

    def forward(self, pred, target):
        both = (pred * target).sum((-2, -1), keepdim=True)
        scale = both / pred.square().sum((-2, -1), keepdim=True).clamp(min=1e-9)
        return (scale * pred - target).norm(dim=-1).mean()
