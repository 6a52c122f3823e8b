"""What every registered loss term must hold, and each term against a formula written out in numpy."""

import copy
import math
import pickle
from dataclasses import fields, replace
from functools import partial

import jaxtyping
import numpy as np
import pytest
import torch

from graphs import get_skeleton, list_skeletons, motion_laplacian
from pygpose.losses import LOSSES, LapOptions, MotionOptions, WeightedSum, build_loss, motion_encoding
from pygpose.losses.motion import MotionLoss
from pygpose.metrics.functional import n_mpjpe

SKELETON = get_skeleton("h36m17")


def poses(frames=30, batch=2, seed=0, dtype=torch.float64):
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(batch, frames, 17, 3, generator=draw, dtype=dtype) * 0.3 for _ in range(2)]


def body_on_a_line(folded):
    """A body at rest with every limb straight, or folded onto itself."""
    depth = torch.tensor(SKELETON.distances[SKELETON.root])
    return 0.3 * (depth % 2 if folded else depth)[:, None].expand(2, 30, 17, 3)


LIKELIHOODS = ("spread",)
"""Terms that say how likely the truth is: they are smallest at the truth, but not zero."""
POSES = [name for name in LOSSES if LOSSES[name].needs == ("poses",)]


@pytest.fixture(params=list(LOSSES))
def name(request):
    return request.param


class TestContract:
    """Every term, on the outputs of a model and a batch of windows."""

    @pytest.fixture
    def loss(self, name):
        return WeightedSum({name: LOSSES[name](SKELETON)}, {name: 1.0}, SKELETON)

    @pytest.fixture
    def make(self, name, scene):
        return partial(scene.make_scene, smpl=bool({"smpl", "true_smpl"} & set(LOSSES[name].needs)))

    def test_zero_at_the_truth_and_positive_otherwise(self, name, loss, make, scene):
        for offsets in ((0,), (0, -1, 2)):
            outputs, batch = make(offsets=offsets, still=not LOSSES[name].compares)
            least = loss.of_batch(outputs, batch)[0].item()
            assert name in LIKELIHOODS or least == pytest.approx(0, abs=1e-12)
            assert loss.of_batch(scene.disturbed(outputs), batch)[0].item() > least

    def test_a_penalty_never_looks_at_the_truth(self, name, loss, make, scene):
        outputs, batch = make()
        outputs = scene.disturbed(outputs)
        before = loss.of_batch(outputs, batch)[0]
        batch.y = batch.y + scene.normal(*batch.y.shape, seed=9)
        looks = bool({"poses"} & set(LOSSES[name].needs)) and LOSSES[name].compares and name != "reproj"
        assert (loss.of_batch(outputs, batch)[0] != before) == looks

    def test_gradient_is_finite_and_reaches_the_outputs(self, name, loss, make, scene):
        for disturb in (False, True):
            outputs, batch = make()
            outputs = scene.disturbed(outputs) if disturb else outputs
            for value in scene.tensors(outputs):
                value.requires_grad_()
            loss.of_batch(outputs, batch)[0].backward()
            gradients = [value.grad for value in scene.tensors(outputs) if value.grad is not None]
            assert all(gradient.isfinite().all() for gradient in gradients)
            assert not disturb or any((gradient != 0).any() for gradient in gradients)

    def test_copies_and_pickles_after_use(self, loss, make, scene):
        outputs, batch = make()
        outputs = scene.disturbed(outputs)
        value = loss.of_batch(outputs, batch)[0]
        for again in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
            assert again.of_batch(outputs, batch)[0] == value
        assert not loss.state_dict()

    def test_half_precision_is_measured_in_single_precision(self, name, loss, make):
        outputs, batch = make(dtype=torch.float32)
        half = {field.name: getattr(outputs, field.name) for field in fields(outputs)}
        half["poses"] = outputs.poses.bfloat16()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            value = loss.of_batch(replace(outputs, **half), batch)[0]
        assert value.dtype == torch.float32 and value.isfinite()

    def test_it_says_what_it_is(self, name):
        text = LOSSES[name].__doc__
        assert "Shapes:" in text and "**output:** scalar" in text
        first = text.partition("\n")[0].partition(": :func:")[0]
        assert first and not set("`\\") & set(first)  # --help prints it as it is

    def test_options_are_a_frozen_dataclass_with_help(self, name):
        options = LOSSES[name].options
        if options is not None:
            assert options.__dataclass_params__.frozen and options.__doc__
            LOSSES[name](SKELETON, options())
            assert LOSSES[name].frames_needed(options()) == LOSSES[name].least_frames

    def test_the_shortest_clip(self, name, scene):
        if LOSSES[name].least_frames > 1 and "poses" in LOSSES[name].needs:
            term, frames = LOSSES[name](SKELETON), LOSSES[name].least_frames
            pred, target = poses(frames=frames)
            assert math.isfinite(term(pred, target))
            with pytest.raises(ValueError, match="frames"):
                term(pred[:, 1:], target[:, 1:])


