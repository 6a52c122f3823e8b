"""What trains a root path, and what a clip without 3D targets can teach: VideoPose3D's losses beside the pose's."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton
from pygpose.geometry import distort_points
from pygpose.losses.bones import joint_distances

LEAST_DEPTH = 0.1  # metres


def trajectory_loss(
    path: Float[Tensor, "batch frames 3"], target: Float[Tensor, "batch frames 3"]
) -> Float[Tensor, ""]:
    r"""Mean distance of the root, each frame weighted by the inverse of its depth.

    .. math:: \mathcal{L}_T = \frac{1}{T} \sum_t \frac{1}{r^z_t} \lVert \hat{\mathbf{r}}_t - \mathbf{r}_t \rVert_2

    (WMPJPE of VideoPose3D, section 4: what is far away is hard to place, and matters little to its projection.)

    Shapes:
        - **path, target:** :math:`(B, T, 3)`, metres, camera frame
        - **output:** scalar, metres per metre of depth

    Raises:
        ValueError: For a target at or behind the camera.
    """
    depth = target[..., 2]
    if (depth <= 0).any():
        raise ValueError(
            f"{int((depth <= 0).sum())} of {depth.numel()} true roots lie at or behind the camera; leave those frames "
            "out"
        )
    return ((path - target).norm(dim=-1) / depth).mean()


def reprojection_loss(
    positions: Float[Tensor, "batch frames joints 3"],
    keypoints: Float[Tensor, "batch frames joints 2"],
    intrinsics: Float[Tensor, "batch 9"],
    confidence: Float[Tensor, "batch frames joints"],
) -> Float[Tensor, ""]:
    r"""Mean distance of the projected joints to the keypoints.

    .. math:: \mathcal{L}_R = \frac{\sum_{t,j} c_{t,j} \lVert \pi(\hat{\mathbf{s}}_{t,j} + \hat{\mathbf{r}}_t)
        - \mathbf{x}_{t,j} \rVert_2}{\sum_{t,j} c_{t,j}}

    with the lens :math:`\pi` of :func:`~pygpose.geometry.project_points` (VideoPose3D, section 4). A prediction may be
    behind the camera early in training: as in VideoPose3D's code, rays :math:`(x, y)/z` are limited to [-1, 1] before
    the lens bends them; here depth, too, is at least 0.1 m.

    Shapes:
        - **positions:** :math:`(B, T, J, 3)`, pose and root together, metres, camera frame
        - **keypoints, intrinsics:** screen coordinates, as in :mod:`pygpose.keys`
        - **confidence:** :math:`c`; 0 where a keypoint is missing
        - **output:** scalar, screen coordinates (2 is the width of the image)
    """
    rays = (positions[..., :2] / positions[..., 2:].clamp(min=LEAST_DEPTH)).clamp(-1, 1)
    missing = confidence[..., None] == 0
    error = torch.where(missing, 0.0, distort_points(rays, intrinsics) - keypoints).norm(dim=-1)
    return (confidence * error).sum() / confidence.sum().clamp(min=1e-6)


def bone_match_loss(
    pred: Float[Tensor, "batch frames joints 3"],
    labelled: Float[Tensor, "others frames joints 3"],
    skeleton: Skeleton,
) -> Float[Tensor, ""]:
    r"""Difference between the mean bone lengths of predictions and those of people whose poses are known.

    .. math:: \mathcal{L}_B = \frac{1}{|\mathcal{B}|} \sum_{b \in \mathcal{B}} \left| \frac{1}{T} \sum_t \hat\ell_{t,b}
        - \frac{1}{T'} \sum_{t'} \ell_{t',b} \right|

    (VideoPose3D, section 4, between the unlabelled and the labelled half of a batch; its code compares two predictions,
    this compares with the targets of the labelled half.) Projection alone leaves depth free; people's size does not.

    Shapes:
        - **pred:** :math:`(B, T, J, 3)`, metres; **labelled:** :math:`(B', T, J, 3)`, metres
        - **output:** scalar, metres
    """
    ours, theirs = (joint_distances(pose, skeleton.bones).mean((0, 1)) for pose in (pred, labelled))
    return (ours - theirs).abs().mean()
