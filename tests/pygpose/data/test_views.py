"""Cameras are drawn within their ranges, see the person where they should, and the stored ones are those drawn."""

import json
import math
from dataclasses import fields
from importlib.resources import files

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpose.data.aiming import FAR, NEAR, aim, look
from pygpose.data.pictures import reach_of, show
from pygpose.data.protocols import FILE, clip_cameras, drawn_views, stored_views
from pygpose.data.recording import Recording
from pygpose.data.views import (
    BEND,
    CENTER,
    DISTANCE,
    FIELD,
    HEIGHT,
    LONG_FIELD,
    PLACE,
    ROLL,
    SIZES,
    draw_views,
    views_from_plain,
    views_to_plain,
)
from pygpose.geometry import Camera, project_points, undistort_points, world_to_camera


def generator(seed):
    return torch.Generator().manual_seed(seed)


def people(count, frames=12, seed=0, wide=0.5):
    """Somebody of 1.8 m who moves a little, away from the origin."""
    draw = generator(seed)
    box = torch.rand(count, frames, 17, 3, generator=draw, dtype=torch.float64) * torch.tensor([wide, wide, 1.8])
    return box + torch.tensor([3.0, -2.0, 0.0], dtype=torch.float64)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=20)
def test_ranges_hold(seed):
    views = draw_views(500, generator(seed))
    for name, (low, high) in {
        "yaw": (-180, 180), "height": HEIGHT, "distance": DISTANCE, "field": FIELD, "roll": (-ROLL, ROLL), "bend": BEND,
        "center": (-CENTER, CENTER),
    }.items():  # fmt: skip
        value = getattr(views, name)
        assert low <= value.min() and value.max() <= high and value.max() - value.min() > 0.8 * (high - low), name
    assert {tuple(size) for size in views.size.int().tolist()} == set(SIZES)
    assert (views.place.abs() <= torch.tensor(PLACE)).all()
    upright = torch.rad2deg(2 * torch.atan(views.aspect / views.focal))
    assert torch.maximum(upright, views.field)[views.aspect > 1].max() <= LONG_FIELD + 1e-9


def test_the_same_seed_gives_the_same_views():
    first, again, other = draw_views(9, generator(1)), draw_views(9, generator(1)), draw_views(9, generator(2))
    for field in fields(first):
        values = [getattr(views, field.name) for views in (first, again, other)]
        assert torch.equal(values[0], values[1]) and not torch.equal(values[0], values[2])


def test_no_lens_turns_back_inside_its_reach():
    views = draw_views(2000, generator(0))
    way = torch.linspace(0, 1, 200, dtype=torch.float64)[:, None] * views.reach
    k1 = views.intrinsics[:, 4]
    assert (1 + 3 * k1 * way**2 > 0).all()
    seen = way[-1] * (1 + k1 * way[-1] ** 2) * views.focal
    assert (seen > (1 + views.aspect**2).sqrt()).all()  # and the reach is beyond the corners


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=20)
def test_the_middle_is_seen_at_its_place(seed):
    views = draw_views(50, generator(seed))
    middle = torch.rand(50, 3, generator=generator(seed + 1), dtype=torch.float64) * torch.tensor([5.0, 5.0, 1.5])
    ground = torch.full((50,), -0.2, dtype=torch.float64)
    rotation, position = aim(views, middle, ground)
    torch.testing.assert_close(rotation @ rotation.mT, torch.eye(3, dtype=torch.float64).expand(50, 3, 3))
    assert torch.linalg.det(rotation).min() > 0.99
    torch.testing.assert_close(position[:, 2], ground + views.height)
    torch.testing.assert_close((position - middle)[:, :2].norm(dim=-1), views.distance)
    seen = (rotation @ (middle - position)[..., None])[..., 0]
    assert (seen[:, 2] > 0).all()
    screen = seen[:, :2] / seen[:, 2:] * views.focal[:, None] + views.principal
    torch.testing.assert_close(screen, views.place * views.half, atol=1e-9, rtol=0)
    # The roll is the angle between the camera's x axis and the level, in the picture.
    down = rotation[:, :, 2]
    roll = torch.rad2deg(torch.atan2(-down[:, 0], -down[:, 1]))
    torch.testing.assert_close(roll, views.roll, atol=1e-9, rtol=0)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=10)
