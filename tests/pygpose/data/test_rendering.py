"""What cameras see of a motion, and what a detector makes of it."""

import numpy as np
import pytest
import torch

from pygpose.data.recording import Recording
from pygpose.data.rendering import render
from pygpose.data.transforms.noise import DetectorNoise
from pygpose.geometry import h36m_cameras, normalize_screen, project_points, world_to_camera

CAMERAS = h36m_cameras("S1")
EXACT = DetectorNoise()


def motion(frames=60, seed=0):
    positions = np.random.default_rng(seed).normal(size=(1, 17, 3)) * 0.3 + [0, 0, 1]
    return Recording(positions.repeat(frames, 0).astype(np.float32), "S1", "still", "k", 50.0)


def test_one_clip_for_each_camera():
    clips, left_out = render(motion(), CAMERAS, "h36m17", EXACT)
    assert left_out == 0
    assert [clip.camera for clip in clips] == ["54138969", "55011271", "58860488", "60457274"]
    for clip, camera in zip(clips, CAMERAS, strict=True):
        pose = world_to_camera(torch.from_numpy(motion().positions), camera)
        torch.testing.assert_close(clip.keypoints(), normalize_screen(project_points(pose, camera), camera.size))
        torch.testing.assert_close(clip.pose() + clip.root[:, None], pose)


def test_frames_too_close_are_left_out_and_split_the_clip():
    moved = motion()
    camera = CAMERAS[0]
    moved.positions[20:25] += np.array(camera.position, dtype=np.float32) - [0, 0, 1]  # into the lens
    clips, left_out = render(moved, [camera], "h36m17", EXACT)
    assert left_out == 5
    assert [(clip.clip, clip.num_frames) for clip in clips] == [("k", 20), ("k#1", 35)]
    behind = motion()
    behind.positions[:] += 3 * np.array(camera.position, dtype=np.float32)
    assert render(behind, [camera], "h36m17", EXACT) == ([], 60)


def test_noise_is_of_the_size_asked_for_and_repeats():
    noise = DetectorNoise(pixels=4.0)
    exact, noisy, again = (render(motion(4000), CAMERAS[1:2], "h36m17", n)[0][0] for n in (EXACT, noise, noise))
    error = (noisy.keypoints() - exact.keypoints()) * CAMERAS[1].size[0] / 2
    spread = error.std((0, 2))
    torch.testing.assert_close(spread[[0, 7, 11]], torch.full((3,), 4.0), rtol=0.05, atol=0)
    torch.testing.assert_close(spread[[3, 6, 13, 16]], torch.full((4,), 8.0), rtol=0.05, atol=0)
    assert torch.equal(noisy.x, again.x)
    other = render(motion(4000), CAMERAS[1:2], "h36m17", DetectorNoise(pixels=4.0, seed=1))[0][0]
    assert not torch.equal(noisy.x, other.x)


def test_dropped_joints_have_no_confidence_and_are_interpolated():
    exact = render(motion(500), CAMERAS[:1], "h36m17", EXACT)[0][0]
    clip = render(motion(500), CAMERAS[:1], "h36m17", DetectorNoise(dropped=0.3))[0][0]
    assert clip.confidence.unique().tolist() == [0.0, 1.0]
    assert 0.67 < clip.confidence.mean() < 0.73
    torch.testing.assert_close(clip.x, exact.x)  # at rest, interpolation is exact
    assert (exact.confidence == 1).all()


def test_bad_input():
    broken = motion()
    broken.positions[7, 3, 1] = np.inf
    with pytest.raises(ValueError, match="clip 'k': NaN or infinite position, first in frame 7, joint 3"):
        render(broken, CAMERAS, "h36m17", EXACT)
    with pytest.raises(ValueError, match=r"positions are \[60, 17, 3\], expected \[T, 15, 3\]"):
        render(motion(), CAMERAS, "humaneva15", EXACT)
    with pytest.raises(ValueError, match=r"DetectorNoise.dropped must lie in \[0, 1\)"):
        DetectorNoise(dropped=1.0)
