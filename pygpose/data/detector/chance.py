"""What changes at random over time: numbers that wander, and bursts."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def wander(
    white: Float[Tensor, "rows batch frames joints"], keep: Float[Tensor, "rows batch"]
) -> Float[Tensor, "rows batch frames joints"]:
    r"""White noise made a stationary first-order autoregressive process of the same variance.

    .. math:: x_0 = w_0, \qquad x_t = \rho\, x_{t-1} + \sqrt{1 - \rho^2}\, w_t

    The sum :math:`\sum_i \rho^i w_{t-i}` is doubled in length :math:`\log_2 T` times: no loop over frames.

    Args:
        white: Independent numbers of variance 1.
        keep: The correlation :math:`\rho` of neighbouring frames.
    """
    keep = keep[..., None, None]
    walk = torch.cat([white[:, :, :1], white[:, :, 1:] * (1 - keep**2).sqrt()], 2)
    step = 1
    while step < walk.shape[2]:
        walk = torch.cat([walk[:, :, :step], walk[:, :, step:] + keep * walk[:, :, :-step]], 2)
        keep, step = keep * keep, 2 * step
    return walk


def bursts(
    uniform: Float[Tensor, "batch frames rows"],
    share: Float[Tensor, "batch rows"],
    length: Float[Tensor, "batch rows"],
) -> Bool[Tensor, "batch frames rows"]:
    r"""Frames that lie in bursts: these begin at random, and their lengths are geometric.

    A burst begins in a frame with probability :math:`-\ln(1 - p)/m`; one lies over the first frame with probability
    :math:`p`. So about a share :math:`p` of all frames lies in bursts, and of the first and the last frames, too.

    Args:
        uniform: Independent numbers, uniform in [0, 1).
        share: The share :math:`p` of frames, below 1.
        length: The mean length :math:`m` of a burst in frames; below 1 it counts as 1.
    """
    length = length.clamp(min=1)
    begins = (-torch.log1p(-share) / length)[:, None].expand_as(uniform)
    begins = torch.cat([share[:, None], begins[:, 1:]], 1)
    # Where a burst begins, the same number divided by the probability is uniform again and gives its length.
    again = (uniform / begins).clamp(min=1e-30)
    stay = (1 - 1 / length).clamp(min=1e-6).log()[:, None]
    frame = torch.arange(uniform.shape[1], device=uniform.device, dtype=uniform.dtype)[:, None]
    ends = torch.where(uniform < begins, frame + 1 + (again.log() / stay).floor(), 0)
    return ends.cummax(1).values > frame
