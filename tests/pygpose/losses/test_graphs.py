"""Terms on a graph run over the graph of the data: pygpose/losses/lap.py and pygpose/losses/compose.py."""

import copy

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from graphs import MotionGraph, get_skeleton
from pygpose.data import WindowDataset, make_sequence
from pygpose.losses import build_loss
from pygpose.outputs import Outputs

SKELETON = get_skeleton("h36m17")
FACTS = dict(skeleton="h36m17", subject="S1", action="Walking", camera="c1", fps=50.0)


def clip(seed=0, frames=12):
    draw = torch.Generator().manual_seed(seed)
    pose = torch.rand(frames, 17, 3, generator=draw, dtype=torch.float64)
    return make_sequence(torch.rand(frames, 17, 2, generator=draw, dtype=torch.float64), pose, clip=str(seed), **FACTS)


def altered(sequence, keep, more=()):
    made = copy.copy(sequence)
    extra = torch.tensor([*more, *(pair[::-1] for pair in more)], dtype=torch.long).view(-1, 2).T
    made.edge_index = torch.cat([made.edge_index[:, keep], extra], 1)
    made.edge_type = torch.cat([made.edge_type[keep], extra.new_zeros(extra.size(1))])
    return made


CHANGES = {
    "no edges": lambda s: altered(s, torch.zeros(len(s.edge_type), dtype=torch.bool)),
    "a bone less": lambda s: altered(s, ~((s.edge_type == 0) & (s.edge_index % 17 == 3).any(0))),
    "a bone more": lambda s: altered(s, torch.ones(len(s.edge_type), dtype=torch.bool), [(3, 13)]),
    "a cut": lambda s: altered(s, (s.edge_index // 17 < 6).all(0) | (s.edge_index // 17 >= 6).all(0)),
}


def by_hand(error, sequence):
    """The mean length of the differential coordinates, edge by edge."""
    flat = error.reshape(-1, 3).numpy()
    out = np.zeros_like(flat)
    for source, target in sequence.edge_index.T.tolist():
        out[source] += flat[source] - flat[target]
    return np.linalg.norm(out, axis=-1).mean()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_other_edges_give_another_loss_alone_as_in_a_batch(change):
    loss = build_loss("pose:0+lap", skeleton=SKELETON)
    plain, other = clip(), change(clip())
    pred = torch.rand(1, 12, 17, 3, dtype=torch.float64)
    value = loss(pred, other)[0]
    assert value.item() == pytest.approx(by_hand(pred[0] - other.pose(), other), rel=1e-9)
    assert value != loss(pred, plain)[0]
    assert value == loss(pred, other.pose()[None], graph=MotionGraph.of_data(other))[0]
    both = loss(torch.cat([pred, pred]), Batch.from_data_list([plain, other]))[0]
    torch.testing.assert_close(both, (loss(pred, plain)[0] + value) / 2, rtol=1e-10, atol=0)


def test_an_untouched_graph_is_the_skeletons():
    for options in ({}, {"backend": "product"}, {"normalization": "sym", "temporal_weight": 0.3}):
        loss = build_loss("lap", skeleton=SKELETON, options={"lap": options})
        pred, sequence = torch.rand(1, 12, 17, 3, dtype=torch.float64), clip()
        assert loss(pred, sequence)[0] == loss(pred, sequence.pose()[None])[0]


@pytest.mark.parametrize("graph", ["bones+mirror", "bones+next2", "bones+mirror+next2"])
@pytest.mark.parametrize("normalization", [None, "sym", "rw"])
def test_product_derives_from_the_same_graph(graph, normalization):
    made = MotionGraph.of_skeleton(SKELETON, 12, graph)
    pred, target = torch.rand(2, 2, 12, 17, 3, dtype=torch.float64)
    values = [
        build_loss("lap", skeleton=SKELETON, options={"lap": {"backend": backend, "normalization": normalization}})(
            pred, target, graph=made
        )[0]
        for backend in ("sparse", "product")
    ]
    torch.testing.assert_close(*values, rtol=1e-10, atol=0)
    assert values[0] != build_loss("lap", skeleton=SKELETON)(pred, target)[0]


@pytest.mark.parametrize("name", ["a bone more", "a cut"])
def test_product_refuses_what_is_no_product(name):
    loss = build_loss("lap", skeleton=SKELETON, options={"lap": {"backend": "product"}})
    with pytest.raises(ValueError, match="backend 'product' needs a graph with the same edges in every frame"):
        loss(torch.rand(1, 12, 17, 3, dtype=torch.float64), CHANGES[name](clip()))


def test_a_graph_of_other_frames_is_refused():
    loss = build_loss("lap", skeleton=SKELETON)
    with pytest.raises(ValueError, match=r"MotionGraph\(9 frames .* cannot be applied to poses \[2, 12, 17, 3\]"):
        loss(torch.rand(2, 12, 17, 3), torch.rand(2, 12, 17, 3), graph=MotionGraph.of_skeleton(SKELETON, 9))


def test_training_is_over_the_graph_of_the_windows():
    terms = []
    for graph in ("bones", "bones+mirror"):
        dataset = WindowDataset([clip()], 8, 4, graph=graph)
        batch = dataset.batch(torch.arange(2))
        pose = torch.rand(1, 2, 8, 17, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        loss = build_loss("lap", skeleton=SKELETON)
        terms.append(loss.of_batch(Outputs(pose), batch)[1]["lap"])
        assert terms[-1] == loss(pose[0], batch.pose(), graph=MotionGraph.of_skeleton(SKELETON, 8, graph))[1]["lap"]
    assert terms[0] != terms[1]
