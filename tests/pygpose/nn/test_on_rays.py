"""Poses that are brought onto the rays of their keypoints."""

import pytest
import torch

from pygpose.nn import bring_onto_rays, calm_what_shakes


@pytest.fixture
def truth():
    """Bodies that move 5 m before a camera, and their roots."""
    draw = torch.Generator().manual_seed(0)
    body, way = 0.4 * torch.randn(2, 2, 1, 17, 3, generator=draw, dtype=torch.float64)
    steps = torch.linspace(0, 1, 40, dtype=torch.float64)
    pose = body + 0.3 * way * steps[:, None, None]
    pose = pose - pose[:, :, :1]
    root = torch.stack([steps - 0.5, 0.3 * steps, 5 + 0 * steps], -1).expand(2, -1, -1)
    return pose, root


def rays_of(pose, root):
    points = pose + root[:, :, None]
    return points[..., :2] / points[..., 2:]


def own(pose):
    return pose - pose[:, :, :1]


def ones(pose, *more):
    return pose.new_ones(*pose.shape[:3], *more)


def test_a_true_pose_stays(truth):
    pose, root = truth
    found = bring_onto_rays(pose, ones(pose, 2), rays_of(pose, root), ones(pose))
    torch.testing.assert_close(own(found), pose, atol=1e-9, rtol=0)


def test_true_depths_make_a_true_pose(truth):
    """Whatever the network says of the other two axes; only the part of it that looks like another distance is left."""
    pose, root = truth
    wrong = pose + torch.tensor([0.05, 0.05, 0.0]) * torch.randn(2, 40, 17, 3, dtype=torch.float64)
    found = bring_onto_rays(wrong, ones(pose, 2), rays_of(pose, root), ones(pose))
    left, was = ((own(x) - pose).norm(dim=-1).mean() for x in (found, wrong))
    assert left < 0.15 * was
    assert torch.equal(found[..., 2], wrong[..., 2])


def test_shares(truth):
    pose, root = truth
    wrong = pose + 0.05 * torch.randn(2, 40, 17, 3, dtype=torch.float64)
    rays, share = rays_of(pose, root), ones(pose, 2)
    assert torch.equal(bring_onto_rays(wrong, 0 * share, rays, ones(pose)), wrong)
    whole, half = (bring_onto_rays(wrong, part * share, rays, ones(pose)) for part in (1.0, 0.5))
    torch.testing.assert_close(half, (wrong + whole) / 2)
    slow = bring_onto_rays(wrong, share * share.new_tensor([1.0, 0.0]), rays, ones(pose))
    fast = bring_onto_rays(wrong, share * share.new_tensor([0.0, 1.0]), rays, ones(pose))
    torch.testing.assert_close(slow + fast - wrong, whole)
    calm = (slow - wrong).diff(n=2, dim=1).norm(dim=-1).mean()
    assert calm < 0.3 * (fast - wrong).diff(n=2, dim=1).norm(dim=-1).mean()


def test_nobody_follows_keypoints_that_shake(truth):
    pose, root = truth
    share, confidence = ones(pose, 2), ones(pose)
    rays = rays_of(pose, root)
    shaking = rays + 0.004 * torch.randn(rays.shape, generator=torch.Generator().manual_seed(1), dtype=rays.dtype)
    found = bring_onto_rays(pose, share, shaking, confidence)
    followed = (shaking - rays) * (pose + root[:, :, None])[..., 2:]
    assert (found - pose).diff(n=2, dim=1).norm(dim=-1).mean() < 0.1 * followed.diff(n=2, dim=1).norm(dim=-1).mean()
    one = shaking.clone()
    one[:, :, 1:] = rays[:, :, 1:]  # a joint that shakes leaves the others alone
    still = (bring_onto_rays(pose, share, one, confidence) - pose)[:, :, 1:].diff(n=2, dim=1).norm(dim=-1).mean()
    assert still < 0.1 * followed.diff(n=2, dim=1).norm(dim=-1).mean()


def test_joints_that_are_not_seen_stay_and_do_not_count(truth):
    pose, root = truth
    wrong = pose + 0.05 * torch.randn(2, 40, 17, 3, dtype=torch.float64)
    rays, confidence = rays_of(pose, root), ones(pose)
    confidence[:, 5:20, 3] = 0
    confidence[:, 30:] = 0
    found = bring_onto_rays(wrong, ones(pose, 2), rays, confidence)
    rays[confidence == 0] = 7.0
    torch.testing.assert_close(bring_onto_rays(wrong, ones(pose, 2), rays, confidence), found)
    assert torch.equal(found[confidence == 0], wrong[confidence == 0])
    assert not torch.equal(found[:, 0], wrong[:, 0])


def test_exact_keypoints_leave_a_pose_and_shaking_ones_calm_it(truth):
    pose, root = truth
    rays = rays_of(pose, root)
    draw = torch.Generator().manual_seed(2)
    wrong = pose + 0.005 * torch.randn(pose.shape, generator=draw, dtype=pose.dtype)
    torch.testing.assert_close(calm_what_shakes(wrong, rays, ones(pose)), wrong, atol=1e-4, rtol=0)
    shaking = rays.clone()
    shaking[:, :, 5] += 0.002 * torch.randn(shaking[:, :, 5].shape, generator=draw, dtype=pose.dtype)  # 10 mm
    calm = calm_what_shakes(wrong, shaking, ones(pose))
    left, was = ((x - pose)[:, :, 5].diff(n=2, dim=1).norm(dim=-1).mean() for x in (calm, wrong))
    assert left < 0.15 * was
    torch.testing.assert_close(calm[:, :, 6:], wrong[:, :, 6:], atol=1e-3, rtol=0)


def test_what_turns_smoothly_is_not_flattened(truth):
    """An average over 2.5 frames takes 2.6 mm from a circle of 100 mm and a second; twice, it takes 0.07."""
    pose, root = truth
    turn = torch.linspace(0, 2 * torch.pi * 39 / 50, 40, dtype=torch.float64)
    pose = pose.clone()
    pose[:, :, 9] = 0.1 * torch.stack([turn.cos(), turn.sin(), 0 * turn], -1)
    shaking = rays_of(pose, root) + 0.004 * torch.randn(2, 40, 17, 2, dtype=torch.float64)
    off = (calm_what_shakes(pose, shaking, ones(pose)) - pose)[:, 16:-16, 9].norm(dim=-1)
    assert 0 < off.max() < 3e-4


def test_gradients(truth):
    pose, root = (part[:1, :4] for part in truth)
    rays, confidence = rays_of(pose, root), torch.rand(1, 4, 17, dtype=torch.float64)
    leaves = (pose[:, :, :5] + 0.01).requires_grad_(), torch.rand(1, 4, 5, 2, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda *both: bring_onto_rays(*both, rays[:, :, :5], confidence[:, :, :5]), leaves)
