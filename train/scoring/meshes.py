"""To score the meshes of a model that gives SMPL's parameters."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import get_skeleton
from pygpose.data import SkeletonSequence
from pygpose.inference.motion import AT_ONCE, Motion
from pygpose.metrics import mpvpe
from pygpose.smpl import Body, BodyOutput, split_parameters


def mesh_row(
    body: Body, motion: Motion, clip: SkeletonSequence, valid: Bool[Tensor, " frames"] | None
) -> dict[str, float | int]:
    """The sum over frames of the mean error of vertices, and the number of frames; both 0 for a clip without SMPL's
    parameters. Each mesh is relative to the root joint of its own body.

    Args:
        body: The model's SMPL body.
        motion: Holds rotations and shape.
        clip: The truth.
        valid: The frames that count; None where all do.
    """
    counted = torch.ones(clip.num_frames, dtype=torch.bool) if valid is None else valid
    if "smpl" not in clip or not counted.any():
        return {"mpvpe_sum": 0.0, "mpvpe_frames": 0}
    assert motion.rotations is not None and motion.shape is not None
    true_rotations, true_shape = split_parameters(clip.smpl)
    total = 0.0
    for part in counted.nonzero().flatten().split(AT_ONCE):
        ours = _relative(body, motion.rotations[part], motion.shape[part])
        total += len(part) * mpvpe(ours, _relative(body, true_rotations[part], true_shape[part])).item()
    return {"mpvpe_sum": total, "mpvpe_frames": int(counted.sum())}


@torch.no_grad()
def _relative(body: Body, rotations: Tensor, shape: Tensor) -> Float[Tensor, "frames vertices 3"]:
    posed: BodyOutput = body(rotations.to(body.template.device), shape.to(body.template.device))
    assert body.skeleton is not None  # it gave the joints of the clips
    return (posed.vertices - posed.joints[:, get_skeleton(body.skeleton).root, None]).cpu()
