"""Correction and edits: what must stay stays, what must go goes, and pins are met."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import MotionGraph, get_skeleton, list_skeletons, motion_laplacian
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.geometry import Camera, project_points
from pygpose.refine import CorrectionOptions, Floor, correct_motion, edit_motion, pieces
from pygpose.refine.bones import usual_lengths, with_lengths
from pygpose.refine.consistent import Spreads, Targets, find_consistent

SKELETON = get_skeleton("h36m17")
PARENTS = [max(parent, 0) for parent in SKELETON.parents]
UP = (0.0, 0.0, 1.0)


@pytest.fixture(scope="module")
def walk():
    """World positions, metres, z up."""
    return torch.as_tensor(synthetic_motion("S1", "Walking", num_frames=150, seed=0)).double()


def lengths(x):
    return (x - x[:, PARENTS]).norm(dim=-1)[:, 1:]


def shaken(x, size=0.02, seed=0):
    return x + size * torch.randn(x.shape, generator=torch.Generator().manual_seed(seed), dtype=x.dtype)


def accelerations(x):
    return x.diff(n=2, dim=0).norm(dim=-1).mean()


class TestWhatStays:
    @pytest.mark.parametrize("name", list_skeletons())
    def test_constant_velocity_is_a_fixed_point(self, name):
        skeleton = get_skeleton(name)
        body = torch.rand(skeleton.num_joints, 3, dtype=torch.float64)
        body[list(skeleton.flip)] = (body + body[list(skeleton.flip)] * body.new_tensor([-1.0, 1, 1])) / 2
        body = (
            body + body[list(skeleton.flip)] * body.new_tensor([-1.0, 1, 1])
        ) / 2  # limbs of one length on both sides
        x = body + torch.arange(60, dtype=torch.float64)[:, None, None] * body.new_tensor([0.03, 0.0, 0.0])
        found = correct_motion(x, 50.0, skeleton)
        torch.testing.assert_close(found.positions, x, atol=1e-6, rtol=0)
        assert found.residuals["moved"] < 1e-3 and found.residuals["bones"] < 1e-3

    def test_a_calm_true_motion_hardly_moves(self, walk):
        found = correct_motion(walk, 50.0, up=UP)
        assert (found.positions - walk).norm(dim=-1).mean() < 0.01
        assert lengths(found.positions).std(0).max() < 1e-9

    def test_pins_are_met_within_a_correction(self, walk):
        """The same places as by hand, while noise goes."""
        place = walk[70, 13] + walk.new_tensor([0.03, 0.02, 0.04])
        found = correct_motion(shaken(walk, 0.01), 50.0, up=UP, pins={(70, "LWrist"): place})
        torch.testing.assert_close(found.positions[70, 13], place, atol=1e-9, rtol=0)
        assert found.residuals["pins"] < 1e-6 and found.residuals["bones"] < 4
        free = correct_motion(shaken(walk, 0.01), 50.0, up=UP).positions
        assert (found.positions - free)[:15].norm(dim=-1).max() < 0.01
        with pytest.raises(ValueError, match="a pin names joint 'Tail'"):
            correct_motion(walk, 50.0, pins={(70, "Tail"): place})

    def test_a_step_of_a_foot_stays(self, walk):
        """Smoothing does not slow down what is fast: a foot's highest speed stays."""
        foot = SKELETON.index("RFoot")
        found = correct_motion(walk, 50.0, options=CorrectionOptions(bones=0.0, contact=0.0)).positions
        fast = [x[:, foot].diff(dim=0).norm(dim=-1).max() for x in (walk, found)]
        assert fast[1] > 0.97 * fast[0]

    def test_precision_and_input_are_kept(self, walk):
        x = walk.float()
        before = x.clone()
        assert correct_motion(x, 50.0).positions.dtype == torch.float32 and torch.equal(x, before)


