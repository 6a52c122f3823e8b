"""Mirror images of training windows."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton
from pygpose.data.windows import Windows


def flip_keypoints(x: Float[Tensor, "*batch joints channels"], skeleton: Skeleton) -> Tensor:
    """Mirror keypoints or poses left to right: x changes sign, left and right joints change places."""
    mirrored = x[..., list(skeleton.flip), :]
    return torch.cat([-mirrored[..., :1], mirrored[..., 1:]], -1)


def flip_points(points: Float[Tensor, "*batch points 3"], skeleton: Skeleton) -> Tensor:
    """Mirror a pose, and the root that may follow its joints."""
    joints = skeleton.num_joints
    mirrored = points[..., joints:, :] * points.new_tensor((-1.0, 1.0, 1.0))
    return torch.cat([flip_keypoints(points[..., :joints, :], skeleton), mirrored], -2)


def mirror_intrinsics(intrinsics: Float[Tensor, "*views 9"]) -> Float[Tensor, "*views 9"]:
    """The camera that sees in screen coordinates the mirror image of what this one sees."""
    signs = intrinsics.new_tensor((1, 1, -1, 1, 1, 1, 1, -1, 1))
    return intrinsics * signs


def mirror_some(windows: Windows, skeleton: Skeleton) -> Windows:
    """Every window or its mirror image, at random, without features of pictures, which have no mirror image."""
    n = windows.labelled
    mirror = torch.rand(len(windows.keypoints), device=windows.keypoints.device)[:, None, None, None] < 0.5
    one, two = mirror[..., 0], mirror[..., 0, 0]
    cameras, root = windows.intrinsics, windows.root
    if root is not None:
        root = torch.where(one[:n], root * root.new_tensor((-1.0, 1.0, 1.0)), root)
    return Windows(
        keypoints=torch.where(mirror, flip_keypoints(windows.keypoints, skeleton), windows.keypoints),
        confidence=torch.where(one, windows.confidence[..., list(skeleton.flip)], windows.confidence),
        intrinsics=None if cameras is None else torch.where(two, mirror_intrinsics(cameras), cameras),
        pose=torch.where(mirror[:n], flip_keypoints(windows.pose, skeleton), windows.pose),
        root=root,
    )
