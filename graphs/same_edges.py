"""Whether the edges of a batch are those of one clip, over and over."""

from __future__ import annotations

import torch
from torch import Tensor


def same_edges(given: tuple[Tensor, Tensor], one_clip: tuple[Tensor, Tensor], clips: int, clip_nodes: int) -> bool:
    """Whether ``edge_index`` and ``edge_type`` hold exactly the edges of one clip, in its order, for each clip.

    Args:
        given: ``edge_index`` and ``edge_type`` of the batch.
        one_clip: The same of one clip, on the device of ``edge_index``.
        clips: Clips of the batch.
        clip_nodes: Nodes of a clip.
    """
    (edge_index, edge_type), (ours, kinds) = given, one_clip
    edges = kinds.numel()
    if edge_index.dtype != torch.long or edge_type.dtype != torch.long or edge_type.device != edge_index.device:
        return False
    if edge_index.shape != (2, clips * edges) or edge_type.shape != (clips * edges,):
        return False
    if clips == 1:
        return torch.equal(edge_index, ours) and torch.equal(edge_type, kinds)
    first = torch.arange(clips, device=ours.device)[:, None] * clip_nodes
    in_clip = edge_index.view(2, clips, edges) - first
    return torch.equal(in_clip, ours[:, None].expand(-1, clips, -1)) and torch.equal(
        edge_type.view(clips, edges), kinds.expand(clips, -1)
    )