class TestWhatGoes:
    def test_noise(self, walk):
        noisy = shaken(walk)
        found = correct_motion(noisy, 50.0, up=UP).positions
        assert accelerations(found - walk) < 0.1 * accelerations(noisy - walk)
        assert (found - walk).norm(dim=-1).mean() < 0.7 * (noisy - walk).norm(dim=-1).mean()

    def test_noise_of_one_frame(self, walk):
        hit = walk.clone()
        hit[70, SKELETON.index("LWrist")] += 0.3
        options = CorrectionOptions(bones=0.0, contact=0.0)
        found, alone = (correct_motion(x, 50.0, options=options).positions for x in (hit, walk))
        assert (found - alone)[70].norm(dim=-1).max() < 0.15
        trusted = torch.ones(150, 17, dtype=torch.float64)
        trusted[70, SKELETON.index("LWrist")] = 0
        found = correct_motion(hit, 50.0, confidence=trusted, options=options).positions
        assert (found - alone).norm(dim=-1).max() < 0.01

    def test_bones_that_change(self, walk):
        found = correct_motion(shaken(walk, 0.01), 50.0)
        assert lengths(found.positions).std(0).max() < 1e-9
        true = lengths(walk).mean(0)
        assert (lengths(found.positions).mean(0) - true).abs().max() < 0.02
        given = usual_lengths(walk, SKELETON) * 1.1
        found = correct_motion(walk, 50.0, bone_lengths=given)
        torch.testing.assert_close(lengths(found.positions), given[1:].expand(150, -1))

    def test_skating(self, walk):
        """Feet that stand while the whole body is pushed along."""
        push = torch.linspace(0, 0.4, 150, dtype=torch.float64)[:, None, None] * torch.tensor([1.0, 0, 0])
        pushed = walk + push
        found = correct_motion(pushed, 50.0, up=UP)
        feet = [SKELETON.index(name) for name in found.feet]
        stand = 50 * walk[:, feet].diff(dim=0).norm(dim=-1) < 0.05
        speeds = [50 * x[:, feet].diff(dim=0).norm(dim=-1)[stand].mean() for x in (pushed, found.positions)]
        assert stand.sum() > 50 and speeds[1] < 0.3 * speeds[0]

    def test_joints_under_the_floor(self, walk):
        sunk = walk.clone()
        sunk[60:90, SKELETON.index("RFoot"), 2] -= 0.15
        floor = correct_motion(walk, 50.0, up=UP).floor
        options = CorrectionOptions(smoothing=0.0, bones=0.0)
        found = correct_motion(sunk, 50.0, floor=floor, options=options)
        below = [-floor.above(x)[60:90].amin(1).clamp(max=0).mean().item() for x in (sunk, found.positions)]
        assert below[0] > 0.05 and below[1] < 0.005 and found.residuals["under"] < 5

    def test_missing_positions(self, walk):
        holes = walk.clone()
        holes[40:48, 5] = torch.nan
        holes[:3, 9] = torch.nan
        found = correct_motion(holes, 50.0)
        assert found.filled.sum() == 11 and found.filled[40:48, 5].all() and found.positions.isfinite().all()
        assert (found.positions - walk)[40:48, 5].norm(dim=-1).max() < 0.08


CAMERA = Camera((1145.0, 1143.0), (512.0, 515.0), (1000, 1002), (-0.2, 0.24, -0.002), (-0.0009, -0.0016))


@pytest.fixture(scope="module")
def seen(walk):
    """The motion 5 m before a camera, and where it is seen."""
    turn = torch.tensor([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]], dtype=torch.float64)  # z up to y down
    x = walk @ turn.T + torch.tensor([0.0, 0.8, 5.0])
    return x, project_points(x, CAMERA)


