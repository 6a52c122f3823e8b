"""The fit finds the figures of the detector whose output it is given, and tells detectors apart."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from graphs import get_skeleton
from pygpose.data.detector import JOINT_ERRORS, Detector, JointErrors, fit_detector

SKELETON, FPS, CLIPS, FRAMES = get_skeleton("h36m17"), 50.0, 60, 500
GOOD = Detector(shift_range=0.0)
POOR = Detector(
    joints={kind: replace(one, spread=1.8 * one.spread, up=0.5 * one.up) for kind, one in JOINT_ERRORS.items()},
    drift_seconds=0.1,
    jitter=0.4,
    hardness=0.2,
    shift_range=0.0,
    guess_spread=0.08,
    swaps=0.05,
    turns=0.02,
    swap_seconds=0.3,
    missing=0.03,
    missing_seconds=0.1,
    lost_limbs=0.08,
    lost_frames=0.02,
    confidence=0.8,
    fade=0.1,
    scatter=0.03,
)
# Places of the joints across (in half widths of the body) and down, in a person of size 1.
ACROSS = [0, -0.6, -0.6, -0.6, 0.6, 0.6, 0.6, 0, 0, 0, 0, 0.8, 1.2, 1.4, -0.8, -1.2, -1.4]
DOWN = [0.47, 0.47, 0.74, 1.0, 0.47, 0.74, 1.0, 0.32, 0.18, 0.09, 0.0, 0.18, 0.34, 0.48, 0.18, 0.34, 0.48]


def people() -> torch.Tensor:
    """Clips of persons who turn and swing their limbs, in pixels."""
    time, first = torch.arange(FRAMES).double() / FPS, torch.arange(CLIPS).double()[:, None]
    wide = 50 * torch.cos(0.6 * time + first)
    across = wide[..., None] * torch.tensor(ACROSS)
    swing = 40 * torch.sin(5 * time + first)[..., None] * torch.tensor(ACROSS).sign() * torch.tensor(DOWN)
    down = 400 * torch.tensor(DOWN).double().expand_as(across)
    return torch.stack([across + swing, down], -1) + 200


def output(detector: Detector, seed: int = 0):
    true = people()
    draw = torch.Generator().manual_seed(seed)
    sure = torch.ones(true.shape[:3], dtype=true.dtype)
    found, sure = detector.see(true, sure, skeleton=SKELETON, fps=FPS, draw=draw)
    return found.numpy(), true.numpy(), sure.numpy()


@pytest.fixture(scope="module")
def fits() -> dict[str, Detector]:
    detectors = {"good": GOOD, "poor": POOR}
    return {name: fit_detector(*output(one), skeleton=SKELETON, fps=FPS) for name, one in detectors.items()}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "known"), [("good", GOOD), ("poor", POOR)])
def test_known_figures_come_back(fits, name, known):
    found = fits[name]
    for kind, errors in found.joints.items():
        true = known.joints[kind]
        if kind in ("face", "other"):  # joints that the skeleton lacks
            assert errors == JOINT_ERRORS[kind]
            continue
        assert errors.spread == pytest.approx(true.spread, rel=0.1), kind
        assert errors.bias == pytest.approx(true.bias, rel=0.35), kind
        assert errors.up == pytest.approx(true.up, abs=0.012), kind
        assert errors.out == pytest.approx(true.out, abs=0.02), kind
        assert errors.guess == pytest.approx(true.guess, rel=0.25, abs=0.01), kind
    for figure, tolerance in {
        **dict(drift_seconds=0.2, guess_spread=0.15, confidence=0.05, fade=0.25, scatter=0.4),
        **dict(missing=0.15, missing_seconds=0.15, lost_limbs=0.4, limb_seconds=0.5),
        **dict(lost_frames=0.35, frame_seconds=0.35, swap_seconds=0.4),
        "swaps": 0.6 if name == "good" else 0.3,  # of the good detector there are some twenty
    }.items():
        assert getattr(found, figure) == pytest.approx(getattr(known, figure), rel=tolerance), figure
    assert found.jitter == pytest.approx(known.jitter, abs=0.1)
    assert found.hardness == pytest.approx(known.hardness, abs=0.11)
    assert found.turns == pytest.approx(known.turns, rel=0.6)
    assert found.shift_range == 0


def test_detectors_are_told_apart(fits):
    good, poor = fits["good"], fits["poor"]
    for figure in (one.name for one in fields(Detector) if one.name != "joints"):
        known = getattr(GOOD, figure), getattr(POOR, figure)
        if known[0] != known[1]:
            assert (getattr(good, figure) < getattr(poor, figure)) == (known[0] < known[1]), figure
    assert all(good.joints[kind].spread < poor.joints[kind].spread for kind in ("hip", "wrist", "head"))


def test_what_a_fitted_detector_sees_is_fitted_again(fits):
    again = fit_detector(*output(fits["poor"], seed=1), skeleton=SKELETON, fps=FPS)
    for kind in ("hip", "ankle", "wrist", "neck"):
        assert again.joints[kind].spread == pytest.approx(fits["poor"].joints[kind].spread, rel=0.1)
    assert again.missing == pytest.approx(fits["poor"].missing, rel=0.2)


def test_one_clip_and_a_list_of_one_are_the_same():
    found, true, sure = output(GOOD)
    one = fit_detector(found[0], true[0], sure[0], skeleton=SKELETON, fps=FPS)
    assert one == fit_detector([found[0]], [true[0]], [sure[0]], skeleton=SKELETON, fps=FPS)
    assert one.joints["hip"].spread == pytest.approx(0.012, rel=0.4)


@pytest.mark.slow
def test_clips_may_differ_in_length_and_unit():
    found, true, sure = output(POOR)
    lengths = [FRAMES - 5 * clip for clip in range(CLIPS)]
    units = [1 + clip for clip in range(CLIPS)]
    parts = [[some[:frames] for some, frames in zip(values, lengths, strict=True)] for values in (found, true, sure)]
    scaled = [[some * unit for some, unit in zip(part, units, strict=True)] for part in parts[:2]]
    one = fit_detector(*parts, skeleton=SKELETON, fps=FPS)
    other = fit_detector(*scaled, parts[2], skeleton=SKELETON, fps=FPS)
    assert one.swaps == other.swaps and one.missing == other.missing
    assert one.joints["knee"].spread == pytest.approx(other.joints["knee"].spread, rel=1e-6)


def test_a_perfect_detector_has_no_errors():
    true = people()[:3].numpy()
    found = fit_detector(true, true, np.ones(true.shape[:3]), skeleton=SKELETON, fps=FPS)
    assert all(found.joints[kind].spread < 1e-4 for kind in ("hip", "wrist", "head"))
    assert found.missing == found.swaps == found.turns == found.lost_limbs == found.lost_frames == 0
    assert found.confidence == pytest.approx(1) and found.scatter < 1e-3
    assert found.missing_seconds == GOOD.missing_seconds and found.swap_seconds == GOOD.swap_seconds


def test_difficulty_that_changes_is_no_shorter_time_of_drifting():
    joints = {kind: replace(errors, guess=0.0) for kind, errors in JOINT_ERRORS.items()}
    moody = replace(GOOD, joints=joints, hardness=0.8, drift_seconds=0.4)
    fit = fit_detector(*output(moody), skeleton=SKELETON, fps=FPS)
    assert fit.drift_seconds == pytest.approx(0.4, rel=0.15) and fit.hardness == pytest.approx(0.8, abs=0.11)


def test_drifting_is_no_bias_in_short_clips():
    steady = replace(GOOD, joints={kind: JointErrors(0.02, 0.0) for kind in JOINT_ERRORS}, hardness=0.0, swaps=0.0)
    found, true, sure = (values[:, :75] for values in output(steady))
    fit = fit_detector(found, true, sure, skeleton=SKELETON, fps=FPS)
    assert np.mean([fit.joints[kind].bias for kind in ("hip", "knee", "wrist", "elbow")]) < 0.006  # 0.012 by chance


def test_joints_that_a_detector_never_gives_keep_their_defaults():
    found, true, sure = output(GOOD)
    sure[:, :, [3, 6]] = 0
    found[sure == 0] = np.nan
    fit = fit_detector(found[:4], true[:4], sure[:4], skeleton=SKELETON, fps=FPS)
    assert fit.joints["ankle"] == JOINT_ERRORS["ankle"] and fit.joints["knee"] != JOINT_ERRORS["knee"]


def test_a_low_frame_rate_keeps_the_time_of_drifting():
    found, true, sure = (values[:, ::25] for values in output(GOOD))
    fit = fit_detector(found, true, sure, skeleton=SKELETON, fps=2.0)
    assert fit.drift_seconds == GOOD.drift_seconds and 0 <= fit.jitter <= 1
    assert fit.joints["knee"] == JointErrors(**vars(fit.joints["knee"]))  # figures that are allowed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(detected=np.zeros((9, 16, 2))), r"clip 0: detected, true and confidence are \[9, 16, 2\]"),
        (dict(true=[np.zeros((9, 17, 2))] * 2), "have 1, 2 and 1 clips"),
        (dict(detected=[], true=[], confidence=[]), "have 0, 0 and 0 clips"),
        (dict(confidence=np.full((9, 17), 1.2)), "clip 0: confidence is NaN or outside"),
        (dict(confidence=np.full((9, 17), np.nan)), "clip 0: confidence is NaN or outside"),
        (dict(confidence=np.zeros((9, 17))), "clip 0: nothing is detected"),
        (dict(detected=np.full((9, 17, 2), np.nan)), "clip 0: .* NaN or infinite"),
        (dict(true=np.zeros((9, 17, 2))), "clip 0: all true joints lie in one place"),
        (dict(fps=0.0), "fps must be positive, got 0.0"),
        (
            dict(detected=np.ones((1, 17, 2)), true=np.ones((1, 17, 2)), confidence=np.ones((1, 17))),
            "at least 2 frames",
        ),
    ],
)
def test_what_is_refused(change, message):
    draw = np.random.default_rng(0)
    given = dict(detected=draw.normal(size=(9, 17, 2)), true=draw.normal(size=(9, 17, 2)), confidence=np.ones((9, 17)))
    with pytest.raises(ValueError, match=message):
        fit_detector(**{**given, "fps": 50.0, **change}, skeleton=SKELETON)
