"""Positions brought onto the rays of their keypoints."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from pygpose.nn.average import average_over_time

DEPTH_FRAMES = 6.0
"""Standard deviation, in frames, of the Gaussian weights over which the root's depth is averaged."""
SHAKING, SHAKING_FRAMES = 0.001, 15.0
"""Metres of white noise in the keypoints of a joint at which half of the rest of the way is left out, and the standard
deviation, in frames, of the Gaussian weights over which noise is measured."""
SLOW_FRAMES = 3.0
"""The same for the slow part of the way to a ray: a detector's noise is mostly in the other part."""
RESTLESS, CALM_FRAMES = 0.002, 2.5
"""Metres of white noise in the keypoints of a joint at which half of its position is an average over time, and the
standard deviation, in frames, of the Gaussian weights of that average."""


def bring_onto_rays(
    pose: Float[Tensor, "batch frames joints 3"],
    share: Float[Tensor, "batch frames joints 2"],
    rays: Float[Tensor, "batch frames joints 2"],
    confidence: Float[Tensor, "batch frames joints"],
) -> Float[Tensor, "batch frames joints 3"]:
    r"""A pose whose joints are moved towards the rays on which the camera sees them, each at its own depth.

    The root stands where the pose fits its rays best. With :math:`\mathbf{a} = \mathbf{u} P^z - \mathbf{P}^{xy}` and
    means :math:`\bar{\cdot}` over the joints of a frame, weighted by their confidence :math:`c`, its depth is

    .. math:: z = -\frac{\sum_j c_j (\mathbf{u}_j - \bar{\mathbf{u}}) \cdot (\mathbf{a}_j - \bar{\mathbf{a}})}
        {\sum_j c_j \lVert \mathbf{u}_j - \bar{\mathbf{u}} \rVert^2}

    (both sums averaged over time), and a joint is :math:`\mathbf{d}_j = \mathbf{u}_j z + \mathbf{a}_j`, less its mean
    over the joints, away from its ray. Of the slow part :math:`\tilde{\mathbf{d}}`, an average over time, and of the
    rest, a share is gone:

    .. math:: \mathbf{P}^{xy} + s_1 \tilde{\mathbf{d}}
        + \frac{s_2}{1 + n^2 / \sigma^2} (\mathbf{d} - \tilde{\mathbf{d}})

    where :math:`n` is the white noise of the keypoints around a frame, by their third differences, which motion hardly
    has, and :math:`\sigma` is :data:`SHAKING`: nobody follows a detector that shakes.

    (No paper of the five has it. It is what a camera knows: perspective is exact for everybody, and need not be
    learnt.)

    Args:
        pose: Relative to the root, metres, in the axes of the camera of the rays.
        share: :math:`s_1` and :math:`s_2`, in [0, 1].
        rays: :math:`(x, y) / z` of every keypoint.
        confidence: Of every keypoint; a joint of confidence 0 stays where it is.

    Shapes:
        - **output:** :math:`(B, T, J, 3)`, metres; the root itself may have moved
    """
    seen = (confidence > 0).to(pose.dtype)
    depth, away = _seen_from(pose, rays, confidence)
    away = away * seen[..., None]
    by_joint, weight = away.transpose(1, 2).flatten(0, 1), seen.transpose(1, 2).flatten(0, 1)
    slow = average_over_time(by_joint, weight, SLOW_FRAMES).unflatten(0, (len(pose), -1)).transpose(1, 2)
    slow = slow * seen[..., None]
    calm = 1 / (1 + _noise(rays * depth[:, :, None], seen) / SHAKING**2)
    moved = share[..., :1] * slow + calm[..., None] * share[..., 1:] * (away - slow)
    return torch.cat([pose[..., :2] + moved, pose[..., 2:]], -1)


