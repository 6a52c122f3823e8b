"""Convolution over frames of features ``[B, T, C]``, as temporal convolutional networks use it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class FrameConv(nn.Conv1d):
    """``Conv1d`` with channels last: the frames under the kernel are laid side by side for one matrix product.

    It has the weights, names and options of ``nn.Conv1d``, except for ``stride`` and ``groups``.

    Shapes:
        - **input:** :math:`(B, T, C_\\text{in})`
        - **output:** :math:`(B, T + 2 \\cdot \\text{padding} - (K - 1) \\cdot \\text{dilation}, C_\\text{out})`
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        dilation: int = 1,
        padding: int = 0,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel, dilation=dilation, padding=padding, bias=bias)

    def forward(self, x: Float[Tensor, "batch frames channels"]) -> Tensor:
        padding, dilation = int(self.padding[0]), self.dilation[0]
        if padding:
            x = F.pad(x, (0, 0, padding, padding))
        taps = self.kernel_size[0]
        frames = x.size(1) - (taps - 1) * dilation
        if taps > 1:
            x = torch.cat([x[:, tap * dilation : tap * dilation + frames] for tap in range(taps)], -1)
        return self._product(x)

    def hop(self, x: Float[Tensor, "batch frames channels"]) -> Tensor:
        """Without dilation and with the kernel as stride: each frame is under the kernel once, so nothing is copied."""
        return self._product(x.unflatten(1, (-1, self.kernel_size[0])).flatten(2))

    def _product(self, rows: Tensor) -> Tensor:
        return F.linear(rows, self.weight.transpose(1, 2).flatten(1), self.bias)


class PoseConv(FrameConv):
    """The last layer: one coordinate of one joint is one channel.

    Half precision would round positions to millimetres, which the losses on motion then see as shaking, so it leaves
    autocast.

    Shapes:
        - **input:** :math:`(B, T, C_\\text{in})`
        - **output:** :math:`(B, T, J, 3)`
    """

    def __init__(self, in_channels: int, joints: int) -> None:
        super().__init__(in_channels, 3 * joints, 1)

    def forward(self, x: Float[Tensor, "batch frames channels"]) -> Float[Tensor, "batch frames joints 3"]:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.to(self.weight.dtype)).unflatten(2, (-1, 3))


class RowNorm(nn.BatchNorm1d):
    """Batch normalisation of every channel over windows and frames of ``[B, T, C]``."""

    def forward(self, input: Float[Tensor, "batch frames channels"]) -> Tensor:
        return super().forward(input.flatten(0, 1)).view_as(input)
