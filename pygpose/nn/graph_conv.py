"""Spatial graph convolution with one weight matrix for each partition of the edges."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch_geometric.nn import MessagePassing
from torch_geometric.typing import Adj


class PartitionConv(MessagePassing):
    r"""Spatial graph convolution of ST-GCN (the :math:`Conv_g` of UGCN, eq. 7) as message passing.

    .. math:: \mathbf{x}'_i = \mathbf{b} + \sum_{k} \sum_{j \in \mathcal{N}_k(i)}
        \frac{1}{|\mathcal{N}_k(i)|} \mathbf{W}_k \mathbf{x}_j

    where :math:`\mathcal{N}_k(i)` are the sources of the edges into :math:`i` with label :math:`k`
    (:func:`graphs.partition_edges`).

    ``forward`` passes messages along any ``edge_index``. Where all graphs of a batch are copies of one,
    :meth:`forward_shared` does the same by matrix products with :func:`shared_operator`, which is built from the
    same ``edge_index``; it is what runs in training.

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
        self, x: Float[Tensor, "nodes rows channels"], operator: Float[Tensor, "gathered nodes nodes"]
    ) -> Float[Tensor, "nodes rows out_channels"]:
        """The same for copies of one graph, nodes first: one plain product gathers the neighbours of all copies.

        An operator of one partition less leaves out the first, whose edges then are the nodes' own loops.
        """
        nodes, rows, _ = x.shape
        dtype = product_dtype(x)
        out = SharedConvolution.apply(x.flatten(0, 1).to(dtype), self.weight.to(dtype), operator.to(dtype))
        out = out.view(nodes, rows, self.out_channels)
        return out if self.bias is None else out + self.bias

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}, K={self.num_partitions})"


class SharedConvolution(torch.autograd.Function):
    r""":math:`\sum_k A_k X W_k` for copies of one graph, nodes first; :math:`A_0 = I` where it is left out.

    Neighbours are gathered on the side that has fewer channels: before the weights, or after them. The input's
    gradient :math:`\sum_k A_k^\top G W_k^\top` is the same sum the other way round, and the weights' are
    :math:`(A_k X)^\top G = X^\top A_k^\top G`, of whichever was gathered first.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, operator: Tensor) -> Tensor:
        """``x`` [nodes * rows, C_in], ``weight`` [K, C_in, C_out], ``operator`` [K, nodes, nodes]."""
        if weight.size(1) >= weight.size(2):
            ctx.save_for_backward(weight, operator, x)
            return _weigh_then_gather(x, weight, operator)
        out, parts = _gather_then_weigh(x, weight, operator)
        ctx.save_for_backward(weight, operator, *parts)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        weight, operator, *parts = ctx.saved_tensors
        back = weight.transpose(1, 2), operator.transpose(1, 2)
        if weight.size(1) >= weight.size(2):
            grad_x, grads = _gather_then_weigh(grad, *back)
            parts *= len(grads)
        else:
            grad_x, grads = _weigh_then_gather(grad, *back), [grad] * len(parts)
        return grad_x, torch.stack([part.T @ g for part, g in zip(parts, grads, strict=True)]), None


def _weigh_then_gather(x: Tensor, weight: Tensor, operator: Tensor) -> Tensor:
    partitions, nodes, _ = operator.shape
    own, others = weight[:-partitions], weight[-partitions:]
    messages = x.new_empty(partitions, x.size(0), weight.size(2))
    for message, matrix in zip(messages, others, strict=True):
        torch.mm(x, matrix, out=message)
    gather = operator.transpose(0, 1).reshape(nodes, partitions * nodes)
    out = (gather @ messages.view(partitions * nodes, -1)).view(x.size(0), -1)
    return out.addmm_(x, own[0]) if len(own) else out


def _gather_then_weigh(x: Tensor, weight: Tensor, operator: Tensor) -> tuple[Tensor, list[Tensor]]:
    """And what was weighed: ``x`` itself where the first partition is left out, and the neighbours in each."""
    partitions, nodes, _ = operator.shape
    gathered = operator.reshape(partitions * nodes, nodes) @ x.reshape(nodes, -1)
    parts = [*[x] * (len(weight) - partitions), *gathered.view(partitions, *x.shape)]
    out = parts[0] @ weight[0]
    for part, matrix in zip(parts[1:], weight[1:], strict=True):
        out.addmm_(part, matrix)
    return out, parts


def product_dtype(x: Tensor) -> torch.dtype:
    """What matrix products of ``x`` are computed in: autocast does not reach into a Function of ours. As everywhere in
    torch, it leaves double precision alone."""
    device = x.device.type
    cast = torch.is_autocast_enabled(device) and x.dtype != torch.float64
    return torch.get_autocast_dtype(device) if cast else x.dtype


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
    return group.bincount(minlength=num_nodes * num_partitions)[group].reciprocal()


def shared_operator(
    edge_index: Int[Tensor, "2 edges"], edge_label: Int[Tensor, " edges"], num_partitions: int, num_nodes: int
) -> Float[Tensor, "partitions nodes nodes"]:
    r"""Dense :math:`(K, |V|, |V|)`: entry :math:`(k, i, j)` is what :math:`i` takes of :math:`j` by partition k."""
    operator = torch.zeros(num_partitions, num_nodes, num_nodes)
    operator[edge_label, edge_index[1], edge_index[0]] = mean_weights(edge_index, edge_label, num_partitions, num_nodes)
    return operator
