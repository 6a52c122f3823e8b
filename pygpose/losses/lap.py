"""CVM-Net's spatio-temporal Laplacian loss."""

from __future__ import annotations

from graphs import Laplacian, Skeleton
from graphs.laplacian import Backend, Normalization
from pygpose.losses.term import LOSSES, LossTerm


@LOSSES.register("lap")
class LaplacianLoss(LossTerm):
    r"""Mean distance between differential coordinates on the motion graph.

    .. math:: \mathcal{L}_\Delta = \frac{1}{N} \sum_{n=1}^{N} \lVert (L\,(\hat P - P))_n \rVert_2

    with :math:`L` the Laplacian of bones within a frame and of each joint's next frame (eq. 4 of CVM-Net).

    Args:
        skeleton: Gives the bones.
        spatial_weight: Weight of a bone (paper: 1).
        temporal_weight: Weight of a joint's next frame (paper: 1).
        normalization: ``None`` (paper), ``"sym"`` or ``"rw"``.
        backend: ``"sparse"`` or ``"product"``; the numbers are the same.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, metres
    """

    def __init__(
        self,
        skeleton: Skeleton,
        *,
        spatial_weight: float = 1.0,
        temporal_weight: float = 1.0,
        normalization: Normalization = None,
        backend: Backend = "sparse",
    ) -> None:
        super().__init__(skeleton)
        self.laplacian = Laplacian(
            skeleton,
            spatial_weight=spatial_weight,
            temporal_weight=temporal_weight,
            normalization=normalization,
            backend=backend,
        )

    def forward(self, pred, target):
        return self.laplacian(pred - target).norm(dim=-1).mean()
