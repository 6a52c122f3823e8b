"""The solved root path: exact for exact input, the least squares solution otherwise, and each error."""

import numpy as np
import pytest
import torch

from pygpose.geometry import Camera, h36m_cameras, project_points, solve_root_path
from pygpose.geometry.root_path import solve_block_tridiagonal

PLAIN = Camera((1000.0, 1000.0), (500.0, 500.0), (1000, 1000))
BENT = h36m_cameras("S1")[0]


def scene(frames=40, joints=17, seed=0, dtype=torch.float64, camera=BENT):
    draw = torch.Generator().manual_seed(seed)
    pose = 0.4 * torch.randn(frames, joints, 3, generator=draw, dtype=dtype)
    pose[:, 0] = 0
    time = torch.arange(frames, dtype=dtype) / 50
    path = torch.stack([time.sin(), 0.3 * (2 * time).cos(), 5 + (0.7 * time).sin()], -1)
    return pose, path, project_points(pose + path[:, None], camera)


def dense_solution(pose, keypoints, camera, confidence, smoothness):
    """The same least squares, as one dense matrix, in numpy, for a camera without distortion."""
    frames, joints, _ = pose.shape
    rows, right = [], []
    rays = (keypoints - np.array(camera.center)) / np.array(camera.focal)
    for t in range(frames):
        for j in range(joints):
            for axis in range(2):
                row = np.zeros(3 * frames)
                row[3 * t + axis], row[3 * t + 2] = 1, -rays[t, j, axis]
                weight = np.sqrt(confidence[t, j])
                rows.append(weight * row)
                right.append(weight * (rays[t, j, axis] * pose[t, j, 2] - pose[t, j, axis]))
    for t in range(frames - 1):
        for axis in range(3):
            row = np.zeros(3 * frames)
            row[3 * t + axis], row[3 * t + 3 + axis] = -np.sqrt(smoothness), np.sqrt(smoothness)
            rows.append(row)
            right.append(0.0)
    return np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0].reshape(frames, 3)


@pytest.mark.parametrize("camera", [PLAIN, BENT], ids=["plain", "bent"])
def test_exact_input_gives_the_exact_path(camera):
    pose, path, keypoints = scene(camera=camera)
    assert (solve_root_path(pose, keypoints, camera) - path).abs().max() < 1e-9
    half = solve_root_path(pose.float(), keypoints.float(), camera)
    assert half.dtype == torch.float32 and (half - path).abs().max() < 1e-3


@pytest.mark.parametrize("frames", [1, 2, 3, 8, 21])
@pytest.mark.parametrize("smoothness", [0.0, 0.3, 20.0])
def test_noisy_input_gives_the_least_squares_solution(frames, smoothness):
    pose, _, keypoints = scene(frames, joints=5, camera=PLAIN)
    keypoints = keypoints + 4 * torch.randn(keypoints.shape, dtype=torch.float64)
    confidence = torch.rand(frames, 5, dtype=torch.float64)
    found = solve_root_path(pose, keypoints, PLAIN, confidence, smoothness)
    expected = dense_solution(pose.numpy(), keypoints.numpy(), PLAIN, confidence.numpy(), smoothness)
    np.testing.assert_allclose(found.numpy(), expected, rtol=0, atol=1e-8)


def test_batches_and_cameras_of_their_own():
    scenes = [scene(seed=i, camera=camera) for i, camera in enumerate(h36m_cameras("S1"))]
    pose, path, keypoints = (torch.stack(parts) for parts in zip(*scenes, strict=True))
    lenses = torch.stack([camera.intrinsics(pose) for camera in h36m_cameras("S1")])
    assert (solve_root_path(pose, keypoints, lenses) - path).abs().max() < 1e-9
    smooth = solve_root_path(pose, keypoints, lenses, smoothness=2.0)
    for i, camera in enumerate(h36m_cameras("S1")):
        torch.testing.assert_close(smooth[i], solve_root_path(pose[i], keypoints[i], camera, smoothness=2.0))


def test_missing_keypoints_have_no_weight_whatever_stands_there():
    pose, path, keypoints = scene()
    confidence = torch.ones(40, 17, dtype=torch.float64)
    confidence[::3, 2:9] = 0
    spoilt = keypoints.clone()
    spoilt[::3, 2:5], spoilt[::3, 5:7], spoilt[::3, 7:9] = 0.0, 1e9, torch.nan
    assert (solve_root_path(pose, spoilt, BENT, confidence) - path).abs().max() < 1e-9


