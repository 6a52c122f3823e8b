"""Depths at which bones keep their lengths."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton
from pygpose.nn.average import average_over_time
from pygpose.nn.on_rays import SLOW_FRAMES, place_on_rays

LENGTH_FRAMES = 150.0
"""Standard deviation, in frames, of the Gaussian weights over which the length of a bone is averaged."""
BONE, DEPTH = 0.01, 0.03
"""Metres: how far the length of a bone, and the depth of a joint, may well be off."""


def keep_bone_lengths(
    pose: Float[Tensor, "batch frames joints 3"],
    rays: Float[Tensor, "batch frames joints 2"],
    confidence: Float[Tensor, "batch frames joints"],
    skeleton: Skeleton,
) -> Float[Tensor, "batch frames joints 3"]:
    r"""A pose whose joints are moved along the lines on which the camera sees them, so that bones keep their lengths.

    What is seen fixes a joint but for its depth, and a bone of a known length fixes the depth of one end against the
    other. With :math:`r_b` how much longer a bone is than it is on average over time (its slow part, an average over a
    few frames), and :math:`\delta_j` by how much a joint is farther away, one step of Gauss and Newton towards

    .. math:: \min_\delta \sum_b \frac{(r_b + \nabla r_b \cdot \delta)^2}{\sigma_\text{bone}^2}
        + \sum_j \frac{\delta_j^2}{\sigma_\text{depth}^2}

    (No paper of the five has it.) The person's size is what it was: lengths are those of the pose itself. It is no part
    of training: networks that were trained through it ended with a larger MPJPE, as docs/results.md shows.

    Args:
        pose: Relative to the root, metres, in the axes of the camera of the rays.
        rays: :math:`(x, y) / z` of every keypoint.
        confidence: Of every keypoint.
        skeleton: Its joints and bones.

    Shapes:
        - **output:** :math:`(B, T, J, 3)`, metres, relative to the root
    """
    placed = place_on_rays(pose, rays, confidence)
    away = placed[..., 2:]
    ways = F.pad(placed[..., :2] / torch.where(away > 0.1, away, 0.1), (0, 1), value=1.0)
    children = [joint for joint, parent in enumerate(skeleton.parents) if parent >= 0]
    parents = [skeleton.parents[joint] for joint in children]
    bones = placed[:, :, children] - placed[:, :, parents]
    lengths = (bones.square().sum(-1) + 1e-12).sqrt()
    everywhere = torch.ones_like(lengths[..., 0])
    usual = average_over_time(lengths, everywhere, LENGTH_FRAMES)
    longer = average_over_time(lengths - usual, everywhere, SLOW_FRAMES)
    slope = lengths.new_zeros(*lengths.shape, skeleton.num_joints)
    bone = torch.arange(len(children), device=pose.device)
    slope[..., bone, children] = (bones * ways[:, :, children]).sum(-1) / lengths
    slope[..., bone, parents] = -(bones * ways[:, :, parents]).sum(-1) / lengths
    normal = slope.mT @ slope / BONE**2 + torch.eye(skeleton.num_joints).to(pose) / DEPTH**2
    farther = -torch.linalg.solve(normal, (slope.mT @ longer[..., None])[..., 0] / BONE**2)
    found = pose + ways * farther[..., None]
    return found - found[:, :, skeleton.root, None]
