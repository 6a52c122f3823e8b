"""Mirror images of training windows."""

from __future__ import annotations

import copy

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
    """Every window or its mirror image, at random, without features of pictures, which have no mirror image.

    The motion graph stays as it is: edges of a skeleton and their mirror images are the same.
    """
    n = windows.labelled
    x, y = windows["x"], windows["y"]
    mirror = torch.rand(len(x), device=x.device)[:, None, None, None] < 0.5
    one, two = mirror[..., 0], mirror[..., 0, 0]
    mirrored = copy.copy(windows)
    mirrored.x = torch.where(mirror, flip_keypoints(x, skeleton), x)
    mirrored.confidence = torch.where(one, windows.confidence[..., list(skeleton.flip)], windows.confidence)
    mirrored.y = torch.where(mirror[:n], flip_keypoints(y, skeleton), y)
    if "intrinsics" in windows:
        mirrored.intrinsics = torch.where(two, mirror_intrinsics(windows.intrinsics), windows.intrinsics)
    if "root" in windows:
        root = windows.root
        mirrored.root = torch.where(one[:n], root * root.new_tensor((-1.0, 1.0, 1.0)), root)
    for name in ("features", "smpl"):
        if name in mirrored:
            del mirrored[name]
    return mirrored
