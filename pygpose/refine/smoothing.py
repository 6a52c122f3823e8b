"""Filters of motion over time, by name. They need no training, and a temporal model must beat them.

Each filter is a frozen dataclass of its options. Positions may be root-relative or not, as shifting a motion shifts
what a filter gives; a root joint at the origin stays there. Options in seconds and Hz do the same to the same motion at
every frame rate; the average filter and Savitzky and Golay's are defined on frames.

Defaults of ``savgol``, ``gaussian`` and ``one_euro`` are those of the filters that SmoothNet (Zeng et al., ECCV 2022)
is compared with in its public code (``lib/core/evaluate_config.py``). It counts in frames; at the 50 frames/s of
Human3.6M the two agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import roma
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from graphs.registry import Registry
from pygpose.refine.banded import solve_banded
from pygpose.refine.energy import difference_bands


class MotionFilter:
    """A subclass filters the columns of ``[frames, channels]`` in :meth:`series`."""

    def __call__(
        self, positions: Float[Tensor, "*batch frames joints 3"], fps: float
    ) -> Float[Tensor, "*batch frames joints 3"]:
        """The motion, smoothed.

        Shapes:
            - **positions, output:** :math:`(*, T, J, 3)`, metres; clips of any length, single frames stay as they are

        Raises:
            ValueError: For empty positions, whole numbers, values that are NaN or infinite, and frames per second not
                above 0.
        """
        shape = tuple(positions.shape)
        if len(shape) < 3 or shape[-1] != 3 or 0 in shape:
            raise ValueError(f"positions have shape {shape}; give [..., frames, joints, 3], none of them empty")
        if not positions.is_floating_point():
            raise ValueError(f"positions are {positions.dtype}, which would round them; give metres as floating point")
        _check_finite(positions, "positions")
        if not 0 < fps < math.inf:
            raise ValueError(f"fps is {fps}; give the frames per second of the motion, above 0")
        by_frame = positions.double().movedim(-3, 0)  # [T, *batch, J, 3]
        smooth = self.series(by_frame.flatten(1), fps)
        return smooth.view(by_frame.shape).movedim(0, -3).to(positions.dtype).contiguous()

    def series(self, x: Float[Tensor, "frames channels"], fps: float) -> Float[Tensor, "frames channels"]:
        raise NotImplementedError(f"{type(self).__name__} must define series(x, fps)")


FILTERS: Registry[type[MotionFilter]] = Registry("filter")


@FILTERS.register("average")
@dataclass(frozen=True)
class Average(MotionFilter):
    r"""Average filter of TCMR's Table 5, which is MEVA's, on positions.

    .. math:: y_1 = x_1, \quad y_t = y_{t-1} + \rho\,(x_t - y_{t-1})

    Every frame is the point at :math:`\rho` of the way from the smoothed frame before to itself. It knows the past
    alone, and so lags: by :math:`(1 - \rho)/\rho` frames where the speed is constant, 2.3 at 0.3. The papers filter
    rotations (:func:`average_rotations`); on positions bones may change their length.
    """

    ratio: float = 0.3
    """Share of the new frame, 0.3 in TCMR's public code. A ratio of 1 smooths nothing."""

    def __post_init__(self) -> None:
        _check_ratio(self.ratio)

    def series(self, x, fps):
        smooth = [x[0]]
        for now in x[1:]:
            smooth.append(torch.lerp(smooth[-1], now, self.ratio))
        return torch.stack(smooth)


