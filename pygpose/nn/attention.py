"""Attention over the joints of a frame, and over the frames around a joint.

As in all of a network, features lie as ``[J, B, T, C]``. The last map of each layer starts at 0, so that a fresh layer
changes nothing.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class Attention(nn.Module):
    r"""What both kinds of attention share.

    .. math:: y = x + W_o\, \mathrm{softmax}(q k^\top / \sqrt{d} + b)\, v, \qquad (q, k, v) = W \mathrm{LN}(x)

    (Vaswani et al., 2017; none of the five papers has attention between joints. HDFormer, which does, went from 25.6 to
    21.6 mm by it on Human3.6M.)

    Args:
        channels: Of a node.
        heads: Number of attentions side by side; divides ``channels``.

    Shapes:
        - **input, output:** :math:`(J, B, T, C)`

    Raises:
        ValueError: For channels that the heads do not divide.
    """

    def __init__(self, channels: int, heads: int = 4) -> None:
        super().__init__()
        if channels % heads:
            raise ValueError(f"attention of {heads} heads needs channels that {heads} divides, got {channels}")
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.inward = nn.Linear(channels, 3 * channels, bias=False)
        self.outward = nn.Linear(channels, channels, bias=False)
        nn.init.zeros_(self.outward.weight)

    def _heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values, each ``[J, B, T, heads, C / heads]``."""
        query, key, value = self.inward(x).unflatten(-1, (3, self.heads, -1)).unbind(-3)
        return query, key, value


class JointAttention(Attention):
    """Every joint looks at all joints of its frame: an adjacency that depends on the data. Each joint has a learnt
    place vector, as all joints share the weights."""

    def __init__(self, channels: int, joints: int, heads: int = 4) -> None:
        super().__init__(channels, heads)
        self.place = nn.Parameter(0.02 * torch.randn(joints, 1, 1, channels))

    def forward(self, x: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        query, key, value = (part.permute(1, 2, 3, 0, 4) for part in self._heads(self.norm(x) + self.place))
        mixed = F.scaled_dot_product_attention(query, key, value)
        return x + self.outward(mixed.permute(3, 0, 1, 2, 4).flatten(3))


class FrameAttention(Attention):
    """Every joint looks at itself in the ``reach`` frames before and after. A learnt number for each distance stands in
    the place of positions, so that clips of any length give what windows of them give."""

    def __init__(self, channels: int, reach: int, heads: int = 4) -> None:
        super().__init__(channels, heads)
        self.reach = reach
        self.distance = nn.Parameter(torch.zeros(heads, 2 * reach + 1))

    def forward(self, x: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        query, key, value = self._heads(self.norm(x))
        key, value = (self._around(part) for part in (key, value))
        scores = torch.einsum("jbthc,jbthcw->jbthw", query, key) * query.size(-1) ** -0.5 + self.distance.to(query)
        scores = scores.masked_fill(self._beyond(x.size(2), x.device)[:, None], -torch.inf)
        mixed = torch.einsum("jbthw,jbthcw->jbthc", scores.softmax(-1).to(value), value)
        return x + self.outward(mixed.flatten(3))

    def _around(self, part: Float[Tensor, "joints batch frames heads channels"]) -> Tensor:
        """For every frame the frames around it, as a last axis; zeros beyond the ends."""
        return F.pad(part, (0, 0, 0, 0, self.reach, self.reach)).unfold(2, 2 * self.reach + 1, 1)

    def _beyond(self, frames: int, device: torch.device) -> Tensor:
        """``[T, W]``: which of the frames around each frame are none."""
        near = torch.arange(frames, device=device)[:, None] + torch.arange(-self.reach, self.reach + 1, device=device)
        return (near < 0) | (near >= frames)
