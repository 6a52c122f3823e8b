"""UGCN: a U-shaped ST-GCN over time (Motion Guided 3D Pose Estimation from Videos)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphs import MotionGraph, Skeleton
from graphs.edge_kinds import ALWAYS, EDGE_KINDS, graph_name, parse_graph
from pygpose.models.framing import FramingName, has_confidence
from pygpose.models.lifter import Lifter
from pygpose.models.registry import MODELS, Architecture
from pygpose.nn import EdgeLabels, Edges, EdgesByLevel, GraphBackend, PartitionConv, STGCNBlock, Upsampling, upsample
from pygpose.nn.temporal_conv import FullPrecisionConvolution, NodeLinear, from_image, to_image


@dataclass(frozen=True)
class UGCNConfig:
    """Options of UGCN: what the paper fixes, what it leaves open, and what its Tables 3 and 4 remove.

    The defaults are a form of our own, which was the better one in what was measured (docs/results.md): wider where the
    frames are, and with another input, upsampling and regressor. The network as the paper has it, as far as its text
    and figure go, is ``channels=(16, 32, 64, 128, 256)``, ``root_relative=False``,
    ``upsampling="nearest"``, ``regressor="joint"``, ``merge_channels=16``, ``dropout=0.5``, ``context=0``, built with
    ``framing="plain"``.
    """

    channels: tuple[int, ...] = (48, 64, 96, 128, 192)
    """Number of channels at full length and after each downsampling. The paper's text does not state them; public
    re-implementations have 16, 32, 64, 128 and 256."""
    root_relative: bool = True
    """Give the network the keypoints relative to the root joint beside the keypoints; the paper has the keypoints
    alone."""
    temporal_kernel: int = 5
    """Number of frames under the kernel of every temporal convolution."""
    dropout: float = 0.0
    """Share of values dropped in every block; the paper has 0.5, which the preset ugcn sets."""
    down_up_pairs: int = 4
    """Number of downsamplings that have a stride of 2, with their upsamplings (Table 3 of the paper: 0, 1, 2, 4)."""
    spatial_graph: bool = True
    """Convolve over the edges between joints (Table 4 of the paper). Without them, a trained network lifts every joint
    alone, if nothing else joins them: not the regressor (regressor joint), not the input (no root_relative, framing
    plain)."""
    merging: bool = True
    """Merge all scales before the regressor (Table 4 of the paper); without it, the regressor sees the finest scale
    alone."""
    upsampling: Upsampling = "linear"
    """How frames are doubled: linear, or nearest as in the paper, which repeats frames and shakes more
    (docs/results.md)."""
    merge_channels: int = 48
    """Number of channels of the merged scales."""
    regressor: Literal["body", "joint"] = "body"
    """The last layer. body: one temporal convolution over all joints together; joint: the paper's st-gcn regressor, an
    st-gcn block and a graph convolution with the same weights for every joint."""
    context: int = 8
    """Number of frames that are looked at before and after those that are lifted; beyond the ends of a clip the
    frames inside stand for them, in reverse."""
    residual: bool = True
    """Use residual connections in all blocks but the first."""
    partition: Literal["spatial", "distance", "uniform"] = "spatial"
    """Which self loops and bones share a weight matrix: spatial tells apart self loops, edges away from the root and
    edges towards the root; distance tells apart self loops and bones; uniform has one matrix for all."""
    legacy_partition: bool = False
    """Label the spatial partition as the widely copied code does, to compare with that code."""
    graph_backend: GraphBackend = "matmul"
    """How graph convolutions are computed: matmul is fast; message_passing is the readable reference with the same
    numbers."""

    def __post_init__(self) -> None:
        if len(self.channels) < 2 or min(self.channels) < 1:
            raise ValueError(f"UGCNConfig.channels needs at least 2 positive widths, got {self.channels}")
        if not 0 <= self.down_up_pairs < len(self.channels):
            raise ValueError(
                f"UGCNConfig.down_up_pairs must lie in 0..{len(self.channels) - 1} for {len(self.channels)} widths, "
                f"got {self.down_up_pairs}"
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"UGCNConfig.dropout must lie in [0, 1), got {self.dropout}")
        if self.context < 0:
            raise ValueError(f"UGCNConfig.context must be at least 0, got {self.context}")
        if self.merge_channels < 1:
            raise ValueError(f"UGCNConfig.merge_channels must be at least 1, got {self.merge_channels}")


class UGCN(Lifter):
    r"""U-shaped graph convolutional network.

    Downsampling stage of nine st-gcn blocks, the second, fourth, sixth and eighth with stride 2; upsampling stage of
    four, each followed by upsampling (eq. 9) and the sum with the downsampling stage's features of that length;
    merging stage that brings all scales to full length and one width and adds them; regressor. (UGCN, section 3.2 and
    figure 4.)

    Input are the keypoints and, beside them, the keypoints relative to the root joint (``root_relative``) and, where
    the framing has it, the confidence; every channel of every joint is batch-normalised.

    Shapes:
        - **input:** :math:`(B, T, J, 2)`, any :math:`T`
        - **output:** :math:`(B, T, J, 3)`, metres, root-relative
    """

    config_class = UGCNConfig
    config: UGCNConfig
    takes_graph = True

    def __init__(
        self,
        skeleton: Skeleton,
        config: UGCNConfig,
        num_points: int | None = None,
        framing: FramingName = "person",
        graph: str = "bones",
    ) -> None:
        super().__init__(skeleton, config, num_points, framing)
        self.context = (config.context, config.context)
        joints, widths = skeleton.num_joints, config.channels
        self.strides = [2 if level < config.down_up_pairs else 1 for level in range(len(widths) - 1)]
        self.frame_multiple = 2**config.down_up_pairs
        self.graph_name = graph_name(graph)
        further = tuple(EDGE_KINDS[name].number for name in parse_graph(graph) if name not in ALWAYS)
        labels = EdgeLabels(config.partition, config.legacy_partition, further, config.spatial_graph)
        self.edges = EdgesByLevel(skeleton, self.graph_name, labels, self.strides, config.graph_backend)

        def block(in_channels: int, out_channels: int, stride: int = 1, residual: bool = True) -> STGCNBlock:
            return STGCNBlock(
                in_channels,
                out_channels,
                labels.num_partitions,
                kernel=config.temporal_kernel,
                stride=stride,
                dropout=config.dropout,
                residual=residual and config.residual,
            )

        channels = 2 + 2 * config.root_relative + has_confidence(framing)
        self.input_norm = nn.BatchNorm1d(channels * joints)
        self.stem = block(channels, widths[0], residual=False)
        steps = list(zip(widths[:-1], widths[1:], self.strides, strict=True))
        self.narrow, self.keep = nn.ModuleList(), nn.ModuleList()
        for fine, coarse, stride in steps:
            self.narrow.append(block(fine, coarse, stride))
            self.keep.append(block(coarse, coarse))
        self.up = nn.ModuleList(block(coarse, fine) for fine, coarse, _ in reversed(steps))
        merged = widths[:-1] if config.merging else widths[:1]
        self.merge = nn.ModuleList(NodeLinear(width, config.merge_channels) for width in reversed(merged))
        if config.regressor == "body":
            self.regressor = BodyRegressor(config, joints, self.num_points)
        elif self.num_points == joints:
            self.regressor = PerJointRegressor(config, labels.num_partitions)
        else:
            raise ValueError(
                "UGCNConfig.regressor 'joint' gives a position for each joint and none for the root's path; use 'body'"
            )

    def lift(
        self, x: Float[Tensor, "batch long joints channels"], graph: MotionGraph | None = None
    ) -> Float[Tensor, "batch frames points 3"]:
        batch, frames, joints, _ = x.shape
        before, after = self.context
        edges = self.edges(graph, frames, x.device, before)
        seen = beside_root(x, self.skeleton.root) if self.config.root_relative else x
        features = self.input_norm(seen.view(batch * frames, -1)).view(batch, frames, joints, -1)
        features = self.stem(features.permute(2, 0, 1, 3).contiguous(), edges[0])

        skips = []
        for level, (narrow, keep) in enumerate(zip(self.narrow, self.keep, strict=True)):
            skips.append(features)
            features = keep(narrow(features, edges[level]), edges[level + 1])

        scales = []
        for block, skip, level in zip(self.up, reversed(skips), reversed(range(len(skips))), strict=True):
            features = self._upsample(block(features, edges[level + 1]), self.strides[level]) + skip
            scales.append((features, self.strides[level]))

        # Projection and upsampling are linear, so coarser scales are brought up together.
        (coarsest, _), *finer = scales[-len(self.merge) :]
        merged = self.merge[0](coarsest)
        for project, (scale, stride) in zip(self.merge[1:], finer, strict=True):
            merged = self._upsample(merged, stride) + project(scale)

        # Half precision would round positions to millimetres, which the losses on motion then see as shaking.
        with torch.autocast(merged.device.type, enabled=False):
            return self.regressor(F.relu(merged), edges[0])[:, before : frames - after]

    def _upsample(self, x: Tensor, stride: int) -> Tensor:
        return x if stride == 1 else upsample(x, self.config.upsampling)


def beside_root(x: Float[Tensor, "batch frames joints channels"], root: int) -> Tensor:
    """Keypoints, the keypoints relative to the root joint, and the confidence where ``x`` holds it. A keypoint relative
    to the root is 0 where one of the two is missing."""
    keypoints, confidence = x[..., :2], x[..., 2:]
    relative = keypoints - keypoints[:, :, root, None]
    if confidence.size(-1):
        relative = torch.where((confidence > 0) & (confidence[:, :, root, None] > 0), relative, 0.0)
    return torch.cat([keypoints, relative, confidence], -1)


class BodyRegressor(nn.Conv1d):
    """One temporal convolution over all joints: ``[J, B, T, C]`` to ``[B, T, P, 3]``."""

    def __init__(self, config: UGCNConfig, joints: int, points: int) -> None:
        kernel = config.temporal_kernel
        super().__init__(joints * config.merge_channels, 3 * points, kernel, padding=kernel // 2)
        self.bias: nn.Parameter
        nn.init.zeros_(self.bias)

    def forward(self, features: Float[Tensor, "joints batch frames channels"], edges: Edges) -> Tensor:
        image = to_image(features.permute(1, 2, 0, 3).flatten(2).unsqueeze(0))
        pose = from_image(FullPrecisionConvolution.apply(image, self.weight.unsqueeze(2))).squeeze(0)
        return (pose + self.bias).unflatten(2, (-1, 3))


class PerJointRegressor(nn.Module):
    """An st-gcn block and a graph convolution, with the same weights for every joint."""

    def __init__(self, config: UGCNConfig, num_partitions: int) -> None:
        super().__init__()
        width = config.merge_channels
        self.block = STGCNBlock(width, width, num_partitions, kernel=config.temporal_kernel, dropout=config.dropout)
        self.last = PartitionConv(width, 3, num_partitions)

    def forward(self, features: Float[Tensor, "joints batch frames channels"], edges: Edges) -> Tensor:
        features = features.to(self.last.weight.dtype)
        return edges.convolve(self.last, self.block(features, edges)).permute(1, 2, 0, 3)


MODELS.register("ugcn")(Architecture(UGCN, "U-shaped ST-GCN (Wang et al., ECCV 2020)"))
