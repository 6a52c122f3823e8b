"""Joints that are moved in depth so that bones keep their lengths."""

import pytest
import torch

from graphs import get_skeleton
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.geometry import h36m_cameras, world_to_camera
from pygpose.nn import keep_bone_lengths
from pygpose.nn.on_rays import place_on_rays

SKELETON = get_skeleton("h36m17")
PARENTS = [max(parent, 0) for parent in SKELETON.parents]


@pytest.fixture(scope="module")
def seen():
    """A walk before a camera: pose, place of the root, rays."""
    world = torch.as_tensor(synthetic_motion("S1", "Walking", num_frames=120, seed=0)).float()
    points = world_to_camera(world, h36m_cameras("S9")[0]).double()[None]
    root = points[:, :, :1]
    return points - root, root, points[..., :2] / points[..., 2:]


def lengths(x):
    return (x - x[:, :, PARENTS]).norm(dim=-1)[..., 1:]


def shaken(pose, rays, root, size=0.04):
    """Depths that are wrong for a while, of joints that stay on their rays."""
    draw = torch.Generator().manual_seed(0)
    wrong = size * torch.randn(1, 6, 17, 1, generator=draw, dtype=torch.float64).repeat_interleave(20, 1)
    ways = torch.nn.functional.pad(rays, (0, 1), value=1.0)
    moved = pose + ways * wrong
    return moved - moved[:, :, :1]


def test_a_true_pose_stays(seen):
    pose, root, rays = seen
    found = keep_bone_lengths(pose, rays, torch.ones(1, 120, 17, dtype=torch.float64), SKELETON)
    torch.testing.assert_close(found, pose, atol=1e-4, rtol=0)
    placed = place_on_rays(pose, rays, torch.ones(1, 120, 17, dtype=torch.float64))
    assert (placed - pose - root).norm(dim=-1)[:, 20:-20].max() < 0.04  # its depth is an average over time


def test_wrong_depths_come_nearer_and_bones_change_less(seen):
    pose, root, rays = seen
    wrong, confidence = shaken(pose, rays, root), torch.ones(1, 120, 17, dtype=torch.float64)
    found = keep_bone_lengths(wrong, rays, confidence, SKELETON)
    assert lengths(found).std(1).mean() < 0.6 * lengths(wrong).std(1).mean()
    assert (found - pose).norm(dim=-1).mean() < 0.95 * (wrong - pose).norm(dim=-1).mean()
    assert not found[:, :, 0].any()


def test_joints_move_along_their_lines_of_sight(seen):
    pose, root, rays = seen
    wrong, confidence = shaken(pose, rays, root), torch.ones(1, 120, 17, dtype=torch.float64)
    before = place_on_rays(wrong, rays, confidence)
    step = keep_bone_lengths(wrong, rays, confidence, SKELETON) - wrong  # but for the root's, which all share
    ways = before / before[..., 2:]
    depth = torch.linalg.lstsq(torch.stack([ways[0, 60, 5], -ways[0, 60, 0]], -1), step[0, 60, 5][:, None])
    assert depth.solution.isfinite().all()
    left = torch.stack([ways[0, 60, 5], -ways[0, 60, 0]], -1) @ depth.solution - step[0, 60, 5][:, None]
    assert left.abs().max() < 1e-9


def test_nothing_seen_and_single_frames_are_finite(seen):
    pose, _, rays = seen
    for frames in (1, 3, 120):
        for sure in (0.0, 1.0):
            confidence = torch.full((1, frames, 17), sure, dtype=torch.float64)
            found = keep_bone_lengths(pose[:, :frames], rays[:, :frames], confidence, SKELETON)
            assert found.isfinite().all()


def test_gradients(seen):
    pose, _, rays = seen
    leaf = (pose[:, :3] + 0.01).requires_grad_()
    confidence = torch.ones(1, 3, 17, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: keep_bone_lengths(x, rays[:, :3], confidence, SKELETON), leaf)
