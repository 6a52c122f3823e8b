"""Rows about ends of clips, unseen joints and stated spread, against numpy and scipy."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import gamma

from graphs import get_skeleton
from pygpose.metrics import RADII, averages, clip_row, metrics_of, trust_row

SKELETON = get_skeleton("h36m17")
FACTS = dict(subject="S1", action="a", camera="c", clip="k", fps=50.0)


def poses(frames=20, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return (torch.randn(frames, 17, 3, generator=draw, dtype=torch.float64) for _ in range(2))


def test_ends_are_the_first_and_last_frames_of_every_stretch_that_counts():
    pred, target = poses()
    error = 1000 * np.linalg.norm((pred - target).numpy(), axis=-1).mean(1)
    row = trust_row(pred, target, SKELETON)
    assert row["ends_sum"] == pytest.approx(error[0] + error[19]) and row["ends_frames"] == 2
    valid = torch.ones(20, dtype=torch.bool)
    valid[[7, 9]] = False
    row = trust_row(pred, target, SKELETON, valid=valid)
    assert row["ends_sum"] == pytest.approx(error[[0, 6, 8, 10, 19]].sum()) and row["ends_frames"] == 5


def test_seen_and_missing_joints_have_errors_of_their_own():
    pred, target = poses()
    seen = torch.rand(20, 17, generator=torch.Generator().manual_seed(3)) < 0.7
    error, there = 1000 * np.linalg.norm((pred - target).numpy(), axis=-1), seen.numpy()
    row = trust_row(pred, target, SKELETON, seen=seen)
    assert row["mpjpe_seen_sum"] == pytest.approx(error[there].sum()) and row["seen_joints"] == there.sum()
    assert row["mpjpe_unseen_sum"] == pytest.approx(error[~there].sum()) and row["unseen_joints"] == (~there).sum()


def test_the_radii_hold_their_share_of_displacements_of_the_stated_density():
    draw = np.random.default_rng(0)
    for share, radius in RADII.items():
        assert gamma(3).cdf(radius) == pytest.approx(share / 100, abs=1e-4)
    target = torch.zeros(4000, 17, 3, dtype=torch.float64)
    spread = torch.from_numpy(draw.uniform(0.01, 0.1, (4000, 17)))
    way = torch.from_numpy(draw.normal(size=(4000, 17, 3)))
    away = torch.from_numpy(draw.gamma(3, size=(4000, 17))) * spread
    pred = away[..., None] * way / way.norm(dim=-1, keepdim=True)
    row = trust_row(pred, target, SKELETON, spread=spread)
    assert row["within_50_sum"] / row["spread_frames"] == pytest.approx(50, abs=1)
    assert row["within_90_sum"] / row["spread_frames"] == pytest.approx(90, abs=1)


def test_averages_have_what_was_measured():
    pred, target = poses()
    row = clip_row(pred, target, SKELETON, **FACTS) | trust_row(pred, target, SKELETON)
    names = [metric.name for metric in metrics_of(pd.DataFrame([row]))]
    assert "ends_mpjpe_mm" in names and "within_50" not in names and "mpjpe_seen_mm" not in names
    assert averages(pd.DataFrame([row, row]))["ends_mpjpe_mm"] == pytest.approx(row["ends_sum"] / 2)
