"""The motion graph against an answer by hand and against Kronecker products of dense adjacencies."""

import numpy as np
import pytest
import torch

from graphs import Skeleton, build_motion_graph, get_skeleton, list_skeletons

CHAIN = Skeleton("chain", ("A", "B", "C"), (-1, 0, 1), (), ())
LENGTHS = pytest.mark.parametrize("num_frames", [1, 2, 7])
EVERY = pytest.mark.parametrize("name", list_skeletons())


def dense(edge_index, size):
    """Adjacency that counts every edge, so that a repeated one shows."""
    adjacency = np.zeros((size, size))
    np.add.at(adjacency, tuple(edge_index.numpy()), 1)
    return adjacency


def test_three_joints_in_two_frames_by_hand():
    edge_index, edge_type = build_motion_graph(CHAIN, 2)
    edges = [tuple(edge) for edge in edge_index.T.tolist()]
    first = [(0, 1), (1, 2), (1, 0), (2, 1)]
    second = [(3, 4), (4, 5), (4, 3), (5, 4)]
    links = [(3, 0), (4, 1), (5, 2), (0, 3), (1, 4), (2, 5)]
    assert edges == first + second + links
    assert edge_type.tolist() == [0] * 8 + [1] * 6


@LENGTHS
@EVERY
def test_is_the_cartesian_product_of_tree_and_path(name, num_frames):
    skeleton = get_skeleton(name)
    tree = np.zeros((skeleton.num_joints,) * 2)
    for child, parent in enumerate(skeleton.parents):
        if parent >= 0:
            tree[child, parent] = tree[parent, child] = 1
    path = np.eye(num_frames, k=1) + np.eye(num_frames, k=-1)
    bones = np.kron(np.eye(num_frames), tree)
    links = np.kron(path, np.eye(skeleton.num_joints))

    edge_index, edge_type = build_motion_graph(skeleton, num_frames)
    size = num_frames * skeleton.num_joints
    assert np.array_equal(dense(edge_index[:, edge_type == 0], size), bones)
    assert np.array_equal(dense(edge_index[:, edge_type == 1], size), links)
    assert edge_index.dtype == edge_type.dtype == torch.int64


@LENGTHS
@EVERY
def test_counts_its_edges_in_both_directions(name, num_frames):
    skeleton = get_skeleton(name)
    edge_index, edge_type = build_motion_graph(skeleton, num_frames)
    joints = skeleton.num_joints
    assert edge_index.shape == (2, 2 * num_frames * (joints - 1) + 2 * (num_frames - 1) * joints)
    assert edge_type.shape == edge_index.shape[1:]
    edges = {(source, target) for source, target in edge_index.T.tolist()}
    assert edges == {(target, source) for source, target in edges}


def test_is_the_beginning_of_a_longer_one(skeleton):
    longest, longest_type = build_motion_graph(skeleton, 6)
    for num_frames in range(1, 6):
        edge_index, edge_type = build_motion_graph(skeleton, num_frames)
        assert torch.equal(edge_index, longest[:, : len(edge_type)])
        assert torch.equal(edge_type, longest_type[: len(edge_type)])


def test_one_joint_moves_on_a_path():
    point = Skeleton("point", ("A",), (-1,), (), ())
    edge_index, edge_type = build_motion_graph(point, 3)
    assert sorted(edge_index.T.tolist()) == [[0, 1], [1, 0], [1, 2], [2, 1]]
    assert edge_type.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("num_frames", [0, -3])
def test_no_frames_are_refused(skeleton, num_frames):
    with pytest.raises(ValueError, match=f"a motion graph needs at least 1 frame, got num_frames={num_frames}$"):
        build_motion_graph(skeleton, num_frames)
