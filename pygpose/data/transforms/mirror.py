"""Mirror images of keypoints, poses, cameras, clips and training windows."""

from __future__ import annotations

import copy

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton, get_skeleton
from pygpose.data.batches import Windows
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.transform import TRANSFORMS, ClipTransform


def flip_keypoints(x: Float[Tensor, "*batch joints channels"], skeleton: Skeleton) -> Tensor:
    """Mirror keypoints or poses left to right: x changes sign, left and right joints change places."""
    mirrored = x[..., list(skeleton.flip), :]
    return torch.cat([-mirrored[..., :1], mirrored[..., 1:]], -1)


def flip_points(points: Float[Tensor, "*batch points numbers"], skeleton: Skeleton) -> Tensor:
    """Mirror a pose, and the root that may follow its joints; numbers beside x, y and z stay with their point."""
    joints = skeleton.num_joints
    after = points[..., joints:, :]
    mirrored = torch.cat([-after[..., :1], after[..., 1:]], -1)
    return torch.cat([flip_keypoints(points[..., :joints, :], skeleton), mirrored], -2)


def mirror_intrinsics(intrinsics: Float[Tensor, "*views 9"]) -> Float[Tensor, "*views 9"]:
    """The camera that sees in screen coordinates the mirror image of what this one sees."""
    signs = intrinsics.new_tensor((1, 1, -1, 1, 1, 1, 1, -1, 1))
    return intrinsics * signs


@TRANSFORMS.register("mirror")
class Mirror(ClipTransform):
    """The mirror image of a clip: left and right change places in keypoints, poses, the path of the root, the camera's
    lens and the edges.

    Image features and SMPL's parameters have no mirror image here, and the camera stands elsewhere in a mirrored world:
    the clip loses them.
    """

    def of_clip(self, clip: SkeletonSequence) -> SkeletonSequence:
        mirrored, skeleton = copy.copy(clip), get_skeleton(clip.skeleton)
        order = torch.tensor(skeleton.flip)
        mirrored.x = flip_keypoints(clip.keypoints(), skeleton).reshape(-1, 2)
        mirrored.confidence = clip.confidence.view(-1, len(order))[:, order].reshape(-1)
        if "y" in clip:
            mirrored.y = flip_keypoints(clip.pose(), skeleton).reshape(-1, 3)
        if "root" in clip:
            mirrored.root = clip.root * clip.root.new_tensor((-1.0, 1.0, 1.0))
        if "intrinsics" in clip:
            mirrored.intrinsics = mirror_intrinsics(clip.intrinsics)
        edges = clip["edge_index"]
        mirrored.edge_index = edges - edges % len(order) + order.to(edges.device)[edges % len(order)]
        for name in ("features", "smpl", "extrinsics"):
            if name in mirrored:
                del mirrored[name]
        return mirrored


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
