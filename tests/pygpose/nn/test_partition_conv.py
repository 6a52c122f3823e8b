"""One convolution, many ways: message passing, shared graph, loops in numpy, a PyG batch, the motion graph.

Covers pygpose/nn/partition_conv.py and pygpose/nn/dense_partition_conv.py.
"""

import re

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from graphs import NUM_PARTITIONS, build_motion_graph, partition_edges
from pygpose.nn import PartitionConv, SharedGraph, dense_partition_conv, shared_operator
from pygpose.nn.dense_partition_conv import SharedConvolution


@pytest.fixture(autouse=True)
def double_precision():
    """The weights 1/|N| are made in the default precision: a third must be a third to compare closely."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def make(in_channels=4, out_channels=3, num_partitions=3):
    torch.manual_seed(0)
    conv = PartitionConv(in_channels, out_channels, num_partitions)
    torch.nn.init.normal_(conv.bias)
    return conv


def random_graph(num_nodes=6, num_partitions=3):
    """Random directed edges. Nothing reaches node 0; nothing has the last label."""
    rng = np.random.default_rng(1)
    source, target = np.nonzero(rng.random((num_nodes, num_nodes)) < 0.6)
    source, target = source[target > 0], target[target > 0]
    label = rng.integers(0, num_partitions - 1, size=len(source))
    return torch.tensor(np.stack([source, target])), torch.tensor(label)


def by_loops(conv, x, edge_index, edge_label):
    """The equation of the docstring, node by node and partition by partition."""
    weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
    edges = list(zip(*edge_index.tolist(), edge_label.tolist(), strict=True))
    out = np.empty((*x.shape[:-1], conv.out_channels))
    for node in range(x.shape[-2]):
        out[..., node, :] = bias
        for partition in range(conv.num_partitions):
            sources = [s for s, t, label in edges if t == node and label == partition]
            for source in sources:
                out[..., node, :] += x[..., source, :] @ weight[partition] / len(sources)
    return out


def dense(conv, x, copies):
    """The shared graph's way, nodes first."""
    out = dense_partition_conv(x, conv.weight, copies)
    return out if conv.bias is None else out + conv.bias


def graph(kind, skeleton):
    if kind == "random":
        return (*random_graph(), 3, 6)
    return (*partition_edges(skeleton, kind), NUM_PARTITIONS[kind], skeleton.num_joints)


GRAPHS = pytest.mark.parametrize("kind", ["random", *NUM_PARTITIONS])


@GRAPHS
@pytest.mark.parametrize("lead", [(), (5,), (2, 3)], ids=str)
def test_message_passing_agrees_with_loops(kind, lead, skeleton):
    edge_index, edge_label, num_partitions, num_nodes = graph(kind, skeleton)
    conv, x = make(num_partitions=num_partitions), torch.randn(*lead, num_nodes, 4)
    result = conv(x, edge_index, edge_label).detach().numpy()
    np.testing.assert_allclose(result, by_loops(conv, x.numpy(), edge_index, edge_label), rtol=0, atol=1e-12)


