"""UGCN: the two ways to convolve, the options of the paper's tables, the receptive field."""

import jaxtyping
import pytest
import torch

from graphs import get_skeleton
from pygpose.models import build_model
from pygpose.models.ugcn import UGCNConfig

SKELETON = get_skeleton("h36m17")


@pytest.mark.parametrize("options", [{}, {"spatial_graph": False}, {"partition": "distance"}, {"regressor": "joint"}])
def test_message_passing_is_the_matmul_path(options):
    torch.manual_seed(0)
    fast = build_model("ugcn", skeleton=SKELETON, **options).double()
    slow = build_model("ugcn", skeleton=SKELETON, graph_backend="message_passing", **options).double()
    slow.load_state_dict(fast.state_dict())
    x = torch.randn(2, 32, 17, 2, dtype=torch.float64)
    for mode in (True, False):
        torch.testing.assert_close(slow.train(mode)(x), fast.train(mode)(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("pairs", [0, 1, 2, 4])
def test_down_up_pairs_only_change_strides(pairs):
    model = build_model("ugcn", skeleton=SKELETON, down_up_pairs=pairs)
    assert model.strides == [2] * pairs + [1] * (4 - pairs)
    assert model.frame_multiple == 2**pairs
    full = build_model("ugcn", skeleton=SKELETON)
    assert {n: p.shape for n, p in model.named_parameters()} == {n: p.shape for n, p in full.named_parameters()}


def test_without_spatial_graph_and_body_regressor_joints_do_not_see_each_other():
    torch.manual_seed(0)
    model = build_model("ugcn", skeleton=SKELETON, spatial_graph=False, regressor="joint").double().eval()
    x = torch.rand(1, 32, 17, 3, dtype=torch.float64)  # what the virtual camera gives: x, y and confidence
    moved = x.clone()
    moved[:, :, 5, :2] += 1
    change = (model.lift(moved) - model.lift(x)).abs().amax((0, 1, 3))
    assert change[5] > 0
    assert change[[j for j in range(17) if j != 5]].max() == 0


def test_without_merging_there_is_one_scale():
    assert len(build_model("ugcn", skeleton=SKELETON, merging=False).merge) == 1
    assert len(build_model("ugcn", skeleton=SKELETON).merge) == 4


@pytest.mark.parametrize("option", ["upsampling", "regressor", "partition", "graph_backend"])
def test_a_word_that_is_no_choice_is_refused(option, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ValueError, match=f"unknown {option} 'bilinear'; known: "):
        build_model("ugcn", skeleton=SKELETON, **{option: "bilinear"})


def test_legacy_partition_changes_the_output():
    x = torch.randn(1, 16, 17, 2)
    new, old = build_model("ugcn", skeleton=SKELETON), build_model("ugcn", skeleton=SKELETON, legacy_partition=True)
    old.load_state_dict(new.state_dict())
    assert not torch.allclose(new.eval()(x), old.eval()(x))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": (16,)}, "at least 2 positive widths"),
        ({"down_up_pairs": 5}, "must lie in 0..4"),
        ({"dropout": 1.0}, r"must lie in \[0, 1\)"),
        ({"merge_channels": 0}, "UGCNConfig.merge_channels must be at least 1, got 0"),
        ({"context": -1}, "UGCNConfig.context must be at least 0, got -1"),
    ],
)
def test_config_errors(options, message):
    with pytest.raises(ValueError, match=message):
        UGCNConfig(**options)
    with pytest.raises(ValueError, match="temporal kernel must be odd"):
        build_model("ugcn", skeleton=SKELETON, temporal_kernel=4)
