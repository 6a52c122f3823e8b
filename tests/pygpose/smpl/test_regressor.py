"""Rotations, the regressor of SMPL's parameters and the projection of the crop, each against numpy.

Covers :mod:`pygpose.smpl.regressor`, ``rotations``, ``projection`` and ``output``.
"""

import numpy as np
import pytest
import roma
import torch

from pygpose.smpl import (
    SMPLRegressor,
    join_parameters,
    project_crop,
    rot6d_to_rotmat,
    rotmat_to_rot6d,
    split_parameters,
)

OFFICIAL = {
    "fc1.weight": (1024, 2205),
    "fc1.bias": (1024,),
    "fc2.weight": (1024, 1024),
    "fc2.bias": (1024,),
    "decpose.weight": (144, 1024),
    "decpose.bias": (144,),
    "decshape.weight": (10, 1024),
    "decshape.bias": (10,),
    "deccam.weight": (3, 1024),
    "deccam.bias": (3,),
    "init_pose": (1, 144),
    "init_shape": (1, 10),
    "init_cam": (1, 3),
}


def gram_schmidt(numbers):
    """Columns x1 y1 z1 and x2 y2 z2 of the official layout."""
    first, second = numbers[0::2], numbers[1::2]
    first = first / np.linalg.norm(first)
    second = second - (first @ second) * first
    second = second / np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)], axis=1)


def test_six_numbers_are_two_interleaved_columns():
    numbers = torch.randn(4, 5, 6, dtype=torch.float64)
    rotations = rot6d_to_rotmat(numbers)
    expected = [[gram_schmidt(row) for row in rows] for rows in numbers.numpy()]
    np.testing.assert_allclose(rotations.numpy(), expected, atol=1e-12)
    assert roma.is_rotation_matrix(rotations, epsilon=1e-10)
    torch.testing.assert_close(rot6d_to_rotmat(rotmat_to_rot6d(rotations)), rotations)
    assert rotmat_to_rot6d(torch.eye(3)).tolist() == [1, 0, 0, 1, 0, 0]


def test_parameters_split_and_join():
    parameters = 0.5 * torch.randn(2, 7, 82, dtype=torch.float64)
    rotations, shape = split_parameters(parameters)
    assert rotations.shape == (2, 7, 24, 3, 3)
    torch.testing.assert_close(rotations[0, 1, 2], roma.rotvec_to_rotmat(parameters[0, 1, 6:9]))
    assert torch.equal(shape, parameters[..., 72:])
    torch.testing.assert_close(join_parameters(rotations, shape), parameters)


def test_names_and_sizes_are_the_official_ones():
    assert {name: tuple(value.shape) for name, value in SMPLRegressor().state_dict().items()} == OFFICIAL


def test_it_starts_from_a_body_at_rest_and_takes_small_steps():
    model = SMPLRegressor(16).eval()
    assert all(last.weight.std() < 1e-3 for last in (model.decpose, model.decshape, model.deccam))
    for last in (model.decpose, model.decshape, model.deccam):
        torch.nn.init.zeros_(last.bias)
    rotations, shape, camera = model(torch.zeros(2, 16))
    torch.testing.assert_close(rotations, torch.eye(3).expand(2, 24, 3, 3), atol=0.05, rtol=0)
    torch.testing.assert_close(shape, torch.zeros(2, 10), atol=0.05, rtol=0)
    torch.testing.assert_close(camera, torch.tensor([[0.9, 0, 0]]).expand(2, 3), atol=0.05, rtol=0)


def test_three_corrections_as_in_numpy():
    model = SMPLRegressor(8).double().eval()
    with torch.no_grad():
        for last in (model.decpose, model.decshape, model.deccam):
            last.weight.normal_(std=0.02)
    features = torch.randn(3, 8, dtype=torch.float64)
    weights = {name: value.numpy() for name, value in model.state_dict().items()}

    def linear(name, x):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    names = {"decpose": "init_pose", "decshape": "init_shape", "deccam": "init_cam"}
    state = {name: weights[start].repeat(3, 0) for name, start in names.items()}
    for _ in range(3):
        x = linear("fc2", linear("fc1", np.concatenate([features.numpy(), *state.values()], 1)))
        state = {name: value + linear(name, x) for name, value in state.items()}
    rotations, shape, camera = model(features)
    expected = [[gram_schmidt(row) for row in rows.reshape(24, 6)] for rows in state["decpose"]]
    np.testing.assert_allclose(rotations.detach().numpy(), expected, atol=1e-10)
    np.testing.assert_allclose(shape.detach().numpy(), state["decshape"], atol=1e-10)
    np.testing.assert_allclose(camera.detach().numpy(), state["deccam"], atol=1e-10)


def test_mean_parameters_of_the_official_file(tmp_path):
    path, draw = tmp_path / "smpl_mean_params.npz", np.random.default_rng(0)
    means = {"pose": draw.normal(size=144).astype("f4"), "shape": draw.normal(size=10), "cam": draw.normal(size=3)}
    np.savez(path, **means)
    model = SMPLRegressor(8)
    model.load_mean_parameters(path)
    for name, start in (("pose", model.init_pose), ("shape", model.init_shape), ("cam", model.init_cam)):
        assert start.dtype == torch.float32
        np.testing.assert_allclose(start[0].numpy(), means[name], rtol=1e-6)
    for changes, message in (
        ({"pose": np.zeros(72)}, r"expected numbers 'pose' \[144\]"),
        ({"shape": np.full(10, np.nan)}, "'shape' holds NaN"),
        ({"cam": np.array(["a", "b", "c"])}, r"expected numbers 'cam' \[3\]"),
        ({"cam": np.array([None] * 3)}, "pickled Python objects"),
    ):
        np.savez(path, **(means | changes))
        with pytest.raises(ValueError, match=message):
            model.load_mean_parameters(path)


def test_projection_as_in_numpy_and_its_gradient():
    joints, camera = torch.randn(2, 5, 3, dtype=torch.float64), torch.rand(2, 3, dtype=torch.float64) + 0.5
    screen = project_crop(joints, camera)
    for i in range(2):
        scale, x, y = camera[i].numpy()
        placed = joints[i].numpy() + [x, y, 2 * 5000 / (224 * scale + 1e-9)]
        np.testing.assert_allclose(screen[i].numpy(), 5000 * placed[:, :2] / placed[:, 2:] / 112, rtol=1e-12)
    assert torch.autograd.gradcheck(project_crop, (joints.requires_grad_(), camera.requires_grad_()))
