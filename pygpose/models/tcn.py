"""VideoPose3D's temporal convolutional network (Pavllo et al., CVPR 2019)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphs import Skeleton
from pygpose.models.framing import FramingName
from pygpose.models.lifter import Lifter
from pygpose.models.registry import MODELS, Architecture
from pygpose.nn import FrameConv, PoseConv, RowNorm


@dataclass(frozen=True)
class TCNConfig:
    """Options of the dilated TCN. The defaults are the published network; the joint-aware paper has 2048 channels."""

    filter_widths: tuple[int, ...] = (3, 3, 3, 3, 3)
    """Odd number of frames under the kernel of each layer; their product is the receptive field, and 1 alone is a model
    of single frames."""
    channels: int = 1024
    """Number of channels of every layer."""
    dropout: float = 0.25
    """Share of values dropped after every activation."""
    causal: bool = False
    """Look at the lifted frame and at past frames only, as a live system must."""
    dense: bool = False
    """Replace dilated kernels by kernels of the same reach without gaps, the ablation of the paper, with many more
    weights."""
    bn_momentum: tuple[float, float] = (0.1, 0.001)
    """Momentum of the batch normalisations at the start and at the end of training; the momentum falls
    exponentially."""
    subtract_root: bool = True
    """Subtract the output of the root joint from all joints. Official weights were trained and scored without this."""

    def __post_init__(self) -> None:
        if not self.filter_widths or any(width < 1 or width % 2 == 0 for width in self.filter_widths):
            raise ValueError(f"TCNConfig.filter_widths must be odd and at least 1, got {self.filter_widths}")
        if self.channels < 1:
            raise ValueError(f"TCNConfig.channels must be at least 1, got {self.channels}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"TCNConfig.dropout must lie in [0, 1), got {self.dropout}")
        if not all(0 < momentum <= 1 for momentum in self.bn_momentum):
            raise ValueError(f"TCNConfig.bn_momentum must lie in (0, 1], got {self.bn_momentum}")


class TCN(Lifter):
    r"""Dilated temporal convolutions over all joints of a frame as one vector.

    Layer 0 widens the :math:`2J` coordinates to ``channels``; every further layer :math:`i` is a residual block of a
    convolution with dilation :math:`\prod_{k<i} w_k` and one of width 1, each followed by batch normalisation, ReLU and
    dropout. No layer pads: residuals are cut to the frames that are left, and
    :math:`\prod_k w_k` frames give one pose. (VideoPose3D, section 3 and figure 2.)

    A window that is exactly one receptive field is computed with strides instead of dilations: the same pose from the
    same weights, without the frames that no output needs. Parameters have the names of the official implementation
    (:func:`from_videopose3d`, :func:`to_videopose3d`).

    Shapes:
        - **input:** :math:`(B, T, J, 2)`, any :math:`T`
        - **output:** :math:`(B, T, J, 3)`, metres, root-relative
    """

    config_class = TCNConfig
    config: TCNConfig

    def __init__(
        self, skeleton: Skeleton, config: TCNConfig, num_points: int | None = None, framing: FramingName = "person"
    ) -> None:
        super().__init__(skeleton, config, num_points, framing)
        first, *widths = config.filter_widths
        channels, reach = config.channels, first
        self.expand_conv = FrameConv(math.prod(self.input_shape), channels, first, bias=False)
        self.expand_bn = RowNorm(channels)
        self.layers_conv, self.layers_bn = nn.ModuleList(), nn.ModuleList()
        for width in widths:
            dense_width = (width - 1) * reach + 1
            wide = (
                FrameConv(channels, channels, dense_width, bias=False)
                if config.dense
                else FrameConv(channels, channels, width, dilation=reach, bias=False)
            )
            self.layers_conv.extend([wide, FrameConv(channels, channels, 1, bias=False)])
            self.layers_bn.extend([RowNorm(channels), RowNorm(channels)])
            reach *= width
        self.shrink = PoseConv(channels, self.num_points)
        self.drop = nn.Dropout(config.dropout)
        self.receptive_field = reach
        self.causal = config.causal
        self.context = (reach - 1, 0) if config.causal else (reach // 2, reach // 2)
        self.subtract_root = config.subtract_root
        self.set_progress(0.0)

    def set_progress(self, done: float) -> None:
        super().set_progress(done)
        start, end = self.config.bn_momentum
        for norm in (self.expand_bn, *self.layers_bn):
            norm.momentum = start * (end / start) ** done

    def lift(self, x: Float[Tensor, "batch long joints channels"]) -> Float[Tensor, "batch kept points 3"]:
        one_pose = x.size(1) == self.receptive_field and not self.config.dense
        convolve = FrameConv.hop if one_pose else FrameConv.forward
        rows = self._activate(self.expand_bn, convolve(self.expand_conv, x.flatten(2)))
        layers = list(zip(self.layers_conv, self.layers_bn, strict=True))
        for (wide, wide_norm), (narrow, narrow_norm) in zip(layers[::2], layers[1::2], strict=True):
            assert isinstance(wide, FrameConv)
            kept = self._middle(rows, wide, one_pose)
            rows = self._activate(wide_norm, convolve(wide, rows))
            rows = kept + self._activate(narrow_norm, narrow(rows))
        return self.shrink(rows)

    def _activate(self, norm: nn.Module, rows: Tensor) -> Tensor:
        return self.drop(F.relu(norm(rows), inplace=True))

    def _middle(self, rows: Tensor, conv: FrameConv, one_pose: bool) -> Tensor:
        """What each output frame of a convolution has at its own place in the input: the last frame if causal."""
        width, dilation = conv.kernel_size[0], conv.dilation[0]
        place = width - 1 if self.config.causal else width // 2
        if one_pose:
            return rows[:, place::width]
        return rows[:, place * dilation : rows.size(1) - (width - 1 - place) * dilation]


MODELS.register("tcn")(Architecture(TCN, "dilated TCN of VideoPose3D (Pavllo et al., CVPR 2019)"))
