"""The partitions: counts, directions read off the body, and agreement with the motion graph."""

import pytest

from graphs import NUM_PARTITIONS, build_motion_graph, get_skeleton, list_skeletons, partition_edges

EVERY = pytest.mark.parametrize("name", list_skeletons())


def named_labels(skeleton, **options):
    """Label by the names of source and target."""
    edge_index, label = partition_edges(skeleton, "spatial", **options)
    names = [(skeleton.joints[source], skeleton.joints[target]) for source, target in edge_index.T.tolist()]
    return dict(zip(names, label.tolist(), strict=True))


@pytest.mark.parametrize(
    "source, target, label",
    [
        ("Hip", "Hip", 0),
        ("RWrist", "RWrist", 0),
        ("Hip", "RHip", 1),
        ("RHip", "Hip", 2),
        ("RKnee", "RFoot", 1),
        ("RFoot", "RKnee", 2),
        ("Thorax", "LShoulder", 1),
        ("LShoulder", "Thorax", 2),
        ("Head", "Neck/Nose", 2),
    ],
)
def test_the_message_from_the_roots_side_has_label_1(skeleton, source, target, label):
    assert named_labels(skeleton)[source, target] == label


@EVERY
def test_spatial_splits_both_directions_evenly(name):
    skeleton = get_skeleton(name)
    edge_index, label = partition_edges(skeleton, "spatial")
    for (source, target), kind in zip(edge_index.T.tolist(), label.tolist(), strict=True):
        assert kind == (0 if source == target else 1 if skeleton.parents[target] == source else 2)
    assert label.bincount().tolist() == [skeleton.num_joints, skeleton.num_joints - 1, skeleton.num_joints - 1]


def test_h36m_has_17_16_16_and_the_copied_code_17_26_6(skeleton):
    assert partition_edges(skeleton)[1].bincount().tolist() == [17, 16, 16]
    assert partition_edges(skeleton, legacy=True)[1].bincount().tolist() == [17, 26, 6]
    second = {edge for edge, label in named_labels(skeleton, legacy=True).items() if label == 2}
    assert second == {  # (source, target): 0->1, 0->4, 0->7, 1->2, 4->5, 7->8
        *[("Hip", "RHip"), ("Hip", "LHip"), ("Hip", "Spine")],
        *[("RHip", "RKnee"), ("LHip", "LKnee"), ("Spine", "Thorax")],
    }


@EVERY
def test_legacy_is_the_copied_codes_loop(name):
    """Its adjacency ``A[j, i]`` meets features as ``einsum('nkctv,kvw->nctw')``: j is the source."""
    skeleton = get_skeleton(name)
    hops = skeleton.distances.copy()
    hops[hops > 1] = float("inf")
    edge_index, label = partition_edges(skeleton, legacy=True)
    for (j, i), kind in zip(edge_index.T.tolist(), label.tolist(), strict=True):
        same = hops[j, skeleton.root] == hops[i, skeleton.root]
        assert kind == (0 if j == i else 1 if same or hops[j, skeleton.root] > hops[i, skeleton.root] else 2)


@EVERY
def test_the_simple_partitions(name):
    skeleton = get_skeleton(name)
    edge_index, uniform = partition_edges(skeleton, "uniform")
    assert uniform.tolist() == [0] * edge_index.size(1)
    edge_index, distance = partition_edges(skeleton, "distance")
    assert distance.tolist() == (edge_index[0] != edge_index[1]).long().tolist()


@EVERY
@pytest.mark.parametrize("strategy", NUM_PARTITIONS)
def test_edges_are_the_motion_graphs_bones_and_self_loops(name, strategy):
    skeleton = get_skeleton(name)
    bones, _ = build_motion_graph(skeleton, 1)
    loops = [[joint, joint] for joint in range(skeleton.num_joints)]
    edge_index, label = partition_edges(skeleton, strategy)
    assert edge_index.T.tolist() == sorted(bones.T.tolist() + loops)
    assert label.unique().tolist() == list(range(NUM_PARTITIONS[strategy]))


def test_an_unknown_strategy_gets_the_known_ones(skeleton):
    with pytest.raises(ValueError, match="^unknown partition 'spatail'; known: uniform, distance, spatial$"):
        partition_edges(skeleton, "spatail")
