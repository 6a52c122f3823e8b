"""Predicted motions: solved paths for good and bad poses, and the world they stand in."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d

from graphs import get_skeleton
from pygpose.data import load_dataset, make_sequence
from pygpose.geometry import h36m_cameras
from pygpose.inference.lift import lift_all
from pygpose.inference.motion import Motion, behind, positions, predict, save_world, smooth_motions, with_solved_paths
from pygpose.models import build_model


@pytest.fixture(scope="module")
def clips():
    return load_dataset("synthetic", subjects=["S9"], frames=30)[:6]


def test_true_poses_get_their_true_places(clips):
    truth = [Motion(clip.pose()) for clip in clips]
    for clip, motion in zip(clips, with_solved_paths(clips, truth), strict=True):
        assert (motion.path - clip.root).norm(dim=-1).max() < 0.2  # smoothed, and so not exact
        assert motion.path.dtype == torch.float32
    assert behind(with_solved_paths(clips, truth)) == 0


def test_missing_keypoints_need_no_ray(clips):
    clip = clips[0].clone()
    expected = with_solved_paths([clip], [Motion(clip.pose())])[0].path
    clip.x, clip.confidence = clip.x.clone(), clip.confidence.clone()
    clip.x[5], clip.confidence[5] = 50.0, 0.0  # where the lens shows nothing
    (motion,) = with_solved_paths([clip], [Motion(clip.pose())])
    torch.testing.assert_close(motion.path, expected, rtol=0, atol=1e-3)


def test_poses_and_paths_are_smoothed_by_themselves(clips):
    rough = [Motion(clip.pose() + 0.01 * torch.randn(30, 17, 3), clip.root) for clip in clips]
    for before, after in zip(rough, smooth_motions(clips, rough, "gaussian"), strict=True):
        expected = gaussian_filter1d(before.path.double().numpy(), 3.0, axis=0, mode="nearest")
        np.testing.assert_allclose(after.path, expected, rtol=0, atol=1e-6)
        assert after.pose.diff(n=2, dim=0).norm() < 0.2 * before.pose.diff(n=2, dim=0).norm()
    spread = torch.rand(30, 17)
    (alone,) = smooth_motions(clips[:1], [Motion(rough[0].pose, spread=spread)], "gaussian")
    assert alone.path is None and torch.equal(alone.spread, spread)
    with pytest.raises(ValueError, match="unknown filter 'mean'; known: average"):
        smooth_motions(clips, rough, "mean")


def test_poses_that_fit_nowhere_are_counted_and_stop_nothing(clips):
    inside_out = with_solved_paths(clips, [Motion(-clip.pose()) for clip in clips])
    assert behind(inside_out) == 6 * 30
    assert all(torch.isfinite(motion.path).all() for motion in inside_out)


def test_a_clip_without_camera_says_what_would_do(clips):
    blind = make_sequence(
        torch.rand(9, 17, 2), skeleton="h36m17", subject="s", action="a", camera="c", clip="k", fps=50.0
    )
    with pytest.raises(ValueError, match="no camera intrinsics, .* state a field of view"):
        with_solved_paths([blind], [Motion(torch.rand(9, 17, 3))])


def test_the_world_is_where_the_camera_says(clips, tmp_path):
    motions = [Motion(clip.pose(), clip.root) for clip in clips]
    save_world(tmp_path / "world.npz", clips, motions)
    world = np.load(tmp_path / "world.npz")
    cameras = {camera.id: camera for camera in h36m_cameras("S9")}
    for clip, place in zip(clips, positions(motions), strict=True):
        key = f"{clip.subject}/{clip.action}/{clip.camera}/{clip.clip}"
        camera = cameras[clip.camera]
        w, x, y, z = camera.orientation
        turn = np.array([
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ])  # fmt: skip
        expected = place.numpy() @ turn.T + np.array(camera.position)
        np.testing.assert_allclose(world[key], expected, rtol=0, atol=1e-4)
    same = [world[f"S9/{clip.action}/{clip.camera}/{clip.clip}"] for clip in clips[:4]]
    for other in same[1:]:  # the four cameras saw one motion
        np.testing.assert_allclose(other, same[0], rtol=0, atol=1e-3)
    with pytest.raises(ValueError, match="cannot be put into the world: it has no root path"):
        save_world(tmp_path / "none.npz", clips, [Motion(clip.pose()) for clip in clips])
    assert not (tmp_path / "none.npz").exists()


def test_every_clip_is_lifted_with_its_confidence_its_camera_and_its_rate(clips):
    torch.manual_seed(0)
    small = dict(channels=(4, 4), mixing=4, merge_channels=4, root_head="shared")
    model = build_model("mgu", skeleton=get_skeleton("h36m17"), **small).eval()
    model.fps = 50.0
    given = [clip.clone() for clip in clips]
    given[1].confidence = (torch.rand(30 * 17) - 0.2).clamp(min=0)
    given[2].fps = 25.0
    given[3].fps = 25.0
    del given[4]["intrinsics"]
    found = predict(model, given, device=torch.device("cpu"), inference="whole")
    for clip, motion in zip(given, found, strict=True):
        alone = lift_all(
            model,
            clip.keypoints()[None],
            confidence=clip.confidence.view(1, 30, 17),
            intrinsics=clip.intrinsics if "intrinsics" in clip else None,
            fps=clip.fps,
        )
        for name in ("pose", "path", "spread"):
            torch.testing.assert_close(getattr(motion, name), getattr(alone, name)[0], rtol=0, atol=1e-4)
    plain = predict(model, clips, device=torch.device("cpu"), inference="whole")
    changed = [(one.pose - other.pose).abs().max().item() > 1e-3 for one, other in zip(found, plain, strict=True)]
    assert changed == [False, True, True, True, True, False]
