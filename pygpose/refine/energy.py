"""Quadratic terms of a motion's energy, as the bands of their matrices (:mod:`pygpose.refine.banded`)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import MotionGraph, laplacian

Bands = list[Tensor]


def difference_bands(weights: Float[Tensor, "*batch steps"], order: int) -> Bands:
    r"""Of :math:`\sum_t w_t\, (\Delta^n x)_t^2`, with the n-th differences of a series: bands ``[*, frames]``.

    Shapes:
        - **weights:** :math:`(*, T - n)`
    """
    steps = weights.size(-1)
    signs = [(-1) ** k * math.comb(order, k) for k in range(order + 1)]
    bands = [weights.new_zeros(*weights.shape[:-1], steps + order) for _ in range(order + 1)]
    for i, first in enumerate(signs):
        for k in range(i, order + 1):
            bands[k - i][..., i : i + steps] += first * signs[k] * weights
    return bands


def laplacian_bands(graph: MotionGraph, dtype: torch.dtype = torch.float64) -> tuple[Bands, Tensor]:
    r"""Of :math:`\lVert L x \rVert^2`, with the Laplacian of a motion graph: bands ``[frames, joints, joints]``, and
    :math:`L` itself as a sparse matrix."""
    entries = laplacian(graph.edge_index, graph.edge_type, graph.num_nodes, dtype=dtype).to_sparse_coo()
    (rows, columns), values = entries.indices(), entries.values()
    frames, joints = graph.num_frames, graph.num_joints
    here, there = rows // joints, columns // joints
    reach = int((there - here).abs().max()) if len(rows) else 0
    dense = values.new_zeros(2 * reach + 1, frames, joints, joints)
    dense.index_put_((there - here + reach, here, rows % joints, columns % joints), values, accumulate=True)
    bands = [values.new_zeros(frames, joints, joints) for _ in range(2 * reach + 1)]
    for distance, band in enumerate(bands):
        for offset in range(-reach, reach + 1 - distance):
            # Row t of L touches frames s = t + offset and s + distance.
            product = dense[offset + reach].mT @ dense[offset + distance + reach]
            first, last = max(0, -offset), min(frames, frames - offset)
            band[first + offset : last + offset] += product[first:last]
    return bands, entries
