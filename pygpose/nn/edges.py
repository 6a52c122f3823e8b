"""The edges of a motion graph, ready for the graph convolutions of a network at each of its strides.

Inside a network, features lie as ``[J, B, T, C]``. Where every frame of every clip has the same edges, all frames share
one small graph (:class:`SharedEdges`); any other graph is convolved over by message passing (:class:`NodeEdges`). Both
use the same weights and give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from graphs import NUM_PARTITIONS, FrameEdges, MotionGraph, graph_partition, partition
from graphs.edge_kinds import BONE, NEXT_FRAME
from graphs.partition import check_types
from pygpose.nn.dense_partition_conv import dense_partition_conv
from pygpose.nn.partition_conv import PartitionConv
from pygpose.nn.shared_graph import RowSum, SharedGraph

GraphBackend = Literal["matmul", "message_passing"]


@dataclass(frozen=True)
class EdgeLabels:
    """Which edges share a weight matrix: what a network knows of its edges when it is built.

    Args:
        strategy: Partition of self loops and bones: ``uniform``, ``distance`` or ``spatial``.
        legacy: The labels of the widely copied code (:func:`graphs.partition`).
        further: Edge types beside bones and next frames, each with a weight matrix of its own.
        bones: Without bones, every joint has only its self loop: UGCN's "without spatial graph".
    """

    strategy: str = "spatial"
    legacy: bool = False
    further: tuple[int, ...] = ()
    bones: bool = True

    @property
    def num_partitions(self) -> int:
        """Weight matrices of a graph convolution."""
        return NUM_PARTITIONS[self.strategy] + len(self.further) if self.bones else 1

    def of_frame(self, edges: FrameEdges) -> tuple[Tensor, Tensor]:
        """The edges inside one frame, self loops among them, and their labels."""
        edge_index, edge_type = edges.same_frame()
        if not self.bones:
            edge_index, edge_type = edge_index[:, :0], edge_type[:0]
        return partition(
            edge_index,
            edge_type,
            num_nodes=edges.num_joints,
            roots=torch.tensor([edges.root]),
            strategy=self.strategy if self.bones else "uniform",
            further=self.further,
            legacy=self.legacy,
        )

    def of_graph(self, graph: MotionGraph) -> tuple[Tensor, Tensor]:
        """The edges between all nodes of a graph, self loops among them, and their labels."""
        if self.bones:
            return graph_partition(graph, self.strategy, further=self.further, legacy=self.legacy)
        loops = torch.arange(graph.num_nodes, device=graph.edge_index.device)
        return torch.stack([loops, loops]), torch.zeros_like(loops)


class SharedEdges(nn.Module):
    """One frame's edges that all frames share, and edges to frames before and after that repeat in every frame.

    Args:
        edges: What repeats; bones lie inside a frame.
        labels: Their weight matrices.
    """

    def __init__(self, edges: FrameEdges, labels: EdgeLabels) -> None:
        super().__init__()
        edges = edges.without(NEXT_FRAME)
        edge_index, label = labels.of_frame(edges)
        # Kinds with edges that leave their frame are far: each is convolved over by itself, all others together.
        check_types({kind for _, _, _, kind in edges.joins} if labels.bones else (), labels.further)
        far = sorted({kind for _, _, offset, kind in edges.joins if offset}) if labels.bones else []
        first = labels.num_partitions - len(labels.further)
        far_labels = [first + labels.further.index(kind) for kind in far]
        self.near_labels = [number for number in range(labels.num_partitions) if number not in far_labels]
        near = torch.isin(label, torch.tensor(self.near_labels))
        place = torch.tensor([self.near_labels.index(number) for number in label[near].tolist()], dtype=torch.long)
        self.shared = SharedGraph(edge_index[:, near], place, len(self.near_labels), edges.num_joints)
        self.far_labels = far_labels
        self.far = nn.ModuleList(FarEdges(edges, kind) for kind in far)

    @staticmethod
    def can_hold(edges: FrameEdges) -> bool:
        """Whether all bones lie inside a frame."""
        return all(offset == 0 for _, _, offset, kind in edges.joins if kind == BONE)

    def convolve(self, conv: PartitionConv, x: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        joints, batch, frames, _ = x.shape
        weight = conv.weight[self.near_labels] if self.far_labels else conv.weight
        out = dense_partition_conv(x.flatten(1, 2), weight, self.shared).view(joints, batch, frames, -1)
        for number, edges in zip(self.far_labels, self.far, strict=True):
            out = out + edges(x @ conv.weight[number].to(x.dtype))
        return out if conv.bias is None else out + conv.bias


class FarEdges(nn.Module):
    r"""Mean over the edges of one type into each node, some of which come from other frames.

    Shapes:
        - **input, output:** :math:`(J, B, T, C)`
    """

    def __init__(self, edges: FrameEdges, kind: int) -> None:
        super().__init__()
        self.steps = [offset for offset in edges.offsets if (edges.at_offset(offset)[1] == kind).any()]
        self.gather = nn.ModuleList()
        counts = []
        for offset in self.steps:
            edge_index, kinds = edges.at_offset(offset)
            source, target = edge_index[:, kinds == kind]
            matrix = torch.zeros(edges.num_joints, edges.num_joints, dtype=torch.float64)
            matrix.index_put_((target, source), torch.ones(len(source), dtype=matrix.dtype), accumulate=True)
            self.gather.append(RowSum(matrix))
            counts.append(matrix.sum(1))
        self.register_buffer("counts", torch.stack(counts), persistent=False)

    counts: Tensor

    def forward(self, x: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        joints, _, frames, _ = x.shape
        total, count = torch.zeros_like(x), x.new_zeros(joints, frames)
        for offset, gather, each in zip(self.steps, self.gather, self.counts, strict=True):
            if abs(offset) >= frames:
                continue
            here = slice(max(-offset, 0), frames - max(offset, 0))
            there = slice(max(offset, 0), frames - max(-offset, 0))
            sums = gather(x[:, :, there].reshape(joints, -1)).view(joints, x.size(1), -1, x.size(3))
            total = total + F.pad(sums, (0, 0, here.start, frames - here.stop))
            count[:, here] += each[:, None].to(x.dtype)
        return total / count.clamp(min=1)[:, None, :, None]


class NodeEdges(nn.Module):
    """Edges between the nodes of a graph, for message passing.

    Args:
        edge_index: Source and target of every edge, over ``num_nodes`` nodes.
        label: The weight matrix of every edge.
        num_nodes: Nodes of the graph; clips or frames that share it are passed over together.
    """

    edge_index: Tensor
    label: Tensor

    def __init__(self, edge_index: Tensor, label: Tensor, num_nodes: int) -> None:
        super().__init__()
        self.num_nodes = num_nodes
        self.register_buffer("edge_index", edge_index, persistent=False)
        self.register_buffer("label", label, persistent=False)

    def convolve(self, conv: PartitionConv, x: Float[Tensor, "joints batch frames channels"]) -> Tensor:
        joints, batch, frames, _ = x.shape
        nodes = x.permute(1, 2, 0, 3).reshape(-1, self.num_nodes, x.size(3))
        out = conv(nodes, self.edge_index, self.label)
        return out.view(batch, frames, joints, -1).permute(2, 0, 1, 3)


Edges = SharedEdges | NodeEdges


@lru_cache(maxsize=64)
def shared_edges(edges: FrameEdges, labels: EdgeLabels, device: torch.device) -> SharedEdges:
    """:class:`SharedEdges`, made once for each graph and device."""
    with torch.inference_mode(False):
        return SharedEdges(edges, labels).to(device)


def graph_edges(
    graph: MotionGraph, stride: int, labels: EdgeLabels, backend: GraphBackend, device: torch.device
) -> Edges:
    """The edges of a graph for a layer whose frames are groups of ``stride`` frames, in the fastest form that holds
    them.

    Raises:
        ValueError: For edge types that ``labels`` have no weights for.
    """
    frame = graph.frame_edges
    if backend == "matmul" and frame is not None and SharedEdges.can_hold(frame):
        return shared_edges(frame.coarsen(stride), labels, device)
    key = ("edges", stride, labels, device)
    if key not in graph.operators:
        with torch.inference_mode(False):
            if frame is not None and frame.without(NEXT_FRAME).offsets in ((), (0,)):
                made = NodeEdges(*labels.of_frame(frame.without(NEXT_FRAME)), graph.num_joints)
            else:
                coarse = graph.coarsen(stride)
                made = NodeEdges(*labels.of_graph(coarse), coarse.num_nodes)
            graph.operators[key] = made.to(device)
    return graph.operators[key]
