"""Rows add up: averages of rows are the metrics of the frames behind them."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import get_skeleton
from pygpose import metrics
from pygpose.metrics.table import H36M_ACTIONS

SKELETON = get_skeleton("h36m17")
PER_FRAME = {
    "mpjpe_mm": metrics.mpjpe,
    "p_mpjpe_mm": metrics.p_mpjpe,
    "n_mpjpe_mm": metrics.n_mpjpe,
    "pck_150mm": metrics.pck,
    "auc": metrics.auc,
    "bone_length_error_mm": lambda pred, target: metrics.bone_length_error(pred, target, SKELETON),
}


def draw(frames, seed=0):
    rng = np.random.default_rng(seed)
    target = rng.normal(size=(frames, 17, 3))
    return torch.tensor(target + rng.normal(scale=0.1, size=target.shape)), torch.tensor(target)


def row(frames=5, seed=0, action="Walking", fps=50.0, **names):
    identity = {"subject": "S9", "camera": "54138969", "clip": f"{action}.{seed}"} | names
    return metrics.clip_row(*draw(frames, seed), SKELETON, fps=fps, action=action, **identity)


def test_a_row_says_what_it_is_of():
    made = row(frames=4, action="Directions 1", fps=25.0, camera="2")
    identity = {key: made[key] for key in ("subject", "action", "camera", "clip", "fps")}
    assert identity == {"subject": "S9", "action": "Directions 1", "camera": "2", "clip": "Directions 1.0", "fps": 25.0}
    assert (made["frames"], made["velocity_frames"], made["acceleration_frames"]) == (4, 3, 2)
    assert all(type(value) in (str, int, float) for value in made.values())


def test_every_metric_finds_its_columns():
    made = row()
    assert [metric.name for metric in metrics.METRICS] == (
        "mpjpe_mm p_mpjpe_mm n_mpjpe_mm mpjve_mm mpjve_mm_s mpjacce_mm mpjacce_m_s2 pck_150mm auc "
        "bone_length_error_mm bone_length_deviation_mm"
    ).split()
    assert {metric.sum_column for metric in metrics.METRICS} == {column for column in made if column.endswith("_sum")}
    assert {metric.name for metric in metrics.METRICS if metric.higher_is_better} == {"pck_150mm", "auc"}


@settings(max_examples=15, deadline=None)
@given(frames=st.lists(st.integers(1, 6), min_size=1, max_size=4), seed=st.integers(0, 1000))
def test_averages_of_rows_are_those_of_the_pooled_frames(frames, seed):
    clips = [draw(count, seed + index) for index, count in enumerate(frames)]
    rows = pd.DataFrame([row(count, seed + index) for index, count in enumerate(frames)])
    pred, target = (torch.cat(parts) for parts in zip(*clips, strict=True))
    found = metrics.averages(rows)
    for name, metric in PER_FRAME.items():
        assert found[name] == pytest.approx(metric(pred, target).item()), name
    for name, order in {"mpjve_mm": 1, "mpjacce_mm": 2}.items():
        pooled = torch.cat([(p - t).diff(n=order, dim=0) for p, t in clips])  # inside each clip, never across
        expected = 1000 * pooled.norm(dim=-1).mean().item() if len(pooled) else float("nan")
        assert found[name] == pytest.approx(expected, nan_ok=True), name
    deviations = [metrics.bone_length_deviation(p, SKELETON).item() for p, _ in clips]
    assert found["bone_length_deviation_mm"] == pytest.approx(np.average(deviations, weights=frames))


def test_nothing_is_measured_across_two_clips():
    pred, target = draw(4)
    names = {"fps": 50.0, "subject": "S9", "action": "Eating", "camera": "0"}
    parts = [(pred[:2], target[:2], "a"), (pred[2:], target[2:], "b")]
    rows = pd.DataFrame([metrics.clip_row(p, t, SKELETON, clip=clip, **names) for p, t, clip in parts])
    inside = torch.stack([pred[1] - pred[0] - target[1] + target[0], pred[3] - pred[2] - target[3] + target[2]])
    assert metrics.averages(rows)["mpjve_mm"] == pytest.approx(1000 * inside.norm(dim=-1).mean().item())


def test_seconds_are_exact_where_clips_differ_in_fps():
    slow, fast = row(frames=4, seed=1, fps=25.0), row(frames=8, seed=2, fps=100.0)
    found = metrics.averages(pd.DataFrame([slow, fast]))
    speeds = [metrics.mpjve(*draw(4, 1)).item() * 25, metrics.mpjve(*draw(8, 2)).item() * 100]
    assert found["mpjve_mm_s"] == pytest.approx(np.average(speeds, weights=[3, 7]))
    accelerations = [metrics.mpjacce(*draw(4, 1)).item() * 25**2, metrics.mpjacce(*draw(8, 2)).item() * 100**2]
    assert found["mpjacce_m_s2"] == pytest.approx(np.average(accelerations, weights=[2, 6]) / 1000)


def test_a_clip_too_short_for_a_velocity_weighs_nothing_there():
    short, long = row(frames=1, seed=1), row(frames=9, seed=2)
    assert (short["velocity_frames"], short["mpjve_sum"], short["mpjacce_s2_sum"]) == (0, 0.0, 0.0)
    both, alone = metrics.averages(pd.DataFrame([short, long])), metrics.averages(pd.DataFrame([long]))
    assert both["mpjve_mm"] == alone["mpjve_mm"] and both["mpjpe_mm"] != alone["mpjpe_mm"]
    assert metrics.averages(pd.DataFrame([short])).isna()[["mpjve_mm", "mpjacce_m_s2"]].all()


def test_averages_by_several_columns():
    rows = pd.DataFrame([row(seed=seed, subject=subject) for seed, subject in enumerate(["S9", "S11", "S9"])])
    found = metrics.averages(rows, by=["subject", "action"])
    assert list(found.index) == [("S11", "Walking"), ("S9", "Walking")]
    pooled = [torch.cat(parts) for parts in zip(draw(5, 0), draw(5, 2), strict=True)]
    assert found.loc[("S9", "Walking"), "mpjpe_mm"] == pytest.approx(metrics.mpjpe(*pooled).item())
    assert metrics.averages(rows, by="subject").loc["S11"].equals(metrics.averages(rows[rows["subject"] == "S11"]))


def test_rows_survive_a_csv_file(tmp_path):
    for actions in (("Walking", "Photo 1"), ("14", "2")):
        rows = pd.DataFrame([row(seed=seed, action=action) for seed, action in enumerate(actions)])
        rows.to_csv(tmp_path / "metrics.csv", index=False)
        table = metrics.per_action_table(pd.read_csv(tmp_path / "metrics.csv"))
        pd.testing.assert_frame_equal(table, metrics.per_action_table(rows))


@pytest.mark.parametrize(
    "name, action",
    [("Directions 1", "Directions"), ("WalkTogether", "WalkTogether"), ("Sitting 12", "Sitting")]
    + [("Walking 1 chunk0", "Walking"), ("Box 1 chunk13", "Box"), ("ThrowCatch 1", "ThrowCatch")]
    + [(name, name) for name in ("SittingDown", "TS 1", "walk 2", "Eating1", "Eating fast", "walk 1 chunk0")],
)
def test_canonical_action(name, action):
    assert metrics.canonical_action(name) == action


def test_actions_come_in_the_papers_order():
    names = [f"{action} {trial}" for action in sorted(H36M_ACTIONS) for trial in (1, 2)]
    rows = pd.DataFrame([row(frames=3, seed=seed, action=name) for seed, name in enumerate(names)])
    table = metrics.per_action_table(rows)
    columns = "Dir. Disc. Eat Greet Phone Photo Pose Purch. Sit SitD. Smoke Wait WalkD. Walk WalkT.".split()
    assert list(table.index) == [*columns, "mean over actions", "mean over frames"]
    assert list(table.columns) == [metric.name for metric in metrics.METRICS]
    sitting = rows[rows["action"].isin(["Sitting 1", "Sitting 2"])]
    assert table.loc["Sit", "auc"] == pytest.approx(metrics.averages(sitting)["auc"])


@pytest.mark.parametrize(
    "actions, index",
    [
        (["Walking", "Photo 1", "Directions"], ["Dir.", "Photo", "Walk"]),
        (["jump", "Walking", "Directions 2"], ["Directions", "Walking", "jump"]),
        (["Box 1 chunk0", "Jog 1 chunk2", "Walking 1 chunk0", "Box 1 chunk1"], ["Walk", "Jog", "Box"]),
        (["Gestures 1 chunk0", "Box 1"], ["Box", "Gestures"]),
        (["Box 1", "Photo 1"], ["Box", "Photo"]),
    ],
)
def test_some_actions_and_other_actions(actions, index):
    table = metrics.per_action_table(pd.DataFrame([row(action=action) for action in actions]))
    assert list(table.index[:-2]) == index


def test_pieces_of_a_recording_are_one_action():
    rows = [row(4, 1, "Jog 1 chunk0"), row(6, 2, "Jog 1 chunk1"), row(5, 3, "Box 1 chunk0"), row(30, 4, "Walking 1")]
    table = metrics.per_action_table(pd.DataFrame(rows))
    jog = [torch.cat(parts) for parts in zip(draw(4, 1), draw(6, 2), strict=True)]
    assert table.loc["Jog", "p_mpjpe_mm"] == pytest.approx(metrics.p_mpjpe(*jog).item())
    assert table.loc["mean over actions", "p_mpjpe_mm"] == pytest.approx(table["p_mpjpe_mm"].iloc[:3].mean())


def test_the_two_means_differ_where_actions_differ_in_length():
    rows = pd.DataFrame([row(4, 1, "Eating"), row(6, 2, "Eating"), row(30, 3, "Walking")])
    made = metrics.summary(rows)
    eating = [torch.cat(parts) for parts in zip(draw(4, 1), draw(6, 2), strict=True)]
    values = [metrics.mpjpe(*eating).item(), metrics.mpjpe(*draw(30, 3)).item()]
    assert made["mean_over_actions"]["mpjpe_mm"] == pytest.approx(np.mean(values))
    assert made["mean_over_frames"]["mpjpe_mm"] == pytest.approx(np.average(values, weights=[10, 30]))
    assert made["mean_over_actions"]["mpjpe_mm"] != pytest.approx(made["mean_over_frames"]["mpjpe_mm"], rel=1e-6)
    table = metrics.per_action_table(rows)
    assert table.loc["mean over frames"].to_dict() == made["mean_over_frames"]
    assert table.loc["mean over actions"].to_dict() == made["mean_over_actions"]


def test_an_action_without_a_value_leaves_the_mean_over_actions_without_one():
    made = metrics.summary(pd.DataFrame([row(1, 1, "Eating"), row(5, 2, "Walking")]))
    assert np.isnan(made["mean_over_actions"]["mpjve_mm"]) and made["mean_over_frames"]["mpjve_mm"] > 0


def test_rows_that_cannot_be_averaged_are_refused():
    rows = pd.DataFrame([row(), row(seed=1)])
    with pytest.raises(ValueError, match=r"2 rows without columns \['auc_sum'\]"):
        metrics.averages(rows.drop(columns="auc_sum"))
    with pytest.raises(ValueError, match=r"without columns \['studio'\]"):
        metrics.averages(rows, by="studio")
    with pytest.raises(ValueError, match="0 rows"):
        metrics.averages(rows.iloc[:0])
    with pytest.raises(ValueError, match="'action'"):
        metrics.per_action_table(rows.drop(columns="action"))
    with pytest.raises(ValueError, match=r"miss values in columns \['action'\]"):
        metrics.per_action_table(rows.assign(action=["Eating", None]))
    with pytest.raises(ValueError, match=r"miss values in columns \['pck_sum'\]"):
        metrics.summary(rows.assign(pck_sum=[1.0, float("nan")]))


@pytest.mark.parametrize("fps", [0.0, -50.0, float("nan"), float("inf")])
def test_an_impossible_fps_is_refused(fps):
    with pytest.raises(ValueError, match="fps of clip 'Walking.0'"):
        row(fps=fps)


def test_a_batch_is_no_clip(monkeypatch):
    monkeypatch.setattr("jaxtyping.config.jaxtyping_disable", True)
    batch = torch.zeros(2, 5, 17, 3)
    with pytest.raises(ValueError, match="give one clip"):
        metrics.clip_row(batch, batch, SKELETON, fps=50.0, subject="S9", action="Eating", camera="0", clip="a")


def by_numpy(pred, target, valid):
    """Sums and counts of the frames that count, frame by frame; of one stretch or of several."""
    pred, target = (1000 * positions.numpy() for positions in (pred, target))

    def errors(order):
        found = []
        for t in range(len(pred) - order):
            if all(valid[t : t + order + 1]):
                steps = [np.diff(positions[t : t + order + 1], n=order, axis=0)[0] for positions in (pred, target)]
                found.append(np.sqrt(((steps[0] - steps[1]) ** 2).sum(-1)))
        return np.array(found).reshape(-1, 17)

    still, moving, turning = (errors(order) for order in range(3))
    bones = np.array(SKELETON.bones)
    ours, theirs = (np.sqrt(((p[:, bones[:, 1]] - p[:, bones[:, 0]]) ** 2).sum(-1))[valid] for p in (pred, target))
    return {
        "frames": len(still),
        "velocity_frames": len(moving),
        "acceleration_frames": len(turning),
        "mpjpe_sum": still.mean(1).sum(),
        "mpjve_sum": moving.mean(1).sum(),
        "mpjve_s_sum": moving.mean(1).sum() * 50,
        "mpjacce_sum": turning.mean(1).sum(),
        "pck_sum": 100 * (still < 150).mean(1).sum(),
        "auc_sum": 100 * sum((still < threshold).mean(1).sum() for threshold in range(0, 151, 5)) / 31,
        "bone_length_error_sum": np.abs(ours - theirs).mean(1).sum(),
        "bone_length_deviation_sum": len(ours) * ours.std(0).mean() if len(ours) else 0,
    }


@settings(max_examples=30, deadline=None)
@given(valid=st.lists(st.booleans(), min_size=1, max_size=12), seed=st.integers(0, 1000))
def test_only_frames_that_count_are_measured_and_nothing_across_a_gap(valid, seed):
    found = row(len(valid), seed, valid=torch.tensor(valid))
    for name, expected in by_numpy(*draw(len(valid), seed), np.array(valid)).items():
        assert found[name] == pytest.approx(expected), name
    if all(valid):
        assert found == row(len(valid), seed)
    frames = [part[torch.tensor(valid)] for part in draw(len(valid), seed)]
    if any(valid):
        for name in ("p_mpjpe", "n_mpjpe"):
            assert found[f"{name}_sum"] == pytest.approx(sum(valid) * getattr(metrics, name)(*frames).item())


def test_frames_that_do_not_count_may_hold_anything():
    pred, target = draw(5)
    valid = torch.tensor([True, False, True, True, False])
    names = dict(fps=50.0, subject="S9", action="Eating", camera="0", clip="a", valid=valid)
    before = metrics.clip_row(pred, target, SKELETON, **names)
    pred[1], target[4] = torch.nan, torch.inf
    assert metrics.clip_row(pred, target, SKELETON, **names) == before


def test_a_clip_without_a_frame_that_counts_is_in_no_average():
    none, some = row(4, 1, "Eating", valid=torch.zeros(4, dtype=torch.bool)), row(5, 2, "Walking")
    assert all(none[column] == 0 for column in none if column.endswith(("_sum", "frames")))
    both, alone = pd.DataFrame([none, some]), pd.DataFrame([some])
    assert metrics.summary(both) == metrics.summary(alone)
    pd.testing.assert_frame_equal(metrics.per_action_table(both), metrics.per_action_table(alone))
    with pytest.raises(ValueError, match="no frame counts"):
        metrics.averages(pd.DataFrame([none]))


def test_lengths_must_agree(monkeypatch):
    monkeypatch.setattr("jaxtyping.config.jaxtyping_disable", True)
    pred, target = draw(5)
    names = dict(fps=50.0, subject="S9", action="Eating", camera="0", clip="a")
    with pytest.raises(ValueError, match="valid has shape"):
        metrics.clip_row(pred, target, SKELETON, **names, valid=torch.ones(4, dtype=torch.bool))
    with pytest.raises(ValueError, match="differ in shape"):
        metrics.clip_row(pred[:4], target, SKELETON, **names)
    with pytest.raises(ValueError, match="give one clip"):
        metrics.clip_row(pred[:0], target[:0], SKELETON, **names)


def test_rows_of_mpi_inf_3dhp_count_its_fourteen_joints():
    benchmark, (pred, target) = get_skeleton("mpi_inf_3dhp17"), draw(6)
    far = pred.clone()
    far[:, 14:] += 1.0  # pelvis, spine and head, which PCK and AUC leave out
    names = {"fps": 25.0, "subject": "TS1", "action": "Sitting", "camera": "camera", "clip": "TS1"}
    near, moved = (metrics.clip_row(poses, target, benchmark, **names) for poses in (pred, far))
    errors = 1000 * (pred - target)[:, :14].norm(dim=-1)
    assert near["pck_sum"] == moved["pck_sum"] == pytest.approx(600 * (errors < 150).double().mean().item())
    assert near["auc_sum"] == moved["auc_sum"] and near["mpjpe_sum"] != moved["mpjpe_sum"]


def test_rows_of_lsp_count_its_fourteen_joints_from_the_pelvis():
    lsp, rng = get_skeleton("lsp15"), np.random.default_rng(0)
    target = rng.normal(scale=0.4, size=(6, 15, 3))
    pred = target + rng.normal(scale=0.1, size=target.shape)
    pred, target = (torch.tensor(poses - poses[:, 14:]) for poses in (pred, target))
    names = {"fps": 30.0, "subject": "s", "action": "a", "camera": "c", "clip": "k"}
    found = metrics.clip_row(pred, target, lsp, **names)
    assert [lsp.joints[joint] for joint in set(range(15)) - set(metrics.error_joints(lsp))] == ["Pelvis"]
    difference = 1000 * (pred - target).numpy()[:, :14]
    for name, order in {"mpjpe_sum": 0, "mpjve_sum": 1, "mpjacce_sum": 2}.items():
        errors = np.sqrt((np.diff(difference, n=order, axis=0) ** 2).sum(-1))
        assert found[name] == pytest.approx(errors.mean(1).sum()), name
    errors = np.sqrt((difference**2).sum(-1))
    assert found["pck_sum"] == pytest.approx(100 * (errors < 150).mean(1).sum())
    assert found["auc_sum"] == pytest.approx(100 * sum((errors < t).mean(1).sum() for t in range(0, 151, 5)) / 31)
    p_mpjpe = n_mpjpe = 0.0
    for ours, theirs in zip(pred.numpy()[:, :14], target.numpy()[:, :14], strict=True):
        n_mpjpe += 1000 * np.linalg.norm(ours * (ours * theirs).sum() / (ours**2).sum() - theirs, axis=-1).mean()
        x, y = ours - ours.mean(0), theirs - theirs.mean(0)  # the pelvis has no part in what fits best
        u, d, vt = np.linalg.svd(y.T @ x)
        sign = np.array([1, 1, np.linalg.det(u @ vt)])
        p_mpjpe += 1000 * np.linalg.norm((d @ sign / (x**2).sum()) * x @ ((u * sign) @ vt).T - y, axis=-1).mean()
    assert found["n_mpjpe_sum"] == pytest.approx(n_mpjpe) and found["p_mpjpe_sum"] == pytest.approx(p_mpjpe)
    assert found["bone_length_error_sum"] == pytest.approx(6 * metrics.bone_length_error(pred, target, lsp).item())
    path = torch.tensor(rng.normal(size=(2, 6, 3)))
    placed = metrics.world_row(pred, path[0], target, path[1], lsp, 30.0)
    far = np.linalg.norm((pred + path[0][:, None] - target - path[1][:, None]).numpy()[:, :14], axis=-1)
    assert placed["mpjpe_absolute_sum"] == pytest.approx(1000 * far.mean(1).sum())