def test_everybody_is_in_the_picture_and_nobody_too_near(seed):
    views, positions = draw_views(100, generator(seed)), people(100, seed=seed % 1000)
    seen = look(views, positions, torch.zeros(100, dtype=torch.float64))
    x, inside = show(seen.points, views.intrinsics, views.aspect, views.reach)
    assert inside.double().mean() > 0.999
    assert seen.points[..., 2].min() >= NEAR - 1e-9
    at = (positions - seen.position[:, None, None]) @ seen.rotation[:, None].mT
    torch.testing.assert_close(at, seen.points)
    middle = (positions.flatten(1, 2).amin(1) + positions.flatten(1, 2).amax(1)) / 2
    assert ((seen.position - middle)[:, :2].norm(dim=-1) <= FAR + NEAR + 1).all()
    assert x.isfinite().all()


def test_somebody_who_passes_the_camera_stays_before_it():
    views, positions = draw_views(64, generator(0)), people(64, wide=0.5)
    positions = positions + torch.linspace(-6, 6, 12, dtype=torch.float64)[:, None, None] * torch.tensor([1.0, 0, 0])
    seen = look(views, positions, torch.zeros(64, dtype=torch.float64))
    assert seen.points[..., 2].min() >= NEAR - 1e-9


def test_what_lies_outside_is_finite_and_not_inside():
    views = draw_views(64, generator(3))
    points = torch.randn(64, 30, 17, 3, generator=generator(4), dtype=torch.float64) * 30
    points[..., 2] = points[..., 2].abs() + 0.7
    x, inside = show(points, views.intrinsics, views.aspect, views.reach)
    assert x.isfinite().all() and x.abs().max() < 4
    rays = points[..., :2] / points[..., 2:]
    k1 = views.intrinsics[:, 4, None, None]
    square = rays.square().sum(-1)
    exact = rays * (1 + k1 * square)[..., None] * views.focal[:, None, None, None] + views.principal[:, None, None]
    truly = (exact.abs() <= views.half[:, None, None]).all(-1) & (square.sqrt() <= views.reach[:, None, None])
    assert torch.equal(inside, truly)
    torch.testing.assert_close(x[inside], exact[inside])


def test_the_stored_list_is_the_drawn_one():
    rows = views_to_plain(drawn_views())
    assert json.loads(files("pygpose.data").joinpath(FILE).read_text()) == rows
    again = views_from_plain(rows)
    for field in fields(again):
        torch.testing.assert_close(getattr(again, field.name), getattr(drawn_views(), field.name), atol=5e-5, rtol=0)
    assert len(stored_views()) == 32


def test_a_clip_has_four_cameras_that_see_it():
    positions = people(1, frames=60)[0].numpy().astype(np.float32)
    motion = Recording(positions, "A", "walk", "A/walk", 50.0)
    cameras, again = clip_cameras(motion), clip_cameras(motion)
    assert cameras == again and [camera.id for camera in cameras] == ["any0", "any1", "any2", "any3"]
    others = clip_cameras(Recording(positions, "A", "walk", "A/other", 50.0))
    assert [camera.focal for camera in others] != [camera.focal for camera in cameras]
    for camera in cameras:
        assert camera.size in SIZES and camera.focal[0] == camera.focal[1]
        pixels = project_points(world_to_camera(torch.from_numpy(positions), camera), camera)
        assert (pixels >= 0).all() and (pixels <= torch.tensor(camera.size)).all()
        assert HEIGHT[0] <= camera.position[2] - positions[..., 2].min() <= HEIGHT[1]
        field = math.degrees(2 * math.atan(camera.size[0] / 2 / camera.focal[0]))
        assert FIELD[0] <= field <= FIELD[1]


def test_reach_of_a_camera_is_that_of_its_corners():
    camera = Camera((1000.0, 1100.0), (500.0, 400.0), (960, 720), radial=(-0.2, 0.05, 0.0))
    corners = torch.tensor([(0.0, 0.0), (960.0, 0.0), (0.0, 720.0), (960.0, 720.0)], dtype=torch.float64)
    assert reach_of(camera) == pytest.approx(undistort_points(corners, camera).norm(dim=-1).max().item())
    with pytest.raises(ValueError, match="distortion cannot be inverted"):
        reach_of(Camera((500.0, 500.0), (480.0, 360.0), (960, 720), radial=(-0.8, 0.0, 0.0)))
