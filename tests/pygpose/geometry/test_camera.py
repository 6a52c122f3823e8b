"""Projection against numpy, frames against scipy's rotations, the Human3.6M cameras, and each error at the door.

Covers :mod:`pygpose.geometry.camera` and :mod:`pygpose.geometry.h36m`.
"""

import re
from dataclasses import replace
from math import sqrt

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pygpose.geometry import Camera, camera_to_world, h36m_cameras, normalize_screen, project_points, world_to_camera

SUBJECTS = ["S1", "S5", "S6", "S7", "S8", "S9", "S11"]
PLAIN = Camera(focal=(1000.0, 900.0), center=(500.0, 400.0), size=(1000, 800))
BENT = Camera(
    focal=(1100.0, 1200.0),
    center=(510.0, 490.0),
    size=(1000, 1002),
    radial=(-0.2, 0.25, -0.03),
    tangential=(-0.02, 0.07),
    orientation=(sqrt(0.5), -sqrt(0.5), 0.0, 0.0),
    position=(0.0, -5.0, 1.5),
)


def random_points(*shape):
    """Points up to 45 degrees off the axis, one to six metres away."""
    rng = np.random.default_rng(0)
    depth = rng.uniform(1, 6, size=(*shape, 1))
    return np.concatenate([rng.uniform(-1, 1, size=(*shape, 2)) * depth, depth], -1)


@pytest.mark.parametrize("shape", [(), (50,), (2, 5, 17)], ids=str)
@pytest.mark.parametrize("camera", [PLAIN, BENT, *h36m_cameras("S9")])
def test_projection_agrees_with_numpy(camera, shape):
    """The formula of Human3.6M's code, one coordinate at a time.

    OpenCV's differs in general: it counts the tangential term of the scale twice,
    x'' = x (1 + radial) + 2 p1 x y + p2 (r2 + 2 x x), where Human3.6M has p1 x y + p2 (r2 + x x).
    Both call (p2, p1) what is ``tangential`` here; without it the two are one.
    """
    points = random_points(*shape)
    x, y = points[..., 0] / points[..., 2], points[..., 1] / points[..., 2]
    r2 = x * x + y * y
    (k1, k2, k3), (p2, p1) = camera.radial, camera.tangential
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    u = x * radial + p1 * x * y + p2 * (r2 + x * x)
    v = y * radial + p2 * x * y + p1 * (r2 + y * y)
    expected = np.stack([u * camera.focal[0] + camera.center[0], v * camera.focal[1] + camera.center[1]], -1)
    np.testing.assert_allclose(project_points(torch.tensor(points), camera).numpy(), expected, rtol=0, atol=1e-9)


def test_projection_by_hand():
    points = torch.tensor([[0.0, 0.0, 3.0], [0.5, 0.0, 2.0], [-1.0, 1.0, 4.0]])
    assert project_points(points, PLAIN).tolist() == [[500, 400], [750, 400], [250, 625]]


def test_projection_gradient():
    points = torch.tensor(random_points(4), requires_grad=True)
    assert torch.autograd.gradcheck(lambda points: project_points(points, BENT), points)


