"""With torch-scatter and torch-sparse installed, PyG takes other code paths: the numbers must stay."""

import numpy as np
import pytest
import torch
import torch_geometric.typing
from torch_geometric.typing import SparseTensor
from torch_geometric.utils import get_laplacian

from graphs import build_motion_graph, get_skeleton, list_skeletons, motion_laplacian, partition_edges
from pygpose.nn.partition_conv import PartitionConv

pytest.importorskip("torch_scatter")
pytest.importorskip("torch_sparse")
pytestmark = pytest.mark.fast_extra

NORMALIZATIONS = pytest.mark.parametrize("normalization", [None, "sym", "rw"])


def dense_laplacian(skeleton, num_frames, spatial, temporal, normalization):
    tree = np.zeros((skeleton.num_joints,) * 2)
    for child, parent in enumerate(skeleton.parents):
        if parent >= 0:
            tree[child, parent] = tree[parent, child] = spatial
    path = temporal * (np.eye(num_frames, k=1) + np.eye(num_frames, k=-1))
    adjacency = np.kron(np.eye(num_frames), tree) + np.kron(path, np.eye(skeleton.num_joints))
    degree = adjacency.sum(1)
    if normalization is None:
        return np.diag(degree) - adjacency
    if normalization == "rw":
        return np.eye(len(degree)) - adjacency / degree[:, None]
    return np.eye(len(degree)) - adjacency / np.sqrt(np.outer(degree, degree))


def test_pyg_has_found_both():
    assert torch_geometric.typing.WITH_TORCH_SCATTER and torch_geometric.typing.WITH_TORCH_SPARSE


@NORMALIZATIONS
@pytest.mark.parametrize("name", list_skeletons())
def test_laplacian_agrees_with_numpy(name, normalization):
    skeleton = get_skeleton(name)
    expected = dense_laplacian(skeleton, 3, 0.3, 2.7, normalization)
    matrix = motion_laplacian(
        skeleton, 3, spatial_weight=0.3, temporal_weight=2.7, normalization=normalization, dtype=torch.float64
    )
    np.testing.assert_allclose(matrix.to_dense().numpy(), expected, rtol=0, atol=1e-14)

    edge_index, edge_type = build_motion_graph(skeleton, 3)
    weight = torch.tensor([0.3, 2.7], dtype=torch.float64)[edge_type]
    (row, col), weight = get_laplacian(edge_index, weight, normalization)
    result = np.zeros_like(expected)
    np.add.at(result, (row.numpy(), col.numpy()), weight.numpy())
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("lead", [(), (2, 5)], ids=str)
def test_convolution_takes_a_sparse_tensor(skeleton, lead):
    edge_index, edge_label = partition_edges(skeleton)
    joints = skeleton.num_joints
    # Transposed, as everywhere in PyG: rows are targets.
    adjacency = SparseTensor(row=edge_index[1], col=edge_index[0], value=edge_label, sparse_sizes=(joints, joints))
    conv, x = PartitionConv(4, 3, 3), torch.randn(*lead, joints, 4)
    torch.testing.assert_close(conv(x, adjacency), conv(x, edge_index, edge_label))


def test_a_sparse_tensor_without_labels_is_refused(skeleton):
    source, target = partition_edges(skeleton)[0]
    with pytest.raises(ValueError, match="^PartitionConv needs the label of every edge"):
        PartitionConv(4, 3, 3)(torch.randn(17, 4), SparseTensor(row=target, col=source))
