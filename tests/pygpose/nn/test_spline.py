"""The curve against scipy's B-splines and its own promises."""

import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline

from pygpose.nn import spline_frames, spline_weights

EVERY = pytest.mark.parametrize("frames", [1, 2, 3, 4, 5])


@EVERY
def test_weights_are_those_of_a_mean(frames):
    weights = spline_weights(frames)
    assert weights.shape == (frames, 5) and weights.dtype == torch.float64 and (weights >= 0).all()
    torch.testing.assert_close(weights.sum(1), torch.ones(frames, dtype=torch.float64), rtol=0, atol=1e-15)
    torch.testing.assert_close(weights.flip(0, 1), weights, rtol=0, atol=1e-15)  # backwards as forwards


@EVERY
def test_it_is_the_cubic_spline_of_scipy(frames):
    points = np.random.default_rng(0).normal(size=(9, 2))
    curve = spline_frames(torch.from_numpy(points)[None], spline_weights(frames))[0]
    held = np.concatenate([points[:1].repeat(2, 0), points, points[-1:].repeat(2, 0)])
    spline = BSpline(np.arange(-4, 13), held, 3)  # the point of place i stands at i
    places = (np.arange(9 * frames) + 0.5) / frames - 0.5
    np.testing.assert_allclose(curve, spline(places), rtol=0, atol=1e-12)


@EVERY
def test_straight_lines_stay_straight(frames):
    """Away from the ends, beyond which the last point stands still."""
    line = 0.3 * torch.arange(12, dtype=torch.float64)[None, :, None] - 1
    curve = spline_frames(line, spline_weights(frames))[0, :, 0]
    expected = 0.3 * ((torch.arange(12 * frames, dtype=torch.float64) + 0.5) / frames - 0.5) - 1
    inside = slice(2 * frames, -2 * frames)
    torch.testing.assert_close(curve[inside], expected[inside], rtol=0, atol=1e-12)
    still = torch.full((2, 1, 3), 0.7, dtype=torch.float64)
    torch.testing.assert_close(spline_frames(still, spline_weights(frames)), still.expand(2, frames, 3))


def test_acceleration_has_no_steps():
    """Between ever nearer frames, acceleration changes by ever less, at the points as between them."""
    points = torch.randn(1, 10, 1, dtype=torch.float64)
    steps = []
    for frames in (50, 100, 200):
        acceleration = spline_frames(points, spline_weights(frames))[0, :, 0].diff(n=2) * frames**2
        steps.append(acceleration.diff().abs().max().item())
    assert steps[1] < 0.55 * steps[0] and steps[2] < 0.55 * steps[1]


def test_shapes_and_precision():
    points = torch.randn(3, 7, 68)
    curve = spline_frames(points, spline_weights(2))
    assert curve.shape == (3, 14, 68) and curve.dtype == torch.float32
    one = points.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda p: spline_frames(p, spline_weights(2)), (one[:1, :4, :3],), fast_mode=True)
