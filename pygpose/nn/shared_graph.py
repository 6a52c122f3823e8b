"""One small graph whose copies share their edges: every frame of every clip."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn


def mean_weights(
    edge_index: Int[Tensor, "2 edges"], edge_label: Int[Tensor, " edges"], num_partitions: int, num_nodes: int
) -> Float[Tensor, " edges"]:
    r"""One over the number of edges with the same target and label: :math:`1 / |\mathcal{N}_k(i)|`."""
    if ((edge_label < 0) | (edge_label >= num_partitions)).any():
        raise ValueError(
            f"edge labels must lie in 0..{num_partitions - 1} for {num_partitions} partitions, "
            f"got {int(edge_label.min())}..{int(edge_label.max())}"
        )
    group = edge_index[1] * num_partitions + edge_label
    return group.bincount(minlength=num_nodes * num_partitions)[group].double().reciprocal()


def shared_operator(
    edge_index: Int[Tensor, "2 edges"], edge_label: Int[Tensor, " edges"], num_partitions: int, num_nodes: int
) -> Float[Tensor, "partitions nodes nodes"]:
    r"""Dense :math:`(K, |V|, |V|)`: entry :math:`(k, i, j)` is what :math:`i` takes of :math:`j` by partition k."""
    operator = torch.zeros(num_partitions, num_nodes, num_nodes, dtype=torch.float64)
    weights = mean_weights(edge_index, edge_label, num_partitions, num_nodes)
    return operator.index_put_((edge_label, edge_index[1], edge_index[0]), weights, accumulate=True)


class SharedGraph(nn.Module):
    """:func:`shared_operator`, ready to gather neighbours and to send gradients back.

    Args:
        edge_index: Edges of one copy, ``[2, |E|]``.
        edge_label: Their partitions.
        num_partitions: :math:`K`.
        num_nodes: :math:`|V|`.
    """

    def __init__(self, edge_index: Tensor, edge_label: Tensor, num_partitions: int, num_nodes: int) -> None:
        super().__init__()
        operator = shared_operator(edge_index, edge_label, num_partitions, num_nodes)
        # Where the first partition is nodes' own loops, there is nothing to gather in it.
        self.own_loops = num_partitions > 1 and torch.equal(operator[0], torch.eye(num_nodes, dtype=operator.dtype))
        operator = operator[int(self.own_loops) :]
        self.num_nodes, self.num_gathered = num_nodes, len(operator)
        self.gather = RowSum(operator.transpose(0, 1).flatten(1))
        self.spread = RowSum(operator.transpose(1, 2).flatten(0, 1))


class RowSum(nn.Module):
    r"""Product of a fixed sparse matrix with few, long rows: :math:`\mathbf{y}_i = \sum_j a_{ij} \mathbf{x}_j`.

    On the CPU each sum is a bag of rows, which reads and writes memory once; a dense product takes four times as long.

    Shapes:
        - **input:** :math:`(M, C)`
        - **output:** :math:`(N, C)` for a matrix :math:`(N, M)`
    """

    matrix: Tensor
    columns: Tensor
    starts: Tensor
    values: Tensor

    def __init__(self, matrix: Float[Tensor, "targets sources"]) -> None:
        super().__init__()
        targets, columns = matrix.nonzero(as_tuple=True)
        starts = F.pad(targets.bincount(minlength=len(matrix)).cumsum(0), (1, 0))
        self.register_buffer("matrix", matrix.contiguous(), persistent=False)
        self.register_buffer("columns", columns, persistent=False)
        self.register_buffer("starts", starts, persistent=False)
        self.register_buffer("values", matrix[targets, columns], persistent=False)

    def forward(self, x: Float[Tensor, "sources channels"]) -> Float[Tensor, "targets channels"]:
        if x.device.type != "cpu":
            return self.matrix.to(x.dtype) @ x
        values = self.values.to(x.dtype)
        return F.embedding_bag(
            self.columns, x, self.starts, mode="sum", per_sample_weights=values, include_last_offset=True
        )
