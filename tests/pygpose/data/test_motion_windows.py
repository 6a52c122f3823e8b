"""Windows of motion in the world: what is drawn repeats, and keypoints, poses, paths and cameras fit together."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import Skeleton, get_skeleton
from graphs.skeleton import _SKELETONS
from pygpose.data import MotionWindows, Recording, WindowDataset, WindowLoader, motion_windows
from pygpose.data.playing import SPEED
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.data.transforms.mirror import mirror_some
from pygpose.data.transforms.noise import DetectorNoise
from pygpose.geometry import undistort_points

H36M = get_skeleton("h36m17")


def motion(name="S1", action="Walking", frames=90, fps=50.0):
    positions = synthetic_motion(name, action, num_frames=frames, seed=0).astype(np.float32)
    return Recording(positions, name, action, f"{name}/{action}", fps)


MOTIONS = [motion(), motion("S5", "Eating", 70, 30.0), motion("S6", frames=15)]


def windows_of(motions=MOTIONS, **options):
    return MotionWindows(motions, "h36m17", 20, 10, (4, 3), **options)


def batch(dataset, seed=0, repeat=3):
    return dataset.batch(torch.arange(len(dataset)).repeat(repeat), torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", autouse=True)
def small_sample():
    """Statistics of fewer windows, which are quickly drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(motion_windows, "SAMPLE", (8, 16))
        yield


@pytest.fixture(scope="module")
def dataset(small_sample):
    return windows_of()


@pytest.fixture(scope="module")
def exact(small_sample):
    return windows_of(detector=0.0, crop=0.0)


def project(points, intrinsics):
    """By hand: the camera of each window, in double precision."""
    fx, fy, cx, cy, k1, k2, k3, p1, p2 = np.asarray(intrinsics, np.float64).T[:, :, None, None]
    x, y = np.moveaxis(np.asarray(points, np.float64)[..., :2] / np.asarray(points, np.float64)[..., 2:], -1, 0)
    square = x**2 + y**2
    scale = 1 + k1 * square + k2 * square**2 + k3 * square**3 + p1 * x + p2 * y
    return np.stack([fx * (x * scale + p1 * square) + cx, fy * (y * scale + p2 * square) + cy], -1)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=10)
@pytest.mark.parametrize("crop", [0.0, 1.0])
def test_keypoints_are_the_projected_truth(crop, seed):
    made = batch(windows_of(detector=0.0, crop=crop), seed)
    shown = made.own_confidence() > 0
    points = made.y + made.root[:, :, None]
    expected = torch.from_numpy(project(points, made.intrinsics))
    assert (made.keypoints() - expected)[shown].abs().max() < 2e-5
    rays = undistort_points(made.keypoints().double(), made.intrinsics.double(), shown)
    assert (rays - points[..., :2] / points[..., 2:])[shown].abs().max() < 2e-5
    assert made.x.isfinite().all() and set(made.confidence.unique().tolist()) <= {0.0, 1.0}


def test_whom_the_picture_shows_has_confidence_and_nobody_else(exact):
    made = batch(exact, repeat=20)
    points = made.y + made.root[:, :, None]
    assert points[..., 2].min() > 0.69
    seen = torch.from_numpy(project(points, made.intrinsics))
    assert (seen[..., 0].abs()[made.own_confidence() > 0] <= 1 + 1e-6).all()
    assert (made.own_confidence() > 0).float().mean() > 0.99


def test_a_crop_puts_joints_outside(exact):
    cropped = windows_of(detector=0.0, crop=1.0)
    whole, cut = batch(exact, repeat=20), batch(cropped, repeat=20)
    torch.testing.assert_close(whole.y, cut.y, atol=0, rtol=0)  # the same views
    seen, left = whole.own_confidence() > 0, cut.own_confidence() > 0
    assert (left <= seen).all() and (left.float().mean((1, 2)) < 0.95).float().mean() > 0.8
    assert left.float().mean((1, 2)).min() > 0.4
    trunk = [H36M.index(name) for name in ("LHip", "RHip", "LShoulder", "RShoulder")]
    assert left[..., trunk].float().mean() > 0.9
    assert (cut.keypoints()[..., 0].abs()[left] <= 1 + 1e-5).all()


def test_the_same_seed_gives_the_same_windows_and_epochs_differ(dataset):
    first, again = (list(WindowLoader(windows_of(), 4, seed=3).epoch(2)) for _ in range(2))
    assert len(first) == len(dataset) // 4
    for one, two in zip(first, again, strict=True):
        assert all(torch.equal(one[name], two[name]) for name in ("x", "confidence", "y", "root", "intrinsics"))
    loader = WindowLoader(dataset, 4, seed=3)
    fields = [torch.cat([part.y.flatten(1) for part in loader.epoch(epoch)]) for epoch in (2, 3)]
    assert torch.equal(fields[0], torch.cat([part.y.flatten(1) for part in first]))  # whatever was drawn before
    assert torch.cdist(*fields).min() > 1e-3
    other = next(WindowLoader(dataset, 4, seed=4).epoch(2))
    assert not torch.equal(other.intrinsics, first[0].intrinsics)


def test_bodies_and_speeds_differ_from_window_to_window(exact):
    made = batch(windows_of([motion()], detector=0.0, crop=0.0), repeat=40)
    left, right = ((made.y[:, :, k] - made.y[:, :, h]).norm(dim=-1) for k, h in ((5, 4), (2, 1)))
    lengths = left.mean(1)
    assert (left.std(1) / lengths).max() < 0.05 and lengths.std() / lengths.mean() > 0.05
    torch.testing.assert_close(left.mean(1), right.mean(1), atol=0.02, rtol=0.05)
    steps = made.root.diff(dim=1).norm(dim=-1).mean(1) / lengths
    assert steps.max() / steps.min() > 0.8 * SPEED[1] / SPEED[0]


