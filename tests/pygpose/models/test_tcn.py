"""TCN against an independent one of torch's own layers in [B, C, T], and what its receptive field sees."""

import math

import pytest
import torch
from torch import nn

from graphs import get_skeleton
from pygpose.models import build_model
from pygpose.models.tcn import TCN, TCNConfig
from pygpose.models.weights.videopose3d import from_videopose3d, to_videopose3d

SKELETON = get_skeleton("h36m17")


class Official(nn.Module):
    """The network as its paper draws it, with the official layer names and no padding; dilated."""

    def __init__(self, widths=(3, 3, 3), channels=8, joints=17, causal=False, dense=False, points=None):
        super().__init__()
        self.expand_conv = nn.Conv1d(2 * joints, channels, widths[0], bias=False)
        self.expand_bn = nn.BatchNorm1d(channels)
        self.layers_conv, self.layers_bn = nn.ModuleList(), nn.ModuleList()
        self.cuts, reach = [], widths[0]
        for width in widths[1:]:
            span = (width - 1) * reach
            wide = dict(kernel_size=span + 1) if dense else dict(kernel_size=width, dilation=reach)
            self.layers_conv.append(nn.Conv1d(channels, channels, bias=False, **wide))
            self.layers_conv.append(nn.Conv1d(channels, channels, 1, bias=False))
            self.layers_bn.extend([nn.BatchNorm1d(channels), nn.BatchNorm1d(channels)])
            self.cuts.append((span, 0) if causal else (span // 2, span // 2))
            reach *= width
        self.shrink = nn.Conv1d(channels, 3 * (points or joints), 1)
        self.pad = (reach - 1, 0) if causal else (reach // 2, reach // 2)

    def forward(self, x):
        batch, frames, joints, _ = x.shape
        rows = nn.functional.pad(x.reshape(batch, frames, -1).transpose(1, 2), self.pad, mode="replicate")
        rows = torch.relu(self.expand_bn(self.expand_conv(rows)))
        for block, (left, right) in enumerate(self.cuts):
            kept = rows[:, :, left : rows.size(2) - right]
            rows = torch.relu(self.layers_bn[2 * block](self.layers_conv[2 * block](rows)))
            rows = kept + torch.relu(self.layers_bn[2 * block + 1](self.layers_conv[2 * block + 1](rows)))
        return self.shrink(rows).transpose(1, 2).reshape(batch, frames, -1, 3)


def official(**options):
    torch.manual_seed(0)
    model = Official(**options).double()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm1d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2)
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.bias)
    return model.eval()


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"widths": (1,)},
        {"widths": (3, 5)},
        {"causal": True},
        {"dense": True},
        {"widths": (5, 3, 3), "causal": True},
    ],
    ids=str,
)
def test_official_weights_give_what_the_official_network_gives(options, prefix):
    reference = official(**options)
    weights = {prefix + name: value for name, value in reference.state_dict().items()}
    wanted = {name: options[name] for name in ("causal", "dense") if name in options}
    model = from_videopose3d({"epoch": 80, "model_pos": weights}, **wanted).double()
    x = torch.randn(2, 31, 17, 2, dtype=torch.float64)
    torch.testing.assert_close(model(x), reference(x), rtol=0, atol=1e-12)
    back = to_videopose3d(model)
    assert back.keys() == reference.state_dict().keys()
    reference.load_state_dict(back)
    torch.testing.assert_close(model(x), reference(x), rtol=0, atol=1e-12)


