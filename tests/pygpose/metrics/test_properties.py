"""What must hold for every pose: the changes of a prediction that each metric does not see, and those that it sees.

Covers :mod:`pygpose.metrics.functional`, beside ``test_functional.py``.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pygpose import metrics

seeds = st.integers(0, 2**32 - 1)
lengths = st.floats(-3.0, 3.0)
scales = st.floats(0.05, 20.0)
few = settings(max_examples=25, deadline=None)


def draw(seed, frames=5, joints=6):
    rng = np.random.default_rng(seed)
    target = rng.normal(size=(frames, joints, 3))
    return torch.tensor(target + rng.normal(scale=0.1, size=target.shape)), torch.tensor(target), rng


@few
@given(seed=seeds, scale=scales)
def test_p_mpjpe_does_not_see_similarity_transforms_of_a_frame(seed, scale):
    pred, target, rng = draw(seed)
    rotation = torch.tensor(Rotation.random(5, rng=rng).as_matrix())
    moved = scale * pred @ rotation.mT + torch.tensor(rng.normal(size=(5, 1, 3)))
    assert metrics.p_mpjpe(moved, target).item() == pytest.approx(metrics.p_mpjpe(pred, target).item(), rel=1e-7)
    aligned = scale * target @ rotation.mT
    assert metrics.p_mpjpe(aligned, target).item() == pytest.approx(0, abs=1e-6)


@few
@given(seed=seeds)
def test_p_mpjpe_sees_a_mirrored_pose(seed):
    _, target, _ = draw(seed)
    assert metrics.p_mpjpe(target * torch.tensor([-1.0, 1.0, 1.0]), target).item() > 1


@few
@given(seed=seeds)
def test_each_alignment_lowers_the_squared_error_it_minimises(seed):
    # No alignment is one of the choices, and a mean is at most the root of the mean square.
    pred, target, _ = draw(seed, frames=1)
    root_mean_square = 1000 * (pred - target).square().sum(-1).mean().sqrt().item()
    assert metrics.p_mpjpe(pred, target).item() <= root_mean_square
    assert metrics.n_mpjpe(pred, target).item() <= root_mean_square


@few
@given(seed=seeds)
def test_n_mpjpe_does_not_see_a_positive_scale_per_frame(seed):
    pred, target, rng = draw(seed)
    scale = torch.tensor(rng.uniform(0.1, 10, size=(5, 1, 1)))
    assert metrics.n_mpjpe(scale * pred, target).item() == pytest.approx(metrics.n_mpjpe(pred, target).item())
    assert metrics.n_mpjpe(scale * target, target).item() == pytest.approx(0, abs=1e-9)


@few
@given(seed=seeds, x=lengths, y=lengths, z=lengths)
def test_velocity_does_not_see_an_offset_nor_acceleration_a_drift(seed, x, y, z):
    pred, target, _ = draw(seed)
    offset = torch.tensor([x, y, z], dtype=torch.float64)
    drift = torch.arange(5.0)[:, None, None] * offset
    assert metrics.mpjve(pred + offset, target).item() == pytest.approx(metrics.mpjve(pred, target).item())
    assert metrics.mpjacce(pred + drift, target).item() == pytest.approx(metrics.mpjacce(pred, target).item())
    speed_mm = 1000 * offset.norm().item()
    assert metrics.mpjve(target + drift, target).item() == pytest.approx(speed_mm, abs=1e-9)


@few
@given(seed=seeds, threshold=st.floats(1.0, 400.0))
def test_pck_grows_with_its_threshold_and_bounds_the_auc(seed, threshold):
    pred, target, _ = draw(seed)
    assert metrics.pck(pred, target, threshold).item() <= metrics.pck(pred, target, threshold + 50).item()
    assert 0 <= metrics.auc(pred, target).item() <= metrics.pck(pred, target).item()
