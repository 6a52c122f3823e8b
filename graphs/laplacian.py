"""The motion graph's Laplacian, as a sparse matrix and as an operator."""

from __future__ import annotations

import math
import warnings
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch_geometric.utils import get_laplacian

from graphs.edge_kinds import EDGE_KINDS
from graphs.frame_edges import FrameEdges
from graphs.motion_graph import MotionGraph
from graphs.skeleton import Skeleton

Normalization = Literal["sym", "rw"] | None
Backend = Literal["sparse", "product"]


def laplacian(
    edge_index: Int[Tensor, "2 edges"],
    edge_type: Int[Tensor, " edges"],
    num_nodes: int,
    *,
    spatial_weight: float = 1.0,
    temporal_weight: float = 1.0,
    normalization: Normalization = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    r"""Laplacian of a motion graph as a sparse CSR matrix ``[N, N]``, by :func:`torch_geometric.utils.get_laplacian`.

    .. math:: L = D - A, \qquad L_\text{sym} = I - D^{-1/2} A D^{-1/2}, \qquad L_\text{rw} = I - D^{-1} A

    with :math:`A` the weighted adjacency (source, target): ``spatial_weight`` on kinds of edges inside a frame such as
    bones, ``temporal_weight`` on kinds of edges between frames (eq. 3 of CVM-Net has both 1). Self loops do not count.

    Raises:
        ValueError: For a negative or infinite weight or an unknown normalization.
    """
    _check(spatial_weight, temporal_weight, normalization)
    kinds = [EDGE_KINDS[name] for name in EDGE_KINDS]
    weights = torch.zeros(max(kind.number for kind in kinds) + 1, dtype=dtype)
    for kind in kinds:
        weights[kind.number] = temporal_weight if kind.frames_on else spatial_weight
    weight = weights.to(edge_type.device)[edge_type]
    edge_index, weight = get_laplacian(edge_index, weight, normalization=normalization, num_nodes=num_nodes)
    entries = torch.sparse_coo_tensor(edge_index, weight, (num_nodes, num_nodes), check_invariants=True).coalesce()
    return _to_csr(entries)


def motion_laplacian(skeleton: Skeleton, num_frames: int, *, dtype: torch.dtype = torch.float32, **options) -> Tensor:
    """:func:`laplacian` of the motion graph of a skeleton, :math:`N = TJ`, with the same options."""
    graph = MotionGraph.of_skeleton(skeleton, num_frames)
    return laplacian(graph.edge_index, graph.edge_type, graph.num_nodes, dtype=dtype, **options)


class Laplacian(torch.nn.Module):
    r"""Applies a motion graph's Laplacian to a pose sequence: differential coordinates :math:`\Delta = LP`.

    Two backends give the same numbers. ``sparse`` multiplies by the CSR matrix built from ``edge_index``
    (``torch.sparse.mm`` on ``[N, C B]``) and takes any graph. ``product`` takes graphs that are the Cartesian product
    of one frame's edges and links of every joint over time, :math:`L = L_T \otimes I_J + I_T \otimes L_J`: one
    :math:`J \times J` product and a second difference in time.

    Operators are built once for each graph, precision and device, and kept by the graph.

    Args:
        skeleton: Gives the graph of inputs that come without one.
        spatial_weight: Weight of an edge inside a frame, such as a bone.
        temporal_weight: Weight of an edge between frames, such as a joint's next frame.
        normalization: ``None``, ``"sym"`` or ``"rw"``, as in :func:`torch_geometric.utils.get_laplacian`.
        backend: ``"sparse"`` or ``"product"``.

    Shapes:
        - **input:** :math:`(B, T, J, C)`, and a graph of one such clip, which all share, or of B of them
        - **output:** :math:`(B, T, J, C)`, in single precision where the input has half, also under autocast

    Raises:
        ValueError: For unknown options, for an input of another joint count, for a graph of other frames, joints or
            clips than the input, and where ``product`` gets a graph that is no product.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        *,
        spatial_weight: float = 1.0,
        temporal_weight: float = 1.0,
        normalization: Normalization = None,
        backend: Backend = "sparse",
    ) -> None:
        super().__init__()
        _check(spatial_weight, temporal_weight, normalization)
        if backend not in ("sparse", "product"):
            raise ValueError(f"unknown Laplacian backend '{backend}'; known: sparse, product")
        self.skeleton = skeleton
        self.spatial_weight = spatial_weight
        self.temporal_weight = temporal_weight
        self.normalization: Normalization = normalization
        self.backend: Backend = backend

    def forward(self, pose: Float[Tensor, "batch frames joints channels"], graph: MotionGraph | None = None) -> Tensor:
        if pose.dim() != 4 or pose.size(2) != self.skeleton.num_joints:
            raise ValueError(
                f"Laplacian of skeleton '{self.skeleton.name}' expects [B, T, {self.skeleton.num_joints}, C], "
                f"got {list(pose.shape)}"
            )
        if graph is None:
            graph = MotionGraph.of_skeleton(self.skeleton, pose.size(1))
        if not isinstance(graph, MotionGraph):
            raise TypeError(
                f"graph must be a MotionGraph, such as MotionGraph.of_data(clip), got {type(graph).__name__}"
            )
        if (graph.num_frames, graph.num_joints) != pose.shape[1:3] or graph.num_clips not in (1, pose.size(0)):
            raise ValueError(
                f"a Laplacian of {graph} cannot be applied to poses {list(pose.shape)}; give the graph of these clips "
                "as graph"
            )
        pose = pose.to(torch.promote_types(pose.dtype, torch.float32))
        # Plain tensors, not a sparse buffer: sparse tensors break deepcopy, EMA and DDP.
        options = (self.backend, self.spatial_weight, self.temporal_weight, self.normalization)
        key = ("laplacian", *options, pose.device, pose.dtype)
        if key not in graph.operators:
            build = self._csr if self.backend == "sparse" else self._factors
            with torch.inference_mode(False):  # what an evaluation leaves behind must serve training
                graph.operators[key] = tuple(part.to(pose.device) for part in build(graph, pose.dtype))
        with torch.autocast(pose.device.type, enabled=False):  # sparse products have no half precision on the CPU
            if self.backend == "product":
                return self._product(pose, *graph.operators[key])
            if graph.num_clips > 1:
                return _sparse(pose.flatten(0, 1)[None], *graph.operators[key]).view_as(pose)
            return _sparse(pose, *graph.operators[key])

    def _csr(self, graph: MotionGraph, dtype: torch.dtype) -> tuple[Tensor, ...]:
        matrix = laplacian(
            graph.edge_index,
            graph.edge_type,
            graph.num_nodes,
            spatial_weight=self.spatial_weight,
            temporal_weight=self.temporal_weight,
            normalization=self.normalization,
            dtype=dtype,
        )
        return matrix.crow_indices(), matrix.col_indices(), matrix.values()

    def _factors(self, graph: MotionGraph, dtype: torch.dtype) -> tuple[Tensor, ...]:
        """One frame's adjacency, the steps in time, and what multiplies a node before and after its neighbours are
        summed."""
        if graph.frame_edges is None or not _is_product(graph.frame_edges):
            raise ValueError(
                "the Laplacian backend 'product' needs a graph with the same edges in every frame and the same links "
                f"between frames at every joint, and {graph} is another; use backend 'sparse'"
            )
        bones = torch.zeros(graph.num_joints, graph.num_joints, dtype=torch.float64)
        for source, target in graph.frame_edges.same_frame()[0].T.tolist():
            bones[source, target] += self.spatial_weight if source != target else 0.0
        inside = [step for step in graph.frame_edges.offsets if 0 < step < graph.num_frames]
        steps = torch.tensor(inside, dtype=torch.long)
        neighbours = torch.zeros(graph.num_frames, 1, dtype=torch.float64)
        for step in steps.tolist():
            neighbours[step:] += 1
            neighbours[: graph.num_frames - step] += 1
        degree = self.temporal_weight * neighbours + bones.sum(1)
        isolated = degree == 0
        inverse = degree.masked_fill(isolated, 1.0).reciprocal().masked_fill(isolated, 0.0)
        if self.normalization is None:
            diagonal, before, after = degree, torch.ones_like(degree), torch.ones_like(degree)
        elif self.normalization == "rw":
            diagonal, before, after = torch.ones_like(degree), torch.ones_like(degree), inverse
        else:
            diagonal, before, after = torch.ones_like(degree), inverse.sqrt(), inverse.sqrt()
        parts = (bones, diagonal[..., None], before[..., None], after[..., None])
        return (*(part.to(dtype) for part in parts), steps)

    def _product(
        self, pose: Tensor, bones: Tensor, diagonal: Tensor, before: Tensor, after: Tensor, steps: Tensor
    ) -> Tensor:
        scaled = before * pose
        neighbours = torch.einsum("jk,btkc->btjc", bones, scaled)
        weighted = self.temporal_weight * scaled
        for step in steps.tolist():
            pad = torch.zeros_like(weighted[:, :step])
            neighbours = neighbours + torch.cat([weighted[:, step:], pad], 1) + torch.cat([pad, weighted[:, :-step]], 1)
        return diagonal * pose - after * neighbours

    def extra_repr(self) -> str:
        return f"'{self.skeleton.name}', normalization={self.normalization}, backend='{self.backend}'"


def _sparse(pose: Tensor, crow: Tensor, col: Tensor, value: Tensor) -> Tensor:
    batch, frames, joints, channels = pose.shape
    matrix = _csr_tensor(crow, col, value, frames * joints)
    folded = pose.permute(1, 2, 0, 3).reshape(frames * joints, batch * channels)
    return torch.sparse.mm(matrix, folded).view(frames, joints, batch, channels).permute(2, 0, 1, 3)


def _is_product(edges: FrameEdges) -> bool:
    """Whether all edges between frames join every joint with itself, both ways, by kinds that count as temporal."""
    temporal = {EDGE_KINDS[name].number for name in EDGE_KINDS if EDGE_KINDS[name].frames_on}
    if any((kind in temporal) != (offset != 0) for _, _, offset, kind in edges.joins):
        return False
    links = [(source, target, offset) for source, target, offset, _ in edges.joins if offset]
    steps = {abs(offset) for _, _, offset in links}
    whole = [(joint, joint, sign * step) for joint in range(edges.num_joints) for step in steps for sign in (-1, 1)]
    return sorted(links) == sorted(whole)


def _check(spatial_weight: float, temporal_weight: float, normalization: Normalization) -> None:
    if not (0 <= spatial_weight < math.inf and 0 <= temporal_weight < math.inf):
        raise ValueError(
            f"Laplacian weights must be finite and not negative, got spatial_weight={spatial_weight}, "
            f"temporal_weight={temporal_weight}"
        )
    if normalization not in (None, "sym", "rw"):
        raise ValueError(f"unknown Laplacian normalization '{normalization}'; known: None, sym, rw")


def _csr_tensor(crow: Tensor, col: Tensor, value: Tensor, size: int) -> Tensor:
    with warnings.catch_warnings():  # torch calls its CSR support beta at every construction
        warnings.filterwarnings("ignore", message="Sparse (CSR|invariant)", category=UserWarning)
        return torch.sparse_csr_tensor(crow, col, value, (size, size), check_invariants=False)


def _to_csr(entries: Tensor) -> Tensor:
    row, col = entries.indices()
    crow = torch.zeros(entries.size(0) + 1, dtype=torch.long, device=row.device)
    crow[1:] = torch.bincount(row, minlength=entries.size(0)).cumsum(0)
    return _csr_tensor(crow, col, entries.values(), entries.size(0))
