"""Losses of places against numpy, their gradients, and what has no weight."""

import numpy as np
import pytest
import torch

from graphs import get_skeleton
from pygpose.geometry import h36m_cameras, project_points
from pygpose.losses import bone_match_loss, reprojection_loss, trajectory_loss

SKELETON = get_skeleton("h36m17")
BONES = SKELETON.bones


def people(batch=3, frames=4, seed=0):
    draw = torch.Generator().manual_seed(seed)
    pose = 0.4 * torch.randn(batch, frames, 17, 3, generator=draw, dtype=torch.float64)
    path = torch.randn(batch, frames, 3, generator=draw, dtype=torch.float64) + torch.tensor([0.0, 0.0, 6.0])
    lenses = torch.stack([camera.screen_intrinsics(pose) for camera in h36m_cameras("S1")[:batch]])
    return pose, path, lenses


def test_trajectory_loss_by_hand():
    target = torch.tensor([[[0.0, 0.0, 2.0], [0.0, 0.0, 4.0]]])
    path = target + torch.tensor([[[0.3, 0.4, 0.0], [0.0, 0.0, 1.0]]])
    assert trajectory_loss(path, target).item() == pytest.approx((0.5 / 2 + 1 / 4) / 2)
    with pytest.raises(ValueError, match="1 of 2 true roots lie at or behind the camera"):
        trajectory_loss(path, target * torch.tensor([[[1.0], [-1.0]]]))


def test_reprojection_is_zero_for_the_truth_and_the_mean_distance_otherwise():
    pose, path, lenses = people()
    positions = pose + path[:, :, None]
    keypoints = project_points(positions, lenses)
    ones = torch.ones(3, 4, 17, dtype=torch.float64)
    assert reprojection_loss(positions, keypoints, lenses, ones).item() == pytest.approx(0, abs=1e-12)
    weights = torch.rand(3, 4, 17, dtype=torch.float64)
    moved = keypoints + torch.tensor([0.03, -0.04])
    assert reprojection_loss(positions, moved, lenses, weights).item() == pytest.approx(0.05)
    draw = torch.randn(keypoints.shape, dtype=torch.float64)
    expected = np.average(np.linalg.norm(draw.numpy(), axis=-1), weights=weights.numpy())
    assert reprojection_loss(positions, keypoints + draw, lenses, weights).item() == pytest.approx(expected)


def test_missing_keypoints_have_no_weight_and_no_gradient():
    pose, path, lenses = people()
    positions = (pose + path[:, :, None]).requires_grad_()
    keypoints = project_points(positions, lenses).detach() + 0.1
    confidence = torch.ones(3, 4, 17, dtype=torch.float64)
    confidence[:, 1, 5] = 0
    keypoints[:, 1, 5] = torch.nan
    reprojection_loss(positions, keypoints, lenses, confidence).backward()
    assert torch.isfinite(positions.grad).all()
    assert (positions.grad[:, 1, 5] == 0).all() and (positions.grad[:, 1, 6] != 0).any()
    nothing = reprojection_loss(positions, keypoints, lenses, torch.zeros_like(confidence))
    assert nothing.item() == 0


def test_a_prediction_behind_the_camera_is_finite():
    pose, path, lenses = people()
    positions = (pose - path[:, :, None]).requires_grad_()
    loss = reprojection_loss(
        positions, torch.zeros(3, 4, 17, 2, dtype=torch.float64), lenses, torch.ones(3, 4, 17).double()
    )
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(positions.grad).all()


def test_bones_are_compared_by_their_means_over_people_and_frames():
    pose, other = people()[0], people(2, 4, seed=1)[0]

    def means(poses):
        lengths = [np.linalg.norm(poses[..., child, :] - poses[..., parent, :], axis=-1) for parent, child in BONES]
        return np.array([length.mean() for length in lengths])

    expected = np.abs(means(pose.numpy()) - means(other.numpy())).mean()
    assert bone_match_loss(pose, other, SKELETON).item() == pytest.approx(expected)
    assert bone_match_loss(pose, pose.flip(1), SKELETON).item() == pytest.approx(0, abs=1e-12)


def test_gradients():
    pose, path, lenses = people(2, 2)
    positions = (pose + path[:, :, None]).requires_grad_()
    keypoints, confidence = torch.rand(2, 2, 17, 2).double(), torch.rand(2, 2, 17).double()
    assert torch.autograd.gradcheck(lambda p: reprojection_loss(p, keypoints, lenses, confidence), positions)
    assert torch.autograd.gradcheck(lambda p: trajectory_loss(p, path + 0.1), path.clone().requires_grad_())
    labelled = 1.1 * pose
    assert torch.autograd.gradcheck(lambda p: bone_match_loss(p, labelled, SKELETON), pose.clone().requires_grad_())
