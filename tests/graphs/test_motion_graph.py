"""The motion graph against an answer by hand and against Kronecker products of dense adjacencies; graphs of data.

Covers graphs/motion_graph.py, graphs/frame_edges.py and graphs/edge_kinds.py.
"""

import jaxtyping
import numpy as np
import pytest
import torch
from torch_geometric.data import Batch, Data

from graphs import (
    EDGE_KINDS,
    EdgeKind,
    Laplacian,
    MotionGraph,
    Skeleton,
    build_motion_graph,
    get_skeleton,
    graph_name,
    list_skeletons,
    parse_graph,
    register_edges,
)

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


def star(names=("A", "B", "C", "D")):
    """Joint A with three joints on it, B and C a pair."""
    return Skeleton("star", names, (-1, 0, 0, 0), (1,), (2,))


class TestKinds:
    def test_further_kinds_stand_after_bones_with_numbers_of_their_own(self):
        graph = MotionGraph.of_skeleton(star(), 3, "bones+mirror+next2")
        kinds = {kind: graph.edge_index[:, graph.edge_type == kind].T.tolist() for kind in (0, 1, 2, 3)}
        assert sorted(kinds[2]) == sorted([4 * t + a, 4 * t + b] for t in range(3) for a, b in ((1, 2), (2, 1)))
        assert sorted(kinds[3]) == sorted([[j, 8 + j] for j in range(4)] + [[8 + j, j] for j in range(4)])
        plain = MotionGraph.of_skeleton(star(), 3)
        assert plain.edge_index.T.tolist() == [
            edge for edge, kind in zip(graph.edge_index.T.tolist(), graph.edge_type.tolist(), strict=True) if kind < 2
        ]

    def test_any_graph_is_the_beginning_of_a_longer_one(self):
        long = MotionGraph.of_skeleton(star(), 9, "bones+mirror+next2")
        for frames in range(1, 9):
            short = MotionGraph.of_skeleton(star(), frames, "bones+next2+mirror")
            assert torch.equal(short.edge_index, long.edge_index[:, : len(short.edge_type)])

    def test_extra_bones_go_by_name(self):
        graph = MotionGraph.of_skeleton(CHAIN, 2, extra_bones=[("A", "C")])
        edges = [tuple(edge) for edge in graph.edge_index[:, graph.edge_type == 0].T.tolist()]
        assert {(0, 2), (2, 0), (3, 5), (5, 3)} <= set(edges) and len(edges) == 12
        with pytest.raises(ValueError, match="has no joint 'D'"):
            MotionGraph.of_skeleton(CHAIN, 2, extra_bones=[("A", "D")])
        with pytest.raises(ValueError, match="joins the joint with itself"):
            MotionGraph.of_skeleton(CHAIN, 2, extra_bones=[("A", "A")])

    @pytest.mark.parametrize(
        "text, message",
        [
            ("mirror", "graph 'mirror' has no bones; write bones\\+mirror"),
            ("bones+mirrors", "unknown edges 'mirrors' in graph 'bones\\+mirrors'; known beside bones: mirror, next2"),
            ("bones+mirror+mirror", "names a kind of edges twice"),
            ("bones+mirror+", "graph 'bones\\+mirror\\+' has an empty name"),
        ],
    )
    def test_names_that_mean_nothing(self, text, message):
        with pytest.raises(ValueError, match=message):
            parse_graph(text)

    def test_a_graph_has_one_way_to_be_written(self):
        assert graph_name("mirror + bones") == "bones+mirror" == graph_name("bones+mirror")

    def test_a_kind_of_ones_own(self, monkeypatch):
        monkeypatch.setattr(EDGE_KINDS, "_entries", dict(EDGE_KINDS._entries))
        register_edges("hands", EdgeKind(9, lambda skeleton: [(1, 2)], "hand to hand"))
        graph = MotionGraph.of_skeleton(star(), 2, "bones+hands")
        assert (graph.edge_type == 9).sum() == 4
        with pytest.raises(ValueError, match="edge type 9 of 'others' must lie in 0..255 and not be taken"):
            register_edges("others", EdgeKind(9, lambda skeleton: [], ""))


