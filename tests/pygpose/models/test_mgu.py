"""Our own network: its options, the curve, the spread."""

import pytest
import torch

from graphs import get_skeleton
from pygpose.models import build_model
from pygpose.models.lifter import LEAST_SPREAD
from pygpose.models.mgu import MGUConfig

SKELETON = get_skeleton("h36m17")
SMALL = {"channels": (8, 8), "mixing": 4, "merge_channels": 8}


def build(**options):
    torch.manual_seed(0)
    return build_model("mgu", skeleton=SKELETON, **SMALL | options).double().eval()


@pytest.mark.parametrize(
    "options",
    [
        {"frame_group": 1},
        {"frame_group": 3, "context": 4},
        {"context": 0},
        {"mixing": 0, "straight": False, "spread": False},
        {"channels": (8, 8, 8, 8), "joint_attention": (0, 3), "time_attention": (1, 2)},
        {"bonewise": True, "on_rays": False},
    ],
    ids=str,
)
def test_every_option_gives_every_frame(options):
    model = build(**options)
    scale = torch.full((17,), 0.1)
    scale[SKELETON.root] = 0.0  # as in all data: poses are relative to it
    model.set_statistics(torch.randn(17, 3), scale)
    assert model.context == (model.config.context,) * 2
    assert model.frame_multiple == model.config.frame_group * 2 ** (len(model.config.channels) - 1)
    for frames in (1, 13):
        points = model.lifted(torch.randn(2, frames, 17, 2))
        assert points.shape == (2, frames, 17, 4 if model.config.spread else 3) and points.isfinite().all()


def test_positions_lie_on_a_curve_without_steps():
    """Cubic between the middles of control points, whatever single frames say; of continuous acceleration there
    (tests of the spline)."""
    model = build(frame_group=16, framing="screen", context=0, on_rays=False)
    torch.nn.init.normal_(model.straight.weight)
    pose = model(torch.randn(1, 96, 17, 2, dtype=torch.float64))
    fourth = pose.diff(n=4, dim=1).abs().amax((0, 2, 3))  # of frames t to t + 4
    inside = torch.tensor([(frame - 8) // 16 == (frame + 4 - 8) // 16 for frame in range(92)])
    assert fourth[inside].max() < 1e-9 < 1e-6 < fourth[~inside].max()


def test_the_linear_map_of_the_keypoints_goes_past_all_layers():
    """With nothing else, positions are a linear function of what the virtual camera sees."""
    model = build(framing="screen", context=0, on_rays=False)
    for weight in (model.regressor.weight, model.regressor.bias):
        torch.nn.init.zeros_(weight)
    torch.nn.init.normal_(model.straight.weight)
    one, two = torch.randn(2, 1, 12, 17, 2, dtype=torch.float64)
    torch.testing.assert_close(model((one + two) / 2), (model(one) + model(two)) / 2, rtol=0, atol=1e-9)
    assert (model(one) - model(two)).abs().max() > 0.1
    assert build().straight.weight.count_nonzero() == 0  # a fresh one says nothing


def test_spreads_are_metres_and_move_no_position():
    model, x = build(), torch.randn(2, 20, 17, 2, dtype=torch.float64)
    points = model.lifted(x)
    assert (points[..., 3] > LEAST_SPREAD).all() and points[..., 3].max() < 0.2
    model.spread_scale.fill_(1.5)
    calibrated = model.lifted(x)
    assert torch.equal(calibrated[..., :3], points[..., :3])
    torch.testing.assert_close(calibrated[..., 3], 1.5 * points[..., 3])
    outputs = model(x, all_outputs=True)
    torch.testing.assert_close(outputs.spread, calibrated[..., 3])
    assert outputs.poses.shape == (1, 2, 20, 17, 3)
    silent = build(spread=False)
    assert silent(x, all_outputs=True).spread is None and "spread_scale" not in silent.state_dict()


def test_half_precision_does_not_reach_positions():
    model = build(joint_attention=(1,), time_attention=(1,)).float()
    x = torch.randn(1, 24, 17, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        points = model.lifted(x)
    assert points.dtype == torch.float32
    positions = points[..., 1:, :3]
    assert (positions != positions.bfloat16()).double().mean() > 0.9


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channels": (8,)}, "MGUConfig.channels needs at least 2 positive widths"),
        ({"frame_group": 0}, "MGUConfig.frame_group must be at least 1, got 0"),
        ({"mixing": -1}, "MGUConfig.mixing must be at least 0, got -1"),
        ({"context": -1}, "MGUConfig.context must be at least 0, got -1"),
        ({"dropout": 1.0}, r"MGUConfig.dropout must lie in \[0, 1\), got 1.0"),
        ({"joint_attention": (4,)}, r"MGUConfig.joint_attention names level 4; levels are 0..2"),
    ],
)
def test_config_errors(options, message):
    with pytest.raises(ValueError, match=message):
        MGUConfig(**options)


def test_attention_needs_channels_that_its_heads_divide():
    with pytest.raises(ValueError, match="attention of 4 heads needs channels that 4 divides, got 6"):
        build(channels=(8, 6), joint_attention=(1,))


def test_bonewise_positions_keep_the_lengths_of_bones():
    model, free = build(bonewise=True, on_rays=False), build(on_rays=False)
    free.load_state_dict(model.state_dict())
    x = torch.randn(1, 40, 17, 2, dtype=torch.float64)
    parents = [max(parent, 0) for parent in SKELETON.parents]
    change = []
    for each in (model, free):
        each.mean_pose.copy_(torch.randn(17, 3, generator=torch.Generator().manual_seed(0)))
        pose = each(x)
        lengths = (pose - pose[:, :, parents]).norm(dim=-1)[..., 1:]
        change.append((lengths.std(1) / lengths.mean(1)).max().item())
    assert change[0] < 0.02 < change[1]
