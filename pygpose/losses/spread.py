"""What teaches a model how uncertain it is."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from pygpose.losses.term import LOSSES, LossTerm


def spread_loss(
    spread: Float[Tensor, "batch frames joints"], error: Float[Tensor, "batch frames joints"]
) -> Float[Tensor, ""]:
    r"""Mean negative log-likelihood of the errors' sizes, up to a constant.

    .. math:: \mathcal{L} = \frac{1}{N} \sum_n \frac{e_n}{b_n} + 3 \log b_n

    for the density :math:`\exp(-\lVert\mathbf{d}\rVert / b) / (8 \pi b^3)` of a displacement in space: a Laplace
    distribution that knows no direction. It is smallest where :math:`b` is a third of the expected error. (No paper of
    the five has it; Kendall and Gal, 2017, teach uncertainty so.)

    Shapes:
        - **spread:** :math:`b`, metres, positive
        - **error:** :math:`e`, metres; no gradient reaches it, so that the term moves no position
        - **output:** scalar, without unit
    """
    return (error.detach() / spread + 3 * spread.log()).mean()


@LOSSES.register("spread")
class SpreadLoss(LossTerm):
    """How likely the true position is under the spread that the model gives: :func:`spread_loss`. The root joint, which
    is never wrong, does not count.

    Shapes:
        - **spread, error:** :math:`(B, T, J)`, metres
        - **output:** scalar, without unit
    """

    default_weight = 0.01
    positional = True
    needs = ("poses", "spread")

    def forward(self, spread, error):
        return spread_loss(spread, error)

    def measure(self, part):
        joints = [joint for joint in range(self.skeleton.num_joints) if joint != self.skeleton.root]
        error = (part.pose - part.target).norm(dim=-1)
        return self(part.spread[:, :, joints], error[:, :, joints])