class TestRays:
    def test_depth_is_what_keypoints_leave_open(self, seen):
        x, pixels = seen
        wrong = x + 0.03 * torch.randn(1, 17, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        errors = []
        for beside in ({}, {"keypoints": pixels, "camera": CAMERA}):
            found = correct_motion(wrong, 50.0, up=(0, -1, 0), **beside).positions
            errors.append((found - x)[..., :2].norm(dim=-1).mean().item())
        assert errors[1] < 0.5 * errors[0]

    def test_a_keypoint_of_confidence_0_is_not_looked_at(self, seen):
        x, pixels = seen
        confidence = torch.ones(150, 17)
        confidence[20:40, 3] = 0
        there = correct_motion(x, 50.0, keypoints=pixels, camera=CAMERA, keypoint_confidence=confidence)
        pixels = pixels.clone()
        pixels[20:40, 3] = torch.nan
        blind = correct_motion(x, 50.0, keypoints=pixels, camera=CAMERA, keypoint_confidence=confidence)
        torch.testing.assert_close(blind.positions, there.positions)

    def test_keypoints_need_a_camera(self, seen):
        with pytest.raises(ValueError, match="keypoints need the camera"):
            correct_motion(seen[0], 50.0, keypoints=seen[1])


@given(st.integers(2, 9), st.integers(0, 2**31))
@settings(deadline=None, max_examples=15)
def test_one_round_is_the_dense_least_squares(frames, seed):
    """Without bones and contacts the search is linear: against numpy's least squares, with a pin."""
    draw = torch.Generator().manual_seed(seed)
    wanted, shape = torch.randn(2, frames, 17, 3, generator=draw, dtype=torch.float64)
    spreads = Spreads(shape=0.3, place=0.5, path=0.7)
    graph, pin = MotionGraph.of_skeleton(SKELETON, frames), (frames // 2, 13)
    pins = {pin: torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)}
    found, _ = find_consistent(Targets(wanted, shape, pins=pins), graph, SKELETON, spreads, 1)
    size = frames * 17
    rows = [motion_laplacian(SKELETON, frames).to_dense().double().numpy() / spreads.shape]
    right = [shape.reshape(size, 3).numpy() / spreads.shape]
    eye, flat = np.eye(size), wanted.reshape(size, 3).numpy()
    for t in range(frames):
        rows.append(eye[[17 * t]] / spreads.path)
        right.append(flat[[17 * t]] / spreads.path)
        beside = eye[17 * t + 1 : 17 * t + 17] - eye[[17 * t]]
        rows.append(beside / spreads.place)
        right.append((flat[17 * t + 1 : 17 * t + 17] - flat[[17 * t]]) / spreads.place)
    rows, right = np.concatenate(rows), np.concatenate(right)
    place = pin[0] * 17 + pin[1]
    free = np.arange(size) != place
    expected = np.empty((size, 3))
    expected[place] = [1.0, 2.0, 3.0]
    expected[free] = np.linalg.lstsq(rows[:, free], right - rows[:, [place]] @ expected[[place]], rcond=None)[0]
    np.testing.assert_allclose(found.reshape(size, 3).numpy(), expected, atol=1e-8)


class TestEdits:
    @pytest.mark.parametrize("keep_bones", [True, False])
    def test_a_pinned_wrist_is_at_its_place_and_nothing_moves_far_away(self, walk, keep_bones):
        wrist = SKELETON.index("LWrist")
        place = walk[70, wrist] + torch.tensor([0.05, 0.02, 0.06])
        found = edit_motion(walk, {(70, "LWrist"): place.tolist()}, keep_bones=keep_bones)
        torch.testing.assert_close(found.positions[70, wrist], place)
        assert found.residuals["pins"] < 1e-6
        moved = (found.positions - walk).norm(dim=-1).amax(1)
        assert moved[:20].max() < 1e-3 and moved[120:].max() < 1e-3 and moved[70] > 0.05
        assert (found.positions - walk)[66:75, wrist].norm(dim=-1).min() > 0.01  # frames around the pin follow
        if keep_bones:
            assert (lengths(found.positions) - lengths(walk).median(0).values).abs().max() < 0.005

    def test_what_bones_cannot_reach(self, walk):
        found = edit_motion(walk, {(70, "LWrist"): (9.0, 0.0, 0.0)})
        torch.testing.assert_close(lengths(found.positions), lengths(walk).median(0).values.expand(150, -1))
        missed = (found.positions[70, SKELETON.index("LWrist")] - torch.tensor([9.0, 0, 0])).norm().item()
        assert found.residuals["pins"] == pytest.approx(1000 * missed) and missed > 0.02

    @pytest.mark.parametrize(
        ("pins", "message"),
        [
            ({}, "no pins are given"),
            ({(150, 3): (0, 0, 0)}, r"a pin names frame 150; frames are 0\.\.149"),
            ({(0, "Tail"): (0, 0, 0)}, "a pin names joint 'Tail'; joints are Hip, RHip"),
            ({(0, 17): (0, 0, 0)}, r"a pin names joint 17; joints are 0\.\.16"),
            ({(0, 3): (0, math.nan, 0)}, "give three finite numbers"),
            ({(0, 3): (0, 0)}, "give three finite numbers"),
            ({(0, 13): (0, 0, 0), (0, "LWrist"): (1, 0, 0)}, "joint LWrist is pinned to two places in frame 0"),
        ],
    )
    def test_bad_pins(self, walk, pins, message):
        with pytest.raises(ValueError, match=message):
            edit_motion(walk, pins)


@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_short_clips(walk, frames):
    found = correct_motion(walk[:frames], 50.0, up=UP)
    assert found.positions.shape == (frames, 17, 3) and found.contacts.shape == (frames, 2)
    assert (found.positions - walk[:frames]).norm(dim=-1).max() < 0.05
    edited = edit_motion(walk[:frames], {(0, "Head"): walk[0, 10] + 0.01})
    torch.testing.assert_close(edited.positions[0, 10], walk[0, 10] + 0.01)


def test_the_same_motion_at_every_frame_rate(walk):
    slow = correct_motion(walk[::2], 25.0, up=UP).positions
    fast = correct_motion(walk, 50.0, up=UP).positions[::2]
    assert (slow - fast).norm(dim=-1).mean() < 0.005


def test_a_turned_and_moved_world_gives_the_same_motion(walk):
    turn = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).Q
    turn = turn * turn.det().sign()
    x, move = shaken(walk, 0.01), torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    found = correct_motion(x, 50.0, up=UP)
    elsewhere = correct_motion(x @ turn.T + move, 50.0, up=turn @ torch.tensor(UP, dtype=torch.float64))
    torch.testing.assert_close(elsewhere.positions, found.positions @ turn.T + move, atol=6e-3, rtol=0)


