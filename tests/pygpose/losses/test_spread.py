"""The spread against scipy's distributions, and what its term teaches."""

import math

import numpy as np
import pytest
import scipy.stats
import torch

from graphs import get_skeleton
from pygpose.losses import LOSSES, Part
from pygpose.losses.spread import spread_loss

SKELETON = get_skeleton("h36m17")


def test_it_is_the_likelihood_of_the_errors_sizes():
    """Sizes of displacements with the density of the docstring have a Gamma distribution of shape 3."""
    draw = np.random.default_rng(0)
    spread, error = draw.uniform(0.01, 0.2, (2, 3, 17)), draw.uniform(0.001, 0.5, (2, 3, 17))
    density = scipy.stats.gamma.logpdf(error, 3, scale=spread)
    known = 2 * np.log(error) - math.log(2)  # what of it does not depend on the spread
    ours = spread_loss(torch.from_numpy(spread), torch.from_numpy(error)).item()
    assert ours == pytest.approx((known - density).mean(), rel=1e-12)
    in_space = -error / spread - np.log(8 * math.pi * spread**3)
    assert ours == pytest.approx(-in_space.mean() - math.log(8 * math.pi), rel=1e-12)


def test_it_is_smallest_at_a_third_of_the_expected_error():
    errors = torch.from_numpy(np.random.default_rng(0).gamma(3, 0.04, (1, 1000, 1)))
    spreads = torch.linspace(0.02, 0.08, 601, dtype=torch.float64)
    values = torch.stack([spread_loss(spread.expand_as(errors), errors) for spread in spreads])
    assert spreads[values.argmin()].item() == pytest.approx(errors.mean().item() / 3, abs=1e-4)


def test_no_gradient_reaches_a_position(scene):
    outputs, batch = scene.make_scene()
    outputs = scene.disturbed(outputs)
    for value in scene.tensors(outputs):
        value.requires_grad_()
    LOSSES["spread"](SKELETON).measure(Part(outputs, batch)).backward()
    assert outputs.poses.grad is None and outputs.path.grad is None
    gradient = outputs.spread.grad
    assert (gradient[:, :, 0] == 0).all()  # the root is never wrong
    assert (gradient[: batch.labelled, :, 1:] != 0).all() and (gradient[batch.labelled :] == 0).all()
