"""The classic formulations that ours are measured against: UGCN in ``[B, C, T, J]`` with convolutions and
``einsum('nkctv,kvw->nctw')``, the TCN in ``[B, C, T]``, and TCMR's encoders over windows one by one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphs import NUM_PARTITIONS, Skeleton, partition_edges
from pygpose.models import Lifter
from pygpose.models.tcn import TCNConfig
from pygpose.models.ugcn import UGCNConfig
from pygpose.nn import ForecastEncoder, shared_operator


class ClassicBlock(nn.Module):
    """Spatial convolution, BN, ReLU, temporal convolution, BN, residual, ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, partitions: int, kernel: int, stride: int = 1, residual: bool = True
    ) -> None:
        super().__init__()
        self.partitions = partitions
        self.spatial = nn.Conv2d(in_channels, out_channels * partitions, 1, bias=False)
        self.spatial_norm = nn.BatchNorm2d(out_channels)
        self.temporal = nn.Conv2d(out_channels, out_channels, (kernel, 1), (stride, 1), (kernel // 2, 0), bias=False)
        self.temporal_norm = nn.BatchNorm2d(out_channels)
        self.has_residual = residual
        same = in_channels == out_channels
        self.residual = nn.Identity() if same else nn.Conv2d(in_channels, out_channels, 1, (stride, 1))

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        messages = self.spatial(x).unflatten(1, (self.partitions, -1))
        out = torch.einsum("nkctv,kvw->nctw", messages, adjacency.to(messages.dtype)).contiguous()
        out = self.temporal_norm(self.temporal(torch.relu(self.spatial_norm(out))))
        return torch.relu(out + self.residual(x) if self.has_residual else out)


class ClassicUGCN(Lifter):
    """UGCN of the same widths as :class:`pygpose.models.ugcn.UGCN` with the same config, on keypoints alone.

    Args:
        skeleton: Gives the joints and, partitioned as in the config, their bones.
        config: Widths, kernel and merging; the other options are those of the defaults, and there is no context.
    """

    config_class = UGCNConfig
    adjacency: Tensor

    def __init__(self, skeleton: Skeleton, config: UGCNConfig) -> None:
        super().__init__(skeleton, config, framing="plain")
        widths, kernel = config.channels, config.temporal_kernel
        joints, partitions = skeleton.num_joints, NUM_PARTITIONS[config.partition]
        edges = partition_edges(skeleton, config.partition, legacy=config.legacy_partition)
        operator = shared_operator(*edges, partitions, joints)
        self.frame_multiple = 2 ** (len(widths) - 1)
        self.register_buffer("adjacency", operator.transpose(1, 2).contiguous())
        self.input_norm = nn.BatchNorm1d(4 * joints)
        self.stem = ClassicBlock(4, widths[0], partitions, kernel, residual=False)
        steps = list(zip(widths[:-1], widths[1:], strict=True))
        self.narrow = nn.ModuleList(ClassicBlock(fine, coarse, partitions, kernel, 2) for fine, coarse in steps)
        self.keep = nn.ModuleList(ClassicBlock(coarse, coarse, partitions, kernel) for _, coarse in steps)
        self.up = nn.ModuleList(ClassicBlock(coarse, fine, partitions, kernel) for fine, coarse in reversed(steps))
        self.merge = nn.ModuleList(nn.Conv2d(fine, config.merge_channels, 1) for fine, _ in reversed(steps))
        self.regressor = nn.Conv1d(joints * config.merge_channels, joints * 3, kernel, padding=kernel // 2)

    def lift(self, x: Tensor) -> Tensor:
        batch, frames, joints, _ = x.shape
        features = torch.cat([x, x - x[:, :, self.skeleton.root, None]], -1).view(batch * frames, -1)
        features = self.input_norm(features).view(batch, frames, joints, 4)
        features = self.stem(features.permute(0, 3, 1, 2).contiguous(), self.adjacency)
        skips = []
        for narrow, keep in zip(self.narrow, self.keep, strict=True):
            skips.append(features)
            features = keep(narrow(features, self.adjacency), self.adjacency)
        merged = features.new_zeros(())
        for block, project, skip in zip(self.up, self.merge, reversed(skips), strict=True):
            features = _upsample(block(features, self.adjacency)) + skip
            merged = project(features) + (_upsample(merged) if merged.dim() else merged)
        pose = self.regressor(torch.relu(merged).permute(0, 3, 1, 2).reshape(batch, -1, frames))
        return pose.transpose(1, 2).reshape(batch, frames, joints, 3)


def _upsample(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=(2.0, 1.0), mode="bilinear")


class ClassicTCN(nn.Module):
    """VideoPose3D's network layer by layer in ``[B, C, T]``, with the layer names and weights of
    :class:`pygpose.models.tcn.TCN`: dilated, or with strides for one pose of one receptive field.

    Args:
        config: Filter widths, channels and dropout; full convolutions, neither causal nor dense.
        joints: Number of joints of input and output.
        strided: Whether the network has strides in the place of dilations.
    """

    def __init__(self, config: TCNConfig, joints: int, strided: bool = False) -> None:
        super().__init__()
        first, *self.widths = config.filter_widths
        channels, reach = config.channels, first
        self.strided = strided
        self.expand_conv = nn.Conv1d(2 * joints, channels, first, stride=first if strided else 1, bias=False)
        self.expand_bn = nn.BatchNorm1d(channels)
        self.layers_conv, self.layers_bn, self.cuts = nn.ModuleList(), nn.ModuleList(), []
        for width in self.widths:
            stride, dilation = (width, 1) if strided else (1, reach)
            self.layers_conv.append(nn.Conv1d(channels, channels, width, stride, dilation=dilation, bias=False))
            self.layers_conv.append(nn.Conv1d(channels, channels, 1, bias=False))
            self.layers_bn.extend([nn.BatchNorm1d(channels), nn.BatchNorm1d(channels)])
            self.cuts.append(width // 2 * reach)
            reach *= width
        self.shrink = nn.Conv1d(channels, 3 * joints, 1)
        self.drop = nn.Dropout(config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(2).transpose(1, 2)
        rows = self.drop(torch.relu(self.expand_bn(self.expand_conv(rows))))
        for block, (width, cut) in enumerate(zip(self.widths, self.cuts, strict=True)):
            kept = rows[:, :, width // 2 :: width] if self.strided else rows[:, :, cut : rows.size(2) - cut]
            for layer in (2 * block, 2 * block + 1):
                rows = self.drop(torch.relu(self.layers_bn[layer](self.layers_conv[layer](rows))))
            rows = kept + rows
        return self.shrink(rows).transpose(1, 2).unflatten(2, (-1, 3))


class ClassicForecastEncoder(nn.Module):
    """TCMR's encoders over every window by itself, as published code runs them, with the weights of our encoder."""

    def __init__(self, encoder: ForecastEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: Float[Tensor, "batch long channels"]) -> Tensor:
        encoder, middle = self.encoder, self.encoder.middle
        assert encoder.past is not None and encoder.future is not None
        windows = x.unfold(1, encoder.window, 1).flatten(0, 1).permute(2, 0, 1)  # frames first
        current = encoder.out_all(nn.GRU.forward(encoder.all, windows)[0][middle].relu())
        past = encoder.out_past(nn.GRU.forward(encoder.past, windows[:middle])[0][-1].relu())
        future = encoder.out_future(nn.GRU.forward(encoder.future, windows[middle + 1 :].flip(0))[0][-1].relu())
        each = torch.stack([past, current, future]).unflatten(1, (x.size(0), -1))
        weights = encoder.attention(each).movedim(-1, 0)
        return torch.stack([(weights[..., None] * each).sum(0), each[0], each[2]])
