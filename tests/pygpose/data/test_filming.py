"""Pictures that end at their edges: what a fixed camera sees of a clip, exact, by a detector, and cropped."""

import numpy as np
import pytest
import torch

from graphs import get_skeleton
from pygpose.data.filming import film
from pygpose.data.protocols import clip_cameras
from pygpose.data.recording import Recording
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.data.transforms.noise import DetectorNoise
from pygpose.geometry import Camera, camera_to_world, project_points

EXACT = DetectorNoise()
H36M = get_skeleton("h36m17")


@pytest.fixture(scope="module")
def motion():
    positions = synthetic_motion("S1", "Walking", num_frames=120, seed=0).astype(np.float32)
    return Recording(positions, "S1", "Walking", "S1/walk", 50.0)


@pytest.fixture(scope="module")
def cameras(motion):
    return clip_cameras(motion)


def film_all(motion, cameras, **options):
    return film(motion, cameras, "h36m17", options.pop("noise", EXACT), **options)[0]


def test_exact_pictures_are_projections_and_know_their_cameras(motion, cameras):
    clips, left_out = film(motion, cameras, "h36m17", EXACT)
    assert left_out == 0 and [clip.camera for clip in clips] == ["any0", "any1", "any2", "any3"]
    for clip in clips:
        points = clip.pose() + clip.root[:, None]
        torch.testing.assert_close(camera_to_world(points, clip.extrinsics[0]), torch.from_numpy(motion.positions))
        seen = clip.confidence.view(-1, 17) > 0
        exact = project_points(points, clip.intrinsics.expand(len(points), 9))
        torch.testing.assert_close(clip.keypoints()[seen], exact[seen], atol=1e-5, rtol=1e-5)
        assert seen.float().mean() > 0.99 and (clip.keypoints()[seen][:, 0].abs() <= 1).all()


def test_calls_give_the_same(motion, cameras):
    for options in ({}, {"detector": True}, {"crop": True}, {"noise": DetectorNoise(pixels=3.0, dropped=0.1)}):
        first, again = film_all(motion, cameras, **options), film_all(motion, cameras, **options)
        for one, two in zip(first, again, strict=True):
            assert torch.equal(one.x, two.x) and torch.equal(one.confidence, two.confidence)
    names = [Recording(motion.positions, "S1", "Walking", name, 50.0) for name in ("a", "b")]
    first, other = (film_all(part, cameras[:1], detector=True)[0] for part in names)
    assert not torch.equal(first.x, other.x)


def test_a_detector_sees_the_same_views_less_well(motion, cameras):
    for exact, seen in zip(film_all(motion, cameras), film_all(motion, cameras, detector=True), strict=True):
        assert torch.equal(exact.y, seen.y) and torch.equal(exact.intrinsics, seen.intrinsics)
        known = seen.confidence.view(-1, 17) > 0
        off = (seen.keypoints() - exact.keypoints())[known].norm(dim=-1)
        size = (exact.keypoints().amax(1) - exact.keypoints().amin(1)).amax(-1).mean()
        assert 0.003 < off.median() / size < 0.03
        assert 0.5 < seen.confidence[seen.confidence > 0].mean() < 1 and known.float().mean() > 0.8


def test_crops_are_parts_of_the_same_pictures(motion, cameras):
    legs = 0
    for camera, whole, cut in zip(
        cameras, film_all(motion, cameras), film_all(motion, cameras, crop=True), strict=True
    ):
        assert torch.equal(whole.y, cut.y) and torch.equal(whole.extrinsics, cut.extrinsics)
        assert (whole.clip, whole.camera, whole.num_frames) == (cut.clip, cut.camera, cut.num_frames)
        seen, left = (clip.confidence.view(-1, 17) > 0 for clip in (whole, cut))
        assert (left <= seen).all() and 0.4 < left.float().mean() < 0.97
        legs += left[:, [H36M.index("LFoot"), H36M.index("RFoot")]].float().mean() < 0.5
        points = cut.pose() + cut.root[:, None]
        exact = project_points(points, cut.intrinsics.expand(len(points), 9))
        torch.testing.assert_close(cut.keypoints()[left], exact[left], atol=1e-4, rtol=1e-4)
        pixels = project_points(points, camera)  # the picture is a part of the whole one, in whole pixels
        offset = pixels - (cut.keypoints() + 1) * (2 * camera.focal[0] / cut.intrinsics[0, 0]) / 2
        column = offset[left][:, 0]
        assert (column - column.round().median()).abs().max() < 0.5
    assert legs


def test_frames_that_are_not_seen_cut_a_clip():
    positions = np.zeros((40, 17, 3), np.float32)
    positions[:, :, 2] = np.linspace(0.1, 1.7, 17)
    positions[10:15, :, 0] = 20  # far to the side
    positions[25:27, :, 1] = -3.9  # into the lens
    camera = Camera.of_view(60.0, (1920, 1080), id="c")
    camera = Camera(
        camera.focal,
        camera.center,
        camera.size,
        orientation=(0.7071068, -0.7071068, 0.0, 0.0),
        position=(0.0, -4.0, 1.0),
        id="c",
    )
    clips, left_out = film(Recording(positions, "A", "a", "k", 50.0), [camera], "h36m17", EXACT)
    assert left_out == 7
    assert [(clip.clip, clip.num_frames) for clip in clips] == [("k", 10), ("k#1", 10), ("k#2", 13)]
    away = Recording(positions + [50, 0, 0], "A", "a", "k", 50.0)
    assert film(away, [camera], "h36m17", EXACT) == ([], 40)


def test_joints_out_of_the_picture_have_no_confidence():
    positions = np.zeros((5, 17, 3), np.float32)
    positions[:, :, 2] = np.linspace(0.1, 1.9, 17)
    camera = Camera.of_view(60.0, (1000, 700), id="near")
    camera = Camera(
        camera.focal,
        camera.center,
        camera.size,
        orientation=(0.7071068, -0.7071068, 0.0, 0.0),
        position=(0.0, -2.0, 1.2),
    )
    (clip,) = film_all(Recording(positions, "A", "a", "k", 50.0), [camera])
    height = positions[0, :, 2] - 1.2
    inside = np.abs(height) / 2 * camera.focal[0] <= 350
    assert 8 < inside.sum() < 17
    assert np.array_equal(clip.confidence.view(5, 17)[0].numpy(), inside.astype(np.float32))
    assert clip.x.isfinite().all()
