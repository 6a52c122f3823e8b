"""Averages over time with Gaussian weights."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

FAINTLY = 1e-8
"""Weight of every frame of the clip beside 1 for the frame itself. It does not depend on how many frames there are: the
same frames are seen alike in a longer clip, and before further frames come."""


def average_over_time(
    total: Float[Tensor, "batch frames values"],
    weight: Float[Tensor, "batch frames"],
    frames: float,
    causal: bool = False,
) -> Float[Tensor, "batch frames values"]:
    """Weighted averages over time with Gaussian weights, and faintly over the whole clip, for frames around which
    nothing has weight; 0 where nothing has weight at all.

    Args:
        total: Values times their weights.
        weight: Weights.
        frames: Standard deviation of the Gaussian, in frames; three of them are looked at.
        causal: Whether no average may depend on a later frame.
    """
    rows = torch.cat([total, weight[..., None]], -1).transpose(1, 2)
    batch, values, length = rows.shape
    kernel = _gaussian(frames, causal).to(rows)
    reach = min(kernel.numel() // 2, length - 1)
    kernel = kernel[kernel.numel() // 2 - reach : kernel.numel() // 2 + reach + 1]
    near = F.conv1d(rows.reshape(batch * values, 1, length), kernel.view(1, 1, -1), padding=reach)
    everywhere = rows.cumsum(-1) if causal else rows.sum(-1, keepdim=True)
    rows = near.view(batch, values, length) + FAINTLY * everywhere
    return (rows[:, :-1] / rows[:, -1:].clamp(min=1e-16)).transpose(1, 2)


@lru_cache
def _gaussian(frames: float, causal: bool) -> Tensor:
    with torch.inference_mode(False):
        reach = math.ceil(3 * frames)
        places = torch.arange(-reach, reach + 1, dtype=torch.float64)
        kernel = (-0.5 * (places / frames).square()).exp()
        # A convolution of torch is a correlation: the second half weighs the frames that follow.
        return kernel * (places <= 0) if causal else kernel
