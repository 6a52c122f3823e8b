"""A detector's errors have the sizes, times and shares that its figures say."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from graphs import Skeleton, get_skeleton, list_skeletons
from pygpose.data.detector import JOINT_ERRORS, Detector, JointErrors
from pygpose.data.detector.chance import bursts, wander
from pygpose.data.detector.joint_errors import joint_kinds
from pygpose.data.detector.limbs import limbs, lost_together, swapped_together
from pygpose.data.detector.person import fill_unseen, person_size
from pygpose.io.keypoints import fill_missing

FPS = 50.0
# Hip, right leg, left leg, trunk and head, left arm, right arm of a person 1.7 high; y points down.
STANDING = [
    [(0, 0.80), (-0.13, 0.80), (-0.13, 1.25), (-0.13, 1.70), (0.13, 0.80), (0.13, 1.25), (0.13, 1.70)],
    [(0, 0.55), (0, 0.30), (0, 0.15), (0, 0.0)],
    [(0.17, 0.30), (0.25, 0.58), (0.30, 0.82), (-0.17, 0.30), (-0.25, 0.58), (-0.30, 0.82)],
]
QUIET = {kind: JointErrors(0.0, 0.0) for kind in JOINT_ERRORS}
NONE = Detector(
    joints=QUIET,
    swaps=0.0,
    turns=0.0,
    missing=0.0,
    lost_limbs=0.0,
    lost_frames=0.0,
    confidence=1.0,
    scatter=0.0,
    shift_range=0.0,
)


def person(windows=8, frames=112, dtype=torch.float64, height=400.0):
    """A person who sways, steps and turns, in pixels: ``[windows, frames, 17, 2]``."""
    body = torch.tensor([place for part in STANDING for place in part], dtype=dtype) * (height / 1.7)
    time = torch.arange(frames, dtype=dtype) / FPS
    first = torch.arange(windows, dtype=dtype)[:, None]
    wide = torch.cos(2 * first + time).abs()
    moving = body.expand(windows, frames, -1, -1).clone()
    moving[..., 0] *= wide[..., None]
    moving[..., 0] += 50 * torch.sin(0.7 * time + first)[..., None]
    return moving + 300


def see(detector, places, seed=0, fps=FPS, **options):
    sure = options.pop("confidence", torch.ones(places.shape[:3], dtype=places.dtype))
    draw = torch.Generator().manual_seed(seed)
    return detector.see(places, sure, skeleton=get_skeleton("h36m17"), fps=fps, draw=draw, **options)


def all_alike(**figures):
    return {kind: JointErrors(**{"spread": 0.0, "bias": 0.0, **figures}) for kind in JOINT_ERRORS}


def test_the_defaults_are_those_of_a_good_detector():
    places = person(60)
    found, sure = see(Detector(), places)
    seen = sure > 0
    error = (found - places).norm(dim=-1)[seen] / 400
    assert 0.012 < error.mean() < 0.020
    assert 0.008 < 1 - seen.double().mean() < 0.025
    assert 0.03 < (sure < 0.5).double().mean() < 0.07  # missing or low
    assert 0.75 < sure[seen].median() < 0.9
    assert sure.min() == 0 and sure.max() <= 1


def test_a_window_of_strength_0_is_returned_as_given():
    places, sure = person(4, dtype=torch.float32), torch.rand(4, 112, 17)
    places[0, 3, 5], sure[0, 3, 5] = torch.nan, 0
    given = places.clone(), sure.clone()
    found, found_sure = see(Detector(), places, confidence=sure, strength=torch.tensor([0.0, 1.0, 0.0, 0.5]))
    for window in (0, 2):
        assert found[window].numpy().tobytes() == places[window].numpy().tobytes()
        assert torch.equal(found_sure[window], sure[window])
    assert all(not torch.equal(found[window], places[window]) for window in (1, 3))
    assert torch.equal(places[1:], given[0][1:]) and torch.equal(sure, given[1])
    assert found.dtype == found_sure.dtype == torch.float32
    assert found.shape == places.shape and found_sure.shape == sure.shape


def test_a_seed_repeats_everything_and_windows_differ():
    places = person(1).expand(3, -1, -1, -1)
    found, sure = see(Detector(), places)
    again, sure_again = see(Detector(), places)
    assert torch.equal(found, again) and torch.equal(sure, sure_again)
    assert not torch.equal(found, see(Detector(), places, seed=1)[0])
    assert not torch.equal(found[0], found[1]) and not torch.equal(sure[1], sure[2])


def test_the_unit_of_the_picture_does_not_matter():
    places = person()
    found, sure = see(Detector(), places)
    scaled, sure_scaled = see(Detector(), places / 500 - 1)
    torch.testing.assert_close(scaled, found / 500 - 1)
    torch.testing.assert_close(sure_scaled, sure)


def test_strength_multiplies_errors_and_shares():
    places = person(200)
    strength = torch.full((200,), 2.0).index_fill(0, torch.arange(100), 0.5)
    found, _ = see(replace(NONE, joints=all_alike(spread=0.01, bias=0.01, up=0.02)), places, strength=strength)
    weak, strong = (found - places).norm(dim=-1).view(2, 100, -1).mean((1, 2))
    assert strong / weak == pytest.approx(4, rel=0.1)
    _, sure = see(replace(NONE, missing=0.05), places, strength=strength)
    rare, often = (sure == 0).double().view(2, 100, -1).mean((1, 2))
    assert rare == pytest.approx(0.025, rel=0.15) and often == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(("hardness", "kurtosis"), [(0.0, 3.0), (0.4, 3 * math.exp(4 * 0.16))])
def test_spread_is_the_root_mean_square_and_difficulty_makes_tails(hardness, kurtosis):
    places = person(300)
    found, _ = see(replace(NONE, joints=all_alike(spread=0.02), hardness=hardness), places)
    error = (found - places) / 400
    assert error.square().mean().sqrt() == pytest.approx(0.02, rel=0.03)
    assert error.pow(4).mean() / error.square().mean() ** 2 == pytest.approx(kurtosis, rel=0.1)


def test_errors_keep_their_time_in_seconds_at_any_frame_rate():
    places = person(400)
    fps = torch.full((400,), 50.0).index_fill(0, torch.arange(200), 25.0)
    detector = replace(NONE, joints=all_alike(spread=0.02), hardness=0.0, drift_seconds=0.2, jitter=0.3)
    error = ((see(detector, places, fps=fps)[0] - places) / 400).view(2, 200, 112, 17, 2)
    for rate, one in zip((25, 50), error, strict=True):
        for seconds in (0.04, 0.2, 0.4):
            lag = round(rate * seconds)
            correlation = (one[:, lag:] * one[:, :-lag]).mean() / one.square().mean()
            assert correlation == pytest.approx(0.7 * math.exp(-seconds / 0.2), abs=0.03)


def test_a_bias_is_constant_in_a_clip_and_drawn_for_every_clip_and_joint():
    places = person(200)
    error = (see(replace(NONE, joints=all_alike(bias=0.01)), places)[0] - places) / 400
    assert (error - error[:, :1]).abs().max() < 1e-12
    assert error[:, 0].square().mean().sqrt() == pytest.approx(0.01, rel=0.05)


def test_joints_of_another_definition_lie_along_the_trunk_and_the_line_of_the_pair():
    places = person()
    joints = {**QUIET, "head": JointErrors(0.0, 0.0, up=-0.2), "hip": JointErrors(0.0, 0.0, out=0.1)}
    shift = see(replace(NONE, joints=joints), places)[0] - places
    trunk = places[:, :, [11, 14]].mean(2) - places[:, :, [1, 4]].mean(2)
    torch.testing.assert_close(shift[:, :, 10], -0.2 * trunk)  # down from the head
    torch.testing.assert_close(shift[:, :, 4], 0.1 * (places[:, :, 4] - places[:, :, 1]))
    torch.testing.assert_close(shift[:, :, 1], -shift[:, :, 4])
    assert shift[:, :, [0, 2, 3, 5, 6, 7, 8, 9, *range(11, 17)]].abs().max() == 0
    # Detectors differ by one factor for all joints.
    factor = (see(replace(NONE, joints=joints, shift_range=1.0), places)[0] - places) / shift
    assert factor.nan_to_num(1)[:, :, 10, 1].std(1).max() < 1e-9
    torch.testing.assert_close(factor[:, :, 10, 1], factor[:, :, 4, 0])
    assert 0 <= factor[:, 0, 10, 1].min() < 0.7 and 1.3 < factor[:, 0, 10, 1].max() <= 2


def test_low_confidence_means_larger_errors():
    places = person(40)
    found, sure = see(replace(Detector(), joints=all_alike(spread=0.01, guess=0.05)), places)
    error = (found - places).norm(dim=-1)
    shown = (sure > 0) & (error < 80)  # not exchanged
    assert spearmanr(sure[shown], error[shown]).statistic < -0.6
    bins = [error[shown & (sure > low) & (sure <= low + 0.2)].mean() for low in (0.0, 0.2, 0.4, 0.6, 0.8)]
    assert all(more > less for more, less in zip(bins, bins[1:], strict=False))


def test_confidence_is_the_curve_of_the_error_at_every_strength():
    places = person(3)
    strength = torch.tensor([0.3, 1.0, 2.5])
    found, sure = see(replace(NONE, joints=all_alike(spread=0.02), fade=0.1), places, strength=strength)
    torch.testing.assert_close(sure, torch.exp(-(found - places).norm(dim=-1) / 400 / 0.1).clamp(min=0.01))


def test_guesses_are_rarely_right_and_say_so():
    places = person(100)
    joints = {**all_alike(spread=0.005), "wrist": JointErrors(0.005, 0.0, guess=0.3)}
    found, sure = see(replace(NONE, joints=joints, guess_spread=0.05), places)
    error = (found - places).norm(dim=-1) / 400
    assert (error[..., [13, 16]] > 0.03).double().mean() == pytest.approx(0.3 * 0.80, rel=0.15)
    assert (error[..., [3, 6]] > 0.03).double().mean() < 0.01
    assert sure[error > 0.03].mean() < 0.5 < 0.8 < sure[error < 0.01].mean()


def test_limbs_are_exchanged_whole_and_in_bursts():
    places, skeleton = person(400), get_skeleton("h36m17")
    found, sure = see(replace(NONE, swaps=0.02), places)
    swapped = (found != places).any(-1)
    torch.testing.assert_close(found, torch.where(swapped[..., None], places[:, :, list(skeleton.flip)], places))
    assert swapped.any(2).double().mean() == pytest.approx(0.02, rel=0.25)
    assert torch.equal(swapped, swapped[:, :, list(skeleton.flip)])
    patterns = torch.unique(swapped.view(-1, 17), dim=0).tolist()
    groups = [row.tolist() for row in swapped_together(skeleton)[:-1]]
    assert all(group in patterns for group in groups) and [True] * 17 not in patterns
    begins = (swapped[:, 1:] & ~swapped[:, :-1]).sum() + swapped[:, 0].sum()
    assert swapped.sum() / begins == pytest.approx(0.15 * FPS, rel=0.25)
    assert (sure[swapped] == 0.8).all() and (sure[~swapped] == 1).all()


def test_a_body_turned_round_is_exchanged_everywhere():
    places, skeleton = person(100), get_skeleton("h36m17")
    found, _ = see(replace(NONE, turns=0.9), places)
    swapped = (found != places).any(-1)[..., [*skeleton.left, *skeleton.right]]
    assert torch.equal(swapped.all(2), swapped.any(2)) and 0.8 < swapped.double().mean() < 1


def test_a_limb_of_an_exchanged_body_is_exchanged_back():
    places = person(50)
    found, _ = see(replace(NONE, swaps=0.9, turns=0.9), places)
    swapped = (found != places).any(-1).view(-1, 17)
    arm, forearm = swapped[:, 11], swapped[:, 12]
    assert torch.equal(forearm, swapped[:, 13])
    assert (arm & ~forearm).any() and (forearm & ~arm).any() and (~arm & ~forearm).any() and (arm & forearm).any()


def test_nothing_is_exchanged_with_a_partner_that_is_not_seen():
    places, sure = person(20), torch.ones(20, 112, 17, dtype=torch.float64)
    sure[:, :, 13] = 0
    places[:, :, 13] = 1e6
    found, _ = see(replace(NONE, swaps=0.9, turns=0.9), places, confidence=sure)
    assert torch.equal(found[:, :, 16], places[:, :, 16]) and found.abs().max() < 1e4


def test_limbs_and_frames_are_lost_whole():
    places = person(300)
    _, sure = see(replace(NONE, lost_limbs=0.1), places)
    lost = sure == 0
    assert lost.any(2).double().mean() == pytest.approx(0.1, rel=0.2)
    groups = torch.from_numpy(lost_together(get_skeleton("h36m17")))
    whole = (lost[:, :, None] | ~groups).all(3)
    assert torch.equal((whole[..., None] & groups).any(2), lost)
    _, sure = see(replace(NONE, lost_frames=0.05), places)
    assert torch.equal((sure == 0).all(2), (sure == 0).any(2))
    assert (sure == 0).double().mean() == pytest.approx(0.05, rel=0.15)


def test_missing_joints_are_filled_as_readers_of_files_do_it():
    places = person(5)
    detector = replace(Detector(), missing=0.3, lost_limbs=0.5, limb_seconds=3.0)
    found, sure = see(detector, places)
    never = (sure == 0).all(1)
    assert never.any() and not never.all()
    torn = torch.where((sure > 0)[..., None], found, 1e6)
    for window in range(5):
        filled = fill_missing(torn[window].numpy(), sure[window].numpy())
        np.testing.assert_allclose(found[window], filled, rtol=0, atol=1e-9)


def test_what_is_out_of_the_picture_stays_so_and_its_place_is_not_told():
    places, sure = person(6), torch.ones(6, 112, 17, dtype=torch.float64)
    sure[:, 40:, 6] = 0
    sure[0, :, 13] = 0
    hidden = places.clone()
    hidden[sure == 0] = torch.nan
    found, found_sure = see(Detector(), places, confidence=sure)
    other, other_sure = see(Detector(), hidden, confidence=sure)
    assert torch.equal(found, other) and torch.equal(found_sure, other_sure) and found.isfinite().all()
    assert (found_sure[sure == 0] == 0).all()
    assert ((found - places).abs() > 0).all()


def test_confidence_that_is_given_is_multiplied():
    places = person()
    half = torch.full(places.shape[:3], 0.5, dtype=torch.float64)
    torch.testing.assert_close(see(Detector(), places, confidence=half)[1], 0.5 * see(Detector(), places)[1])


def test_something_is_always_left():
    detector = replace(Detector(), missing=1.0, lost_frames=1.0, frame_seconds=5.0)
    found, sure = see(detector, person(50))
    assert (sure > 0).any((1, 2)).all() and found.isfinite().all()


def test_size_is_the_median_over_frames_of_what_is_seen():
    places = person(2)
    planes, seen = places.permute(3, 0, 1, 2), torch.ones(2, 112, 17, dtype=torch.bool)
    assert torch.allclose(person_size(planes, seen), torch.tensor(400.0, dtype=torch.float64))
    wild = planes.clone()
    wild[:, :, :20] *= 50
    assert torch.equal(person_size(wild, seen), person_size(planes, seen))
    seen[:, :, [3, 6]] = False  # without feet, down to the knees
    seen[:, :30] = False
    assert torch.allclose(person_size(planes, seen), torch.tensor(400 * 1.25 / 1.7, dtype=torch.float64))


@pytest.mark.parametrize("name", list_skeletons())
def test_every_skeleton_is_seen(name):
    skeleton = get_skeleton(name)
    draw = torch.Generator().manual_seed(3)
    places = 100 * torch.randn(8, 60, skeleton.num_joints, 2, generator=draw)
    often = replace(Detector(), swaps=0.3, turns=0.1, missing=0.1, lost_limbs=0.3)
    found, sure = often.see(places, torch.ones(places.shape[:3]), skeleton=skeleton, fps=30.0, draw=draw)
    assert found.isfinite().all() and 0.5 < (sure > 0).float().mean() < 0.95
    kinds = joint_kinds(skeleton)
    assert "other" not in kinds and {"hip", "knee", "ankle", "shoulder", "elbow", "wrist"} <= set(kinds)
    named = [{skeleton.joints[joint] for joint in limb} for limb in limbs(skeleton)]
    for whole, part in (({"LShoulder", "LElbow", "LWrist"}, "LHip"), ({"LHip", "LKnee"}, "LShoulder")):
        assert any(whole <= limb and part not in limb for limb in named)


def test_a_skeleton_without_sides_or_known_names_is_seen():
    rope = Skeleton("rope", ("top", "middle", "end"), (-1, 0, 1), (), ())
    assert joint_kinds(rope) == ("other",) * 3 and limbs(rope) == ()
    places = torch.randn(4, 30, 3, 2)
    often = replace(Detector(), swaps=0.5, turns=0.5, lost_limbs=0.5)
    draw = torch.Generator().manual_seed(0)
    found, sure = often.see(places, torch.ones(4, 30, 3), skeleton=rope, fps=30.0, draw=draw)
    assert found.isfinite().all() and (sure > 0).float().mean() > 0.9


def test_kinds_by_name():
    kinds = dict(zip(get_skeleton("h36m17").joints, joint_kinds(get_skeleton("h36m17")), strict=True))
    assert [kinds[name] for name in ("Hip", "LHip", "RFoot", "Thorax", "Neck/Nose")] == [
        *("pelvis", "hip", "ankle", "neck", "nose")
    ]
    kinds = dict(zip(get_skeleton("mediapipe33").joints, joint_kinds(get_skeleton("mediapipe33")), strict=True))
    assert [kinds[name] for name in ("Nose", "LIndex", "LFootIndex")] == ["face", "wrist", "ankle"]


def test_wandering_is_the_recursion():
    white = torch.randn(2, 3, 37, 4, dtype=torch.float64)
    keep = torch.tensor([[0.9, 0.5, 0.0], [0.99, 0.1, 0.7]], dtype=torch.float64)
    walk, found = white[:, :, 0], wander(white, keep)
    for frame in range(37):
        if frame:
            walk = keep[..., None] * walk + (1 - keep**2).sqrt()[..., None] * white[:, :, frame]
        torch.testing.assert_close(found[:, :, frame], walk)


@pytest.mark.parametrize(("share", "length"), [(0.05, 5.0), (0.02, 20.0), (0.05, 1.0), (0.0, 3.0)])
def test_bursts_have_their_share_everywhere_and_their_length(share, length):
    draw = torch.Generator().manual_seed(1)
    on = bursts(torch.rand(300, 1000, 4, generator=draw), torch.full((300, 4), share), torch.full((300, 4), length))
    assert on.float().mean() == pytest.approx(share, rel=0.05)
    if share:
        assert on[:, 0].float().mean() == pytest.approx(share, rel=0.35)
        begins = (on[:, 1:] & ~on[:, :-1]).sum() + on[:, 0].sum()
        assert on.sum() / begins == pytest.approx(length, rel=0.1)


def test_filling_of_nothing_changes_nothing():
    places = torch.randn(2, 3, 7, 5)
    assert torch.equal(fill_unseen(places, torch.ones(3, 7, 5, dtype=torch.bool)), places)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            dict(keypoints=torch.zeros(2, 9, 16, 2)),
            r"keypoints are \[2, 9, 16, 2\], expected \[windows, frames, 17, 2\]",
        ),
        (dict(keypoints=torch.zeros(9, 17, 2)), "keypoints are"),
        (dict(keypoints=torch.zeros(2, 0, 17, 2)), "keypoints are"),
        (dict(keypoints=torch.zeros(2, 9, 17, 2).half()), "expected float32 or float64"),
        (dict(keypoints=torch.full((2, 9, 17, 2), torch.nan)), "306 keypoints hold NaN or infinite values"),
        (dict(confidence=torch.ones(2, 9)), r"confidence is \[2, 9\], expected \[2, 9, 17\]"),
        (dict(confidence=torch.full((2, 9, 17), 1.5)), r"306 values of confidence .* \[0, 0, 0\]: 1.5"),
        (dict(confidence=torch.full((2, 9, 17), torch.nan)), "NaN or outside"),
        (dict(confidence=torch.ones(2, 9, 17) * torch.tensor([1.0, 0])[:, None, None]), "1 windows have no seen joint"),
        (dict(fps=0.0), "fps must be finite and positive"),
        (dict(fps=torch.tensor([50.0, torch.inf])), "fps must be finite and positive"),
        (dict(fps=torch.ones(3)), r"fps is \[3\], expected one number or one for each of 2 windows"),
        (dict(strength=-1.0), "strength must be finite and at least 0"),
        (dict(strength=torch.ones(2, 1)), "strength is"),
    ],
)
def test_what_is_refused(change, message):
    given = dict(keypoints=torch.randn(2, 9, 17, 2), confidence=torch.ones(2, 9, 17), fps=50.0, **{"strength": 1.0})
    skeleton, draw = get_skeleton("h36m17"), torch.Generator()
    with pytest.raises(ValueError, match=message):
        Detector().see(**{**given, **change}, skeleton=skeleton, draw=draw)


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        (dict(swaps=-0.1), "Detector.swaps must be finite and at least 0, got -0.1"),
        (dict(scatter=math.nan), "Detector.scatter must be finite"),
        (dict(missing=1.1), "Detector.missing must be at most 1, got 1.1"),
        (dict(jitter=2.0), "Detector.jitter must be at most 1"),
        (dict(drift_seconds=0.0), "Detector.drift_seconds must be positive"),
        (dict(fade=0.0), "Detector.fade must be positive"),
        (dict(joints={}), "needs the kind 'other'.* it has none"),
    ],
)
def test_figures_that_are_refused(figures, message):
    with pytest.raises(ValueError, match=message):
        Detector(**figures)


@pytest.mark.parametrize("figures", [dict(spread=-1.0), dict(bias=-1.0), dict(guess=1.5), dict(up=math.inf)])
def test_joint_errors_that_are_refused(figures):
    with pytest.raises(ValueError, match="JointErrors"):
        JointErrors(**{"spread": 0.0, "bias": 0.0, **figures})


def test_the_page_on_detectors_works_and_has_every_figure(capsys):
    page = (Path(__file__).parents[3] / "docs" / "detectors.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict = {}
    exec(code, names)
    assert isinstance(names["fitted"], Detector) and names["weak"].isfinite().all()
    assert all(f"`{line}`" in page for line in capsys.readouterr().out.splitlines())
    for figure in ("drift_seconds", "jitter", "guess_spread", "swaps", "turns", "missing", "lost_limbs", "fade"):
        assert f"`{figure}`" in page and figure in Detector.__dataclass_fields__
    for kind in ("hip", "wrist", "shoulder", "knee", "elbow", "pelvis", "torso", "neck", "head", "nose", "face"):
        whole = math.hypot(JOINT_ERRORS[kind].spread, JOINT_ERRORS[kind].bias)
        assert f"{whole:.4f}" in page, kind


@pytest.mark.gpu
@pytest.mark.parametrize("draws_on", ["cpu", "cuda"])
def test_a_gpu_sees_the_same(draws_on):
    places = person(4, dtype=torch.float32).cuda()
    draw = torch.Generator(draws_on).manual_seed(0)
    sure = torch.ones(places.shape[:3], device="cuda")
    found, found_sure = Detector().see(places, sure, skeleton=get_skeleton("h36m17"), fps=50.0, draw=draw)
    assert found.is_cuda and found_sure.is_cuda and found.isfinite().all()
    if draws_on == "cpu":
        on_cpu, _ = see(Detector(), places.cpu())
        torch.testing.assert_close(found.cpu(), on_cpu, rtol=0, atol=0.1)
