"""What a model gives in training."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from pygpose.smpl import SMPLOutput


@dataclass(frozen=True)
class Outputs:
    """All that training supervises of one batch: a model called with ``all_outputs=True`` returns it."""

    poses: Float[Tensor, "outputs batch frames joints 3"]
    """The pose of every output, metres, relative to the root. The first output is what a plain call returns."""
    path: Float[Tensor, "batch frames 3"] | None = None
    """The path of the root, metres, camera frame; None for a model without a root head."""
    smpl: SMPLOutput | None = None
    """The SMPL bodies of all outputs; None for a model that gives joints alone."""
    offsets: tuple[int, ...] = (0,)
    """For every output: how many frames after the lifted frame the true pose stands that training compares it with."""
    spread: Float[Tensor, "batch frames joints"] | None = None
    """How uncertain the first output is of each position: the scale of a Laplace distribution, metres; None for a
    model that does not say."""
