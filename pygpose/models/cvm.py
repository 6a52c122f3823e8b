"""CVM-Net: a temporal convolutional network of one width (A New Spatio-Temporal Loss Function ...)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphs import Skeleton
from pygpose.models.lifter import MODELS, Architecture, Lifter
from pygpose.nn import FrameConv, RowNorm


@dataclass(frozen=True)
class CVMConfig:
    """The published network; what its text leaves open is as in the authors' drawing."""

    channels: int = 1024
    """Channels of every layer."""
    dilations: tuple[int, ...] = (1, 3, 9)
    """Frames between the taps of each residual block's first convolution, of width 3."""
    slope: float = 0.03
    """Of the leaky ReLU below zero."""
    dropout: float = 0.25
    """After every activation."""

    def __post_init__(self) -> None:
        if self.channels < 1 or min(self.dilations, default=1) < 1:
            raise ValueError(
                f"--model.channels and --model.dilations must be at least 1, got {self.channels} and {self.dilations}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"--model.dropout must lie in [0, 1), got {self.dropout}")


class CVMNet(Lifter):
    """Residual blocks of dilated convolutions; zeros stand before the first frame and after the last, so that the
    output is as long as the input.

    Shapes:
        - **input:** :math:`(B, T, J, 2)`, any :math:`T`
        - **output:** :math:`(B, T, J, 3)`, metres, root-relative
    """

    config_class = CVMConfig
    config: CVMConfig

    def __init__(self, skeleton: Skeleton, config: CVMConfig) -> None:
        super().__init__(skeleton, config)
        channels = config.channels
        self.expand = FrameConv(2 * skeleton.num_joints, channels, 1, bias=False)
        self.expand_norm = RowNorm(channels)
        self.blocks = nn.ModuleList(ResidualBlock(config, dilation) for dilation in config.dilations)
        self.shrink = FrameConv(channels, 3 * skeleton.num_joints, 1)
        self.drop = nn.Dropout(config.dropout)

    def lift(self, x: Float[Tensor, "batch frames joints 2"]) -> Float[Tensor, "batch frames joints 3"]:
        rows = self.drop(F.leaky_relu(self.expand_norm(self.expand(x.flatten(2))), self.config.slope))
        for block in self.blocks:
            rows = block(rows)
        # Half precision would round positions to millimetres, which the losses on motion then see as shaking.
        with torch.autocast(rows.device.type, enabled=False):
            return self.shrink(rows.to(self.shrink.weight.dtype)).unflatten(2, (-1, 3))


class ResidualBlock(nn.Module):
    """Convolution of width 3, convolution of width 1, each with batch normalisation, leaky ReLU and dropout."""

    def __init__(self, config: CVMConfig, dilation: int) -> None:
        super().__init__()
        channels = config.channels
        wide = FrameConv(channels, channels, 3, dilation=dilation, padding=dilation, bias=False)
        self.layers = nn.Sequential()
        for conv in (wide, FrameConv(channels, channels, 1, bias=False)):
            self.layers.extend([conv, RowNorm(channels), nn.LeakyReLU(config.slope), nn.Dropout(config.dropout)])

    def forward(self, rows: Float[Tensor, "batch frames channels"]) -> Float[Tensor, "batch frames channels"]:
        return rows + self.layers(rows)


MODELS.register("cvm")(Architecture(CVMNet, "CVM-Net, residual dilated convolutions of one length"))