def test_context_beyond_the_ends_is_missing_and_repeats_the_end(dataset):
    made = batch(dataset, repeat=20)
    there = made.confidence.amax(-1) > 0
    begins = ~there[:, :4].any(1)
    assert begins.any()
    for window in begins.nonzero().flatten().tolist():
        assert torch.equal(made.x[window, :4], made.x[window, 4:5].expand(4, -1, -1))
    assert (made.confidence[:, 4:-3] > 0).any(-1).float().mean() > 0.95


def test_a_detector_sees_its_share_of_the_windows():
    seen, exact = (batch(windows_of(detector=share, crop=0.0), repeat=40) for share in (0.5, 0.0))
    torch.testing.assert_close(seen.y, exact.y, atol=0, rtol=0)
    moved = ((seen.keypoints() - exact.keypoints()) != 0).flatten(1).any(1)
    assert 0.35 < moved.float().mean() < 0.65
    assert torch.equal(seen.confidence[~moved], exact.confidence[~moved])
    known = seen.own_confidence()[moved]
    assert known.min() >= 0 and known.max() <= 1 and 0.5 < known[known > 0].mean() < 1
    assert (known[exact.own_confidence()[moved] == 0] == 0).all()


def test_noise_is_added_to_every_window(exact):
    noise = DetectorNoise(pixels=5.0, dropped=0.2)
    made, plain = batch(windows_of(detector=0.0, crop=0.0, noise=noise), repeat=10), batch(exact, repeat=10)
    torch.testing.assert_close(made.y, plain.y, atol=0, rtol=0)
    known = made.own_confidence() > 0
    assert 0.75 < known.float().mean() / (plain.own_confidence() > 0).float().mean() < 0.85
    off = (made.keypoints() - plain.keypoints())[known]
    assert 0.003 < off.std() < 0.03
    again = batch(windows_of(detector=0.0, crop=0.0, noise=noise), repeat=10)
    assert torch.equal(again.x, made.x)


def test_statistics_are_those_of_drawn_windows(dataset):
    assert torch.equal(dataset.mean_pose(), windows_of().mean_pose())
    made = batch(dataset, seed=9, repeat=60)
    pose, root = made.y.flatten(0, 1), made.root.flatten(0, 1)
    torch.testing.assert_close(dataset.mean_pose(), pose.mean(0), atol=0.08, rtol=0)
    torch.testing.assert_close(dataset.pose_scale(), pose.std(0).mean(-1), atol=0.05, rtol=0.2)
    torch.testing.assert_close(dataset.mean_root(), root.mean(0), atol=0.5, rtol=0.1)
    torch.testing.assert_close(dataset.root_scale(), root.std(0).mean(), atol=0.1, rtol=0.3)
    assert dataset.subjects == ["S1", "S5", "S6"] and dataset.fps == 50.0
    assert dataset.features is dataset.smpl is None and dataset.intrinsics.shape[1] == 9


def test_windows_without_targets():
    dataset = windows_of(labelled=False)
    made = batch(dataset)
    assert made.labelled == 0 and "root" not in made and "intrinsics" in made and dataset.root is None
    labelled = windows_of(MOTIONS[:1])
    for joined in WindowLoader(labelled, 4, 0, dataset).epoch(0):
        assert joined.labelled == 2 and joined.x.shape == (4, 27, 17, 2) and joined.intrinsics.shape == (4, 9)


def test_mirrored_windows_are_seen_by_mirrored_cameras(exact):
    torch.manual_seed(0)
    made = mirror_some(batch(exact, repeat=10), H36M)
    known = made.own_confidence() > 0
    expected = torch.from_numpy(project(made.y + made.root[:, :, None], made.intrinsics))
    assert (made.keypoints() - expected)[known].abs().max() < 2e-5


def test_a_skeleton_without_limbs_is_not_cropped(monkeypatch):
    monkeypatch.setitem(_SKELETONS, "five", Skeleton("five", tuple("abcde"), (-1, 0, 1, 2, 3), (), ()))
    positions = np.random.default_rng(0).random((40, 5, 3)).astype(np.float32)
    dataset = MotionWindows([Recording(positions, "A", "a", "k", 50.0)], "five", 10, 5, crop=1.0, detector=0.0)
    assert (batch(dataset).confidence > 0).all()


def test_bad_input():
    with pytest.raises(ValueError, match="no recordings to take windows from"):
        windows_of([])
    with pytest.raises(ValueError, match="at least 1, got 0 and 1"):
        MotionWindows(MOTIONS, "h36m17", 0, 1)
    with pytest.raises(ValueError, match=r"the share of windows .detector. must lie in \[0, 1\], got 2"):
        windows_of(detector=2.0)
    with pytest.raises(ValueError, match=r"positions are \[90, 17, 3\], expected \[T, 15, 3\]"):
        MotionWindows(MOTIONS, "humaneva15", 20, 10)
    with pytest.raises(ValueError, match="labelled windows have frames and context"):
        WindowLoader(windows_of(), 4, 0, MotionWindows(MOTIONS, "h36m17", 21, 10, labelled=False))
    assert not issubclass(MotionWindows, WindowDataset)
