"""The motion graph: a skeleton's bones in every frame, and each joint's next frame."""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor

from graphs.skeleton import Skeleton

BONE, NEXT_FRAME = 0, 1


def build_motion_graph(skeleton: Skeleton, num_frames: int) -> tuple[Int[Tensor, "2 edges"], Int[Tensor, " edges"]]:
    r"""Cartesian product of the skeleton's tree and the path of :math:`T` frames.

    Node :math:`n = tJ + j` is joint :math:`j` in frame :math:`t`. Edges stand in both directions:
    :math:`E = 2T(J-1) + 2(T-1)J`. Frame by frame, a frame's bones come first and its links to the frame before
    follow, so the graph of :math:`T` frames is the beginning of that of any longer clip. This is the 3D+t graph of
    the Laplacian loss (CVM-Net, section 4.2) and the spatio-temporal graph of UGCN (section 3.2).

    Args:
        skeleton: Gives the bones.
        num_frames: :math:`T`, at least 1.

    Shapes:
        - **edge_index:** :math:`(2, E)`, source and target
        - **edge_type:** :math:`(E)`, 0 for a bone, 1 for a joint's next or previous frame

    Raises:
        ValueError: For fewer than one frame.
    """
    if num_frames < 1:
        raise ValueError(f"a motion graph needs at least 1 frame, got num_frames={num_frames}")
    num_joints = skeleton.num_joints
    joints = torch.arange(num_joints)
    parent, child = torch.tensor(skeleton.bones, dtype=torch.long).view(-1, 2).T

    # One frame's edges, relative to its first node; the first frame has no links back.
    source = torch.cat([parent, child, joints, joints - num_joints])
    target = torch.cat([child, parent, joints - num_joints, joints])
    kind = torch.full_like(source, NEXT_FRAME)
    kind[: 2 * len(parent)] = BONE

    first_node = torch.arange(num_frames)[:, None] * num_joints
    edge_index = torch.stack([(first_node + source).flatten(), (first_node + target).flatten()])
    edge_type = kind.repeat(num_frames)
    inside = (edge_index >= 0).all(0)
    return edge_index[:, inside], edge_type[inside]
