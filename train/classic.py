"""The classic ST-GCN formulation of UGCN, to measure ours against."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pygpose.models.ugcn import UGCN
from pygpose.nn import PartitionConv, STGCNBlock


class ClassicConv(nn.Module):
    """The classic ST-GCN spatial convolution: a 1 x 1 convolution, then ``einsum('nkctv,kvw->nctw')``, in NCHW."""

    def __init__(self, conv: PartitionConv, operator: Tensor) -> None:
        super().__init__()
        self.partitions = conv.num_partitions
        self.conv = nn.Conv2d(conv.in_channels, conv.out_channels * self.partitions, 1, bias=conv.bias is not None)
        self.register_buffer("adjacency", operator.transpose(1, 2).contiguous())

    def forward(self, x: Tensor) -> Tensor:
        messages = self.conv(x).unflatten(1, (self.partitions, -1))
        return torch.einsum("nkctv,kvw->nctw", messages, self.adjacency).contiguous()


class ClassicUGCN(nn.Module):
    """UGCN of the same widths, built the classic way: ``[B, C, T, J]`` throughout."""

    def __init__(self, model: UGCN) -> None:
        super().__init__()
        self.model = model
        operator = model.graph.operator

        def block(ours: STGCNBlock) -> nn.ModuleDict:
            temporal = ours.temporal.conv
            parts = {
                "spatial": ClassicConv(ours.spatial, operator),
                "norm": nn.BatchNorm2d(temporal.in_channels),
                "temporal": nn.Conv2d(
                    temporal.in_channels,
                    temporal.out_channels,
                    temporal.kernel_size,
                    temporal.stride,
                    temporal.padding,
                    bias=False,
                ),
                "norm2": nn.BatchNorm2d(temporal.out_channels),
            }
            if isinstance(ours.residual, nn.Linear):
                parts["residual"] = nn.Conv2d(ours.residual.in_features, ours.residual.out_features, 1, ours.stride)
            return nn.ModuleDict(parts)

        self.stem = block(model.stem)
        self.down = nn.ModuleList(nn.ModuleList(map(block, pair)) for pair in model.down)
        self.up = nn.ModuleList(map(block, model.up))
        self.merge = nn.ModuleList(nn.Conv2d(part.in_features, part.out_features, 1) for part in model.merge)

    @staticmethod
    def _block(block: nn.ModuleDict, x: Tensor, residual: bool = True) -> Tensor:
        out = torch.relu(block["norm"](block["spatial"](x)))
        out = block["norm2"](block["temporal"](out))
        if residual:
            out = out + (block["residual"](x) if "residual" in block else x)
        return torch.relu(out)

    def forward(self, x: Tensor) -> Tensor:
        batch, frames, joints, _ = x.shape
        features = torch.cat([x, x - x[:, :, :1]], -1).flatten(2)
        features = self.model.input_norm(features.flatten(0, 1)).view(batch, frames, joints, 4)
        features = self._block(self.stem, features.permute(0, 3, 1, 2).contiguous(), residual=False)
        skips = []
        for narrow, keep in self.down:
            skips.append(features)
            features = self._block(keep, self._block(narrow, features))
        merged: Tensor | None = None
        for block, project in zip(self.up, self.merge, strict=True):
            features = self._upsample(self._block(block, features)) + skips.pop()
            scale = project(features)
            merged = scale if merged is None else self._upsample(merged) + scale
        assert merged is not None
        pose = self.model.regressor(torch.relu(merged).permute(0, 3, 1, 2).reshape(batch, -1, frames))
        return pose.transpose(1, 2).reshape(batch, frames, joints, 3)

    @staticmethod
    def _upsample(x: Tensor) -> Tensor:
        return nn.functional.interpolate(x, scale_factor=(2, 1), mode="bilinear")
