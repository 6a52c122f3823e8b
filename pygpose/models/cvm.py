"""CVM-Net: a temporal convolutional network of one width (A New Spatio-Temporal Loss Function ...)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from graphs import Skeleton
from pygpose.models.framing import FramingName
from pygpose.models.lifter import Lifter
from pygpose.models.registry import MODELS, Architecture
from pygpose.nn import FrameConv, PoseConv, RowNorm


@dataclass(frozen=True)
class CVMConfig:
    """Options of CVM-Net. The defaults are the published network; where its text leaves a choice open, they follow the
    authors' drawing."""

    channels: int = 1024
    """Number of channels of every layer."""
    dilations: tuple[int, ...] = (1, 3, 9)
    """For each residual block: the frames between the three taps of its first convolution."""
    slope: float = 0.03
    """Slope of the leaky ReLU below zero."""
    dropout: float = 0.25
    """Share of values dropped after every activation."""

    def __post_init__(self) -> None:
        if self.channels < 1 or min(self.dilations, default=1) < 1:
            raise ValueError(
                f"CVMConfig.channels and CVMConfig.dilations must be at least 1, got {self.channels} and "
                f"{self.dilations}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"CVMConfig.dropout must lie in [0, 1), got {self.dropout}")


class CVMNet(Lifter):
    """Residual blocks of dilated convolutions; zeros stand before the first frame and after the last, so that the
    output is as long as the input.

    Shapes:
        - **input:** :math:`(B, T, J, 2)`, any :math:`T`
        - **output:** :math:`(B, T, J, 3)`, metres, root-relative
    """

    config_class = CVMConfig
    config: CVMConfig

    def __init__(
        self, skeleton: Skeleton, config: CVMConfig, num_points: int | None = None, framing: FramingName = "person"
    ) -> None:
        super().__init__(skeleton, config, num_points, framing)
        channels = config.channels
        self.expand = _layer(FrameConv(math.prod(self.input_shape), channels, 1, bias=False), config)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                _layer(FrameConv(channels, channels, 3, dilation=dilation, padding=dilation, bias=False), config),
                _layer(FrameConv(channels, channels, 1, bias=False), config),
            )
            for dilation in config.dilations
        )
        self.shrink = PoseConv(channels, self.num_points)

    def lift(self, x: Float[Tensor, "batch long joints channels"]) -> Float[Tensor, "batch frames points 3"]:
        rows = self.expand(x.flatten(2))
        for block in self.blocks:
            rows = rows + block(rows)
        return self.shrink(rows)


def _layer(conv: FrameConv, config: CVMConfig) -> nn.Sequential:
    norm = RowNorm(config.channels)
    return nn.Sequential(conv, norm, nn.LeakyReLU(config.slope), nn.Dropout(config.dropout))


MODELS.register("cvm")(Architecture(CVMNet, "CVM-Net, residual dilated convolutions of one length"))
