"""Positions made of the directions and lengths of bones."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphs import Skeleton
from pygpose.nn.average import average_over_time


class BoneDecoding(nn.Module):
    r"""Lets bones keep their lengths: each bone has its direction in every frame, and a length that is its mean over
    time with Gaussian weights of ``frames`` frames.

    .. math:: \mathbf{y}_j = \mathbf{x}_\text{root} + \sum_{k \in P(j)} \bar\ell_k\,
        \frac{\mathbf{x}_k - \mathbf{x}_{\text{parent}(k)}}{\lVert \mathbf{x}_k - \mathbf{x}_{\text{parent}(k)} \rVert}

    with :math:`P(j)` the joints on the way from the root to :math:`j`.

    Args:
        skeleton: Gives the bones.
        frames: Standard deviation of the Gaussian weights.

    Shapes:
        - **input, output:** :math:`(B, T, J, 3)`
    """

    way: Tensor

    def __init__(self, skeleton: Skeleton, frames: float = 40.0) -> None:
        super().__init__()
        self.frames, self.root = frames, skeleton.root
        self.parents = [max(parent, 0) for parent in skeleton.parents]
        self.register_buffer("way", torch.from_numpy(skeleton.ways).float(), persistent=False)

    def forward(self, x: Float[Tensor, "batch frames joints 3"]) -> Tensor:
        bones = x - x[:, :, self.parents]
        lengths = (bones.square().sum(-1) + 1e-12).sqrt()
        usual = average_over_time(lengths, torch.ones_like(lengths[..., 0]), self.frames)
        return x[:, :, self.root, None] + self.way.to(x) @ (bones * (usual / lengths)[..., None])
