"""Partitions of a graph's edges, after which ST-GCN chooses a weight matrix for each edge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphs.edge_kinds import BONE, NEXT_FRAME, edge_numbers
from graphs.motion_graph import MotionGraph
from graphs.skeleton import Skeleton

NUM_PARTITIONS = {"uniform": 1, "distance": 2, "spatial": 3}


def partition(
    edge_index: Int[Tensor, "2 edges"],
    edge_type: Int[Tensor, " edges"],
    *,
    num_nodes: int,
    roots: Int[Tensor, " roots"],
    strategy: str = "spatial",
    further: Sequence[int] = (),
    legacy: bool = False,
) -> tuple[Int[Tensor, "2 labelled"], Int[Tensor, " labelled"]]:
    """The edges that a spatial graph convolution runs over, a self loop at every node among them, and their labels.

    Next-frame edges are left out: the temporal convolution is theirs. Bones are labelled by the strategy:

    - ``uniform``: self loops and bones 0.
    - ``distance``: self loops 0, bones 1.
    - ``spatial``: self loops 0; bones whose source is closer to the root than their target 1 (the message comes from
      the root's side); bones whose source is farther 2. In a graph with cycles a bone may join two nodes at one
      distance from the root, and a bone may lie where no root reaches: such bones have label 0, as in ST-GCN.

    Edges of each further type have a label of their own after those, in the order of ``further``.

    Distances are counted in bones, in either direction of a bone, from the nearest root, on the edges themselves.

    Args:
        edge_index: Source and target of every edge.
        edge_type: The kind of every edge (:mod:`graphs.edge_kinds`).
        num_nodes: Nodes of the graph.
        roots: The nodes from which distances are counted.
        strategy: One of the three names.
        further: The edge types, other than bones and next frames, that the graph may have.
        legacy: Label as the widely copied ST-GCN code does, to compare with it: with its distances cut off at one hop,
            joints two or more bones from the root lie at infinite distance; bones whose source is farther from the
            root than their target, or as far, have label 1, the others 2 (H36M-17: 26 and 6). Its sides are those of
            the paper turned round, as its products read the adjacency's rows as sources.

    Shapes:
        - **edge_index:** :math:`(2, E)`, sorted by source, then target
        - **label:** :math:`(E)` in :math:`0..K-1`

    Raises:
        ValueError: For an unknown strategy, and for an edge type that is neither a bone, a next frame nor in
            ``further``.
    """
    if strategy not in NUM_PARTITIONS:
        raise ValueError(f"unknown partition '{strategy}'; known: {', '.join(NUM_PARTITIONS)}")
    check_types(edge_type.unique().tolist(), further)
    keep = (edge_type != NEXT_FRAME) & (edge_index[0] != edge_index[1])
    (source, target), edge_type = edge_index[:, keep], edge_type[keep]
    if strategy == "spatial":
        bone = edge_type == BONE
        steps = root_distances(torch.stack([source[bone], target[bone]]), num_nodes, roots)
        if legacy:
            steps = torch.where(steps <= 1, steps, torch.inf)
            label = torch.where(steps[source] >= steps[target], 1, 2)
        else:
            label = (steps[source] < steps[target]).long() + 2 * (steps[source] > steps[target]).long()
    else:
        label = torch.full_like(source, int(strategy == "distance"))
    for place, number in enumerate(further):
        label = torch.where(edge_type == number, NUM_PARTITIONS[strategy] + place, label)
    loops = torch.arange(num_nodes, device=source.device)
    source, target = torch.cat([source, loops]), torch.cat([target, loops])
    label = torch.cat([label, torch.zeros_like(loops)])
    order = (source * num_nodes + target).argsort(stable=True)
    return torch.stack([source, target])[:, order], label[order]


def check_types(edge_types: Iterable[int], further: Sequence[int]) -> None:
    """Refuse edges that a network has no weights for.

    Raises:
        ValueError: For an edge type that is neither a bone, a next frame nor in ``further``.
    """
    stray = sorted(set(edge_types) - {BONE, NEXT_FRAME, *further})
    if stray:
        names = edge_numbers()
        has = ", ".join(names.get(number, str(number)) for number in (BONE, NEXT_FRAME, *further))
        name = names.get(stray[0], "...")
        graph = "+".join(["bones", *(names[number] for number in further), name])
        raise ValueError(
            f"edge_type holds {stray[0]} ({name}), for which the model has no weights; it has weights for {has}. "
            f"Remove those edges, or build the model with graph='{graph}'"
        )


def root_distances(
    bones: Int[Tensor, "2 edges"], num_nodes: int, roots: Int[Tensor, " roots"]
) -> Float[Tensor, " nodes"]:
    """Number of bones from each node to the nearest root; infinite where no root reaches."""
    steps = torch.full((num_nodes,), torch.inf, device=bones.device)
    steps[roots] = 0
    ends, others = torch.cat([bones, bones.flip(0)], 1)
    while True:
        nearer = steps.scatter_reduce(0, others, steps[ends] + 1, "amin")
        if torch.equal(nearer, steps):
            return steps
        steps = nearer


def graph_partition(
    graph: MotionGraph, strategy: str = "spatial", *, further: Sequence[int] = (), legacy: bool = False
) -> tuple[Int[Tensor, "2 edges"], Int[Tensor, " edges"]]:
    """:func:`partition` of all nodes of a motion graph; every frame's root joint is a root."""
    roots = torch.arange(graph.root, graph.num_nodes, graph.num_joints, device=graph.edge_index.device)
    return partition(
        graph.edge_index,
        graph.edge_type,
        num_nodes=graph.num_nodes,
        roots=roots,
        strategy=strategy,
        further=further,
        legacy=legacy,
    )


def partition_edges(
    skeleton: Skeleton, strategy: str = "spatial", *, legacy: bool = False
) -> tuple[Int[Tensor, "2 edges"], Int[Tensor, " edges"]]:
    """:func:`partition` of one frame of a skeleton: H36M-17 has 17 self loops, 16 closer and 16 farther edges.

    Raises:
        ValueError: For an unknown strategy.
    """
    return graph_partition(MotionGraph.of_skeleton(skeleton, 1), strategy, legacy=legacy)