def test_the_official_trajectory_model_comes_with_the_pose_model_and_goes_back():
    pose, path = official(), official(points=1)
    model = from_videopose3d({"model_pos": pose.state_dict(), "model_traj": path.state_dict()}).double()
    x = torch.randn(2, 31, 17, 2, dtype=torch.float64)
    for ours, theirs in zip(model.motion(x), (pose(x), path(x)[:, :, 0]), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    trained = (
        build_model("tcn", skeleton=SKELETON, root_head="model", framing="plain", filter_widths=(3, 3, 3), channels=8)
        .double()
        .eval()
    )
    trained.set_statistics(torch.randn(17, 3), torch.rand(17) + 0.5, torch.randn(3), torch.tensor(2.0))
    assert trained.trajectory is not None
    pose.load_state_dict(to_videopose3d(trained))
    path.load_state_dict(to_videopose3d(trained.trajectory))
    for ours, theirs in zip(trained.motion(x), (pose(x), path(x)[:, :, 0]), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)
    shared = build_model("tcn", skeleton=SKELETON, root_head="shared", framing="plain", channels=8)
    with pytest.raises(ValueError, match="one with a shared trunk has no such form"):
        to_videopose3d(shared)
    with pytest.raises(ValueError, match="takes normalised keypoints alone, and this model has framing='person'"):
        to_videopose3d(build_model("tcn", skeleton=SKELETON, channels=8))


def test_our_weights_saved_in_the_official_form_are_root_relative_metres():
    model = build_model("tcn", skeleton=SKELETON, framing="plain", filter_widths=(3, 3), channels=8).double().eval()
    model.set_statistics(torch.randn(17, 3), torch.rand(17) + 0.5)
    reference = Official(widths=(3, 3)).double().eval()
    reference.load_state_dict(to_videopose3d(model))
    x = torch.randn(2, 12, 17, 2, dtype=torch.float64)
    torch.testing.assert_close(reference(x), model(x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("widths", [(1,), (3, 3), (3, 3, 3), (5, 3), (1, 3, 3)])
def test_strides_give_the_pose_that_dilations_give(widths, causal):
    torch.manual_seed(0)
    model = TCN(SKELETON, TCNConfig(widths, 16, causal=causal), framing="plain").double().eval()
    field = math.prod(widths)
    x = torch.randn(3, field + 1, 17, 2, dtype=torch.float64)
    dilated = model.lift(x)  # two poses: no window of one receptive field
    assert dilated.shape == (3, 2, 17, 3)
    for first in (0, 1):
        strided = model.lift(x[:, first : first + field])
        torch.testing.assert_close(strided[:, 0], dilated[:, first], rtol=0, atol=1e-12)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("widths", [(1,), (3, 3), (3, 3, 3), (5, 3)])
def test_a_pose_depends_on_its_receptive_field_alone(widths, causal, dense):
    torch.manual_seed(0)
    config = TCNConfig(widths, 16, causal=causal, dense=dense)
    model = TCN(SKELETON, config, framing="plain").double().eval()
    x = torch.randn(1, 61, 17, 2, dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(model(x)[0, 30].square().sum(), x)
    seen = grad.abs().sum((0, 2, 3)).nonzero().flatten().tolist()
    field = math.prod(widths)
    first = 30 - (field - 1 if causal else field // 2)
    assert seen == list(range(first, first + field))


@pytest.mark.parametrize("causal", [False, True])
def test_frames_beside_a_window_stand_where_padding_would(causal):
    model = TCN(SKELETON, TCNConfig((3, 3), 16, causal=causal), framing="plain").double().eval()
    x = torch.randn(1, 40, 17, 2, dtype=torch.float64)
    before, after = model.context
    window = model(x[:, 10 - before : 21 + after], with_context=True)
    torch.testing.assert_close(window, model(x)[:, 10:21], rtol=0, atol=1e-12)


@pytest.mark.parametrize("framing", ["person", "plain"])
def test_a_causal_network_does_not_look_ahead(framing):
    """Neither do its virtual camera and the length of the clip."""
    torch.manual_seed(0)
    model = TCN(SKELETON, TCNConfig((3, 3), 16, causal=True), framing=framing).double().eval()
    x = torch.randn(1, 61, 17, 2, dtype=torch.float64, requires_grad=True)
    pose = model(x)
    (grad,) = torch.autograd.grad(pose[0, 30].square().sum(), x)
    assert (grad[:, 31:] == 0).all() and (grad[:, 30] != 0).any()
    torch.testing.assert_close(model(x[:, :31]), pose[:, :31], rtol=0, atol=1e-12)


def test_momentum_falls_from_a_tenth_to_a_thousandth():
    model = TCN(SKELETON, TCNConfig((3, 3), 4))
    for done, momentum in ((0.0, 0.1), (0.5, 0.01), (1.0, 0.001)):
        model.set_progress(done)
        assert [norm.momentum for norm in (model.expand_bn, *model.layers_bn)] == pytest.approx([momentum] * 3)


def test_published_sizes():
    for channels, millions in ((1024, 16.95), (2048, 67.5)):
        model = TCN(SKELETON, TCNConfig(channels=channels), framing="plain")
        assert model.receptive_field == 243
        assert sum(p.numel() for p in model.parameters()) / 1e6 == pytest.approx(millions, rel=2e-3)
    cvm = build_model("cvm", skeleton=SKELETON, framing="plain")
    assert sum(p.numel() for p in cvm.parameters()) / 1e6 == pytest.approx(12.69, 1e-3)


def test_bad_input():
    with pytest.raises(ValueError, match=r"TCNConfig.filter_widths must be odd and at least 1, got \(3, 4\)"):
        TCNConfig((3, 4))
    for framing in ("person", "plain"):
        model = TCN(SKELETON, TCNConfig((3, 3), 4), framing=framing)
        with pytest.raises(
            ValueError, match=r"expects keypoints \[B, T, 17, 2\] with T >= 9, its receptive field, got \[1, 8, 17, 2\]"
        ):
            model(torch.zeros(1, 8, 17, 2), with_context=True)


def test_weights_that_do_not_fit_are_named():
    weights = official().state_dict()
    weights["layers_conv.3.weight"] = weights["layers_conv.3.weight"][:5]
    weights["extra.weight"] = torch.zeros(1)
    del weights["expand_bn.bias"]
    expected = (
        r"do not fit a VideoPose3D network of widths \(3, 3, 3\): missing: expand_bn.bias; unexpected: extra.weight; "
        r"of another shape: layers_conv.3.weight \[5, 8, 1\] instead of \[8, 8, 1\]"
    )
    with pytest.raises(ValueError, match=expected):
        from_videopose3d(weights)
    with pytest.raises(ValueError, match="no VideoPose3D weights: expand_conv.weight and shrink.weight are not among"):
        from_videopose3d({"conv.weight": torch.zeros(1)})
    with pytest.raises(ValueError, match="weights of 5 joints: name their skeleton"):
        from_videopose3d(official(joints=5).state_dict())