@pytest.fixture(params=POSES)
def term(request):
    return LOSSES[request.param](SKELETON)


class TestTermsOfTwoPoses:
    def test_zero_at_equality_and_positive_otherwise(self, term):
        pred, target = poses()
        assert term(pred, target).item() > 0
        if term.compares:
            assert term(target, target).item() == 0
        else:
            still = pred[:, :1].expand_as(pred)
            assert term(still, target).item() == pytest.approx(0, abs=1e-12)
            assert term(pred, target).item() == term(pred, pred).item()

    def test_gradient_is_finite_everywhere(self, term):
        pred, target = poses()
        for start in (pred, target, torch.zeros_like(pred), body_on_a_line(False), body_on_a_line(True)):
            for dtype in (torch.float32, torch.float64):
                place = start.to(dtype, copy=True).requires_grad_()
                term(place, target.to(dtype)).backward()
                assert torch.isfinite(place.grad).all()

    def test_gradcheck(self, term):
        pred, target = poses(frames=26, batch=1)
        pred = pred[:, :, :].clone().requires_grad_()
        assert torch.autograd.gradcheck(lambda p: term(p, target), (pred,), fast_mode=True)

    def test_batch_is_the_mean_of_its_clips(self, term):
        if isinstance(term, MotionLoss):
            term.normalize = "none"  # the normaliser is one number for the whole batch
        pred, target = poses(batch=4)
        alone = torch.stack([term(pred[i : i + 1], target[i : i + 1]) for i in range(4)]).mean()
        torch.testing.assert_close(term(pred, target), alone)


@pytest.mark.parametrize("skeleton", list_skeletons())
@pytest.mark.parametrize("name", POSES)
def test_every_term_works_on_every_skeleton(name, skeleton):
    skeleton = get_skeleton(skeleton)
    draw = torch.Generator().manual_seed(0)
    pred, target = torch.randn(2, 1, 26, skeleton.num_joints, 3, generator=draw).unbind()
    value = LOSSES[name](skeleton)(pred, target).item()
    assert math.isfinite(value) and value > 0


def test_pose_is_the_mean_distance():
    pred, target = poses()
    expected = np.sqrt(((pred - target).numpy() ** 2).sum(-1)).mean()
    assert LOSSES["pose"](SKELETON)(pred, target).item() == pytest.approx(expected, rel=1e-12)
    assert LOSSES["pose_sq"](SKELETON)(pred, target).item() == pytest.approx(
        ((pred - target).numpy() ** 2).sum(-1).mean(), rel=1e-12
    )


def test_n_pose_is_n_mpjpe_of_each_frame():
    pred, target = poses()
    expected = n_mpjpe(pred, target).item()
    assert 1000 * LOSSES["n_pose"](SKELETON)(pred, target).item() == pytest.approx(expected, rel=1e-9)
    assert LOSSES["n_pose"](SKELETON)(1.3 * target, target).item() == pytest.approx(0, abs=1e-12)
    assert LOSSES["n_pose"](SKELETON)(torch.zeros_like(pred), target).isfinite()