@GRAPHS
def test_the_shared_graph_agrees_in_value_and_gradient(kind, skeleton):
    edge_index, edge_label, num_partitions, num_nodes = graph(kind, skeleton)
    conv = make(num_partitions=num_partitions)
    copies = SharedGraph(edge_index, edge_label, num_partitions, num_nodes)
    x = torch.randn(5, num_nodes, 4, requires_grad=True)
    cotangent = torch.randn(5, num_nodes, 3)

    passed = conv(x, edge_index, edge_label)
    shared = dense(conv, x.transpose(0, 1), copies).transpose(0, 1)
    torch.testing.assert_close(shared, passed, rtol=0, atol=1e-12)
    inputs = [x, *conv.parameters()]
    for one, other in zip(*(torch.autograd.grad(out, inputs, cotangent) for out in (passed, shared)), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_a_node_that_nothing_reaches_gets_the_bias():
    conv = make()
    out = conv(torch.randn(6, 4), *random_graph())
    assert torch.equal(out[0], conv.bias)


def test_without_a_bias_that_node_gets_nothing_and_the_ways_agree():
    edge_index, edge_label = random_graph()
    conv, x = PartitionConv(4, 3, 3, bias=False), torch.randn(2, 6, 4)
    assert [name for name, _ in conv.named_parameters()] == ["weight"]
    out = conv(x, edge_index, edge_label)
    assert not out[:, 0].any() and out[:, 1:].any()
    shared = dense(conv, x.transpose(0, 1), SharedGraph(edge_index, edge_label, 3, 6))
    torch.testing.assert_close(shared.transpose(0, 1), out, rtol=0, atol=1e-12)


def test_gradient():
    conv, (edge_index, edge_label) = make(2, 2), random_graph(4)
    copies = SharedGraph(edge_index, edge_label, 3, 4)
    x = torch.randn(2, 4, 2, requires_grad=True)
    parameters = dict(conv.named_parameters())

    def passed(x, *values):
        values = dict(zip(parameters, values, strict=True))
        return torch.func.functional_call(conv, values, (x, edge_index, edge_label))

    assert torch.autograd.gradcheck(passed, (x, *parameters.values()))

    def shared(x, weight):
        return SharedConvolution.apply(x.transpose(0, 1).flatten(0, 1), weight, copies)

    assert torch.autograd.gradcheck(shared, (x, conv.weight))
    assert torch.autograd.gradgradcheck(shared, (x, conv.weight))


def test_parallel_edges_count_each():
    conv, edge_index, edge_label = make(2, 2), torch.tensor([[0, 0, 1], [1, 1, 0]]), torch.tensor([0, 0, 1])
    x = torch.randn(2, 3, 2)
    passed = conv(x.transpose(0, 1), edge_index, edge_label).transpose(0, 1)
    shared = dense(conv, x, SharedGraph(edge_index, edge_label, 3, 2))
    torch.testing.assert_close(shared, passed, rtol=0, atol=1e-12)


def test_a_batch_of_copies_is_the_shared_graph(skeleton):
    edge_index, edge_label = partition_edges(skeleton)
    conv, x = make(), torch.randn(3, skeleton.num_joints, 4)
    batch = Batch.from_data_list([Data(x=copy, edge_index=edge_index, edge_label=edge_label) for copy in x])
    result = conv(batch.x, batch.edge_index, batch.edge_label)
    torch.testing.assert_close(result.view(3, -1, 3), conv(x, edge_index, edge_label), rtol=0, atol=1e-12)


def test_the_motion_graphs_bones_are_the_skeleton_in_every_frame(skeleton):
    num_frames, joints = 5, skeleton.num_joints
    one_index, one_label = partition_edges(skeleton)
    label_of = dict(zip(map(tuple, one_index.T.tolist()), one_label.tolist(), strict=True))

    edge_index, edge_type = build_motion_graph(skeleton, num_frames)
    loops = torch.arange(num_frames * joints).expand(2, -1)
    spatial = torch.cat([edge_index[:, edge_type == 0], loops], 1)
    label = torch.tensor([label_of[edge] for edge in map(tuple, (spatial % joints).T.tolist())])

    conv, x = make(), torch.randn(2, num_frames, joints, 4)
    whole = conv(x.flatten(1, 2), spatial, label).view(2, num_frames, joints, 3)
    torch.testing.assert_close(whole, conv(x, one_index, one_label), rtol=0, atol=1e-12)


def test_labels_are_needed():
    edge_index, _ = random_graph()
    sentence = "PartitionConv needs the label of every edge beside edge_index: see partition_edges"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        make()(torch.randn(6, 4), edge_index)


@pytest.mark.parametrize("shift", [-1, 2])
def test_labels_of_other_partitions_are_refused(shift):
    edge_index, edge_label = random_graph()
    sentence = f"edge labels must lie in 0..2 for 3 partitions, got {shift}..{shift + 1}"
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        make()(torch.randn(6, 4), edge_index, edge_label + shift)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        shared_operator(edge_index, edge_label + shift, 3, 6)
