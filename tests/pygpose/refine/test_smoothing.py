"""Filters of motion against scipy and formulas in numpy, their properties, short clips, and what they refuse."""

import jaxtyping
import numpy as np
import pytest
import roma
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.signal import savgol_filter
from scipy.spatial.transform import Rotation, Slerp

from pygpose.refine import FILTERS, average_rotations
from pygpose.refine.smoothing import Average, Gaussian, OneEuro, SavitzkyGolay

SYMMETRIC, LINEAR = ("gaussian", "savgol"), ("average", "gaussian", "savgol")
lengths = st.integers(1, 70)
seeds = st.integers(0, 10**6)


def noise(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(*shape, 3)))


def rotations(frames, joints, seed=0):
    """Rotations that wander, by more than half a turn in all."""
    steps = np.random.default_rng(seed).normal(scale=0.7, size=(frames, joints, 3))
    turns = [[Rotation.from_rotvec(step) for step in joint] for joint in steps.swapaxes(0, 1)]
    for joint in turns:
        for t in range(1, frames):
            joint[t] = joint[t] * joint[t - 1]
    return np.array([[turn.as_matrix() for turn in joint] for joint in turns]).swapaxes(0, 1)


def one_euro(x, fps, min_cutoff, beta, d_cutoff):
    """Casiez et al.'s Algorithm 1 for one number at a time, with its time constants."""

    def alpha(cutoff):
        return 1 / (1 + fps / (2 * np.pi * cutoff))

    out, speed = [x[0]], 0.0
    for value in x[1:]:
        a = alpha(d_cutoff)
        speed = a * (value - out[-1]) * fps + (1 - a) * speed
        a = alpha(min_cutoff + beta * abs(speed))
        out.append(a * value + (1 - a) * out[-1])
    return out


@pytest.mark.parametrize(("window", "degree"), [(31, 2), (11, 2), (5, 3), (7, 0), (1, 0), (41, 5)])
@pytest.mark.parametrize("frames", [41, 90])
def test_savgol_agrees_with_scipy(window, degree, frames):
    x = noise(2, frames, 4)
    expected = savgol_filter(x.numpy(), window, degree, axis=1, mode="interp")
    np.testing.assert_allclose(SavitzkyGolay(window, degree)(x, 50.0), expected, atol=1e-10)


@pytest.mark.parametrize("frames", [1, 2, 7, 90])  # shorter than the weights, too
@pytest.mark.parametrize(("sigma", "fps"), [(0.06, 50.0), (0.06, 25.0), (0.2, 30.0), (0.001, 50.0)])
def test_gaussian_agrees_with_scipy(sigma, fps, frames):
    x = noise(2, frames, 4)
    expected = gaussian_filter1d(x.numpy(), sigma * fps, axis=1, mode="nearest")
    np.testing.assert_allclose(Gaussian(sigma)(x, fps), expected, atol=1e-12)


@pytest.mark.parametrize("options", [(2.0, 0.7, 50.0), (1.0, 0.0, 1.0), (0.3, 5.0, 2.0)], ids=str)
def test_one_euro_agrees_with_its_algorithm(options):
    x = noise(40, 2)
    expected = np.apply_along_axis(one_euro, 0, x.numpy(), 30.0, *options)
    np.testing.assert_allclose(OneEuro(*options)(x, 30.0), expected, atol=1e-12)


def test_one_euro_has_smoothnets_defaults_at_50_frames_a_second():
    x = noise(40, 2)
    expected = np.apply_along_axis(one_euro, 0, x.numpy(), 1.0, 0.04, 0.7, 1.0)  # with a frame for a second
    np.testing.assert_allclose(OneEuro()(x, 50.0), expected, atol=1e-12)


def test_average_agrees_with_its_weights_written_out():
    x = noise(30, 2)
    weights = np.array([[0.3 * 0.7 ** (t - s) if s else 0.7**t for s in range(30)] for t in range(30)])
    np.testing.assert_allclose(Average()(x, 50.0), np.einsum("ts,sjc->tjc", np.tril(weights), x), atol=1e-12)


