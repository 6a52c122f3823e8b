"""Spatial graph convolution with one weight matrix for each partition of the edges."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch_geometric.nn import MessagePassing
from torch_geometric.typing import Adj

from pygpose.nn.shared_graph import mean_weights


class PartitionConv(MessagePassing):
    r"""Spatial graph convolution of ST-GCN (the :math:`Conv_g` of UGCN, eq. 7) as message passing.

    .. math:: \mathbf{x}'_i = \mathbf{b} + \sum_{k} \sum_{j \in \mathcal{N}_k(i)}
        \frac{1}{|\mathcal{N}_k(i)|} \mathbf{W}_k \mathbf{x}_j

    where :math:`\mathcal{N}_k(i)` are the sources of the edges into :math:`i` with label :math:`k`
    (:func:`graphs.partition_edges`).

    ``forward`` passes messages along any ``edge_index``: the readable reference. Where all graphs of a batch are copies
    of one, :func:`~pygpose.nn.dense_partition_conv.dense_partition_conv` does the same by matrix products and
    gathering.

    Args:
        in_channels: Channels of a node's input.
        out_channels: Channels of its output.
        num_partitions: :math:`K`.
        bias: Whether :math:`\mathbf{b}` is learnt; not needed before a normalisation.

    Shapes:
        - **x:** :math:`(*, |V|, C_\text{in})`: leading dimensions share the graph
        - **edge_index:** :math:`(2, |E|)`, or a ``SparseTensor`` :math:`(|V|, |V|)`, transposed as everywhere in PyG,
          with the labels as its values
        - **edge_label:** :math:`(|E|)` in :math:`0..K-1`; left out beside a ``SparseTensor``
        - **output:** :math:`(*, |V|, C_\text{out})`

    Raises:
        ValueError: Without labels, and for a label outside :math:`0..K-1`.
    """

    def __init__(self, in_channels: int, out_channels: int, num_partitions: int, *, bias: bool = True) -> None:
        super().__init__(aggr="add", node_dim=-2)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.num_partitions = num_partitions
        self.weight = torch.nn.Parameter(torch.empty(num_partitions, in_channels, out_channels))
        self.bias = torch.nn.Parameter(torch.empty(out_channels)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        # A node sums K means of its neighbours: divide by K C_in to keep the variance through a ReLU.
        torch.nn.init.normal_(self.weight, std=(2 / (self.num_partitions * self.in_channels)) ** 0.5)
        if self.bias is not None:
            torch.nn.init.zeros_(self.bias)

    def forward(self, x: Float[Tensor, "*batch nodes channels"], edge_index: Adj, edge_label: Tensor | None = None):
        if not isinstance(edge_index, Tensor):  # a SparseTensor
            target, source, edge_label = edge_index.coo()
            edge_index = torch.stack([source, target])
        if edge_label is None:
            raise ValueError("PartitionConv needs the label of every edge beside edge_index: see partition_edges")
        if edge_label.shape != edge_index.shape[1:]:
            raise ValueError(
                f"{list(edge_label.shape)} labels for edges {list(edge_index.shape)}; give one for each edge"
            )
        weight = mean_weights(edge_index, edge_label, self.num_partitions, x.size(-2)).to(x.dtype)
        # Sources are (node, partition) pairs, so each edge reads the product with its own weight matrix.
        messages = torch.einsum("...vc,kcd->...vkd", x, self.weight).flatten(-3, -2)
        pairs = torch.stack([edge_index[0] * self.num_partitions + edge_label, edge_index[1]])
        size = (x.size(-2) * self.num_partitions, x.size(-2))
        out = self.propagate(pairs, x=(messages, None), edge_weight=weight, size=size)
        return out if self.bias is None else out + self.bias

    def message(self, x_j: Tensor, edge_weight: Tensor) -> Tensor:
        return x_j * edge_weight[:, None]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}, K={self.num_partitions})"
