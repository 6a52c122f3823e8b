"""Metrics of places against numpy, and their sums over clips."""

import numpy as np
import pandas as pd
import pytest
import torch

from graphs import get_skeleton
from pygpose.geometry import camera_to_world, h36m_cameras
from pygpose.metrics import averages, clip_row, drift, foot_skating, metrics_of, root_error, summary, world_row

SKELETON = get_skeleton("h36m17")
FACTS = dict(subject="S1", action="a", camera="c", clip="k")


def motion(frames=30, seed=0):
    draw = torch.Generator().manual_seed(seed)
    pose = torch.randn(frames, 17, 3, generator=draw, dtype=torch.float64)
    pose[:, 0] = 0
    return pose, torch.randn(frames, 3, generator=draw, dtype=torch.float64).cumsum(0) * 0.02


def test_root_error_and_drift_by_numpy():
    (_, path), (_, other) = motion(), motion(seed=1)
    error = 1000 * np.linalg.norm((path - other).numpy(), axis=1)
    assert root_error(path, other).item() == pytest.approx(error.mean())
    way, walked = drift(path, other)
    expected = (path[-1] - path[0] - other[-1] + other[0]).numpy()
    assert way.item() == pytest.approx(1000 * np.linalg.norm(expected))
    assert walked.item() == pytest.approx(np.linalg.norm(np.diff(other.numpy(), axis=0), axis=1).sum())
    shifted = drift(other + 5.0, other)[0]
    assert shifted.item() == pytest.approx(0, abs=1e-9)  # a constant error is no drift


def test_feet_skate_only_while_the_true_foot_stands():
    still = torch.zeros(11, 17, 3, dtype=torch.float64)
    moving = still.clone()
    moving[:, 3, 0] = torch.arange(11) * 0.01  # 0.5 m/s at 50 frames/s
    skating, steps = foot_skating(moving, still, SKELETON, 50.0)
    assert steps == 20 and skating.item() == pytest.approx(500 / 2)  # of two feet, one slides
    skating, steps = foot_skating(moving, moving, SKELETON, 50.0)
    assert steps == 10 and skating.item() == 0  # the right foot truly moves
    torch.testing.assert_close(foot_skating(still[:1], still[:1], SKELETON, 50.0), (torch.zeros(()).double(), 0))
    fast = torch.arange(11).double()[:, None, None] * torch.ones(11, 17, 3).double()
    assert foot_skating(fast, fast, SKELETON, 50.0)[1] == 0


def test_nothing_depends_on_the_frame_of_reference():
    (pose, path), (target, truth) = motion(), motion(seed=1)
    camera = h36m_cameras("S1")[0]
    here = world_row(pose, path, target, truth, SKELETON, 50.0)
    world = [camera_to_world(p + r[:, None], camera) for p, r in ((pose, path), (target, truth))]
    roots = [positions[:, 0] for positions in world]
    turned = [positions - root[:, None] for positions, root in zip(world, roots, strict=True)]
    there = world_row(turned[0], roots[0], turned[1], roots[1], SKELETON, 50.0)
    assert here == pytest.approx(there)


def test_rows_join_and_average_by_their_own_counts():
    rows = []
    for seed, frames in ((0, 30), (2, 10)):
        (pose, path), (target, truth) = motion(frames, seed), motion(frames, seed + 1)
        rows.append(clip_row(pose, target, SKELETON, fps=50.0, **FACTS))
        rows[-1] |= world_row(pose, path, target, truth, SKELETON, 50.0)
    table = pd.DataFrame(rows)
    found = averages(table)
    assert found["drift_mm_m"] == pytest.approx(table["drift_sum"].sum() / table["walked_m"].sum())
    assert found["root_error_mm"] == pytest.approx(table["root_error_sum"].sum() / 40)
    assert found["mpjpe_absolute_mm"] == pytest.approx(table["mpjpe_absolute_sum"].sum() / 40)
    assert "drift_mm_m" in summary(table)["mean_over_actions"]


def test_rows_without_places_have_only_the_metrics_of_the_pose():
    pose, target = motion()[0], motion(seed=1)[0]
    plain = pd.DataFrame([clip_row(pose, target, SKELETON, fps=50.0, **FACTS)])
    assert not {"drift_mm_m", "root_error_mm"} & set(averages(plain).index)
    read_back = plain.assign(drift_sum=float("nan"), walked_m=float("nan"))  # beside rows that have them
    assert metrics_of(read_back) == metrics_of(plain)


def test_nothing_is_measured_across_frames_that_do_not_count():
    (pose, path), (target, truth) = motion(12), motion(12, 1)
    target[:5], truth[:5] = target[:1], truth[:1]  # feet that stand
    valid = torch.tensor([1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1]).bool()
    found = world_row(pose, path, target, truth, SKELETON, 50.0, valid)
    broken = pose.masked_fill(~valid[:, None, None], torch.nan)
    assert world_row(broken, path, target, truth, SKELETON, 50.0, valid) == found

    p, r, t, s = (values.numpy() for values in (pose, path, target, truth))
    absolute = 1000 * np.linalg.norm(p + r[:, None] - t - s[:, None], axis=-1).mean(1)
    assert found["mpjpe_absolute_sum"] == pytest.approx(absolute[valid].sum())
    assert found["root_error_sum"] == pytest.approx(1000 * np.linalg.norm(r - s, axis=-1)[valid].sum())
    ways = [(r[b] - r[a]) - (s[b] - s[a]) for a, b in ((0, 2), (4, 5), (7, 11))]
    assert found["drift_sum"] == pytest.approx(1000 * np.linalg.norm(ways, axis=-1).sum())
    pairs = [i for i in range(11) if valid[i] and valid[i + 1]]
    assert found["walked_m"] == pytest.approx(sum(np.linalg.norm(s[i + 1] - s[i]) for i in pairs))
    feet = [SKELETON.joints.index(name) for name in ("RFoot", "LFoot")]
    ours, theirs = (50 * np.linalg.norm(np.diff(x + y[:, None], axis=0), axis=-1) for x, y in ((p, r), (t, s)))
    standing = [(i, foot) for i in pairs for foot in feet if theirs[i, foot] < 0.2]
    speeds = [1000 * ours[i, foot] for i, foot in standing]
    assert found["standing_feet"] == len(standing) == 4 and found["foot_skating_sum"] == pytest.approx(sum(speeds))
    nothing = world_row(pose, path, target, truth, SKELETON, 50.0, torch.zeros(12, dtype=torch.bool))
    assert set(nothing.values()) == {0}
    assert world_row(pose, path, target, truth, SKELETON, 50.0, valid | True) == world_row(
        pose, path, target, truth, SKELETON, 50.0
    )


def test_perfect_prediction():
    pose, path = motion()
    row = world_row(pose, path, pose, path, SKELETON, 50.0)
    assert row["mpjpe_absolute_sum"] == row["root_error_sum"] == row["drift_sum"] == 0


def test_bad_input(monkeypatch):
    import jaxtyping

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    pose, path = motion()
    with pytest.raises(ValueError, match="differ in shape"):
        root_error(path, path[:-1])
    broken = path.clone()
    broken[2] = torch.nan
    with pytest.raises(ValueError, match="NaN"):
        world_row(pose, broken, pose, path, SKELETON, 50.0)