def test_average_lags_as_it_says():
    line = 0.1 * torch.arange(200.0, dtype=torch.float64)[:, None, None].expand(-1, 1, 3)
    lag = (line - Average()(line, 50.0))[-1] / 0.1
    torch.testing.assert_close(lag, torch.full_like(lag, 0.7 / 0.3))


def test_average_of_rotations_agrees_with_scipys_slerp():
    turns = rotations(40, 3)
    expected = turns.copy()
    for joint in range(3):
        for t in range(1, 40):
            ends = Rotation.from_matrix([expected[t - 1, joint], turns[t, joint]])
            expected[t, joint] = Slerp([0, 1], ends)(0.3).as_matrix()
    np.testing.assert_allclose(average_rotations(torch.from_numpy(turns)), expected, atol=1e-10)
    batch = torch.from_numpy(np.stack([turns, turns[::-1]])).float()
    torch.testing.assert_close(average_rotations(batch)[0], torch.from_numpy(expected).float(), atol=1e-5, rtol=0)


def test_average_of_rotations_takes_the_shorter_way():
    turns = roma.rotvec_to_rotmat(torch.tensor([[0.0, 0, 3.0], [0, 0, -3.0]], dtype=torch.float64))[:, None]
    angle = roma.rotmat_to_rotvec(average_rotations(turns))[1, 0, 2].item()
    assert angle == pytest.approx(3.0 + 0.3 * (2 * np.pi - 6.0))  # on past half a turn, not back through 0


def test_average_of_rotations_does_not_depend_on_the_world():
    turns, draw = torch.from_numpy(rotations(20, 2)), torch.Generator().manual_seed(0)
    world = roma.special_gramschmidt(torch.randn(3, 3, generator=draw, dtype=torch.float64))
    torch.testing.assert_close(average_rotations(world @ turns), world @ average_rotations(turns))
    torch.testing.assert_close(average_rotations(turns, ratio=1.0), turns)
    torch.testing.assert_close(average_rotations(turns[:1]), turns[:1])


@pytest.mark.parametrize("name", list(FILTERS))
@settings(max_examples=20)
@given(frames=lengths, seed=seeds)
def test_what_every_filter_keeps(name, frames, seed):
    smooth, x = FILTERS[name](), noise(2, 3, frames, 4, seed=seed)
    before, out = x.clone(), smooth(x, 50.0)
    assert out.shape == x.shape and torch.isfinite(out).all() and torch.equal(x, before)
    assert out.dtype == x.dtype and smooth(x.float(), 50.0).dtype == torch.float32
    torch.testing.assert_close(out[1, 2], smooth(x[1, 2], 50.0))  # a batch is its clips
    shift = 5 * noise(4, seed=seed + 1)[0]
    torch.testing.assert_close(smooth(x + shift, 50.0), out + shift)
    still = x[..., :1, :, :].expand_as(x)
    torch.testing.assert_close(smooth(still, 50.0), still)
    torch.testing.assert_close(smooth(-x, 50.0), -out)


@pytest.mark.parametrize("name", LINEAR)
@settings(max_examples=15)
@given(frames=lengths, seed=seeds)
def test_linear(name, frames, seed):
    smooth, x, y = FILTERS[name](), noise(frames, 2, seed=seed), noise(frames, 2, seed=seed + 1)
    torch.testing.assert_close(smooth(3 * x - 2 * y, 50.0), 3 * smooth(x, 50.0) - 2 * smooth(y, 50.0))


@pytest.mark.parametrize("name", SYMMETRIC)
@settings(max_examples=15)
@given(frames=lengths, seed=seeds)
def test_the_same_backwards(name, frames, seed):
    smooth, x = FILTERS[name](), noise(frames, 2, seed=seed)
    torch.testing.assert_close(smooth(x.flip(0), 50.0), smooth(x, 50.0).flip(0))


