"""The motion graph's Laplacian, as a sparse matrix and as an operator."""

from __future__ import annotations

import math
import warnings
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch_geometric.utils import get_laplacian

from graphs.motion_graph import build_motion_graph
from graphs.skeleton import Skeleton

Normalization = Literal["sym", "rw"] | None
Backend = Literal["sparse", "product"]


def motion_laplacian(
    skeleton: Skeleton,
    num_frames: int,
    *,
    spatial_weight: float = 1.0,
    temporal_weight: float = 1.0,
    normalization: Normalization = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    r"""Laplacian of the motion graph as a sparse CSR matrix ``[N, N]``, :math:`N = TJ`.

    .. math:: L = D - A, \qquad L_\text{sym} = I - D^{-1/2} A D^{-1/2}, \qquad L_\text{rw} = I - D^{-1} A

    with :math:`A` the weighted adjacency: ``spatial_weight`` on bones, ``temporal_weight`` on a joint's next and
    previous frame (eq. 3 of CVM-Net has both 1).

    Raises:
        ValueError: For a negative or infinite weight or an unknown normalization.
    """
    _check(spatial_weight, temporal_weight, normalization)
    edge_index, edge_type = build_motion_graph(skeleton, num_frames)
    weight = torch.tensor([spatial_weight, temporal_weight], dtype=dtype)[edge_type]  # BONE, NEXT_FRAME
    num_nodes = num_frames * skeleton.num_joints
    edge_index, weight = get_laplacian(edge_index, weight, normalization=normalization, num_nodes=num_nodes)
    entries = torch.sparse_coo_tensor(edge_index, weight, (num_nodes, num_nodes), check_invariants=True).coalesce()
    return _to_csr(entries)


class Laplacian(torch.nn.Module):
    r"""Applies the motion graph's Laplacian to a pose sequence: differential coordinates :math:`\Delta = LP`.

    Two backends give the same numbers. ``sparse`` multiplies by the CSR matrix built from ``edge_index``
    (``torch.sparse.mm`` on ``[N, C B]``). ``product`` uses that the motion graph is a Cartesian product,
    :math:`L = L_T \otimes I_J + I_T \otimes L_J`: one :math:`J \times J` product and a second difference in time.

    Operators are built once for each length and device that is met.

    Args:
        skeleton: Gives the bones.
        spatial_weight: Weight of a bone.
        temporal_weight: Weight of a joint's next frame.
        normalization: ``None``, ``"sym"`` or ``"rw"``, as in :func:`torch_geometric.utils.get_laplacian`.
        backend: ``"sparse"`` or ``"product"``.

    Shapes:
        - **input:** :math:`(B, T, J, C)`
        - **output:** :math:`(B, T, J, C)`, in single precision where the input has half, also under autocast

    Raises:
        ValueError: For unknown options, and for an input of another joint count.
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
        # Plain tensors, not a sparse buffer: sparse tensors break deepcopy, EMA and DDP.
        self._operators: dict[tuple[int, torch.device, torch.dtype], tuple[Tensor, ...]] = {}

    def forward(self, pose: Float[Tensor, "batch frames joints channels"]) -> Tensor:
        if pose.dim() != 4 or pose.size(2) != self.skeleton.num_joints:
            raise ValueError(
                f"Laplacian of skeleton '{self.skeleton.name}' expects [B, T, {self.skeleton.num_joints}, C], "
                f"got {list(pose.shape)}"
            )
        pose = pose.to(torch.promote_types(pose.dtype, torch.float32))
        key = (pose.size(1), pose.device, pose.dtype)
        if key not in self._operators:
            build = self._csr if self.backend == "sparse" else self._factors
            with torch.inference_mode(False):  # what an evaluation leaves behind must serve training
                self._operators[key] = tuple(part.to(pose.device) for part in build(pose.size(1), pose.dtype))
        apply = self._sparse if self.backend == "sparse" else self._product
        with torch.autocast(pose.device.type, enabled=False):  # sparse products have no half precision on the CPU
            return apply(pose, *self._operators[key])

    def _csr(self, num_frames: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
        matrix = motion_laplacian(
            self.skeleton,
            num_frames,
            spatial_weight=self.spatial_weight,
            temporal_weight=self.temporal_weight,
            normalization=self.normalization,
            dtype=dtype,
        )
        return matrix.crow_indices(), matrix.col_indices(), matrix.values()

    def _sparse(self, pose: Tensor, crow: Tensor, col: Tensor, value: Tensor) -> Tensor:
        batch, frames, joints, channels = pose.shape
        matrix = _csr_tensor(crow, col, value, frames * joints)
        folded = pose.permute(1, 2, 0, 3).reshape(frames * joints, batch * channels)
        return torch.sparse.mm(matrix, folded).view(frames, joints, batch, channels).permute(2, 0, 1, 3)

    def _factors(self, num_frames: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
        """Adjacency of the skeleton, and what multiplies a node before and after its neighbours are summed."""
        bones = torch.zeros(self.skeleton.num_joints, self.skeleton.num_joints, dtype=torch.float64)
        for parent, child in self.skeleton.bones:
            bones[parent, child] = bones[child, parent] = self.spatial_weight
        neighbours = torch.full((num_frames, 1), 2.0, dtype=torch.float64)
        neighbours[0] -= 1
        neighbours[-1] -= 1
        degree = self.temporal_weight * neighbours + bones.sum(1)
        isolated = degree == 0
        inverse = degree.masked_fill(isolated, 1.0).reciprocal().masked_fill(isolated, 0.0)
        if self.normalization is None:
            diagonal, before, after = degree, torch.ones_like(degree), torch.ones_like(degree)
        elif self.normalization == "rw":
            diagonal, before, after = torch.ones_like(degree), torch.ones_like(degree), inverse
        else:
            diagonal, before, after = torch.ones_like(degree), inverse.sqrt(), inverse.sqrt()
        return tuple(part.to(dtype) for part in (bones, diagonal[..., None], before[..., None], after[..., None]))

    def _product(self, pose: Tensor, bones: Tensor, diagonal: Tensor, before: Tensor, after: Tensor) -> Tensor:
        scaled = before * pose
        neighbours = torch.einsum("jk,btkc->btjc", bones, scaled)
        step = self.temporal_weight * scaled
        pad = torch.zeros_like(step[:, :1])
        neighbours = neighbours + torch.cat([step[:, 1:], pad], 1) + torch.cat([pad, step[:, :-1]], 1)
        return diagonal * pose - after * neighbours

    def __getstate__(self) -> dict:
        """Operators are rebuilt where they are needed."""
        return {**self.__dict__, "_operators": {}}

    def extra_repr(self) -> str:
        return f"'{self.skeleton.name}', normalization={self.normalization}, backend='{self.backend}'"


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
    crow = torch.zeros(entries.size(0) + 1, dtype=torch.long)
    crow[1:] = torch.bincount(row, minlength=entries.size(0)).cumsum(0)
    return _csr_tensor(crow, col, entries.values(), entries.size(0))
