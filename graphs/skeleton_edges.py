"""The edges of a skeleton over any number of frames."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from graphs.edge_kinds import EDGE_KINDS, parse_graph
from graphs.frame_edges import FrameEdges
from graphs.skeleton import Skeleton

Extra = tuple[tuple[int, int], ...]
_LONGEST: dict[tuple[Skeleton, str, Extra], tuple[Tensor, Tensor]] = {}
_LENT: dict[tuple[Skeleton, str, Extra], tuple[Tensor, Tensor]] = {}


def extra_pairs(skeleton: Skeleton, extra_bones: Sequence[tuple[str, str]]) -> Extra:
    """The joints of bones that a skeleton does not have, by name.

    Raises:
        ValueError: For pairs of unknown or equal joints, or of joints that a bone joins already.
    """
    pairs = tuple((skeleton.index(first), skeleton.index(second)) for first, second in extra_bones)
    for first, second in pairs:
        if first == second:
            raise ValueError(f"extra bone of '{skeleton.joints[first]}' joins the joint with itself; name two joints")
        if skeleton.distances[first, second] == 1:
            ends = f"'{skeleton.joints[first]}' and '{skeleton.joints[second]}'"
            raise ValueError(f"extra bone between {ends}, which a bone of the skeleton joins already; leave it out")
    return pairs


def skeleton_frame_edges(skeleton: Skeleton, graph: str, extra: Extra) -> FrameEdges:
    """The edges that a skeleton has in every frame: for each kind, one direction of all pairs, then the other.

    Raises:
        ValueError: For a kind that joins joints which the skeleton does not have.
    """
    joins: list[tuple[int, int, int, int]] = []
    for name in parse_graph(graph):
        kind = EDGE_KINDS[name]
        pairs = [*kind.joins(skeleton), *(extra if name == "bones" else ())]
        wrong = [pair for pair in pairs if not all(0 <= joint < skeleton.num_joints for joint in pair)]
        if wrong:
            raise ValueError(
                f"edges '{name}' join {wrong[0]}, and skeleton '{skeleton.name}' has joints "
                f"0..{skeleton.num_joints - 1}"
            )
        if kind.frames_on:
            joins += [(second, first, kind.frames_on, kind.number) for first, second in pairs]
            joins += [(first, second, -kind.frames_on, kind.number) for first, second in pairs]
        else:
            joins += [(first, second, 0, kind.number) for first, second in pairs]
            joins += [(second, first, 0, kind.number) for first, second in pairs]
    return FrameEdges(tuple(dict.fromkeys(joins)), skeleton.num_joints, skeleton.root)


def skeleton_edges(skeleton: Skeleton, num_frames: int, graph: str, extra: Extra) -> tuple[Tensor, Tensor]:
    """``edge_index`` and ``edge_type`` of a clip: views of the longest graph made so far, for our own use.

    Frame by frame, the edges inside a frame and its links to frames before follow each other.
    """
    if num_frames < 1:
        raise ValueError(f"a motion graph needs at least 1 frame, got num_frames={num_frames}")
    joins = skeleton_frame_edges(skeleton, graph, extra).joins
    num_edges = sum(max(num_frames - abs(offset), 0) for _, _, offset, _ in joins)
    key = (skeleton, graph, extra)
    if key not in _LONGEST or _LONGEST[key][1].numel() < num_edges:
        # The later frame of each edge counts: an edge belongs to it and points back or comes from before.
        source, target, offset, kind = torch.tensor(joins, dtype=torch.long).view(-1, 4).T
        frames, joints = torch.arange(max(2 * num_frames, 1024))[:, None], skeleton.num_joints
        edge_index = torch.stack(
            [
                ((frames - (-offset).clamp(min=0)) * joints + source).flatten(),
                ((frames - offset.clamp(min=0)) * joints + target).flatten(),
            ]
        )
        inside = (frames >= offset.abs()).flatten()
        _LONGEST[key] = edge_index[:, inside], kind.repeat(len(frames))[inside]
    edge_index, edge_type = _LONGEST[key]
    return edge_index[:, :num_edges], edge_type[:num_edges]


def lent_edges(skeleton: Skeleton, num_frames: int, graph: str, extra: Extra) -> tuple[Tensor, Tensor]:
    """The same edges for clips, which all share the memory of another copy. Whoever writes into the edges of a clip
    writes into this memory: then the clips that follow get a copy of their own."""
    edges = skeleton_edges(skeleton, num_frames, graph, extra)[1].numel()
    key = (skeleton, graph, extra)
    longest, lent = _LONGEST[key], _LENT.get(key)
    if lent is None or lent[1].numel() < longest[1].numel() or any(part._version for part in lent):
        with torch.inference_mode(False):
            lent = _LENT[key] = longest[0].clone(), longest[1].clone()
    return lent[0][:, :edges], lent[1][:edges]
