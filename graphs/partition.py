"""Partitions of a skeleton's edges, after which ST-GCN chooses a weight matrix for each edge."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from graphs.skeleton import Skeleton

NUM_PARTITIONS = {"uniform": 1, "distance": 2, "spatial": 3}


def partition_edges(
    skeleton: Skeleton, strategy: str = "spatial", *, legacy: bool = False
) -> tuple[Int[Tensor, "2 edges"], Int[Tensor, " edges"]]:
    """Both directions of every bone and a self loop at every joint, each with its partition's label.

    - ``uniform``: all edges 0.
    - ``distance``: self loops 0, bones 1.
    - ``spatial``: self loops 0; edges whose source is closer to the root than their target 1
      (the message comes from the root's side); edges whose source is further 2.

    Distances are counted in bones along the tree. In a tree no bone joins two joints at the same distance, so
    H36M-17 has 17 self loops, 16 closer and 16 further edges.

    Args:
        skeleton: Gives bones and root.
        strategy: One of the three names.
        legacy: Label as the widely copied ST-GCN code does, to compare with it: with its distances cut off at one hop,
            joints two or more bones from the root lie at infinite distance; edges whose source is further from the
            root than their target, or as far, have label 1, the others 2 (H36M-17: 26 and 6). Its sides are those of
            the paper turned round, as its products read the adjacency's rows as sources.

    Shapes:
        - **edge_index:** :math:`(2, J + 2(J-1))`, source and target joint, sorted
        - **label:** :math:`(E)` in :math:`0..K-1`

    Raises:
        ValueError: For an unknown strategy.
    """
    if strategy not in NUM_PARTITIONS:
        raise ValueError(f"unknown partition '{strategy}'; known: {', '.join(NUM_PARTITIONS)}")
    source, target = np.nonzero(skeleton.distances <= 1)
    if strategy == "uniform":
        label = np.zeros_like(source)
    elif strategy == "distance":
        label = (source != target).astype(int)
    else:
        to_root = skeleton.distances[skeleton.root]
        if legacy:
            to_root = np.where(to_root <= 1, to_root, np.inf)
            first = to_root[source] >= to_root[target]
        else:
            first = to_root[source] < to_root[target]
        label = np.where(source == target, 0, np.where(first, 1, 2))
    return torch.from_numpy(np.stack([source, target])), torch.from_numpy(label)
