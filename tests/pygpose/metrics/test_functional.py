"""Every metric against numpy written from its definition, against answers worked out by hand, and at its door."""

import jaxtyping
import numpy as np
import pytest
import torch

from graphs import Skeleton, get_skeleton
from pygpose import metrics

SKELETON = get_skeleton("h36m17")
PAIRED = ["mpjpe", "mpvpe", "p_mpjpe", "n_mpjpe", "mpjve", "mpjacce", "pck", "auc"]


def draw(*shape, seed=0, scale=0.1):
    """A target of body size and a prediction some centimetres off."""
    rng = np.random.default_rng(seed)
    target = rng.normal(size=(*shape, 3))
    return target + rng.normal(scale=scale, size=target.shape), target


def norm(vectors):
    return np.sqrt((vectors**2).sum(-1)) * 1000


def similarity_fit(pred, target):
    """Umeyama's closed form for one frame, by SVD with the sign of the determinant put right."""
    pred_mean, target_mean = pred.mean(0), target.mean(0)
    x, y = pred - pred_mean, target - target_mean
    u, d, vt = np.linalg.svd(y.T @ x)
    sign = np.array([1, 1, np.linalg.det(u) * np.linalg.det(vt)])
    rotation, scale = (u * sign) @ vt, (d * sign).sum() / (x**2).sum()
    return scale * x @ rotation.T + target_mean


def p_mpjpe(pred, target):
    frames = zip(pred.reshape(-1, *pred.shape[-2:]), target.reshape(-1, *pred.shape[-2:]), strict=True)
    return np.mean([norm(similarity_fit(p, t) - t) for p, t in frames])


def n_mpjpe(pred, target):
    scale = (pred * target).sum((-2, -1)) / (pred * pred).sum((-2, -1))
    return norm(scale[..., None, None] * pred - target).mean()


def velocity(pose):
    return pose[..., 1:, :, :] - pose[..., :-1, :, :]


def acceleration(pose):
    return pose[..., 2:, :, :] - 2 * pose[..., 1:-1, :, :] + pose[..., :-2, :, :]


ORACLES = {
    "mpjpe": lambda p, t: norm(p - t).mean(),
    "mpvpe": lambda p, t: np.mean([np.linalg.norm(vertex) for vertex in (p - t).reshape(-1, 3)]) * 1000,
    "p_mpjpe": p_mpjpe,
    "n_mpjpe": n_mpjpe,
    "mpjve": lambda p, t: norm(velocity(p) - velocity(t)).mean(),
    "mpjacce": lambda p, t: norm(acceleration(p) - acceleration(t)).mean(),
    "pck": lambda p, t: 100 * (norm(p - t) < 150).mean(),
    "auc": lambda p, t: 100 * np.mean([(norm(p - t) < 5 * k).mean() for k in range(31)]),
}


