"""Clips made longer for a network: what stands for the frames beyond their ends."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from pygpose.frames import reflected

Beyond = Literal["reflected", "missing", "repeated"]


def lengthen(
    x: Float[Tensor, "batch frames *channels"], before: int, after: int, beyond: Beyond
) -> Float[Tensor, "batch longer *channels"]:
    """More frames before and after: those of the clip in reverse; frames of zeros, in which nothing is seen; or the
    first and the last frame again."""
    if before == after == 0:
        return x
    if beyond == "repeated":
        return repeat_ends(x, before, after)
    if beyond == "missing":
        return F.pad(x, (*[0, 0] * (x.dim() - 2), before, after))
    last = x.size(1) - 1
    return x[:, reflected(torch.arange(-before, last + after + 1, device=x.device), 0, last)]


def repeat_ends(x: Float[Tensor, "batch frames *channels"], before: int, after: int) -> Tensor:
    """The first frame ``before`` times more, and the last frame ``after`` times more."""
    if before == after == 0:
        return x
    first, last = x[:, :1], x[:, -1:]
    same = [-1] * (x.dim() - 2)
    return torch.cat([first.expand(-1, before, *same), x, last.expand(-1, after, *same)], 1)
