"""Mirror images of training windows."""

from __future__ import annotations

import torch

from graphs import Skeleton
from pygpose.data import Windows
from pygpose.geometry import mirror_intrinsics
from pygpose.lift import flip_keypoints


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
