"""Where next-frame edges are missing: the cuts of clips."""

from __future__ import annotations

import torch
from torch import Tensor

from graphs.edge_kinds import NEXT_FRAME


def find_stretches(
    edge_index: Tensor, edge_type: Tensor, frames: int, joints: int, clips: int
) -> list[list[tuple[int, int]]]:
    """For each clip the stretches of frames that next-frame edges hold together, as (start, stop).

    Raises:
        ValueError: Where only some joints are joined over two frames, a next-frame edge joins anything else than a
            joint and itself in neighbouring frames, and where another edge joins frames that a cut separates.
    """
    clip, frame, joint = edge_index // (frames * joints), edge_index // joints % frames, edge_index % joints
    follows = edge_type == NEXT_FRAME
    step = frame[0] - frame[1]
    odd = follows & ((step.abs() != 1) | (joint[0] != joint[1]))
    if odd.any():
        one, two = edge_index[:, odd][:, 0].tolist()
        raise ValueError(
            f"edge_index has a next-frame edge (edge_type {NEXT_FRAME}) from node {one} to node {two}, which are not "
            "one joint in two frames that follow each other; give the edge another type, or remove it"
        )
    linked = torch.zeros(clips, frames, joints, 2, dtype=torch.bool)
    earlier = frame.min(0).values
    linked[clip[0][follows], earlier[follows], joint[0][follows], (step[follows] > 0).long()] = True
    count = linked.sum((2, 3))[:, :-1]
    partial = (count > 0) & (count < 2 * joints)
    if partial.any():
        of, at = partial.nonzero()[0].tolist()
        raise ValueError(
            f"edge_type {NEXT_FRAME} joins frames {at} and {at + 1} of clip {of} at some joints and directions only; "
            "remove all next-frame edges between two frames to cut a clip there, or none"
        )
    cut = torch.nn.functional.pad((count == 0).long(), (1, 0))
    number = cut.cumsum(1)  # of the stretch that a frame is in
    torn = ~follows & (number[clip[0], frame[0]] != number[clip[1], frame[1]])
    if torn.any():
        one, two = edge_index[:, torn][:, 0].tolist()
        raise ValueError(
            f"edge_index joins nodes {one} and {two}, which lie on two sides of a cut (no next-frame edges); remove "
            "that edge, or join the frames"
        )
    found = []
    for row in cut:
        starts = [0, *(row.nonzero().flatten().tolist())]
        found.append(list(zip(starts, [*starts[1:], frames], strict=True)))
    return found
