"""Losses on the velocity and acceleration of joints."""

from pygpose.losses.term import LOSSES, LossTerm, need_frames


@LOSSES.register("vel")
class VelocityLoss(LossTerm):
    r"""Mean squared error of the joints' velocities.

    .. math:: \mathcal{L}_{\dot x} = \frac{1}{(T-1)J} \sum_{t,j}
        \lVert \hat{\mathbf{v}}_{t,j} - \mathbf{v}_{t,j} \rVert_2^2, \quad
        \mathbf{v}_{t,j} = \mathbf{s}_{t+1,j} - \mathbf{s}_{t,j}

    (:math:`\dot x` of Gupta's Table 1 in eq. 1, as a mean instead of a sum.) The paper gives neither a weight nor a
    unit; the weight here is 1. In metres that is little: an error of 5 mm per frame costs 2.5e-5, where a position
    loss of 50 mm costs 0.05, 2000 times as much.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, square metres per frame²

    Raises:
        ValueError: For fewer than 2 frames.
    """

    least_frames = 2

    def forward(self, pred, target):
        need_frames(pred, self, "vel")
        return (pred - target).diff(dim=1).square().sum(-1).mean()


@LOSSES.register("acc")
class AccelerationLoss(LossTerm):
    r"""Mean squared error of the joints' accelerations.

    .. math:: \mathcal{L}_{\ddot x} = \frac{1}{(T-2)J} \sum_{t,j}
        \lVert \hat{\mathbf{a}}_{t,j} - \mathbf{a}_{t,j} \rVert_2^2, \quad
        \mathbf{a}_{t,j} = \mathbf{s}_{t+2,j} - 2\,\mathbf{s}_{t+1,j} + \mathbf{s}_{t,j}

    (:math:`\ddot x` of Gupta's Table 1 in eq. 1, as a mean instead of a sum.) The paper gives neither a weight nor a
    unit; the weight here is 1, and as small as that of :class:`VelocityLoss`.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, square metres per frame⁴

    Raises:
        ValueError: For fewer than 3 frames.
    """

    least_frames = 3

    def forward(self, pred, target):
        need_frames(pred, self, "acc")
        return (pred - target).diff(n=2, dim=1).square().sum(-1).mean()