def average_rotations(
    rotations: Float[Tensor, "*batch frames joints 3 3"], ratio: float = 0.3
) -> Float[Tensor, "*batch frames joints 3 3"]:
    r"""Average filter of TCMR's Table 5 (MEVA's) on rotations: by spherical interpolation, the shorter way round.

    .. math:: Q_1 = R_1, \quad Q_t = Q_{t-1} (Q_{t-1}^\top R_t)^\rho

    It lags, as it knows the past alone (:class:`Average`). Two rotations half a turn apart have two ways of one length;
    either may be taken.

    Args:
        rotations: Matrices of each joint, frame by frame.
        ratio: Share of the new frame. A ratio of 1 smooths nothing.

    Raises:
        ValueError: For a ratio outside (0, 1], no frames, and matrices that are no rotations.
    """
    _check_ratio(ratio)
    shape = tuple(rotations.shape)
    if len(shape) < 4 or shape[-2:] != (3, 3) or 0 in shape:
        raise ValueError(f"rotations have shape {shape}; give [..., frames, joints, 3, 3], none of them empty")
    _check_finite(rotations, "rotations")
    matrices = rotations.double().movedim(-4, 0)
    off = (matrices.mT @ matrices - torch.eye(3, dtype=torch.float64, device=matrices.device)).abs().max().item()
    if off > 1e-3 or (torch.linalg.det(matrices) < 0).any():
        raise ValueError(
            f"some matrices are no rotations: R^T R is up to {off:.3g} off the identity, or the determinant is "
            "negative; give rotation matrices (roma.special_gramschmidt makes them)"
        )
    quaternions = cast("Tensor", roma.rotmat_to_unitquat(matrices))  # roma has no type hints
    step = quaternions.new_tensor(ratio)
    smooth = [quaternions[0]]
    for now in quaternions[1:]:
        smooth.append(F.normalize(roma.unitquat_slerp(smooth[-1], now, step, shortest_arc=True), dim=-1))
    turned = cast("Tensor", roma.unitquat_to_rotmat(torch.stack(smooth)))
    return turned.movedim(0, -4).to(rotations.dtype).contiguous()


@FILTERS.register("one_euro")
@dataclass(frozen=True)
class OneEuro(MotionFilter):
    r"""The 1 € filter: a low-pass of first order that lets fast motion through (Casiez et al., CHI 2012, Algorithm 1).

    .. math:: y_t = y_{t-1} + \alpha(f_t)\,(x_t - y_{t-1}), \quad f_t = f_\text{min} + \beta\,\lvert\dot x_t\rvert,
        \quad \alpha(f) = \frac{2\pi f}{2\pi f + \text{fps}}

    where the speed :math:`\dot x_t` is :math:`(x_t - y_{t-1})\,\text{fps}` through the same low-pass at the cutoff
    ``d_cutoff``. Each coordinate has a speed of its own, as in public codes, so the result depends on the axes. It
    knows the past alone, and so lags.
    """

    min_cutoff: float = 2.0
    """Cutoff frequency for a joint at rest, Hz. SmoothNet has 0.04 per frame."""
    beta: float = 0.7
    """Hz that each m/s of speed adds to the cutoff. SmoothNet has the same."""
    d_cutoff: float = 50.0
    """Cutoff frequency for the speed, Hz. SmoothNet has 1 per frame, Casiez et al. have 1 Hz."""

    def __post_init__(self) -> None:
        cutoffs = {"min_cutoff": self.min_cutoff, "d_cutoff": self.d_cutoff}
        for name, value in cutoffs.items():
            if not 0 < value < math.inf:
                raise ValueError(f"one_euro {name} is {value}; give a frequency in Hz, above 0")
        if not 0 <= self.beta < math.inf:
            raise ValueError(f"one_euro beta is {self.beta}; give 0 or more")

    def series(self, x, fps):
        smooth, speed = [x[0]], torch.zeros_like(x[0])
        for now in x[1:]:
            speed = torch.lerp(speed, (now - smooth[-1]) * fps, self._share(x.new_tensor(self.d_cutoff), fps))
            share = self._share(self.min_cutoff + self.beta * speed.abs(), fps)
            smooth.append(torch.lerp(smooth[-1], now, share))
        return torch.stack(smooth)

    def _share(self, cutoff: Tensor, fps: float) -> Tensor:
        turn = 2 * math.pi * cutoff
        return turn / (turn + fps)


