"""Whether edges are those of a motion graph."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from graphs.edge_kinds import edge_numbers

INTEGERS = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8)


def check_edges(edge_index: Any, edge_type: Any, clip_nodes: int, clips: int) -> None:
    """Refuse what is no ``edge_index`` and ``edge_type`` of ``clips`` clips of ``clip_nodes`` nodes each.

    Raises:
        ValueError: For other shapes, numbers that are no integers, nodes that do not exist, edges between clips, and
            edge types that are not registered.
    """
    for name, value, shape in (("edge_index", edge_index, "[2, E]"), ("edge_type", edge_type, "[E]")):
        if not isinstance(value, Tensor):
            raise ValueError(f"{name} must be a torch tensor of integers {shape}, got {type(value).__name__}")
        if value.dtype not in INTEGERS:
            raise ValueError(f"{name} must hold integers {shape}, got {value.dtype}; convert it with .long()")
    if edge_index.dim() != 2 or edge_index.size(0) != 2 or edge_type.shape != edge_index.shape[1:]:
        raise ValueError(
            f"edge_index must be [2, E] and edge_type [E], got {list(edge_index.shape)} and {list(edge_type.shape)}; "
            "change both together"
        )
    if not edge_type.numel():
        return
    low, high = int(edge_index.min()), int(edge_index.max())
    if low < 0 or high >= clips * clip_nodes:
        raise ValueError(
            f"edge_index names node {low if low < 0 else high}, and the clips have nodes 0..{clips * clip_nodes - 1}; "
            "give the graph of this skeleton and length"
        )
    apart = edge_index[0] // clip_nodes != edge_index[1] // clip_nodes
    if apart.any():
        one, two = edge_index[:, apart][:, 0].tolist()
        raise ValueError(f"edge_index joins nodes {one} and {two} of different clips of the batch; remove such edges")
    unknown = sorted(set(edge_type.unique().tolist()) - set(edge_numbers()))
    if unknown:
        known = ", ".join(f"{number} {name}" for number, name in sorted(edge_numbers().items()))
        raise ValueError(f"edge_type {unknown[0]} is no known kind of edges; known: {known} (graphs.register_edges)")
