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


PAPER = dict(
    channels=(16, 32, 64, 128, 256),
    root_relative=False,
    regressor="joint",
    upsampling="nearest",
    merge_channels=16,
    dropout=0.5,
    context=0,
)


def test_the_papers_network_against_one_written_out():
    """The paper's section 3.2 in plain sums over neighbours, with the weights of ours, in evaluation."""
    torch.manual_seed(0)
    model = build_model("ugcn", skeleton=SKELETON, framing="plain", **PAPER).double().eval()
    for norm in model.modules():
        if isinstance(norm, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
            norm.running_mean.normal_()
            norm.running_var.uniform_(0.5, 2)
    x = torch.rand(2, 32, 17, 2, dtype=torch.float64)
    torch.testing.assert_close(model(x), written_out(model, x), rtol=1e-9, atol=1e-9)


def written_out(model, x):
    """Features are ``[B, T, J, C]``; a frame and a joint at a time where it is readable."""
    parents, depth = SKELETON.parents, SKELETON.distances[SKELETON.root]
    neighbours = [[(i, 0)] for i in range(17)]  # the joint itself, and which weights: 0 itself, 1 from the root's side
    for child, parent in enumerate(parents):
        if parent >= 0:
            assert depth[parent] < depth[child]
            neighbours[child].append((parent, 1))
            neighbours[parent].append((child, 2))

    def normed(norm, features):
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        return features * scale + norm.bias - norm.running_mean * scale

    def spatial(conv, features):
        out = []
        for joint in range(17):
            of = {label: [i for i, other in neighbours[joint] if other == label] for label in range(3)}
            parts = [features[:, :, of[k]].mean(2) @ conv.weight[k] for k in of if of[k]]
            out.append(sum(parts))
        return torch.stack(out, 2) + (0 if conv.bias is None else conv.bias)

    def temporal(conv, features, stride):
        weight = conv.weight  # [out, in, 5]
        padded = torch.nn.functional.pad(features, (0, 0, 0, 0, 2, 2))
        frames = range(0, features.size(1), stride)
        return torch.stack([sum(padded[:, t + k] @ weight[..., k].T for k in range(5)) for t in frames], 1)

    def block(layer, features):
        out = normed(layer.spatial_norm.norm, spatial(layer.spatial, features)).relu()
        out = normed(layer.temporal_norm.norm, temporal(layer.temporal, out, layer.stride))
        if layer.residual is not None:
            kept = (features[:, :: layer.stride] + features[:, layer.stride - 1 :: layer.stride]) / 2
            if isinstance(layer.residual, torch.nn.Linear):
                kept = kept @ layer.residual.weight.T + layer.residual.bias
            out = out + kept
        return out.relu()

    features = block(model.stem, normed(model.input_norm, x.flatten(2)).unflatten(2, (17, 2)))
    stage = [features]
    for narrow, keep in zip(model.narrow, model.keep, strict=True):
        features = block(keep, block(narrow, features))
        stage.append(features)
    merged = 0
    for place, layer in enumerate(model.up):
        features = block(layer, features).repeat_interleave(2, 1) + stage[-2 - place]  # eq. 9
        merge = model.merge[place]
        merged = merged + (features @ merge.weight.T + merge.bias).repeat_interleave(2 ** (3 - place), 1)
    found = spatial(model.regressor.last, block(model.regressor.block, merged.relu()))
    found = found * model.pose_scale[:, None]
    return found - found[:, :, SKELETON.root, None]
