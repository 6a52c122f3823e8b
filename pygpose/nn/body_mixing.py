"""All joints of a frame, mixed at once."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class BodyMixing(nn.Module):
    r"""A token of the whole body: what all joints of a frame say together, told to each of them.

    .. math:: y = x + W_2\, \mathrm{GELU}(W_1 \mathrm{LN}(x))

    over the channels of all joints of a frame, which lie beside each other. (The feed-forward layer of Vaswani et al.,
    2017, with a body in the place of a word.) The second map starts at 0, so that a fresh layer changes nothing.

    Args:
        channels: Of a node.
        joints: Of a frame.
        hidden: Numbers of the token.

    Shapes:
        - **input, output:** :math:`(J, B, T, C)`
    """

    def __init__(self, channels: int, joints: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(joints * channels)
        self.inward = nn.Linear(joints * channels, hidden)
        self.outward = nn.Linear(hidden, joints * channels)
        nn.init.zeros_(self.outward.weight)
        nn.init.zeros_(self.outward.bias)

    def forward(self, x: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        frames = x.permute(1, 2, 0, 3)
        token = F.gelu(self.inward(self.norm(frames.flatten(2))))
        return x + self.outward(token).unflatten(2, frames.shape[2:]).permute(2, 0, 1, 3)