@pytest.mark.parametrize("depth", [0.0, -2.5])
def test_points_without_depth_are_refused(depth):
    points = torch.tensor([[0.0, 0.0, 1.0], [0.1, 0.2, depth], [0.3, 0.1, 2.0]])
    sentence = (
        "camera 'camera': 1 of 3 points lie at or behind the camera "
        f"(smallest depth {depth:.3f} m); leave those frames out"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        project_points(points, PLAIN)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_points_that_are_no_numbers_are_refused(value):
    points = torch.tensor([[0.0, 0.0, 1.0], [0.1, 0.2, value]])
    with pytest.raises(ValueError, match="camera 'camera': 1 points have coordinates that are NaN or infinite"):
        project_points(points, PLAIN)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_precision_is_kept(dtype):
    points = torch.tensor(random_points(3), dtype=dtype)
    assert project_points(points, BENT).dtype == dtype
    assert camera_to_world(points, BENT).dtype == world_to_camera(points, BENT).dtype == dtype
    assert normalize_screen(points[:, :2], BENT.size).dtype == dtype


@given(seed=st.integers(0, 2**32 - 1))
def test_world_and_camera_frames_are_inverse_rigid_moves(seed):
    rng = np.random.default_rng(seed)
    turn, position = Rotation.random(rng=rng), rng.uniform(-5, 5, size=3)
    x, y, z, w = turn.as_quat().tolist()
    camera = Camera((1.0, 1.0), (0.0, 0.0), (1, 1), orientation=(w, x, y, z), position=tuple(position.tolist()))
    points = torch.tensor(rng.normal(size=(2, 4, 3)))

    rotation = (camera_to_world(torch.eye(3, dtype=torch.float64), camera) - torch.tensor(position)).T
    np.testing.assert_allclose(rotation.numpy(), turn.as_matrix(), rtol=0, atol=1e-14)
    identity = torch.eye(3, dtype=torch.float64)
    torch.testing.assert_close(rotation @ rotation.T, identity, rtol=0, atol=1e-14)
    assert rotation.det().item() == pytest.approx(1)

    inside = world_to_camera(points, camera)
    expected = turn.inv().apply(points.reshape(-1, 3).numpy() - position).reshape(2, 4, 3)
    np.testing.assert_allclose(inside.numpy(), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(camera_to_world(inside, camera), points, rtol=0, atol=1e-12)
    torch.testing.assert_close(world_to_camera(camera_to_world(points, camera), camera), points, rtol=0, atol=1e-12)


def test_a_level_camera_by_hand():
    # It stands 5 m back and 1.5 m up and looks along the world's y: right is x, down is -z, forward is y.
    level = Camera(
        (1.0, 1.0), (0.0, 0.0), (1, 1), orientation=(sqrt(0.5), -sqrt(0.5), 0.0, 0.0), position=(0.0, -5.0, 1.5)
    )
    seen = world_to_camera(torch.tensor([1.0, 2.0, 2.0]), level)
    torch.testing.assert_close(seen, torch.tensor([1.0, -0.5, 7.0]))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_human36m_cameras_look_at_the_middle_of_the_room(subject):
    cameras = h36m_cameras(subject)
    assert [camera.id for camera in cameras] == ["54138969", "55011271", "58860488", "60457274"]
    chest, feet = torch.tensor([0.0, 0.0, 1.0]), torch.tensor([0.0, 0.0, 0.0])
    for camera in cameras:
        seen = world_to_camera(torch.stack([chest, feet]), camera)
        assert (seen[:, 2] > 3).all() and (seen[:, 2] < 7).all()
        (x, y), (_, lower) = project_points(seen, camera).tolist()
        assert 0.25 < x / camera.size[0] < 0.75 and 0.25 < y / camera.size[1] < 0.75
        assert y < lower < camera.size[1]
        np.testing.assert_allclose(np.linalg.norm(camera.orientation), 1, atol=1e-6)


def test_human36m_cameras_are_in_metres():
    assert h36m_cameras("S1")[0].position == pytest.approx((1.8411070556640625, 4.95528466796875, 1.5634454345703125))


@pytest.mark.parametrize(
    "camera", [Camera.of_view(60.0, (640, 480)), PLAIN, replace(PLAIN, orientation=(1.0, 0.0, 0.0, 0.0))]
)
def test_a_camera_of_which_nobody_knows_how_it_stands_puts_nothing_into_the_world(camera):
    points = torch.tensor(random_points(3))
    assert not camera.placed and h36m_cameras("S1")[0].placed
    for move in (camera_to_world, world_to_camera):
        with pytest.raises(ValueError, match="does not say how it is turned and where it stands.*; give Camera its"):
            move(points, camera)
    assert project_points(points, camera).isfinite().all()


def test_a_subject_without_calibration_gets_the_known_ones():
    with pytest.raises(
        ValueError, match="^no Human3.6M calibration for subject 'S2'; known: S1, S5, S6, S7, S8, S9, S11$"
    ):
        h36m_cameras("S2")


def test_screen_width_maps_to_one_and_the_aspect_is_kept():
    size = (1000, 500)
    pixels = torch.tensor([[0.0, 0.0], [1000.0, 0.0], [0.0, 500.0], [1000.0, 500.0], [500.0, 250.0]])
    assert normalize_screen(pixels, size).tolist() == [[-1, -0.5], [1, -0.5], [-1, 0.5], [1, 0.5], [0, 0]]
    across, down = normalize_screen(torch.tensor([[300.0, 200.0], [200.0, 300.0]]), size) - normalize_screen(
        torch.tensor([200.0, 200.0]), size
    )
    torch.testing.assert_close(across, torch.tensor([0.2, 0.0]))
    torch.testing.assert_close(down, torch.tensor([0.0, 0.2]))


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"focal": (0.0, 1.0)}, "camera 'left': focal (0.0, 1.0) and size (4, 3) must be positive"),
        ({"size": (4, -3)}, "camera 'left': focal (1.0, 1.0) and size (4, -3) must be positive"),
        (
            {"orientation": (2.0, 0.0, 0.0, 0.0)},
            "camera 'left': orientation (2.0, 0.0, 0.0, 0.0) is no unit quaternion (norm 2)",
        ),
    ],
)
def test_what_is_no_camera_is_refused(change, sentence):
    valid = {"focal": (1.0, 1.0), "center": (0.0, 0.0), "size": (4, 3), "id": "left"}
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        Camera(**valid | change)