def test_lap_is_the_mean_distance_of_differential_coordinates():
    pred, target = poses(frames=5)
    dense = motion_laplacian(SKELETON, 5).to_dense().double().numpy()
    delta = np.einsum("nm,bmc->bnc", dense, (pred - target).reshape(2, -1, 3).numpy())
    expected = np.linalg.norm(delta, axis=-1).mean()
    for backend in ("sparse", "product"):
        term = LOSSES["lap"](SKELETON, LapOptions(backend=backend))
        assert term(pred, target).item() == pytest.approx(expected, rel=1e-9)


def test_motion_encodings_by_hand():
    pose = torch.zeros(1, 2, 1, 3, dtype=torch.float64)
    pose[0, 0, 0] = torch.tensor([1.0, 2.0, 3.0])
    pose[0, 1, 0] = torch.tensor([4.0, 5.0, 7.0])
    assert motion_encoding(pose, "sub", 1).flatten().tolist() == [3.0, 3.0, 4.0]
    assert motion_encoding(pose, "inner", 1).flatten().tolist() == [35.0]
    assert motion_encoding(pose, "cross", 1).flatten().tolist() == [-1.0, 5.0, -3.0]


@pytest.mark.parametrize("normalize", ["magnitude", "length", "none"])
@pytest.mark.parametrize("operators", [("cross",), ("inner",), ("sub",), ("sub", "inner", "cross")])
def test_motion_against_numpy(operators, normalize):
    pred, target = poses()
    term = MotionLoss(SKELETON, MotionOptions(operators, (2, 9), normalize))
    p, g = pred.numpy(), target.numpy()
    functions = {
        "sub": lambda a, b: b - a,
        "inner": lambda a, b: (a * b).sum(-1, keepdims=True),
        "cross": lambda a, b: np.cross(a, b),
    }
    total = 0.0
    for name in operators:
        for tau in (2, 9):
            encoded = functions[name](g[:, :-tau], g[:, tau:])
            distances = np.abs(functions[name](p[:, :-tau], p[:, tau:]) - encoded).sum(-1)
            scales = {"magnitude": np.linalg.norm(encoded, axis=-1).mean(), "length": np.linalg.norm(g, axis=-1).mean()}
            scale = 1.0 if name == "sub" else scales.get(normalize, 1.0)
            total += distances.sum() / (p.shape[0] * p.shape[1] * p.shape[2]) / scale / 2  # eq. 4, per frame and joint
    assert term(pred, target).item() == pytest.approx(total, rel=1e-10)


def test_normalized_motion_has_no_unit():
    pred, target = poses()
    term = LOSSES["motion"](SKELETON)
    torch.testing.assert_close(term(1000 * pred, 1000 * target), term(pred, target))
    raw = MotionLoss(SKELETON, MotionOptions(normalize="none"))
    torch.testing.assert_close(raw(1000 * pred, 1000 * target), 1e6 * raw(pred, target))
    metres = MotionLoss(SKELETON, MotionOptions(("sub", "inner", "cross"), normalize="length"))
    torch.testing.assert_close(metres(1000 * pred, 1000 * target), 1000 * metres(pred, target))


def a_walk(frames=96):
    """A body of Human3.6M's size whose limbs swing about the hips, metres: ``[1, T, J, 3]``."""
    rest = torch.tensor(SKELETON.distances[SKELETON.root]).double()[:, None] * torch.tensor([0.02, 0.18, 0.02])
    phase = torch.linspace(0, 4 * torch.pi, frames, dtype=torch.float64)[:, None] + torch.arange(17) % 2 * torch.pi
    angle = 0.5 * phase.sin()
    x, y, z = rest.expand(frames, 17, 3).unbind(-1)
    return torch.stack([x, y * angle.cos() - z * angle.sin(), y * angle.sin() + z * angle.cos()], -1)[None]