def calm_what_shakes(
    pose: Float[Tensor, "batch frames joints 3"],
    rays: Float[Tensor, "batch frames joints 2"],
    confidence: Float[Tensor, "batch frames joints"],
) -> Float[Tensor, "batch frames joints 3"]:
    r"""A pose whose joints are averaged over time as far as their keypoints shake.

    With the average :math:`A` over a few frames, and :math:`A' = A + A (1 - A)`, which keeps what turns smoothly,

    .. math:: \mathbf{P} + \frac{n^4}{n^4 + \sigma^4} (A' \mathbf{P} - \mathbf{P})

    where :math:`n` is the white noise of the keypoints around a frame, as in :func:`bring_onto_rays`, and
    :math:`\sigma` is :data:`RESTLESS`: exact keypoints leave the pose as it is.

    (No paper of the five has it.) It is no part of training.

    Args:
        pose: Relative to the root, metres, in the axes of the camera of the rays.
        rays: :math:`(x, y) / z` of every keypoint.
        confidence: Of every keypoint.

    Shapes:
        - **output:** :math:`(B, T, J, 3)`, metres, relative to the root
    """
    seen = (confidence > 0).to(pose.dtype)
    depth, _ = _seen_from(pose, rays, confidence)
    noise = (_noise(rays * depth[:, :, None], seen) / RESTLESS**2).square()
    by_joint = pose.transpose(1, 2).flatten(0, 1)
    everywhere = torch.ones_like(by_joint[..., 0])
    calm = average_over_time(by_joint, everywhere, CALM_FRAMES)
    calm = calm + average_over_time(by_joint - calm, everywhere, CALM_FRAMES)
    calm = calm.unflatten(0, (len(pose), -1)).transpose(1, 2)
    return pose + (noise / (1 + noise))[..., None] * (calm - pose)


@torch.no_grad()
def _noise(places: Tensor, seen: Tensor) -> Tensor:
    """The variance of white noise in the places of each joint around each frame."""
    if places.size(1) < 4:
        return torch.zeros_like(seen)
    squares = F.pad(places.diff(n=3, dim=1).square().sum(-1) / 40, (0, 0, 1, 2))  # of two axes, each 20 times the noise
    known = F.pad((seen[:, 3:] * seen[:, 2:-1] * seen[:, 1:-2] * seen[:, :-3]), (0, 0, 1, 2))
    by_joint, weight = (part.transpose(1, 2).flatten(0, 1) for part in (squares * known, known))
    found = average_over_time(by_joint[..., None], weight, SHAKING_FRAMES)
    return found.view(len(places), -1, places.size(1)).transpose(1, 2)


def place_on_rays(
    pose: Float[Tensor, "batch frames joints 3"],
    rays: Float[Tensor, "batch frames joints 2"],
    confidence: Float[Tensor, "batch frames joints"],
) -> Float[Tensor, "batch frames joints 3"]:
    """A pose where it fits its rays best, before the camera, by the depth of :func:`bring_onto_rays`."""
    depth, _ = _seen_from(pose, rays, confidence)
    beside = rays * (pose[..., 2:] + depth[:, :, None]) - pose[..., :2]
    weight = confidence[..., None]
    middle = (weight * beside).sum(2, keepdim=True) / weight.sum(2, keepdim=True).clamp(min=1e-6)
    return pose + torch.cat([middle, depth[:, :, None]], -1)


def _seen_from(pose: Tensor, rays: Tensor, confidence: Tensor) -> tuple[Tensor, Tensor]:
    """The depth of the root, and how far each joint is from its ray but for what all of them share."""
    total = confidence.sum(-1)[..., None, None].clamp(min=1e-6)

    def centred(values: Tensor) -> Tensor:
        return values - (confidence[..., None] * values).sum(2, keepdim=True) / total

    beside = centred(rays)
    offset = centred(rays * pose[..., 2:] - pose[..., :2])
    fit = -(confidence[..., None] * beside * offset).sum((2, 3))[..., None]
    depth = average_over_time(fit, (confidence[..., None] * beside.square()).sum((2, 3)), DEPTH_FRAMES)
    return depth, beside * depth[:, :, None] + offset
