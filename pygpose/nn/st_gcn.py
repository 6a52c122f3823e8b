"""The ST-GCN block: spatial graph convolution, then temporal convolution of each joint.

Inside a network, features lie as ``[J, B, T, C]``: joints first, so that all frames of a neighbour are one row to
gather; channels last, as the convolution kernels like them.
"""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphs import NUM_PARTITIONS, Skeleton, partition_edges
from pygpose.nn.partition_conv import PartitionConv
from pygpose.nn.shared_graph import SharedGraph
from pygpose.nn.temporal_conv import NodeLinear, TemporalConv, from_image, to_image

GraphBackend = Literal["matmul", "message_passing"]
Upsampling = Literal["linear", "nearest"]


class SpatialGraph(nn.Module):
    """One frame's edges of a skeleton, ready for both ways to convolve over them.

    Args:
        skeleton: Gives the bones.
        partition: ``uniform``, ``distance`` or ``spatial`` (:func:`graphs.partition_edges`).
        legacy: The old labels of the spatial partition.
        bones: Without them every joint has only its self loop: UGCN's "without spatial graph".
        backend: ``matmul``, or ``message_passing``, the readable reference.
    """

    edge_index: Tensor
    edge_label: Tensor

    def __init__(
        self,
        skeleton: Skeleton,
        *,
        partition: str = "spatial",
        legacy: bool = False,
        bones: bool = True,
        backend: GraphBackend = "matmul",
    ) -> None:
        super().__init__()
        if backend not in ("matmul", "message_passing"):
            raise ValueError(f"unknown graph backend '{backend}'; known: matmul, message_passing")
        edge_index, edge_label = partition_edges(skeleton, partition, legacy=legacy)
        if not bones:
            loops = edge_index[0] == edge_index[1]
            edge_index, edge_label = edge_index[:, loops], edge_label[loops]
        self.num_partitions = NUM_PARTITIONS[partition] if bones else 1
        self.backend: GraphBackend = backend
        self.shared = SharedGraph(edge_index, edge_label, self.num_partitions, skeleton.num_joints)
        self.register_buffer("edge_index", edge_index, persistent=False)
        self.register_buffer("edge_label", edge_label, persistent=False)

    def convolve(self, conv: PartitionConv, x: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        if self.backend == "message_passing":
            return conv(x.permute(1, 2, 0, 3), self.edge_index, self.edge_label).permute(2, 0, 1, 3)
        joints, batch, frames, _ = x.shape
        return conv.forward_shared(x.flatten(1, 2), self.shared).view(joints, batch, frames, -1)


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
        graph: Edges and their partition.
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
        graph: SpatialGraph,
        *,
        kernel: int,
        stride: int = 1,
        dropout: float = 0.0,
        residual: bool = True,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.spatial = PartitionConv(in_channels, out_channels, graph.num_partitions, bias=False)
        self.spatial_norm = FrameNorm(out_channels)
        self.temporal = TemporalConv(out_channels, out_channels, kernel, stride)
        self.temporal_norm = FrameNorm(out_channels)
        self.dropout = nn.Dropout(dropout)
        self.residual: nn.Module | None = None
        if residual:
            same = in_channels == out_channels
            self.residual = nn.Identity() if same else NodeLinear(in_channels, out_channels)

    def forward(self, x: Float[Tensor, "joints batch frames channels"], graph: SpatialGraph) -> Tensor:
        out = self.spatial_norm(graph.convolve(self.spatial, x), rectify=True)
        out = self.dropout(self.temporal_norm(self.temporal(out)))
        if self.residual is not None:
            out = out + _shortcut(x, self.residual, self.stride)
        return F.relu(out, inplace=self.residual is not None)  # a sum is nobody else's


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
