"""The edges that repeat in every frame of a motion graph."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor


@dataclass(frozen=True)
class FrameEdges:
    """What every frame of a motion graph has alike; hashable, so that operators can be kept by it.

    Args:
        joins: For each edge the source joint, the target joint, the frames from the target's frame to the source's, and
            the edge type.
        num_joints: :math:`J`.
        root: The joint from which distances are counted.
    """

    joins: tuple[tuple[int, int, int, int], ...]
    num_joints: int
    root: int

    def same_frame(self) -> tuple[Int[Tensor, "2 edges"], Int[Tensor, " edges"]]:
        """``edge_index`` and ``edge_type`` of the edges inside one frame, over its J joints."""
        return self.at_offset(0)

    def at_offset(self, frames: int) -> tuple[Int[Tensor, "2 edges"], Int[Tensor, " edges"]]:
        """Joints and types of the edges whose source stands this many frames after their target."""
        found = [(source, target, kind) for source, target, offset, kind in self.joins if offset == frames]
        table = torch.tensor(found, dtype=torch.long).view(-1, 3).T
        return table[:2], table[2]

    @property
    def offsets(self) -> tuple[int, ...]:
        """The numbers of frames between source and target that occur."""
        return tuple(sorted({offset for _, _, offset, _ in self.joins}))

    def without(self, kind: int) -> FrameEdges:
        """The edges of all other types."""
        return FrameEdges(tuple(join for join in self.joins if join[3] != kind), self.num_joints, self.root)

    def coarsen(self, stride: int) -> FrameEdges:
        """The edges between groups of ``stride`` frames that become one frame each: two groups are joined where any of
        their frames are, once for each edge type; an edge from a joint to itself falls away."""
        joins = set()
        for source, target, offset, kind in self.joins:
            for place in range(stride):  # of the target in its group
                group = (place + offset) // stride
                if group or source != target:
                    joins.add((source, target, group, kind))
        return FrameEdges(tuple(sorted(joins)), self.num_joints, self.root)

    def over(self, num_frames: int) -> tuple[Int[Tensor, "2 edges"], Int[Tensor, " edges"]]:
        """``edge_index`` and ``edge_type`` of a clip: these edges in every frame, without those that leave the clip."""
        source, target, offset, kind = torch.tensor(self.joins, dtype=torch.long).view(-1, 4).T
        frames = torch.arange(num_frames)[:, None]
        later = frames + offset
        edge_index = torch.stack(
            [(later * self.num_joints + source).flatten(), (frames * self.num_joints + target).flatten()]
        )
        inside = ((later >= 0) & (later < num_frames)).flatten()
        return edge_index[:, inside], kind.repeat(num_frames)[inside]


def find_frame_edges(
    edge_index: Tensor, edge_type: Tensor, frames: int, joints: int, clips: int, root: int
) -> FrameEdges | None:
    """The edges that repeat in every frame of every clip; None where frames or clips differ."""
    frame, joint = edge_index // joints, edge_index % joints  # frames are counted on from clip to clip
    offset = frame[0] - frame[1]
    span, most = 2 * frames - 1, int(edge_type.max()) + 1 if edge_type.numel() else 1
    join = ((joint[0] * joints + joint[1]) * span + offset + frames - 1) * most + edge_type
    found, counts = join.unique(return_counts=True)
    once = torch.stack([join, frame[1]]).unique(dim=1).size(1) == join.numel()
    kind, rest = found % most, found // most
    offset, pair = rest % span - frames + 1, rest // span
    if not once or not torch.equal(counts, clips * (frames - offset.abs())):
        return None
    columns = (column.tolist() for column in (pair // joints, pair % joints, offset, kind))
    return FrameEdges(tuple(zip(*columns, strict=True)), joints, root)