def strengths(target, error, options):
    """The norms of the gradients of the motion loss with each of the options, over that of the position loss."""
    found = []
    for term in (LOSSES["pose"](SKELETON), *(MotionLoss(SKELETON, option) for option in options)):
        pred = (target + error).requires_grad_()
        term(pred, target).backward()
        assert pred.grad is not None
        found.append(pred.grad.norm().item())
    return [strength / found[0] for strength in found[1:]]


def smooth_error(like, metres=0.05):
    """An error of this mean size that changes over some twelve frames."""
    draw = torch.Generator().manual_seed(0)
    noise = torch.randn(like.size(0), like.size(1) + 80, *like.shape[2:], generator=draw, dtype=like.dtype)
    weights = torch.exp(-0.5 * (torch.arange(-40, 41) / 12.0) ** 2).to(like)
    error = (noise.unfold(1, 81, 1) * weights).sum(-1)
    return metres * error / error.norm(dim=-1).mean()


def balanced(target):
    options = [MotionOptions((name,), normalize="length") for name in ("sub", "inner", "cross")]
    found = strengths(target, smooth_error(target), options)
    return 1 < min(found) and max(found) < 3 and max(found) < 1.5 * min(found)


def test_in_metres_a_weight_of_one_balances_and_operators_are_of_like_strength():
    assert balanced(a_walk())
    (free,) = strengths(a_walk(), smooth_error(a_walk()), [MotionOptions()])
    assert free > 6


def test_the_same_on_real_motion(real_cmu):
    target = real_windows(real_cmu)
    assert balanced(target)


def real_windows(folder):
    """A window of 96 frames of every third recording, relative to the root, metres."""
    with np.load(folder / "motions.npz") as file:
        recordings = [file[name] for name in file.files[::3]]
    windows = [torch.from_numpy(motion[100:196]) for motion in recordings if motion.ndim == 3 and len(motion) > 196]
    poses = torch.stack(windows).double()
    return poses - poses[:, :, SKELETON.root, None]


def test_long_intervals_have_fewer_pairs_and_weigh_less():
    pred, target = poses(frames=30)
    moved = target + torch.tensor([0.1, 0.0, 0.0], dtype=target.dtype) * torch.arange(30)[:, None, None]
    for tau in (1, 10, 29):
        term = MotionLoss(SKELETON, MotionOptions(("sub",), (tau,)))
        assert term(moved, target).item() == pytest.approx(0.1 * tau * (30 - tau) / 30)


def test_motion_of_a_target_at_rest_is_finite():
    still = torch.zeros(1, 30, 17, 3)
    assert math.isfinite(LOSSES["motion"](SKELETON)(still + 0.1, still).item())


def test_derivative_is_the_distance_of_steps():
    pred, target = poses()
    expected = np.abs(np.diff((pred - target).numpy(), axis=1)).sum(-1).mean()
    assert LOSSES["derivative"](SKELETON)(pred, target).item() == pytest.approx(expected, rel=1e-12)


def test_an_interval_that_does_not_fit_is_an_error():
    pred, target = poses(frames=20)
    with pytest.raises(ValueError, match="motion interval 24 does not fit into 20 frames"):
        build_loss("motion", skeleton=SKELETON)(pred, target)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"operators": ("dot",)}, "MotionOptions.operators holds unknown 'dot'; known: sub, inner, cross"),
        ({"operators": ()}, "MotionOptions.operators must name at least one of sub, inner, cross"),
        ({"intervals": ()}, "MotionOptions.intervals must hold intervals of at least 1 frame"),
        ({"intervals": (4, 0)}, r"MotionOptions.intervals must hold intervals of at least 1 frame, got \(4, 0\)"),
    ],
)
def test_options_of_the_motion_loss_that_make_no_sense(options, message, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ValueError, match=message):
        MotionOptions(**options)


def test_the_frames_that_the_motion_loss_needs():
    assert MotionLoss.frames_needed(MotionOptions(intervals=(3, 9))) == 10
    pred, target = poses(frames=10)
    assert math.isfinite(MotionLoss(SKELETON, MotionOptions(intervals=(3, 9)))(pred, target))