@pytest.mark.parametrize("name", list(FILTERS))
def test_noise_becomes_smoother_and_comes_nearer_to_the_motion(name):
    time = torch.arange(200.0, dtype=torch.float64) / 50
    motion = 0.05 * torch.sin(2 * np.pi * 0.5 * time)[:, None, None].expand(-1, 5, 3)
    noisy = motion + 0.02 * noise(200, 5)
    smooth = FILTERS[name]()(noisy, 50.0)
    assert smooth.diff(n=2, dim=0).norm() < 0.3 * noisy.diff(n=2, dim=0).norm()
    assert (smooth - motion).norm() < 0.8 * (noisy - motion).norm()


@settings(max_examples=15)
@given(frames=lengths, seed=seeds)
def test_savgol_keeps_polynomials_to_the_ends(frames, seed):
    time = torch.linspace(-1, 2, frames, dtype=torch.float64)[:, None, None]
    a, b, c = noise(3, seed=seed)[:, None, None]
    x = a + b * time + c * time**2
    torch.testing.assert_close(SavitzkyGolay(9, 2)(x, 50.0), x)


def test_savgol_of_a_short_clip_has_the_largest_window_that_fits():
    x = noise(8, 2)
    np.testing.assert_allclose(SavitzkyGolay()(x, 50.0), savgol_filter(x.numpy(), 7, 2, axis=0), atol=1e-12)
    for frames in (1, 2, 3, 4):
        torch.testing.assert_close(SavitzkyGolay()(x[:frames], 50.0), x[:frames])


@pytest.mark.parametrize("name", ["gaussian", "one_euro"])
def test_seconds_count_not_frames(name):
    time = torch.arange(0, 4, 0.001, dtype=torch.float64)  # a smooth motion, and half its frames
    x = torch.sin(time)[:, None, None].expand(-1, 1, 3)
    torch.testing.assert_close(FILTERS[name]()(x[::2], 500.0), FILTERS[name]()(x, 1000.0)[::2], atol=0.01, rtol=0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FILTERS["median"], "unknown filter 'median'; known: average, gaussian, kalman, one_euro, savgol"),
        (lambda: Average(0.0), "average ratio is 0.0"),
        (lambda: Average(float("nan")), "above 0 and at most 1"),
        (lambda: OneEuro(min_cutoff=0.0), "min_cutoff is 0.0; give a frequency in Hz"),
        (lambda: OneEuro(d_cutoff=-1.0), "d_cutoff is -1.0"),
        (lambda: OneEuro(beta=-0.1), "beta is -0.1; give 0 or more"),
        (lambda: SavitzkyGolay(window=10), "10 frames; give an odd number"),
        (lambda: SavitzkyGolay(5, 5), "less than the window, 5"),
        (lambda: Gaussian(0.0), "sigma is 0.0; give a width in seconds"),
        (lambda: average_rotations(torch.eye(3)[None, None], 1.1), "average ratio is 1.1"),
        (lambda: average_rotations(2 * torch.eye(3)[None, None]), "3 off the identity"),
        (lambda: average_rotations(-torch.eye(3)[None, None]), "determinant is negative"),
        (lambda: average_rotations(torch.full((1, 1, 3, 3), torch.nan)), "rotations hold 9 NaN"),
    ],
)
def test_bad_options(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("name", list(FILTERS))
def test_bad_motion(name, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    smooth, x = FILTERS[name](), noise(9, 2)
    for fps in (0.0, -50.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="give the frames per second"):
            smooth(x, fps)
    for shape in ((9, 3), (0, 2, 3), (9, 2, 2)):
        with pytest.raises(ValueError, match="frames, joints, 3"):
            smooth(torch.zeros(shape), 50.0)
    with pytest.raises(ValueError, match="positions are torch.int64, which would round them"):
        smooth(torch.zeros(9, 2, 3, dtype=torch.long), 50.0)
    x[4, 1, 2] = torch.nan
    with pytest.raises(ValueError, match=r"1 NaN or infinite of 54 values, first at index \[4, 1, 2\]"):
        smooth(x, 50.0)