@FILTERS.register("savgol")
@dataclass(frozen=True)
class SavitzkyGolay(MotionFilter):
    """Value of the polynomial that best fits the frames around a frame (Savitzky and Golay, Analytical Chemistry 1964).

    The first and last half window are read off the polynomials of the first and last whole one. Polynomials up to the
    degree pass unchanged. A clip shorter than the window has the largest odd window that fits into it; where that has
    no more frames than the polynomial has coefficients, nothing is smoothed.
    """

    window: int = 31
    """Number of frames in the window, odd. SmoothNet has the same."""
    degree: int = 2
    """Degree of the polynomial. SmoothNet has the same."""

    def __post_init__(self) -> None:
        if self.window < 1 or self.window % 2 == 0:
            raise ValueError(f"savgol window is {self.window} frames; give an odd number, so that it has a middle")
        if not 0 <= self.degree < self.window:
            raise ValueError(f"savgol degree is {self.degree}; give 0 or more, and less than the window, {self.window}")

    def series(self, x, fps):
        window = min(self.window, len(x) - (len(x) + 1) % 2)
        time = torch.linspace(-1, 1, window, dtype=x.dtype, device=x.device)
        powers = torch.arange(min(self.degree + 1, window), dtype=x.dtype, device=x.device)
        basis = torch.linalg.qr(time[:, None] ** powers).Q
        fit = basis @ basis.mT  # [window, window]: row t gives frame t of the fitted polynomial
        half = window // 2
        return torch.cat([fit[:half] @ x[:window], _convolve(x, fit[half]), fit[half + 1 :] @ x[-window:]])


@FILTERS.register("gaussian")
@dataclass(frozen=True)
class Gaussian(MotionFilter):
    """Mean over the frames around a frame, weighted by a Gaussian.

    Beyond its ends a clip goes on as its first and last frame. The width is in seconds, as the clock and not the camera
    tells noise from motion. Weights end at 4 standard deviations.
    """

    sigma: float = 0.06
    """Standard deviation of the weights, seconds. SmoothNet has 3 frames, and no smoothing across windows of 31."""

    def __post_init__(self) -> None:
        if not 0 < self.sigma < math.inf:
            raise ValueError(f"gaussian sigma is {self.sigma}; give a width in seconds, above 0")

    def series(self, x, fps):
        frames = self.sigma * fps
        radius = int(4 * frames + 0.5)
        offsets = torch.arange(-radius, radius + 1, dtype=x.dtype, device=x.device)
        weights = torch.softmax(-0.5 * (offsets / frames).square(), dim=0)
        around = torch.arange(-radius, len(x) + radius, device=x.device).clamp(0, len(x) - 1)
        return _convolve(x[around], weights)


@FILTERS.register("kalman")
@dataclass(frozen=True)
class Kalman(MotionFilter):
    r"""The optimal linear smoother of motion at constant acceleration (a Kalman filter forwards, then Rauch, Tung and
    Striebel's pass backwards, AIAA Journal 1965).

    Positions are measured with white noise, and the acceleration changes from frame to frame by white noise; nothing is
    known of the first frames. The smoother's estimate is the least of

    .. math:: \sum_t (y_t - x_t)^2 + \lambda \sum_t (\Delta^3 y)_t^2, \qquad \lambda = (\tau\,\text{fps})^6

    which is found at once by one banded solve. It passes motion with periods above :math:`2 \pi \tau` and little else.
    """

    tau: float = 0.05
    """Seconds: how slow a motion must be to pass."""

    def __post_init__(self) -> None:
        if not 0 < self.tau < math.inf:
            raise ValueError(f"kalman tau is {self.tau}; give a time in seconds, above 0")

    def series(self, x, fps):
        if len(x) < 4:
            return x
        links = difference_bands(x.new_full((len(x) - 3,), (self.tau * fps) ** 6), 3)
        links[0] = links[0] + 1
        return solve_banded([band[:, None, None] for band in links], x[:, None])[:, 0]


def _convolve(x: Float[Tensor, "frames channels"], weights: Float[Tensor, " window"]) -> Tensor:
    """Weighted sums over every window that lies inside, ``[frames - window + 1, channels]``."""
    return F.conv1d(x.T[:, None], weights[None, None])[:, 0].T


def _check_ratio(ratio: float) -> None:
    if not 0 < ratio <= 1:
        raise ValueError(f"average ratio is {ratio}; give the share of the new frame, above 0 and at most 1")


def _check_finite(values: Tensor, name: str) -> None:
    bad = ~values.isfinite()
    if bad.any():
        raise ValueError(
            f"{name} hold {int(bad.sum())} NaN or infinite of {values.numel()} values, first at index "
            f"{bad.nonzero()[0].tolist()}; a filter would spread them over other frames: repair or leave out those"
        )