def clip(skeleton, frames, graph="bones"):
    made = MotionGraph.of_skeleton(skeleton, frames, graph)
    return Data(
        edge_index=made.edge_index.clone(),
        edge_type=made.edge_type.clone(),
        num_frames=frames,
        skeleton=skeleton.name,
        num_nodes=frames * skeleton.num_joints,
    )


class TestReadFromData:
    @pytest.mark.parametrize("graph", ["bones", "bones+mirror", "bones+mirror+next2"])
    def test_the_skeletons_graph_is_known_again(self, skeleton, graph):
        made = MotionGraph.of_skeleton(skeleton, 7, graph)
        assert MotionGraph.of_data(clip(skeleton, 7, graph)) is made
        assert MotionGraph.of_data(Batch.from_data_list([clip(skeleton, 7, graph)] * 3)) is made

    @pytest.mark.parametrize("graph", ["bones", "bones+mirror", "bones+mirror+next2"])
    @pytest.mark.parametrize("frames", [1, 2, 6])
    def test_edges_in_any_order_have_the_same_frame_edges(self, skeleton, graph, frames):
        data = clip(skeleton, frames, graph)
        order = torch.randperm(len(data.edge_type), generator=torch.Generator().manual_seed(0))
        data.edge_index, data.edge_type = data.edge_index[:, order], data.edge_type[order]
        found = MotionGraph.of_data(Batch.from_data_list([data, clip(skeleton, frames, graph)]))
        assert found.num_clips == 2 and found.has_all_next_frames
        made = MotionGraph.of_skeleton(skeleton, frames, graph).frame_edges
        assert set(found.frame_edges.joins) == {join for join in made.joins if abs(join[2]) < frames}
        assert found.frame_edges.over(frames)[0].size(1) == len(data.edge_type)

    def test_one_edge_more_in_one_frame_or_clip_is_another_graph(self, skeleton):
        data = clip(skeleton, 4)
        data.edge_index = torch.cat([data.edge_index, torch.tensor([[0, 3], [3, 0]])], 1)
        data.edge_type = torch.cat([data.edge_type, torch.zeros(2, dtype=torch.long)])
        assert MotionGraph.of_data(data).frame_edges is None
        assert MotionGraph.of_data(Batch.from_data_list([data, clip(skeleton, 4)])).frame_edges is None

    def test_an_edge_that_stands_twice_is_not_shared(self, skeleton):
        data = clip(skeleton, 2)
        data.edge_index = data.edge_index[:, [0, *range(len(data.edge_type))]]
        data.edge_type = data.edge_type[[0, *range(len(data.edge_type))]]
        assert MotionGraph.of_data(data).frame_edges is None

    def test_windows_and_longer_clips_keep_their_edges(self, skeleton):
        data = clip(skeleton, 6)
        more = torch.tensor([[3 * 17 + 1, 3 * 17 + 5], [3 * 17 + 5, 3 * 17 + 1]])
        data.edge_index = torch.cat([data.edge_index, more], 1)
        data.edge_type = torch.cat([data.edge_type, torch.zeros(2, dtype=torch.long)])
        graph = MotionGraph.of_data(data)
        window = graph.window(2, 5)
        plain = MotionGraph.of_skeleton(skeleton, 3)
        assert dense(window.edge_index, 51)[17 + 1, 17 + 5] == 1
        assert len(window.edge_type) == len(plain.edge_type) + 2

    @pytest.mark.parametrize("graph", ["bones", "bones+mirror+next2"])
    def test_the_last_frame_repeated_has_the_edges_of_a_longer_clip(self, skeleton, graph):
        read = MotionGraph(*build_motion_graph(skeleton, 6, graph), num_frames=6, num_joints=17, root=0)
        longer = dense(build_motion_graph(skeleton, 9, graph)[0], 9 * 17)
        for before in (0, 1, 3):
            assert np.array_equal(dense(read.lengthened(9, before).edge_index, 9 * 17), longer)

    def test_ends_are_repeated_with_their_own_edges(self):
        """By hand: a bone more in the first frame, one less in the last; two clips, of which the second is whole."""
        index, kind = build_motion_graph(CHAIN, 3)
        last = (index // 3 == 2).all(0) & (index % 3 == 2).any(0)
        more, whole = torch.tensor([[0, 2], [2, 0]]), index + 9
        edges = torch.cat([index[:, ~last], more, whole], 1)
        kinds = torch.cat([kind[~last], kind.new_zeros(2), kind])
        made = MotionGraph(edges, kinds, num_frames=3, num_joints=3, root=0, num_clips=2).lengthened(7, 2)
        assert made.num_frames == 7 and made.num_clips == 2
        expected = [dense(build_motion_graph(CHAIN, 7)[0], 21) for _ in range(2)]
        for frame in (0, 1, 2):  # the first frame and the two before it
            expected[0][[3 * frame, 3 * frame + 2], [3 * frame + 2, 3 * frame]] = 1
        for frame in (4, 5, 6):
            expected[0][[3 * frame + 1, 3 * frame + 2], [3 * frame + 2, 3 * frame + 1]] = 0
        found = dense(made.edge_index, 42)
        assert np.array_equal(found[:21, :21], expected[0]) and np.array_equal(found[21:, 21:], expected[1])
        assert found.sum() == expected[0].sum() + expected[1].sum()
        assert set(made.edge_type.tolist()) == {0, 1} and (made.edge_type == 1).sum() == 2 * 2 * 6 * 3

    def test_no_graph_becomes_shorter(self, skeleton):
        read = MotionGraph(*build_motion_graph(skeleton, 6), num_frames=6, num_joints=17, root=0)
        for frames, before in ((5, 0), (8, 3), (8, -1)):
            with pytest.raises(ValueError, match=f"6 frames cannot be lengthened to {frames} frames, {before} of them"):
                read.lengthened(frames, before)

    @pytest.mark.parametrize("stride", [2, 3, 4])
    @pytest.mark.parametrize("graph", ["bones", "bones+mirror+next2"])
    def test_frames_that_become_one(self, skeleton, stride, graph):
        """The general way over nodes and the way over one frame's edges agree."""
        frames = 4 * stride
        made = MotionGraph.of_skeleton(skeleton, frames, graph)
        edge_index, edge_type = made.frame_edges.coarsen(stride).over(4)
        coarse = made.coarsen(stride)
        ours = {(*edge, kind) for *edge, kind in torch.cat([edge_index, edge_type[None]]).T.tolist()}
        theirs = {(*edge, kind) for *edge, kind in torch.cat([coarse.edge_index, coarse.edge_type[None]]).T.tolist()}
        assert {edge for edge in ours if edge[2] != 1} == {edge for edge in theirs if edge[2] != 1}
        assert {edge for edge in theirs if edge[2] == 1} == {edge for edge in ours if edge[2] == 1}


class TestCuts:
    def cut(self, skeleton, frames, *places):
        data = clip(skeleton, frames)
        frame = data.edge_index // skeleton.num_joints
        keep = torch.ones(len(data.edge_type), dtype=torch.bool)
        for place in places:
            keep &= ~((frame.min(0).values == place - 1) & (frame.max(0).values == place))
        data.edge_index, data.edge_type = data.edge_index[:, keep], data.edge_type[keep]
        return data

    def test_stretches_are_what_next_frame_edges_hold_together(self, skeleton):
        data = self.cut(skeleton, 9, 2, 6)
        assert MotionGraph.of_data(data).stretches == [[(0, 2), (2, 6), (6, 9)]]
        both = MotionGraph.of_data(Batch.from_data_list([data, clip(skeleton, 9)]))
        assert both.stretches == [[(0, 2), (2, 6), (6, 9)], [(0, 9)]] and not both.has_all_next_frames
        parts = both.parts([(0, 2, 6), (1, 0, 4)])
        assert parts.num_clips == 2
        assert set(parts.frame_edges.joins) == set(MotionGraph.of_skeleton(skeleton, 4).frame_edges.joins)

    def test_no_edges_at_all_are_frames_by_themselves(self, skeleton):
        data = clip(skeleton, 3)
        data.edge_index, data.edge_type = data.edge_index[:, :0], data.edge_type[:0]
        assert MotionGraph.of_data(data).stretches == [[(0, 1), (1, 2), (2, 3)]]

    def test_half_a_cut_is_refused(self, skeleton):
        data = clip(skeleton, 5)
        gone = (data.edge_index == 2 * 17 + 3).any(0) & (data.edge_index == 3 * 17 + 3).any(0)
        data.edge_index, data.edge_type = data.edge_index[:, ~gone], data.edge_type[~gone]
        with pytest.raises(ValueError, match="joins frames 2 and 3 of clip 0 at some joints and directions only"):
            MotionGraph.of_data(data).stretches  # noqa: B018

    def test_a_next_frame_edge_to_anywhere_else_is_refused(self, skeleton):
        data = clip(skeleton, 5)
        data.edge_index[1, (data.edge_type == 1).nonzero()[0]] = 70
        with pytest.raises(ValueError, match="next-frame edge .* to node 70, which are not one joint in two frames"):
            MotionGraph.of_data(data).stretches  # noqa: B018

    def test_another_edge_over_a_cut_is_refused(self, skeleton):
        data = self.cut(skeleton, 6, 3)
        data.edge_index = torch.cat([data.edge_index, torch.tensor([[0], [5 * 17]])], 1)
        data.edge_type = torch.cat([data.edge_type, torch.zeros(1, dtype=torch.long)])
        with pytest.raises(ValueError, match="nodes 0 and 85, which lie on two sides of a cut"):
            MotionGraph.of_data(data).stretches  # noqa: B018


def change(**fields):
    def to(data):
        for name, value in fields.items():
            data[name] = value(data[name]) if callable(value) else value

    return to


@pytest.mark.parametrize(
    "to, message",
    [
        (change(edge_index=lambda e: e + 1), "edge_index names node 68, and the clips have nodes 0..67"),
        (change(edge_index=lambda e: e - 1), "edge_index names node -1"),
        (change(edge_index=lambda e: e.float()), "edge_index must hold integers .* got torch.float32"),
        (change(edge_index=lambda e: e.T), r"edge_index must be \[2, E\] and edge_type \[E\], got \[230, 2\]"),
        (change(edge_type=lambda e: e[1:]), "change both together"),
        (change(edge_type=lambda e: e + 7), "edge_type 7 is no known kind of edges; known: 0 bones, 1 next, 2 mirror"),
        (change(num_frames=3), "edge_index names node 67, and the clips have nodes 0..50"),
        (lambda data: data.__delitem__("edge_type"), "the data have no 'edge_type', which a motion graph is read from"),
    ],
)
def test_edges_that_are_no_graph_of_the_clip(skeleton, to, message):
    data = clip(skeleton, 4)
    to(data)
    with pytest.raises(ValueError, match=message):
        MotionGraph.of_data(data)


def test_edges_between_clips_of_a_batch_are_refused(skeleton):
    batch = Batch.from_data_list([clip(skeleton, 2), clip(skeleton, 2)])
    batch.edge_index[1, 0] = 40
    with pytest.raises(ValueError, match="nodes 0 and 40 of different clips of the batch; remove such edges"):
        MotionGraph.of_data(batch)


def test_clips_that_do_not_go_together(skeleton):
    with pytest.raises(ValueError, match=r"clips of \[2, 3\] frames in one batch"):
        MotionGraph.of_data(Batch.from_data_list([clip(skeleton, 2), clip(skeleton, 3)]))
    other = clip(get_skeleton("coco17"), 2)
    with pytest.raises(ValueError, match="clips of coco17, h36m17 in one batch"):
        MotionGraph.of_data(Batch.from_data_list([clip(skeleton, 2), other]))


def test_a_root_that_is_none_of_the_joints():
    with pytest.raises(ValueError, match="the root 3 of a motion graph is none of its 3 joints"):
        MotionGraph(*build_motion_graph(CHAIN, 2), num_frames=2, num_joints=3, root=3)


def test_who_writes_into_the_edges_of_a_clip_changes_no_skeleton():
    tree = Skeleton("written into", ("A", "B", "C"), (-1, 0, 1), (), ())
    ours, _ = build_motion_graph(tree, 4)
    shared, _ = build_motion_graph(tree, 4)
    before = ours.clone()
    ours.random_(0, 12)
    assert torch.equal(shared, ours)  # clips share their memory
    assert torch.equal(MotionGraph.of_skeleton(tree, 4).edge_index, before)
    assert torch.equal(build_motion_graph(tree, 4)[0], before)


class TestShortClips:
    """Clips of one or two frames have the same edges with and without links over two frames."""

    @pytest.mark.parametrize("frames", [1, 2])
    def test_what_was_made_before_decides_nothing(self, skeleton, frames):
        data = clip(skeleton, frames)
        MotionGraph.of_skeleton(skeleton, frames, "bones+next2")
        assert MotionGraph.of_data(data) is MotionGraph.of_skeleton(skeleton, frames)
        assert MotionGraph.of_data(data, "bones+next2") is MotionGraph.of_skeleton(skeleton, frames, "bones+next2")
        other = clip(skeleton, frames, "bones+mirror")
        MotionGraph.of_skeleton(skeleton, frames, "bones+mirror+next2")
        assert MotionGraph.of_data(other) is MotionGraph.of_skeleton(skeleton, frames, "bones+mirror")

    def test_longer_links_than_the_clip_have_no_part_in_a_product(self, skeleton, monkeypatch):
        monkeypatch.setattr(EDGE_KINDS, "_entries", dict(EDGE_KINDS._entries))
        register_edges("next5", EdgeKind(77, lambda s: [(j, j) for j in range(s.num_joints)], "far", frames_on=5))
        pose = torch.rand(1, 4, 17, 3, dtype=torch.float64)
        graph = MotionGraph.of_skeleton(skeleton, 4, "bones+next5")
        for normalization in (None, "sym", "rw"):
            sparse, product = (
                Laplacian(skeleton, backend=backend, normalization=normalization)(pose, graph)
                for backend in ("sparse", "product")
            )
            torch.testing.assert_close(sparse, product, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int16])
