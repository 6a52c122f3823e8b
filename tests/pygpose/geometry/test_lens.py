"""The inverse of a lens, batches of cameras, and cameras without calibration.

Covers :mod:`pygpose.geometry.camera`, beside ``test_camera.py``.
"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pygpose.data.transforms.mirror import mirror_intrinsics
from pygpose.geometry import (
    Camera,
    camera_to_world,
    distort_points,
    h36m_cameras,
    normalize_screen,
    project_points,
    undistort_points,
    undistort_shown,
    world_to_camera,
)

BENT = Camera((1100.0, 1200.0), (510.0, 490.0), (1000, 1002), radial=(-0.2, 0.25, -0.03), tangential=(-0.02, 0.03))
FOLDED = Camera((500.0, 500.0), (500.0, 500.0), (1000, 1000), radial=(-0.4, 0.0, 0.0), id="fisheye")


def pixels_of(size, step=50):
    return torch.cartesian_prod(*(torch.arange(0, side + 1, step, dtype=torch.float64) for side in size))


@pytest.mark.parametrize("camera", [BENT, *h36m_cameras("S1")], ids=lambda camera: camera.id)
@pytest.mark.parametrize("dtype, atol", [(torch.float64, 1e-9), (torch.float32, 1e-3)], ids=str)
def test_undistorting_is_the_inverse_all_over_the_image(camera, dtype, atol):
    pixels = pixels_of(camera.size).to(dtype)
    rays = undistort_points(pixels, camera)
    assert rays.dtype == dtype
    torch.testing.assert_close(distort_points(rays, camera), pixels, rtol=0, atol=atol)
    points = torch.cat([rays, torch.ones_like(rays[:, :1])], -1) * 3
    torch.testing.assert_close(project_points(points, camera), pixels, rtol=0, atol=atol)


def test_without_tangential_distortion_the_lens_is_opencvs():
    k1, k2, k3 = -0.3, 0.1, 0.02
    camera = Camera((900.0, 950.0), (480.0, 520.0), (1000, 1000), radial=(k1, k2, k3))
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, 9), np.linspace(-0.5, 0.5, 9))
    r2 = x**2 + y**2
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    expected = np.stack([900 * x * radial + 480, 950 * y * radial + 520], -1)
    rays = torch.tensor(np.stack([x, y], -1))
    np.testing.assert_allclose(distort_points(rays, camera).numpy(), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(undistort_points(torch.tensor(expected), camera), rays, rtol=0, atol=1e-12)


def test_gradients_of_lens_inverse_and_intrinsics():
    pixels = torch.tensor([[100.0, 200.0], [700.0, 640.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda pixels: undistort_points(pixels, BENT), pixels)
    intrinsics = BENT.screen_intrinsics(pixels)[None].detach().requires_grad_()
    rays = torch.tensor([[[0.1, -0.3], [0.2, 0.25]]], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda lens: distort_points(rays, lens), intrinsics)
    screen = distort_points(rays, intrinsics).detach()
    assert torch.autograd.gradcheck(lambda lens: undistort_points(screen, lens), intrinsics, atol=1e-5)


@pytest.mark.parametrize("far", [(2000.0, 500.0), (1e6, -1e6)], ids=str)
def test_pixels_that_no_ray_reaches_are_refused(far):
    inside = torch.tensor([[500.0, 500.0], [700.0, 600.0], far])
    with pytest.raises(ValueError, match="camera 'fisheye': 1 of 3 points, first .* cannot be inverted"):
        undistort_points(inside, FOLDED)
    undistort_points(inside[:2], FOLDED)


@pytest.mark.parametrize("far", [(2000.0, 500.0), (1e6, -1e6)], ids=str)
def test_pixels_that_the_lens_cannot_show_are_told_from_the_others(far):
    pixels = torch.tensor([[500.0, 500.0], [700.0, 600.0], far, [550.0, 540.0]], requires_grad=True)
    seen = torch.tensor([True, True, True, False])
    rays, shown = undistort_shown(pixels, FOLDED, seen)
    assert shown.tolist() == [True, True, False, False]
    torch.testing.assert_close(rays[:2], undistort_points(pixels[:2], FOLDED))
    assert not rays[2:].any()
    rays.sum().backward()
    assert pixels.grad[:2].any() and not pixels.grad[2:].any()
    with pytest.raises(ValueError, match="2 of 3 points, first .* that of this camera"):
        undistort_shown(torch.tensor([far, [700.0, 600.0], far]), FOLDED, torch.ones(3, dtype=torch.bool))


@given(seed=st.integers(0, 2**32 - 1))
def test_a_batch_of_cameras_is_each_camera_alone(seed):
    draw = torch.Generator().manual_seed(seed)
    cameras = h36m_cameras("S9")
    points = torch.rand(4, 2, 3, 3, generator=draw, dtype=torch.float64) * 2 + torch.tensor([-1.0, -1.0, 3.0])
    lenses = torch.stack([camera.intrinsics(points) for camera in cameras])
    places = torch.stack([camera.extrinsics(points) for camera in cameras])
    seen = project_points(points, lenses)
    for i, camera in enumerate(cameras):
        torch.testing.assert_close(seen[i], project_points(points[i], camera))
        torch.testing.assert_close(undistort_points(seen, lenses)[i], points[i, ..., :2] / points[i, ..., 2:])
        torch.testing.assert_close(camera_to_world(points, places)[i], camera_to_world(points[i], camera))
        torch.testing.assert_close(world_to_camera(points, places)[i], world_to_camera(points[i], camera))
    with pytest.raises(ValueError, match="4, 9.* cameras for points .*give one for each first axis"):
        project_points(points[:3], lenses)


def test_pixels_that_are_not_seen_have_the_ray_of_the_principal_point():
    rays = torch.tensor([[0.1, -0.2], [0.3, 0.1], [0.0, 0.2]], dtype=torch.float64)
    pixels, seen = distort_points(rays, BENT), torch.tensor([True, False, True])
    pixels[1] = torch.nan
    found = undistort_points(pixels, BENT, seen)
    torch.testing.assert_close(found[seen], rays[seen])
    torch.testing.assert_close(found[1], torch.zeros(2, dtype=torch.float64))


def test_screen_intrinsics_project_to_screen_coordinates():
    points = torch.tensor([[0.3, -0.2, 4.0], [-0.7, 0.4, 3.0]], dtype=torch.float64)
    screen = project_points(points[None], BENT.screen_intrinsics(points)[None])[0]
    torch.testing.assert_close(screen, normalize_screen(project_points(points, BENT), BENT.size))


def test_the_mirrored_camera_sees_the_mirror_image():
    points = torch.tensor([[0.3, -0.2, 4.0], [-0.7, 0.4, 3.0]], dtype=torch.float64)
    lens, mirror = BENT.screen_intrinsics(points), torch.tensor([-1.0, 1.0], dtype=torch.float64)
    mirrored = project_points((points * torch.tensor([-1.0, 1.0, 1.0]))[None], mirror_intrinsics(lens)[None])
    torch.testing.assert_close(mirrored[0], project_points(points[None], lens[None])[0] * mirror)


def test_a_stated_field_of_view():
    camera = Camera.of_view(90.0, (1920, 1080))
    assert camera.focal == pytest.approx((960, 960)) and camera.center == (960, 540)
    assert project_points(torch.tensor([1.0, 0.0, 1.0]), camera).tolist() == pytest.approx([1920, 540])
    for degrees in (0.0, 180.0, -5.0):
        with pytest.raises(ValueError, match="give one between 0 and 180"):
            Camera.of_view(degrees, (10, 10))