def test_smoothness_bridges_frames_in_which_nothing_is_seen():
    pose, path, keypoints = scene(camera=PLAIN)
    confidence = torch.ones(40, 17, dtype=torch.float64)
    confidence[10:20] = 0
    with pytest.raises(ValueError, match="10 of 40 frames have fewer than two keypoints .* first frame 10"):
        solve_root_path(pose, keypoints, PLAIN, confidence)
    bridged = solve_root_path(pose, keypoints, PLAIN, confidence, smoothness=1e-6)
    torch.testing.assert_close(bridged[:10], path[:10], rtol=0, atol=1e-4)
    between = torch.linspace(0, 1, 12, dtype=torch.float64)[1:-1, None]
    expected = path[9] + (path[20] - path[9]) * between
    torch.testing.assert_close(bridged[10:20], expected, rtol=0, atol=1e-3)
    with pytest.raises(ValueError, match="fewer than two keypoints"):
        solve_root_path(pose, keypoints, PLAIN, torch.zeros_like(confidence), smoothness=1.0)


def test_gradients():
    pose, _, keypoints = scene(frames=4, joints=4)
    keypoints = (keypoints + torch.randn(4, 4, 2, dtype=torch.float64)).requires_grad_()
    confidence = torch.rand(4, 4, dtype=torch.float64).add(0.1).requires_grad_()
    for smoothness in (0.0, 0.5):

        def solve(pose, keypoints, confidence, smoothness=smoothness):
            return solve_root_path(pose, keypoints, BENT, confidence, smoothness)

        assert torch.autograd.gradcheck(solve, (pose.requires_grad_(), keypoints, confidence))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 16, 33])
def test_block_cyclic_reduction_is_the_dense_solution(size):
    draw = torch.Generator().manual_seed(size)
    links = torch.randn(2, size - 1, 3, 3, generator=draw, dtype=torch.float64)
    roots = torch.randn(2, size, 3, 3, generator=draw, dtype=torch.float64)
    blocks = roots @ roots.mT + 20 * torch.eye(3, dtype=torch.float64)
    right = torch.randn(2, size, 3, generator=draw, dtype=torch.float64)
    whole = torch.zeros(2, size, 3, size, 3, dtype=torch.float64)
    for i in range(size):
        whole[:, i, :, i] = blocks[:, i]
    for i in range(size - 1):
        whole[:, i, :, i + 1], whole[:, i + 1, :, i] = links[:, i], links[:, i].mT
    expected = torch.linalg.solve(whole.view(2, 3 * size, 3 * size), right.flatten(1)).view(2, size, 3)
    torch.testing.assert_close(solve_block_tridiagonal(blocks, links, right), expected)


def test_bad_input(monkeypatch):
    import jaxtyping

    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    pose, _, keypoints = scene()
    with pytest.raises(ValueError, match="do not belong together; nothing is broadcast"):
        solve_root_path(pose[:5], keypoints, BENT)
    with pytest.raises(ValueError, match="do not belong together"):
        solve_root_path(pose, keypoints, BENT, torch.ones(17, dtype=torch.float64))
    broken = pose.clone()
    broken[3, 4] = torch.nan
    with pytest.raises(ValueError, match="3 values of pose are NaN or infinite"):
        solve_root_path(broken, keypoints, BENT)
    with pytest.raises(ValueError, match="2 values of confidence are negative"):
        confidence = torch.ones(40, 17, dtype=torch.float64)
        confidence[0, :2] = -1
        solve_root_path(pose, keypoints, BENT, confidence)
    for smoothness in (-1.0, float("nan")):
        with pytest.raises(ValueError, match="smoothness must be finite and not negative"):
            solve_root_path(pose, keypoints, BENT, smoothness=smoothness)
    behind = pose * torch.tensor([1.0, 1.0, 1.0], dtype=torch.float64)
    with pytest.raises(ValueError, match="40 of 40 frames come out at or behind the camera, first frame 0"):
        solve_root_path(-behind, keypoints, BENT)


def test_keypoints_on_one_pixel_tell_no_distance():
    """As a broken detector writes them: the equations of such a frame have no single solution."""
    pose, pixels = torch.randn(5, 17, 3, generator=torch.manual_seed(0)) * 0.3, torch.rand(5, 17, 2) * 500
    pixels[2] = 300.0
    camera = Camera((1000.0, 1000.0), (500.0, 500.0), (1000, 1000))
    with pytest.raises(
        ValueError, match="in 1 of 5 frames all keypoints that are seen lie on one pixel, first in frame 2"
    ):
        solve_root_path(pose, pixels, camera)
    with pytest.raises(ValueError, match="in 5 of 5 frames .* lie on one pixel, first in frame 0"):
        solve_root_path(pose, torch.full_like(pixels, 300.0), camera, smoothness=1.0)