def test_another_systems_motion(walk):
    """Its differential coordinates are taken, and its places are not."""
    pushed = walk + 0.5
    found = correct_motion(shaken(walk, 0.01), 50.0, shape=pushed, options=CorrectionOptions(bones=0.0, contact=0.0))
    assert (found.positions - walk).norm(dim=-1).mean() < 0.02
    assert accelerations(found.positions - walk) < 0.5 * accelerations(
        correct_motion(shaken(walk, 0.01), 50.0).positions - walk
    )


def test_lengths_from_the_root_outwards(walk):
    wanted = torch.rand(17, dtype=torch.float64) + 0.1
    found = with_lengths(walk, wanted, SKELETON)
    torch.testing.assert_close(lengths(found), wanted[1:].expand(150, -1))
    assert torch.equal(found[:, 0], walk[:, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: correct_motion(x[:, :5], 50.0), r"positions are \[150, 5, 3\], expected \[T, 17, 3\] of skeleton"),
        (lambda x: correct_motion(x[:0], 50.0), r"positions are \[0, 17, 3\]"),
        (lambda x: correct_motion(x, 0.0), "fps must be positive and finite, got 0"),
        (lambda x: correct_motion(x, 50.0, confidence=2 * torch.ones(150, 17)), r"confidence must lie in \[0, 1\]"),
        (
            lambda x: correct_motion(x * x.new_tensor([math.nan, 1, 1]), 50.0),
            "have no position that counts",
        ),
        (lambda x: correct_motion(x, 50.0, floor=Floor(x.new_tensor([0, 0, 1.0]), x.new_tensor(-9.0))), "no foot ever"),
        (lambda x: CorrectionOptions(bones=-1.0), "CorrectionOptions.bones must be 0 or more, got -1"),
        (lambda x: CorrectionOptions(shape=0.0), "CorrectionOptions.shape must be above 0"),
        (lambda x: CorrectionOptions(smoothing=0.0, bones=0.0, contact=0.0), "nothing to correct"),
        (lambda x: CorrectionOptions(rounds=0), "CorrectionOptions.rounds must be at least 1, got 0"),
        (lambda x: edit_motion(x * math.nan, {(0, 0): (0, 0, 0)}), "positions hold NaN or infinite values; fill them"),
    ],
)
def test_bad_input(walk, call, message):
    with pytest.raises(ValueError, match=message):
        call(walk)


@pytest.mark.parametrize("frames", [460, 401])
def test_long_motions_are_corrected_in_pieces_as_whole(monkeypatch, frames):
    walk = torch.as_tensor(synthetic_motion("S1", "Walking", num_frames=frames, seed=0)).double()
    pins = {(210, "LWrist"): walk[210, 13] + 0.02, (5, "Head"): walk[5, 10]}
    x = shaken(walk, 0.01)
    whole = [correct_motion(x, 50.0, up=UP), correct_motion(x, 50.0, up=UP, pins=pins)]
    monkeypatch.setattr(pieces, "PIECE", 200)
    monkeypatch.setattr(pieces, "OVERLAP", 120)
    parts = [correct_motion(x, 50.0, up=UP), correct_motion(x, 50.0, up=UP, pins=pins)]
    for one, other in zip(whole, parts, strict=True):
        assert (one.positions - other.positions).norm(dim=-1).max() < 2e-3 and torch.equal(one.contacts, other.contacts)
    assert parts[1].residuals["pins"] < 1e-6 and 0 < len(parts[0].moves) <= 16


def test_doubtful_keypoints_draw_less(walk):
    """A joint that is wrong for many frames, and said to be doubtful, stays nearer to its position."""
    camera = Camera((1000.0, 1000.0), (500.0, 500.0), (1000, 1000))
    x = walk @ torch.tensor([[1.0, 0, 0], [0, 0, 1.0], [0, -1.0, 0]]).double() + torch.tensor([0.0, 1.0, 5.0]).double()
    pixels = project_points(x, camera)
    pixels[40:80, 13, 0] += 30  # 15 cm
    sure = torch.ones(pixels.shape[:2], dtype=torch.float64)
    away = []
    for confidence in (1.0, 0.7, 0.3):
        sure[40:80, 13] = confidence
        options = CorrectionOptions(bones=0.0, contact=0.0)
        found = correct_motion(x, 50.0, keypoints=pixels, camera=camera, keypoint_confidence=sure, options=options)
        away.append((found.positions - x)[45:75, 13].norm(dim=-1).mean().item())
    assert away[0] > 3 * away[1] > 3 * away[2]
