"""The motion-graph U: our own network."""

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
from pygpose.models.ugcn import beside_root
from pygpose.nn import (
    BodyMixing,
    BoneDecoding,
    EdgeLabels,
    EdgesByLevel,
    FrameAttention,
    GraphBackend,
    JointAttention,
    STGCNBlock,
    spline_frames,
    spline_weights,
    upsample,
)
from pygpose.nn.temporal_conv import FullPrecisionConvolution, NodeLinear, from_image, to_image

REACH = 6
"""Frames of the coarsest level that attention over time looks at on either side."""


@dataclass(frozen=True)
class MGUConfig:
    """Options of the motion-graph U."""

    channels: tuple[int, ...] = (96, 128, 192)
    """Number of channels at the finest level and after each halving of the frames."""
    frame_group: int = 4
    """Number of frames that become one frame of the finest level. The network gives the control points of a curve, and
    the curve gives the frames."""
    temporal_kernel: int = 5
    """Number of frames under the kernel of every temporal convolution."""
    mixing: int = 128
    """Size of the token of the whole body, by which all joints of a frame are mixed at every level; 0: no such
    token."""
    joint_attention: tuple[int, ...] = ()
    """Levels with attention over the joints of a frame; 0 is the finest level."""
    time_attention: tuple[int, ...] = ()
    """Levels with attention over the frames around each joint."""
    merge_channels: int = 96
    """Number of channels of the merged levels."""
    straight: bool = True
    """Add a linear map of the keypoints to the output, past all layers."""
    bonewise: bool = False
    """Make positions of directions and lengths of bones, so that bones keep their lengths."""
    on_rays: bool = True
    """Bring every joint towards the ray of its keypoint, by shares that the network gives with each position. Framing
    'plain' has no rays."""
    spread: bool = True
    """Say how uncertain each position is."""
    context: int = 8
    """Number of frames that are looked at before and after those that are lifted; beyond the ends of a clip the
    frames inside stand for them, in reverse."""
    dropout: float = 0.0
    """Share of values dropped in every block."""
    partition: Literal["spatial", "distance", "uniform"] = "spatial"
    """Which self loops and bones share a weight matrix, as in UGCN."""
    graph_backend: GraphBackend = "matmul"
    """How graph convolutions are computed: matmul is fast; message_passing is the readable reference with the same
    numbers."""

    def __post_init__(self) -> None:
        if len(self.channels) < 2 or min(self.channels) < 1:
            raise ValueError(f"MGUConfig.channels needs at least 2 positive widths, got {self.channels}")
        for name, least in (("frame_group", 1), ("mixing", 0), ("merge_channels", 1), ("context", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"MGUConfig.{name} must be at least {least}, got {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"MGUConfig.dropout must lie in [0, 1), got {self.dropout}")
        for name in ("joint_attention", "time_attention"):
            for level in getattr(self, name):
                if not 0 <= level < len(self.channels):
                    raise ValueError(f"MGUConfig.{name} names level {level}; levels are 0..{len(self.channels) - 1}")


class MotionGraphU(Lifter):
    r"""A U over time on the motion graph, at a quarter of the frames, that gives the control points of a smooth curve,
    and brings joints onto the rays of their keypoints.

    UGCN's U is the base: st-gcn blocks on the data's edges, a downsampling and an upsampling stage with sums between
    them, all scales merged. What differs:

    - ``frame_group`` frames are one frame of the finest level, so that a layer costs a fraction; positions are cubic
      B-splines (:func:`~pygpose.nn.spline_frames`) whose acceleration has no steps;
    - at every level, all joints of a frame are mixed through a token of the whole body
      (:class:`~pygpose.nn.BodyMixing`), which graph convolutions would need many layers for;
    - a linear map of the keypoints goes past all layers: most of x and y is where the joint is seen;
    - every joint is brought towards the ray of its keypoint by shares that the network gives
      (:func:`~pygpose.nn.bring_onto_rays`), so that perspective need not be learnt;
    - beside every position stands how uncertain it is.

    Shapes:
        - **input:** :math:`(B, T, J, 2)`, any :math:`T`
        - **output:** :math:`(B, T, J, 3)`, metres, root-relative
    """

    config_class = MGUConfig
    config: MGUConfig
    takes_graph = True
    spline: Tensor

    def __init__(
        self,
        skeleton: Skeleton,
        config: MGUConfig,
        num_points: int | None = None,
        framing: FramingName = "person",
        graph: str = "bones",
    ) -> None:
        self.gives_spread = config.spread and num_points != 1  # a network of the root alone is not taught its spread
        self.gives_shares = config.on_rays and num_points != 1 and has_confidence(framing)
        super().__init__(skeleton, config, num_points, framing)
        joints, widths = skeleton.num_joints, config.channels
        self.context = (config.context, config.context)
        self.frame_multiple = config.frame_group * 2 ** (len(widths) - 1)
        self.graph_name = graph_name(graph)
        further = tuple(EDGE_KINDS[name].number for name in parse_graph(graph) if name not in ALWAYS)
        labels = EdgeLabels(config.partition, further=further)
        strides = [config.frame_group, *[2] * (len(widths) - 1)]
        self.edges = EdgesByLevel(skeleton, self.graph_name, labels, strides, config.graph_backend)

        def block(in_channels: int, out_channels: int, stride: int = 1, residual: bool = True) -> STGCNBlock:
            return STGCNBlock(
                in_channels,
                out_channels,
                labels.num_partitions,
                kernel=config.temporal_kernel,
                stride=stride,
                dropout=config.dropout,
                residual=residual,
            )

        channels = config.frame_group * (5 if has_confidence(framing) else 4)
        self.input_norm = nn.BatchNorm1d(channels * joints)
        self.stem = block(channels, widths[0], residual=False)
        steps = list(zip(widths[:-1], widths[1:], strict=True))
        self.narrow = nn.ModuleList(block(fine, coarse, 2) for fine, coarse in steps)
        self.keep = nn.ModuleList(block(coarse, coarse) for _, coarse in steps)
        self.up = nn.ModuleList(block(coarse, fine) for fine, coarse in reversed(steps))
        self.mix = nn.ModuleList(self._mixing(level) for level in range(len(widths)))
        self.merge = nn.ModuleList(NodeLinear(width, config.merge_channels) for width in reversed(widths[:-1]))
        self.mix_merged = BodyMixing(config.merge_channels, joints, config.mixing) if config.mixing else nn.Identity()
        numbers = 3 + self.gives_spread + 2 * self.gives_shares
        self.regressor = nn.Conv1d(
            joints * config.merge_channels, numbers * self.num_points, config.temporal_kernel, padding="same"
        )
        assert self.regressor.bias is not None
        nn.init.zeros_(self.regressor.bias)
        self.straight: nn.Linear | None = None
        if config.straight:
            self.straight = nn.Linear(channels * joints, 3 * self.num_points, bias=False)
            nn.init.zeros_(self.straight.weight)
        self.decode = BoneDecoding(skeleton) if config.bonewise and self.num_points > 1 else None
        self.register_buffer("spline", spline_weights(config.frame_group), persistent=False)

    def _mixing(self, level: int) -> nn.Sequential:
        """What stands behind the st-gcn blocks of a level."""
        config, joints, channels = self.config, self.skeleton.num_joints, self.config.channels[level]
        layers: list[nn.Module] = []
        if config.mixing:
            layers.append(BodyMixing(channels, joints, config.mixing))
        if level in config.joint_attention:
            layers.append(JointAttention(channels, joints))
        if level in config.time_attention:
            layers.append(FrameAttention(channels, REACH))
        return nn.Sequential(*layers)

    def lift(
        self, x: Float[Tensor, "batch long joints channels"], graph: MotionGraph | None = None
    ) -> Float[Tensor, "batch frames points numbers"]:
        batch, frames, joints, _ = x.shape
        before, after = self.context
        group = self.config.frame_group
        _, *edges = self.edges(graph, frames, x.device, before)
        seen = beside_root(x, self.skeleton.root)
        groups = seen.unflatten(1, (-1, group)).transpose(2, 3).flatten(3)  # [B, T / group, J, group * C]
        normed = self.input_norm(groups.flatten(2).flatten(0, 1)).view_as(groups)
        features = self.mix[0](self.stem(normed.permute(2, 0, 1, 3).contiguous(), edges[0]))

        skips = []
        for level, (narrow, keep) in enumerate(zip(self.narrow, self.keep, strict=True)):
            skips.append(features)
            features = keep(narrow(features, edges[level]), edges[level + 1])
            features = self.mix[level + 1](features)

        merged: Tensor | None = None
        levels = reversed(range(len(skips)))
        for block, project, skip, level in zip(self.up, self.merge, reversed(skips), levels, strict=True):
            features = upsample(block(features, edges[level + 1]), "linear") + skip
            projected = project(features)
            merged = projected if merged is None else upsample(merged, "linear") + projected
        assert merged is not None  # there are two levels at least
        merged = F.relu(self.mix_merged(merged))

        # Half precision would round positions to millimetres, which the losses on motion then see as shaking.
        with torch.autocast(merged.device.type, enabled=False):
            points = self._points_of(merged)
            if self.straight is not None:
                straight = self.straight(normed.flatten(2).to(points.dtype)).unflatten(2, (-1, 3))
                points = torch.cat([points[..., :3] + straight, points[..., 3:]], -1)
            curve = spline_frames(points.flatten(2), self.spline).unflatten(2, points.shape[2:])
            if self.decode is not None:
                pose, mean = curve[:, :, :joints, :3], self.mean_pose[:joints]
                scale = self.pose_scale[:joints, None].clamp(min=1e-6)  # the root's is 0
                pose = (self.decode(pose * scale + mean) - mean) / scale
                body = torch.cat([pose, curve[:, :, :joints, 3:]], -1)
                curve = torch.cat([body, curve[:, :, joints:]], 2)
        return curve[:, before : frames - after]

    def _points_of(self, features: Float[Tensor, "joints batch groups channels"]) -> Tensor:
        """Control points ``[B, T / group, P, 3 or 4]``, by one temporal convolution over all joints."""
        image = to_image(features.permute(1, 2, 0, 3).flatten(2).unsqueeze(0))
        weight, bias = self.regressor.weight.unsqueeze(2), self.regressor.bias
        assert bias is not None
        numbers = from_image(FullPrecisionConvolution.apply(image, weight)).squeeze(0) + bias
        return numbers.unflatten(2, (self.num_points, -1))


MODELS.register("mgu")(Architecture(MotionGraphU, "motion-graph U, our own: graph convolutions, body token, splines"))
