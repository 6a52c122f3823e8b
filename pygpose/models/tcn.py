"""VideoPose3D's temporal convolutional network (Pavllo et al., CVPR 2019)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphs import Skeleton, get_skeleton
from pygpose.models.lifter import MODELS, Architecture, Lifter
from pygpose.models.official import load_official, read_official, weights_within
from pygpose.nn import FrameConv, PoseConv, RowNorm


@dataclass(frozen=True)
class TCNConfig:
    """The published network; the joint-aware paper's has 2048 channels."""

    filter_widths: tuple[int, ...] = (3, 3, 3, 3, 3)
    """Frames under each layer's kernel, odd; their product is the receptive field (1: single frame)."""
    channels: int = 1024
    """Channels of every layer."""
    dropout: float = 0.25
    """After every activation."""
    causal: bool = False
    """Look at past frames only, as a live system must."""
    dense: bool = False
    """Kernels as wide as the dilated ones reach, without gaps (the paper's ablation): many more weights."""
    bn_momentum: tuple[float, float] = (0.1, 0.001)
    """Momentum of the batch normalisations at the start and at the end of training; it falls exponentially."""
    subtract_root: bool = True
    """Whether the root's output is taken off all joints; official weights were trained and scored without."""

    def __post_init__(self) -> None:
        if not self.filter_widths or any(width < 1 or width % 2 == 0 for width in self.filter_widths):
            raise ValueError(f"--model.filter-widths must be odd and at least 1, got {self.filter_widths}")
        if self.channels < 1:
            raise ValueError(f"--model.channels must be at least 1, got {self.channels}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"--model.dropout must lie in [0, 1), got {self.dropout}")
        if not all(0 < momentum <= 1 for momentum in self.bn_momentum):
            raise ValueError(f"--model.bn-momentum must lie in (0, 1], got {self.bn_momentum}")


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

    def __init__(self, skeleton: Skeleton, config: TCNConfig, num_points: int | None = None) -> None:
        super().__init__(skeleton, config, num_points)
        first, *widths = config.filter_widths
        channels, reach = config.channels, first
        self.expand_conv = FrameConv(2 * skeleton.num_joints, channels, first, bias=False)
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
        self.context = (reach - 1, 0) if config.causal else (reach // 2, reach // 2)
        self.subtract_root = config.subtract_root
        self.set_progress(0.0)

    def set_progress(self, done: float) -> None:
        super().set_progress(done)
        start, end = self.config.bn_momentum
        for norm in (self.expand_bn, *self.layers_bn):
            norm.momentum = start * (end / start) ** done

    def lift(self, x: Float[Tensor, "batch frames joints 2"]) -> Float[Tensor, "batch kept points 3"]:
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


def from_videopose3d(
    weights: str | Path | Mapping[str, Any],
    causal: bool = False,
    *,
    dense: bool = False,
    skeleton: Skeleton | None = None,
) -> TCN:
    """A model with the weights of the official implementation; its output is theirs, not made root-relative.

    Where the file has a trajectory model (``model_traj``, of semi-supervised training), the model has it, too.

    Args:
        weights: The official file; or what it holds (:func:`~pygpose.models.official.read_official`), or of that its
            ``model_pos`` alone, with or without ``module.`` before each name.
        causal: Whether it was trained with ``--causal``; the weights do not tell.
        dense: Whether it was trained with ``--dense``; the weights do not tell.
        skeleton: Of input and output; not given: Human3.6M's for 17 joints, HumanEva-I's for 15.

    Raises:
        FileNotFoundError, ValueError: For a file that is not there, or cannot be read safely.
        ValueError: For weights that are missing, left over or of another shape, all of them named.
    """
    content = weights if isinstance(weights, Mapping) else read_official(weights)
    model = _of_weights(weights_within(content, "model_pos"), causal, dense, skeleton)
    if content.get("model_traj"):
        model.trajectory = _of_weights(weights_within(content, "model_traj"), causal, dense, skeleton)
    return model


def _of_weights(named: Mapping[str, Tensor], causal: bool, dense: bool, skeleton: Skeleton | None) -> TCN:
    weights = {name.removeprefix("module."): value for name, value in named.items()}
    if not {"expand_conv.weight", "shrink.weight"} <= weights.keys():
        raise ValueError(
            "no VideoPose3D weights: expand_conv.weight and shrink.weight are not among "
            f"{', '.join(sorted(weights)[:6])}"
        )
    channels, coordinates, first = weights["expand_conv.weight"].shape
    widths, reach = [first], first
    while (wide := weights.get(f"layers_conv.{2 * len(widths) - 2}.weight")) is not None:
        widths.append((wide.size(2) - 1) // reach + 1 if dense else wide.size(2))
        reach *= widths[-1]
    config = TCNConfig(tuple(widths), channels, causal=causal, dense=dense, subtract_root=False)
    points = weights["shrink.weight"].size(0) // 3
    model = TCN(skeleton or _skeleton_of(coordinates // 2), config, points).to(weights["shrink.weight"].dtype)
    load_official(model, weights, f"a VideoPose3D network of widths {tuple(widths)}")
    return model.eval()


def to_videopose3d(model: TCN) -> dict[str, Tensor]:
    """The model's weights as the official ``model_pos``; the scale of its training data goes into the last layer.

    Those of ``model.trajectory`` are the official ``model_traj``.

    Raises:
        ValueError: For a trunk that gives pose and root together, which the official network cannot hold.
    """
    if model.root_head == "shared":
        raise ValueError("VideoPose3D has two networks for pose and root; one with a shared trunk has no such form")
    state = model.state_dict()
    weights = {name: state[name] for name in state if not name.startswith(("mean_pose", "pose_scale", "trajectory."))}
    joints = model.num_points
    last = weights["shrink.weight"].view(joints, 3, -1) * model.pose_scale[:, None, None]
    bias = weights["shrink.bias"].view(joints, 3) * model.pose_scale[:, None] + model.mean_pose
    if model.subtract_root and joints > 1:  # a root alone is not relative to itself
        root = model.skeleton.root
        last, bias = last - last[root], bias - bias[root]
    return {**weights, "shrink.weight": last.flatten(0, 1).unsqueeze(2), "shrink.bias": bias.flatten()}


def _skeleton_of(joints: int) -> Skeleton:
    known = {17: "h36m17", 15: "humaneva15"}
    if joints not in known:
        raise ValueError(f"weights of {joints} joints: name their skeleton; only those of 15 and 17 are known by count")
    return get_skeleton(known[joints])


MODELS.register("tcn")(Architecture(TCN, "dilated TCN of VideoPose3D (Pavllo et al., CVPR 2019)"))
