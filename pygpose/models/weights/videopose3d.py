"""The official weights of VideoPose3D, to and from a TCN of ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from graphs import Skeleton, get_skeleton
from pygpose.models.framing import has_confidence
from pygpose.models.tcn import TCN, TCNConfig
from pygpose.models.weights.official import with_official
from pygpose.safe.text import brief, listed
from pygpose.safe.weights import read_official, weights_within


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
        weights: The official file; or what it holds (:func:`~pygpose.safe.weights.read_official`), or of that its
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
            f"no VideoPose3D weights: expand_conv.weight and shrink.weight are not among {listed(sorted(weights), 6)}"
        )
    if weights["expand_conv.weight"].dim() != 3 or not weights["shrink.weight"].dim():
        raise ValueError(
            f"no VideoPose3D weights: expand_conv.weight is {list(weights['expand_conv.weight'].shape)}, not of "
            "three axes"
        )
    channels, coordinates, first = weights["expand_conv.weight"].shape
    widths, reach = [first], first
    while (wide := weights.get(f"layers_conv.{2 * len(widths) - 2}.weight")) is not None:
        if wide.dim() != 3 or not reach:
            raise ValueError(f"no VideoPose3D weights: layers_conv.{2 * len(widths) - 2}.weight is {list(wide.shape)}")
        widths.append((wide.size(2) - 1) // reach + 1 if dense else wide.size(2))
        reach *= widths[-1]
    config = TCNConfig(tuple(widths), channels, causal=causal, dense=dense, subtract_root=False)
    points = weights["shrink.weight"].size(0) // 3
    skeleton, dtype = skeleton or _skeleton_of(coordinates // 2), weights["shrink.weight"].dtype
    what = f"a VideoPose3D network of widths {brief(tuple(widths))}"
    return with_official(lambda: TCN(skeleton, config, points, "plain").to(dtype), weights, what)


def to_videopose3d(model: TCN) -> dict[str, Tensor]:
    """The model's weights as the official ``model_pos``; the scale of its training data goes into the last layer.

    Those of ``model.trajectory`` are the official ``model_traj``.

    Raises:
        ValueError: For a trunk that gives pose and root together, which the official network cannot hold, and for a
            model that takes more than keypoints.
    """
    if has_confidence(model.framing):
        raise ValueError(
            f"VideoPose3D takes normalised keypoints alone, and this model has framing='{model.framing}'; only a model "
            "with framing='plain' has such a form"
        )
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
