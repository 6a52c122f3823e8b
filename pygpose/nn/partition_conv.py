"""Spatial graph convolution with one weight matrix for each partition of the edges."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch_geometric.nn import MessagePassing
from torch_geometric.typing import Adj

from pygpose.nn.shared_graph import SharedGraph, mean_weights


class PartitionConv(MessagePassing):
    r"""Spatial graph convolution of ST-GCN (the :math:`Conv_g` of UGCN, eq. 7) as message passing.

    .. math:: \mathbf{x}'_i = \mathbf{b} + \sum_{k} \sum_{j \in \mathcal{N}_k(i)}
        \frac{1}{|\mathcal{N}_k(i)|} \mathbf{W}_k \mathbf{x}_j

    where :math:`\mathcal{N}_k(i)` are the sources of the edges into :math:`i` with label :math:`k`
    (:func:`graphs.partition_edges`).

    ``forward`` passes messages along any ``edge_index``. Where all graphs of a batch are copies of one,
    :meth:`forward_shared` does the same by matrix products and the gathering of a :class:`SharedGraph`, which is built
    from the same ``edge_index``; it is what runs in training.

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
        weight = mean_weights(edge_index, edge_label, self.num_partitions, x.size(-2)).to(x.dtype)
        # Sources are (node, partition) pairs, so each edge reads the product with its own weight matrix.
        messages = torch.einsum("...vc,kcd->...vkd", x, self.weight).flatten(-3, -2)
        pairs = torch.stack([edge_index[0] * self.num_partitions + edge_label, edge_index[1]])
        size = (x.size(-2) * self.num_partitions, x.size(-2))
        out = self.propagate(pairs, x=(messages, None), edge_weight=weight, size=size)
        return out if self.bias is None else out + self.bias

    def message(self, x_j: Tensor, edge_weight: Tensor) -> Tensor:
        return x_j * edge_weight[:, None]

    def forward_shared(
        self, x: Float[Tensor, "nodes rows channels"], graph: SharedGraph
    ) -> Float[Tensor, "nodes rows out_channels"]:
        """The same for copies of one graph, nodes first."""
        nodes, rows, _ = x.shape
        dtype = product_dtype(x)
        out = SharedConvolution.apply(x.flatten(0, 1).to(dtype), self.weight.to(dtype), graph)
        out = out.view(nodes, rows, self.out_channels)
        return out if self.bias is None else out + self.bias

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}, K={self.num_partitions})"


class SharedConvolution(torch.autograd.Function):
    r""":math:`\sum_k A_k X W_k` for copies of one graph, nodes first.

    Autograd would keep every :math:`X W_k` and add three gradients of :math:`X` in passes of their own; the sum is
    linear in both factors, so :math:`X` alone is kept, and the gradients are :math:`\sum_k A_k^\top G W_k^\top` and
    :math:`X^\top A_k^\top G`.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, graph: SharedGraph) -> Tensor:
        """``x`` [nodes * rows, C_in], ``weight`` [K, C_in, C_out]."""
        ctx.save_for_backward(x, weight)
        ctx.graph = graph
        messages = x.new_empty(graph.num_gathered, x.size(0), weight.size(2))
        for message, matrix in zip(messages, weight[-graph.num_gathered :], strict=True):
            torch.mm(x, matrix, out=message)
        out = graph.gather(messages.view(graph.num_gathered * graph.num_nodes, -1)).view(x.size(0), -1)
        return out.addmm_(x, weight[0]) if graph.own_loops else out

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        x, weight = ctx.saved_tensors
        graph: SharedGraph = ctx.graph
        spread = graph.spread(grad.reshape(graph.num_nodes, -1)).view(graph.num_gathered, *grad.shape)
        parts = [grad, *spread] if graph.own_loops else list(spread)
        grad_x = parts[0] @ weight[0].T
        for part, matrix in zip(parts[1:], weight[1:], strict=True):
            grad_x.addmm_(part, matrix.T)
        return grad_x, torch.stack([x.T @ part for part in parts]), None


def product_dtype(x: Tensor) -> torch.dtype:
    """What matrix products of ``x`` are computed in: autocast does not reach into a Function of ours. As everywhere in
    torch, it leaves double precision alone."""
    device = x.device.type
    cast = torch.is_autocast_enabled(device) and x.dtype != torch.float64
    return torch.get_autocast_dtype(device) if cast else x.dtype