def test_other_integers_are_the_same_edges(skeleton, dtype):
    data = clip(skeleton, 4)
    more = torch.tensor([[3, 13], [13, 3]])
    data.edge_index = torch.cat([data.edge_index, more], 1).to(dtype)
    data.edge_type = torch.cat([data.edge_type, torch.zeros(2, dtype=torch.long)]).to(torch.uint8)
    graph = MotionGraph.of_data(data)
    assert graph.edge_index.dtype == graph.edge_type.dtype == torch.long and graph.has_all_next_frames


@pytest.mark.parametrize(
    "to, message",
    [
        (change(edge_index=lambda e: e.tolist()), "edge_index must be a torch tensor of integers .* got list"),
        (change(edge_type=lambda e: e.float()), "edge_type must hold integers .* got torch.float32"),
        (change(edge_index=lambda e: e.to(torch.complex64)), "edge_index must hold integers .* got torch.complex64"),
        (change(num_frames="four"), "num_frames must be a whole number for each clip, got 'four'"),
    ],
)
def test_values_of_other_kinds(skeleton, to, message, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    data = clip(skeleton, 4)
    to(data)
    with pytest.raises(ValueError, match=message):
        MotionGraph.of_data(data)


def test_an_extra_bone_is_no_bone_already(skeleton):
    with pytest.raises(ValueError, match="'Hip' and 'RHip', which a bone of the skeleton joins already"):
        MotionGraph.of_skeleton(skeleton, 3, extra_bones=[("Hip", "RHip")])


def test_a_kind_that_joins_joints_that_are_not_there(skeleton, monkeypatch):
    monkeypatch.setattr(EDGE_KINDS, "_entries", dict(EDGE_KINDS._entries))
    register_edges("tail", EdgeKind(78, lambda s: [(0, 99)], "a tail"))
    with pytest.raises(ValueError, match=r"edges 'tail' join \(0, 99\), and skeleton 'h36m17' has joints 0..16"):
        MotionGraph.of_skeleton(skeleton, 3, "bones+tail")
    with pytest.raises(ValueError, match="a kind of edges cannot be called 'a\\+b'"):
        register_edges("a+b", EdgeKind(79, lambda s: [], ""))
