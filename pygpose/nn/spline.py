"""Smooth curves through time: uniform cubic B-splines."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def spline_weights(frames_per_point: int) -> Float[Tensor, "phases 5"]:
    r"""The weights of five neighbouring control points in each frame of the middle one.

    A control point stands in the middle of its frames; in frame :math:`k` of :math:`n` the curve is
    :math:`\sum_i B(\frac{k + 1/2}{n} - \frac{1}{2} - i)\, p_i` with the cubic B-spline :math:`B`, whose second
    derivative is continuous: there are no steps of acceleration at the points. Every row sums to 1.
    """
    phase = (torch.arange(frames_per_point, dtype=torch.float64) + 0.5) / frames_per_point - 0.5
    away = (phase[:, None] - torch.arange(-2, 3, dtype=torch.float64)).abs()
    near = 2 / 3 - away.square() + away**3 / 2
    return torch.where(away < 1, near, (2 - away).clamp(min=0) ** 3 / 6)


def spline_frames(
    points: Float[Tensor, "batch points values"], weights: Float[Tensor, "phases 5"]
) -> Float[Tensor, "batch frames values"]:
    """The curve of control points, in every frame; beyond the ends the last point stands still."""
    batch, count, values = points.shape
    rows = F.pad(points.transpose(1, 2), (2, 2), mode="replicate").reshape(batch * values, 1, count + 4)
    curve = F.conv1d(rows, weights.to(points)[:, None])  # [batch * values, phases, points]
    return curve.transpose(1, 2).reshape(batch, values, -1).transpose(1, 2)