@pytest.mark.parametrize("shape", [(7, 17), (2, 5, 17), (2, 3, 4, 6)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", PAIRED)
def test_agrees_with_numpy(name, dtype, shape):
    pred, target = (torch.tensor(positions, dtype=dtype) for positions in draw(*shape))
    value = getattr(metrics, name)(pred, target)
    assert value.shape == () and value.dtype == torch.float64
    assert value.item() == pytest.approx(ORACLES[name](pred.double().numpy(), target.double().numpy()), rel=1e-9)


@pytest.mark.parametrize("shape", [(7, 17), (2, 5, 17), (2, 3, 3, 6)], ids=str)
def test_acceleration_errors_are_of_every_frame_but_the_ends(shape):
    pred, target = draw(*shape)
    errors = metrics.acceleration_errors(torch.tensor(pred), torch.tensor(target))
    np.testing.assert_allclose(errors, norm(acceleration(pred) - acceleration(target)).mean(-1), rtol=1e-9)
    assert errors.mean().item() == pytest.approx(metrics.mpjacce(torch.tensor(pred), torch.tensor(target)).item())


@pytest.mark.parametrize("shape", [(7, 17), (2, 5, 17)], ids=str)
def test_bone_metrics_agree_with_numpy(shape):
    pred, target = draw(*shape)
    bones = [(SKELETON.parents[joint], joint) for joint in range(17) if SKELETON.parents[joint] >= 0]
    lengths = [np.stack([norm(pose[..., c, :] - pose[..., p, :]) for p, c in bones], -1) for pose in (pred, target)]
    error = metrics.bone_length_error(torch.tensor(pred), torch.tensor(target), SKELETON)
    deviation = metrics.bone_length_deviation(torch.tensor(pred), SKELETON)
    assert error.item() == pytest.approx(np.abs(lengths[0] - lengths[1]).mean())
    assert deviation.item() == pytest.approx(np.std(lengths[0], axis=-2).mean())


def test_p_mpjpe_of_mirrored_and_flat_poses_agrees_with_numpy():
    pred, target = draw(20, 17)
    for factors in ([-1, 1, 1], [1, 1, 0], [1, 0, 0], [-1, 0, 0]):  # mirrored, in a plane, on a line, and turned round
        seen = pred * factors
        assert metrics.p_mpjpe(torch.tensor(seen), torch.tensor(target)).item() == pytest.approx(p_mpjpe(seen, target))


def test_hand_written_answers():
    # One joint at rest, one that is predicted 3 mm, then 8 mm, then 0 mm too far along x.
    target = torch.zeros(3, 2, 3, dtype=torch.float64)
    pred = target.clone()
    pred[:, 1, 0] = torch.tensor([0.003, 0.008, 0.0])
    assert metrics.mpjpe(pred, target).item() == pytest.approx(11 / 6)
    assert metrics.mpjve(pred, target).item() == pytest.approx((5 + 8) / 4)
    assert metrics.mpjacce(pred, target).item() == pytest.approx(13 / 2)  # 3 - 2 * 8 + 0
    assert metrics.acceleration_errors(pred, target).tolist() == pytest.approx([13 / 2])
    assert metrics.pck(pred, target, threshold_mm=5.0).item() == pytest.approx(100 * 5 / 6)
    pair = Skeleton("pair", ("a", "b"), (-1, 0), (), ())
    assert metrics.bone_length_error(pred, target, pair).item() == pytest.approx(11 / 3)
    assert metrics.bone_length_deviation(pred, pair).item() == pytest.approx(np.sqrt((9 + 64) / 3 - (11 / 3) ** 2))


def test_n_mpjpe_scales_about_the_origin():
    target = torch.tensor([[[1.0, 0, 0], [0, 1.0, 0]]])
    pred = torch.tensor([[[2.0, 0, 0], [0, 0, 2.0]]])  # <pred, target> / <pred, pred> = 2 / 8
    assert metrics.n_mpjpe(pred, target).item() == pytest.approx(1000 * (0.5 + np.sqrt(1.25)) / 2)


@pytest.mark.parametrize("millimetres, hits", [(0.0, 30), (4.0, 30), (5.0, 29), (100.0, 10), (149.0, 1), (150.0, 0)])
def test_pck_and_auc_count_errors_strictly_below_the_threshold(millimetres, hits):
    target = torch.zeros(2, 4, 3, dtype=torch.float64)
    pred = target + torch.tensor([0.0, millimetres / 1000, 0.0], dtype=torch.float64)
    assert metrics.auc(pred, target).item() == pytest.approx(100 * hits / 31)
    assert metrics.pck(pred, target).item() == (100 if millimetres < 150 else 0)


# MPI-INF-3DHP's evaluation (mpii_get_pck_auc_joint_groups.m), counted from 1 as it does.
GROUPS_3DHP = {
    "Head": [1],
    "Neck": [2],
    "Shou": [3, 6],
    "Elbow": [4, 7],
    "Wrist": [5, 8],
    "Hip": [9, 12],
    "Knee": [10, 13],
    "Ankle": [11, 14],
}


def test_benchmark_joints_are_those_of_its_groups():
    benchmark = get_skeleton("mpi_inf_3dhp17")
    counted = sorted(joint - 1 for group in GROUPS_3DHP.values() for joint in group)
    assert list(metrics.benchmark_joints(benchmark)) == counted and len(counted) == 14
    assert [benchmark.joints[joint] for joint in sorted(set(range(17)) - set(counted))] == ["Pelvis", "Spine", "Head"]
    assert metrics.benchmark_joints(SKELETON) == tuple(range(17))


def test_pck_and_auc_of_the_benchmark_are_its_group_totals():
    """Each group's curve by itself, then weighed by its joints: the data set's own way to its total."""
    pred, target = draw(40, 17, scale=0.07)
    pred, target = pred - pred[:, 14:15], target - target[:, 14:15]
    errors = norm(pred - target).T  # joints, frames
    total_pck, total_curve = 0.0, np.zeros(31)
    for group in GROUPS_3DHP.values():
        of_group = np.array([errors[joint - 1] for joint in group])
        total_pck += (of_group < 150).sum() / of_group.size * len(group) / 14
        total_curve += np.array([(of_group < t).sum() / of_group.size for t in range(0, 151, 5)]) * len(group) / 14
    pred, target = torch.tensor(pred), torch.tensor(target)
    joints = metrics.benchmark_joints(get_skeleton("mpi_inf_3dhp17"))
    assert metrics.pck(pred, target, joints=joints).item() == pytest.approx(100 * total_pck)
    assert metrics.auc(pred, target, joints=joints).item() == pytest.approx(100 * total_curve.sum() / 31)
    assert metrics.auc(pred, target, joints=joints).item() != pytest.approx(metrics.auc(pred, target).item())


@pytest.mark.parametrize("joints", [(), (0, 17), (-1,)], ids=str)
def test_pck_and_auc_refuse_joints_that_are_not_there(joints):
    for metric in (metrics.pck, metrics.auc):
        with pytest.raises(ValueError, match="not among the 17 of pred"):
            metric(torch.zeros(2, 17, 3), torch.zeros(2, 17, 3), joints=joints)


@pytest.mark.parametrize("point", [0.0, 0.3, 12.3])
def test_a_collapsed_prediction_has_no_scale(point):
    _, target = (torch.tensor(positions) for positions in draw(4, 17))
    collapsed = torch.full_like(target, point)
    spread = (target - target.mean(1, keepdim=True)).norm(dim=-1).mean() * 1000
    assert metrics.p_mpjpe(collapsed, target).item() == pytest.approx(spread.item())
    assert metrics.p_mpjpe(target, collapsed).item() == pytest.approx(0, abs=1e-9)
    assert metrics.n_mpjpe(torch.zeros_like(target), target).item() == pytest.approx(metrics.mpjpe(0 * target, target))


def test_single_frames_and_rigid_bodies_have_no_deviation():
    _, target = draw(1, 17)
    assert metrics.bone_length_deviation(torch.tensor(target), SKELETON).item() == 0
    moving = torch.tensor(target) + torch.arange(5.0)[:, None, None]
    assert metrics.bone_length_deviation(moving, SKELETON).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", PAIRED)
def test_autocast_changes_nothing(name):
    pred, target = (torch.tensor(positions, dtype=torch.float32) for positions in draw(5, 17))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = getattr(metrics, name)(pred, target)
    assert value.item() == getattr(metrics, name)(pred, target).item()


@pytest.fixture
def unchecked(monkeypatch):
    """Calls as users make them: without the shape checks of the test suite, which would speak first."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)


CALLS = [getattr(metrics, name) for name in PAIRED] + [
    metrics.acceleration_errors,
    lambda pred, target: metrics.bone_length_error(pred, target, SKELETON),
]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("call", CALLS, ids=[*PAIRED, "acceleration_errors", "bone_length_error"])
class TestRefusals:
    def test_shapes_that_would_broadcast(self, call):
        with pytest.raises(ValueError, match=r"pred \(4, 17, 3\) and target \(1, 17, 3\) differ"):
            call(torch.zeros(4, 17, 3), torch.zeros(1, 17, 3))

    @pytest.mark.parametrize("shape", [(4, 17, 2), (17, 3), (0, 17, 3), (4, 0, 3)], ids=str)
    def test_what_is_no_sequence_of_3d_poses(self, call, shape):
        with pytest.raises(ValueError, match="pred has shape .* give"):
            call(torch.zeros(shape), torch.zeros(shape))

    def test_values_that_are_not_finite(self, call):
        good, bad = torch.zeros(4, 17, 3), torch.zeros(4, 17, 3)
        bad[0, 0], bad[1, 2, 0] = torch.nan, -torch.inf
        with pytest.raises(ValueError, match="target holds 3 NaN and 1 infinite of 204 values"):
            call(good, bad)
        with pytest.raises(ValueError, match="pred holds 3 NaN and 1 infinite of 204 values"):
            call(bad, good)


@pytest.mark.parametrize("name, frames", [("mpjve", 2), ("mpjacce", 3), ("acceleration_errors", 3)])
def test_too_few_frames_for_a_difference_in_time(name, frames):
    enough, short = torch.zeros(frames, 17, 3), torch.zeros(frames - 1, 17, 3)
    assert getattr(metrics, name)(enough, enough).item() == 0
    with pytest.raises(ValueError, match=f"has {frames - 1} frames; this metric needs {frames}"):
        getattr(metrics, name)(short, short)


def test_another_skeleton_is_refused():
    pose = torch.zeros(4, 16, 3)
    with pytest.raises(ValueError, match="'h36m17' of 17 joints.* poses of 16 joints"):
        metrics.bone_length_error(pose, pose, SKELETON)
    with pytest.raises(ValueError, match="'h36m17' of 17 joints.* poses of 16 joints"):
        metrics.bone_length_deviation(pose, SKELETON)
    with pytest.raises(ValueError, match="'dot' of 1 joints, 0 bones"):
        metrics.bone_length_deviation(pose[:, :1], Skeleton("dot", ("a",), (-1,), (), ()))


def test_bone_length_deviation_refuses_what_is_not_finite():
    with pytest.raises(ValueError, match="pred holds 204 NaN"):
        metrics.bone_length_deviation(torch.full((4, 17, 3), torch.nan), SKELETON)


@pytest.mark.parametrize("threshold", [0.0, -5.0, float("nan")])
def test_pck_refuses_a_threshold_that_admits_nothing(threshold):
    with pytest.raises(ValueError, match="admits no joint"):
        metrics.pck(torch.zeros(2, 3, 3), torch.zeros(2, 3, 3), threshold_mm=threshold)
