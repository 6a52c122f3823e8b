"""VideoPose3D's loss on the path of the root."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from pygpose.losses.term import LOSSES, LossTerm


def trajectory_loss(
    path: Float[Tensor, "batch frames 3"], target: Float[Tensor, "batch frames 3"]
) -> Float[Tensor, ""]:
    r"""Mean error of the root's path, each frame weighted by the inverse of its depth.

    .. math:: \mathcal{L}_T = \frac{1}{T} \sum_t \frac{1}{r^z_t} \lVert \hat{\mathbf{r}}_t - \mathbf{r}_t \rVert_2

    (WMPJPE of VideoPose3D, section 4: what is far away is hard to place, and matters little to its projection.)

    Shapes:
        - **path, target:** :math:`(B, T, 3)`, metres, camera frame
        - **output:** scalar, metres per metre of depth

    Raises:
        ValueError: For a target at or behind the camera.
    """
    depth = target[..., 2]
    if (depth <= 0).any():
        raise ValueError(
            f"{int((depth <= 0).sum())} of {depth.numel()} true roots lie at or behind the camera; leave those frames "
            "out"
        )
    return ((path - target).norm(dim=-1) / depth).mean()


@LOSSES.register("traj")
class TrajectoryLoss(LossTerm):
    """The path of the root, each frame weighted by the inverse of its depth: :func:`trajectory_loss`.

    Shapes:
        - **path, target:** :math:`(B, T, 3)`, metres, camera frame
        - **output:** scalar, metres per metre of depth
    """

    positional = True
    needs = ("path",)

    def forward(self, path, target):
        return trajectory_loss(path, target)

    def measure(self, part):
        return self(part.path, part.true_path)
