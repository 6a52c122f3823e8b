"""The ST-GCN block: spatial graph convolution, then temporal convolution of each joint.

Inside a network, features lie as ``[J, B, T, C]``: joints first, so that all frames of a neighbour are one row to
gather; channels last, as the convolution kernels like them.
"""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from pygpose.nn.edges import Edges
from pygpose.nn.partition_conv import PartitionConv
from pygpose.nn.temporal_conv import NodeLinear, TemporalConv, from_image, to_image

Upsampling = Literal["linear", "nearest"]


class STGCNBlock(nn.Module):
    r"""Spatial graph convolution, then temporal convolution (eq. 7 and 8 of UGCN).

    .. math::
        f_s = \mathrm{ReLU}(\mathrm{BN}(Conv_g(f_\text{in}))), \qquad
        f_\text{out} = \mathrm{ReLU}(\mathrm{Dropout}(\mathrm{BN}(Conv_t(f_s))) + R(f_\text{in}))

    The paper lists the five operations and leaves their order and the residual :math:`R` open: here a second BN
    stands between the convolutions, and :math:`R` is a linear map of the mean over each stride (identity where
    channels and frames stay).

    Args:
        in_channels: Channels of a node's input.
        out_channels: Channels of its output.
        num_partitions: Weight matrices of the graph convolution.
        kernel: Frames of the temporal convolution, odd.
        stride: Frames between outputs.
        dropout: Share of values dropped.
        residual: Whether there is an :math:`R`.

    Shapes:
        - **input:** :math:`(J, B, T, C_\text{in})`, :math:`T` a multiple of the stride
        - **output:** :math:`(J, B, T / \text{stride}, C_\text{out})`
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        num_partitions: int,
        *,
        kernel: int,
        stride: int = 1,
        dropout: float = 0.0,
        residual: bool = True,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.spatial = PartitionConv(in_channels, out_channels, num_partitions, bias=False)
        self.spatial_norm = FrameNorm(out_channels)
        self.temporal = TemporalConv(out_channels, out_channels, kernel, stride)
        self.temporal_norm = FrameNorm(out_channels)
        self.dropout = nn.Dropout(dropout)
        self.residual: nn.Module | None = None
        if residual:
            same = in_channels == out_channels
            self.residual = nn.Identity() if same else NodeLinear(in_channels, out_channels)

    def forward(self, x: Float[Tensor, "joints batch frames channels"], edges: Edges) -> Tensor:
        out = self.spatial_norm(edges.convolve(self.spatial, x), rectify=True)
        out = self.dropout(self.temporal_norm(self.temporal(out)))
        if self.residual is not None:
            out = out + _shortcut(x, self.residual, self.stride)
        return F.relu(out, inplace=self.residual is not None)  # in place, as nothing else reads the sum


def _shortcut(x: Float[Tensor, "joints batch frames channels"], residual: nn.Module, stride: int) -> Tensor:
    """``residual`` of the mean over each stride."""
    if stride == 1:
        return residual(x)
    if isinstance(residual, NodeLinear):
        return residual.of_mean(x, stride)
    return residual(x.unflatten(2, (-1, stride)).mean(3))


class FrameNorm(nn.Module):
    """Batch normalisation of every channel over joints, windows and frames of ``[J, B, T, C]``."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor, *, rectify: bool = False) -> Tensor:
        image = self.norm(to_image(x))
        return from_image(image.relu_() if rectify else image)


def upsample(x: Float[Tensor, "joints batch frames channels"], mode: Upsampling) -> Tensor:
    r"""Twice as many frames: ``nearest`` is :math:`f(t) = f_\text{in}(\lfloor t/2 \rfloor)` (eq. 9 of UGCN), ``linear``
    interpolates between the middles of the frames."""
    kind = "bilinear" if mode == "linear" else "nearest"
    return from_image(F.interpolate(to_image(x), scale_factor=(1, 2), mode=kind))
