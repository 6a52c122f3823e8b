"""Losses of SMPL's parameters against numpy, their gradients, and bodies whose parameters nobody knows."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from pygpose.losses import crop_keypoint_loss, smpl_pose_loss, smpl_shape_loss


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def matrices(vectors):
    return Rotation.from_rotvec(vectors.reshape(-1, 3)).as_matrix().reshape(*vectors.shape, 3)


@pytest.mark.parametrize("batch", [(5,), (2, 3)], ids=str)
def test_as_in_numpy(batch):
    keypoints, pred = normal(*batch, 14, 2), normal(*batch, 14, 2, seed=1)
    confidence = normal(*batch, 14).sigmoid()
    expected = [
        c * (p - k) ** 2
        for c, ps, ks in zip(confidence.reshape(-1), pred.reshape(-1, 2), keypoints.reshape(-1, 2), strict=True)
        for p, k in zip(ps, ks, strict=True)
    ]
    assert crop_keypoint_loss(pred, keypoints, confidence).item() == pytest.approx(np.mean(expected))

    rotations, vectors = normal(*batch, 24, 3, 3), normal(*batch, 24, 3, seed=1)
    expected = np.mean((rotations.numpy() - matrices(vectors.numpy())) ** 2)
    assert smpl_pose_loss(rotations, vectors).item() == pytest.approx(expected)

    shape, target = normal(*batch, 10), normal(*batch, 10, seed=1)
    assert smpl_shape_loss(shape, target).item() == pytest.approx(np.mean((shape.numpy() - target.numpy()) ** 2))


def test_the_truth_costs_nothing():
    vectors, shape = normal(3, 24, 3), normal(3, 10)
    assert smpl_pose_loss(torch.tensor(matrices(vectors.numpy())), vectors).item() == pytest.approx(0, abs=1e-20)
    assert smpl_shape_loss(shape, shape).item() == 0
    assert crop_keypoint_loss(shape.view(3, 5, 2), shape.view(3, 5, 2), torch.ones(3, 5).double()).item() == 0


def test_missing_keypoints_may_be_nan_and_have_no_gradient():
    pred, keypoints, confidence = normal(2, 6, 2).requires_grad_(), normal(2, 6, 2, seed=1), torch.ones(2, 6).double()
    keypoints[0, 3], confidence[0, 3] = torch.nan, 0
    loss = crop_keypoint_loss(pred, keypoints, confidence)
    loss.backward()
    error = (pred - keypoints).detach().numpy() ** 2
    assert loss.item() == pytest.approx(np.nansum(error) / 24)  # the missing one counts in the mean
    assert (pred.grad[0, 3] == 0).all() and (pred.grad[0, 4] != 0).all()
    keypoints[0, 4] = torch.nan
    assert crop_keypoint_loss(pred, keypoints, confidence).isnan()


def test_bodies_without_smpl_are_left_out():
    rotations, vectors = normal(2, 3, 24, 3, 3).requires_grad_(), normal(2, 3, 24, 3, seed=1)
    shape, target = normal(2, 3, 10).requires_grad_(), normal(2, 3, 10, seed=1)
    vectors[1], target[1] = torch.nan, torch.nan
    vectors[0, 2, 7, 1] = target[0, 2, 4] = torch.nan  # one number is enough
    pose_loss, shape_loss = smpl_pose_loss(rotations, vectors), smpl_shape_loss(shape, target)
    (pose_loss + shape_loss).backward()
    assert pose_loss.item() == pytest.approx(smpl_pose_loss(rotations[0, :2], vectors[0, :2]).item())
    assert shape_loss.item() == pytest.approx(smpl_shape_loss(shape[0, :2], target[0, :2]).item())
    for gradient in (rotations.grad, shape.grad):
        assert (gradient[1] == 0).all() and (gradient[0, 2] == 0).all() and (gradient[0, :2] != 0).all()


def test_of_nobody_the_loss_is_zero_and_can_be_differentiated():
    rotations, shape = normal(2, 24, 3, 3).requires_grad_(), normal(2, 10).requires_grad_()
    nothing = torch.full((2, 72), torch.nan, dtype=torch.float64)
    loss = smpl_pose_loss(rotations, nothing.view(2, 24, 3)) + smpl_shape_loss(shape, nothing[:, :10])
    loss.backward()
    assert loss.item() == 0
    assert (rotations.grad == 0).all() and (shape.grad == 0).all()


def test_nan_of_a_prediction_is_not_hidden():
    shape = normal(2, 10)
    shape[0, 0] = torch.nan
    assert smpl_shape_loss(shape, normal(2, 10)).isnan()


def test_gradients():
    confidence, keypoints = torch.tensor([[1.0, 0.5, 0.0]]).double(), normal(1, 3, 2)
    vectors, target = normal(3, 2, 3), normal(3, 10)
    vectors[1], target[2] = torch.nan, torch.nan
    for loss, pred in (
        (lambda pred: crop_keypoint_loss(pred, keypoints, confidence), normal(1, 3, 2, seed=1)),
        (lambda pred: smpl_pose_loss(pred, vectors), normal(3, 2, 3, 3, seed=1)),
        (lambda pred: smpl_shape_loss(pred, target), normal(3, 10, seed=1)),
    ):
        assert torch.autograd.gradcheck(loss, pred.requires_grad_())
