"""CVM-Net's spatio-temporal Laplacian loss."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from graphs import Laplacian, Skeleton
from graphs.laplacian import Backend, Normalization
from pygpose.losses.term import LOSSES, LossTerm


@dataclass(frozen=True)
class LapOptions:
    """Options of the loss term ``lap``."""

    spatial_weight: float = 1.0
    """Weight of an edge inside a frame, such as a bone (CVM-Net: 1)."""
    temporal_weight: float = 1.0
    """Weight of an edge between frames, such as a joint's next frame (CVM-Net: 1)."""
    normalization: Normalization = None
    """None: L = D - A, as in CVM-Net; sym: I - D^(-1/2) A D^(-1/2); rw: I - D^(-1) A."""
    backend: Backend = "sparse"
    """How the Laplacian is applied: sparse multiplies by a sparse matrix and takes any graph; product takes graphs with
    the same edges in every frame. The numbers are the same."""


@LOSSES.register("lap")
class LaplacianLoss(LossTerm):
    r"""Mean distance between differential coordinates on the motion graph.

    .. math:: \mathcal{L}_\Delta = \frac{1}{N} \sum_{n=1}^{N} \lVert (L\,(\hat P - P))_n \rVert_2

    with :math:`L` the Laplacian of bones within a frame and of each joint's next frame (eq. 4 of CVM-Net), or of the
    motion graph that comes with the data.

    Args:
        skeleton: Gives the bones.
        options: Weights of the edges, normalization and backend of the Laplacian.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, metres

    Raises:
        ValueError: For unknown options, and for a motion graph of another number of frames or joints.
    """

    uses_graph = True
    options = LapOptions

    def __init__(self, skeleton: Skeleton, options: LapOptions = LapOptions()) -> None:  # noqa: B008
        super().__init__(skeleton)
        self.laplacian = Laplacian(skeleton, **asdict(options))

    def forward(self, pred, target, graph=None):
        return self.laplacian(pred - target, graph).norm(dim=-1).mean()
