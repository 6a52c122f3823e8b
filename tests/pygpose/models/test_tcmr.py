"""TCMR: one window is what a whole clip is made of, and training compares its outputs with the truths it says."""

import pytest
import torch

from graphs import get_skeleton
from pygpose.models import build_model

SKELETON = get_skeleton("h36m17")
SMALL = {"channels": 12, "hidden": 6}


def build(**options):
    torch.manual_seed(0)
    model = build_model("tcmr", skeleton=SKELETON, **SMALL | options).double().eval()
    model.set_statistics(torch.randn(17, 3).double(), torch.rand(17).double() + 0.5)
    return model


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("frames", [1, 5, 16, 40])
def test_a_clip_is_its_windows_one_by_one_and_its_ends_stand_still(layers, frames):
    model = build(layers=layers)
    x = torch.randn(2, frames, 17, 2, dtype=torch.float64)
    padded = torch.cat([x[:, :1].expand(-1, 8, -1, -1), x, x[:, -1:].expand(-1, 7, -1, -1)], 1)
    naive = [model.forward_window(padded[:, start : start + 16])["integrated"] for start in range(frames)]
    torch.testing.assert_close(model(x), torch.stack(naive, 1))


def test_a_window_gives_the_middle_frame_thrice():
    poses = build().forward_window(torch.randn(3, 16, 17, 2, dtype=torch.float64))
    assert set(poses) == {"integrated", "past", "future"}
    for pose in poses.values():
        assert pose.shape == (3, 17, 3) and (pose[:, 0] == 0).all()
    assert not torch.equal(poses["past"], poses["future"])


def test_forecasts_do_not_depend_on_the_middle_frame():
    model = build()
    x = torch.randn(1, 16, 17, 2, dtype=torch.float64)
    other = x.clone()
    other[:, 8] += 1
    first, second = model.forward_window(x), model.forward_window(other)
    assert torch.equal(first["past"], second["past"]) and torch.equal(first["future"], second["future"])
    assert not torch.equal(first["integrated"], second["integrated"])


@pytest.mark.parametrize(
    "options, targets",
    [
        ({}, (0, 0, 0)),
        ({"forecast_target": "neighbours"}, (0, -1, 1)),
        ({"forecast_target": "none"}, (0,)),
        ({"forecast": False}, (0,)),
        ({"residual": True, "forecast_input": "with_current"}, (0, 0, 0)),
    ],
)
def test_training_gets_as_many_poses_as_it_compares(options, targets):
    model = build(**options)
    assert model.targets == targets
    x = torch.randn(2, 30, 17, 2, dtype=torch.float64)
    poses, path = model.outputs(x, with_context=True)
    assert path is None and poses.shape == (len(targets), 2, 15, 17, 3)
    torch.testing.assert_close(poses[0], model(x, with_context=True))
    if len(targets) == 3:
        window = model.forward_window(x[:, 4:20])
        torch.testing.assert_close(poses[1:, :, 4], torch.stack([window["past"], window["future"]]))


def test_bad_input():
    with pytest.raises(ValueError, match="a window of this model has 16 frames, got 15"):
        build().forward_window(torch.zeros(1, 15, 17, 2, dtype=torch.float64))
    with pytest.raises(ValueError, match="built without PoseForecast"):
        build(forecast=False).forward_window(torch.zeros(1, 16, 17, 2, dtype=torch.float64))
    with pytest.raises(ValueError, match="--model.window must hold a past, a middle and a future frame, got 2"):
        build(window=2)
    with pytest.raises(ValueError, match="--model.hidden must be at least 1, got 0"):
        build(hidden=0)
