"""How large a detector's errors are, how they change, and what its confidence says of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from pygpose.data.detector.compared import Compared
from pygpose.data.detector.detector import Detector

_EDGES = np.geomspace(1e-5, 2, 241)  # of a histogram of errors, in sizes of the person
_HARDNESS = np.linspace(0, 0.8, 9)
_DEFAULT = Detector()


class Spread(NamedTuple):
    """Spread and share of guesses by kind that is ever seen, and what is common to all kinds."""

    spread: dict[str, float]
    guess: dict[str, float]
    guess_spread: float
    hardness: float


def fit_spread(clips: Sequence[Compared], kinds: Sequence[str]) -> Spread:
    """The likeliest mixture of a joint's own errors and guesses.

    Both have log-normal difficulty, so the distance's density is a mean of Rayleigh densities over that; spreads and
    shares by expectation and maximisation on a histogram, the width of the difficulty by trying.
    """
    every = {name: _histogram(clips, [kind == name for kind in kinds]) for name in sorted(set(kinds))}
    names = [name for name, numbers in every.items() if numbers.any()]
    counts = np.array([every[name] for name in names])
    fits = [_maximise(counts, hardness) for hardness in _HARDNESS]
    best = int(np.argmax([likelihood for *_, likelihood in fits]))
    spread, share, guess_spread, _ = fits[best]
    if (share * counts.sum(1)).sum() < 0.002 * counts.sum():  # too few to tell their spread
        guess_spread = _DEFAULT.guess_spread
    return Spread(
        dict(zip(names, spread.tolist(), strict=True)),
        dict(zip(names, share.tolist(), strict=True)),
        float(guess_spread),
        float(_HARDNESS[best]),
    )


def _histogram(clips: Sequence[Compared], own: Sequence[bool]) -> Float[np.ndarray, " bins"]:
    distance = np.concatenate([clip.distance[:, np.array(own)].ravel() for clip in clips])
    distance = np.clip(distance[np.isfinite(distance)], _EDGES[0], _EDGES[-1])
    return np.histogram(distance, _EDGES)[0].astype(float)


def _maximise(
    counts: Float[np.ndarray, "kinds bins"], hardness: float
) -> tuple[Float[np.ndarray, " kinds"], Float[np.ndarray, " kinds"], float, float]:
    """Spreads, shares of guesses, the guesses' spread, and the logarithm of the likelihood."""
    distance = np.sqrt(_EDGES[1:] * _EDGES[:-1])[:, None]
    nodes, weights = np.polynomial.hermite.hermgauss(9)
    hard = np.exp(hardness * math.sqrt(2) * nodes - hardness**2)
    weights = weights / math.sqrt(math.pi)
    total = counts.sum(1)
    median = distance[np.argmax(counts.cumsum(1) >= 0.5 * total[:, None], 1), 0]
    spread, share, guess_spread, likelihood = median / 1.18, np.full(len(counts), 0.03), 0.05, 0.0
    for _ in range(100):
        both = np.stack([spread, np.full_like(spread, max(guess_spread, 1.5 * spread.max()))])
        scale = both[:, :, None, None] * hard
        # [own or guessed, kinds, bins, difficulties]
        density = weights * distance / scale**2 * np.exp(-0.5 * (distance / scale) ** 2)
        density *= np.stack([1 - share, share])[:, :, None, None]
        whole = np.maximum(density.sum((0, 3)), 1e-300)
        likelihood = float((counts * np.log(whole)).sum())
        belongs = density / whole[:, :, None] * counts[:, :, None]
        squares = (belongs * (distance / hard) ** 2).sum((2, 3)) / 2
        number = belongs.sum((2, 3))
        share = number[1] / total
        spread = np.sqrt(np.maximum(squares[0], 1e-12) / np.maximum(number[0], 1e-9))
        guess_spread = math.sqrt(max(squares[1].sum(), 1e-12) / max(number[1].sum(), 1e-9))
    return spread, share, guess_spread, likelihood


def fit_time(clips: Sequence[Compared], kinds: Sequence[str], spread: Spread, fps: float) -> tuple[float, float]:
    """Correlation time in seconds and share of jitter: the straight line through the logarithm of the errors'
    correlation at small lags, without outliers and the difficulty's part."""
    scale = np.array([spread.spread.get(kind, 1.0) for kind in kinds])
    errors = [np.where((clip.distance < 4 * scale)[..., None], clip.error / scale[:, None], np.nan) for clip in clips]
    longest = min(round(fps), min(len(error) for error in errors) - 1)
    products = [
        np.nanmean(np.concatenate([(error[lag:] * error[: len(error) - lag]).ravel() for error in errors]))
        for lag in range(longest + 1)
    ]
    if not products[0] > 0:  # nothing changes
        return _DEFAULT.drift_seconds, _DEFAULT.jitter
    lags = np.arange(1, longest + 1)
    easier = np.exp(spread.hardness**2 * (np.exp(-lags / (fps * _DEFAULT.hard_seconds)) - 1))
    correlation = np.array(products[1:]) / products[0] / easier
    low = correlation < 0.2
    near = lags[: int(np.argmax(low)) if low.any() else len(lags)]
    if len(near) < 2:  # gone within two frames: the rate is too low to tell the time
        keep = math.exp(-1 / (fps * _DEFAULT.drift_seconds))
        return _DEFAULT.drift_seconds, float(np.clip(1 - correlation[0] / keep, 0, 1))
    known = correlation[near - 1]
    slope, start = _line(near / fps, np.log(known), known**2)
    return float(-1 / min(slope, -1e-3)), float(np.clip(1 - math.exp(start), 0, 1))


def fit_confidence(clips: Sequence[Compared]) -> dict[str, float]:
    """The curve of confidence: a straight line through its logarithm in bins of errors of equal number."""
    shown = [clip.seen & ~clip.exchanged for clip in clips]
    distance = np.concatenate([clip.distance[some] for clip, some in zip(clips, shown, strict=True)])
    sure = np.concatenate([clip.confidence[some] for clip, some in zip(clips, shown, strict=True)])
    order = np.argsort(distance)
    bins = [part for part in np.array_split(order, 40) if len(part)]
    far, mean = (np.array([values[part].mean() for part in bins]) for values in (distance, sure))
    slope, start = _line(far, np.log(mean), mean**2)
    fade, top = -1 / min(slope, -0.1), min(math.exp(start), 1.0)
    scatter = np.std(sure - top * np.exp(-distance / fade))
    return {"confidence": top, "fade": float(fade), "scatter": float(scatter)}


def _line(
    x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"], weight: Float[np.ndarray, " points"]
) -> tuple[float, float]:
    """Slope and start of the straight line through some points, by weighted least squares; level where x is one."""
    middle_x, middle_y = (np.average(values, weights=weight) for values in (x, y))
    wide = np.sum(weight * (x - middle_x) ** 2)
    slope = np.sum(weight * (x - middle_x) * (y - middle_y)) / wide if wide > 1e-12 else 0.0
    return float(slope), float(middle_y - slope * middle_x)
