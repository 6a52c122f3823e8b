"""Spatial graph convolution over copies of one small graph, by matrix products: what runs in training."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pygpose.nn.shared_graph import SharedGraph


def dense_partition_conv(
    x: Float[Tensor, "nodes rows channels"],
    weight: Float[Tensor, "partitions channels out_channels"],
    graph: SharedGraph,
) -> Float[Tensor, "nodes rows out_channels"]:
    r"""The sum over the edges of a :class:`~pygpose.nn.partition_conv.PartitionConv`, without its bias.

    Shapes:
        - **x:** :math:`(|V|, R, C_\text{in})`: nodes first, for R copies of the graph
        - **weight:** :math:`(K, C_\text{in}, C_\text{out})`
        - **output:** :math:`(|V|, R, C_\text{out})`
    """
    dtype = product_dtype(x)
    out = SharedConvolution.apply(x.flatten(0, 1).to(dtype), weight.to(dtype), graph)
    return out.view(*x.shape[:2], weight.size(2))


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
