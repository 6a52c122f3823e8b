"""The edges of every level of a network that halves its frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import mul

import torch
from torch import nn

from graphs import MotionGraph, Skeleton
from graphs.edge_kinds import NEXT_FRAME
from pygpose.nn.edges import EdgeLabels, Edges, GraphBackend, SharedEdges, graph_edges


class EdgesByLevel(nn.Module):
    """The edges that the graph convolutions of every level run over: the skeleton's, or those of data.

    Level 0 has all frames, and every stride of 2 makes groups of two frames one frame of the next level.
    """

    def __init__(
        self, skeleton: Skeleton, graph: str, labels: EdgeLabels, strides: Sequence[int], backend: GraphBackend
    ) -> None:
        super().__init__()
        self.skeleton, self.graph_text, self.labels = skeleton, graph, labels
        self.backend: GraphBackend = backend
        self.strides = list(accumulate(strides, mul, initial=1))
        with torch.device("cpu"):  # edges are looked at, also where a network is only planned
            self._make(skeleton, graph, labels, backend)

    def _make(self, skeleton: Skeleton, graph: str, labels: EdgeLabels, backend: GraphBackend) -> None:
        own = MotionGraph.of_skeleton(skeleton, 1, graph).frame_edges
        assert own is not None
        self.root, self.joins = own.root, frozenset(own.without(NEXT_FRAME).joins)
        self.own = nn.ModuleList()
        if backend == "matmul":
            made = {edges: SharedEdges(edges, labels) for edges in map(own.coarsen, self.strides)}
            self.own.extend(made[own.coarsen(stride)] for stride in self.strides)

    def forward(self, graph: MotionGraph | None, frames: int, device: torch.device, before: int = 0) -> Sequence[Edges]:
        """The edges of every level, of the skeleton where there is no ``graph``; of ``frames`` frames, ``before`` of
        which come before those of the graph."""
        if self.own and (graph is None or self._is_own(graph)):
            return list(self.own)  # pyright: ignore[reportReturnType]: modules of this kind
        if graph is None:
            graph = MotionGraph.of_skeleton(self.skeleton, frames, self.graph_text)
        key, long = ("lengthened", frames, before), graph
        if graph.num_frames != frames:
            if key not in graph.operators:
                graph.operators[key] = graph.lengthened(frames, before)
            long = graph.operators[key]
        return [graph_edges(long, stride, self.labels, self.backend, device) for stride in self.strides]

    def _is_own(self, graph: MotionGraph) -> bool:
        edges = graph.frame_edges
        return (
            edges is not None and edges.root == self.root and frozenset(edges.without(NEXT_FRAME).joins) == self.joins
        )
