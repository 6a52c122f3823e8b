"""Clips made longer for a network."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def repeat_ends(x: Float[Tensor, "batch frames *channels"], before: int, after: int) -> Tensor:
    """The first frame ``before`` times more, and the last frame ``after`` times more."""
    if before == after == 0:
        return x
    first, last = x[:, :1], x[:, -1:]
    same = [-1] * (x.dim() - 2)
    return torch.cat([first.expand(-1, before, *same), x, last.expand(-1, after, *same)], 1)
