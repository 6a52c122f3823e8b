"""What a loss term is, and the registry of terms."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from graphs import Skeleton
from pygpose.registry import Registry


class LossTerm(nn.Module):
    """A differentiable scalar of two pose sequences ``[B, T, J, 3]`` in metres; zero where they are equal.

    A subclass is built as ``Term(skeleton)`` and takes everything else as keyword arguments with defaults.
    """

    default_weight: float = 1.0
    """Weight of a bare name in ``--loss``: the paper's."""
    positional: bool = False
    """Whether the term alone teaches where joints are; the others may join later (:class:`WeightedSum`)."""

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.skeleton = skeleton

    def forward(
        self, pred: Float[Tensor, "batch frames joints 3"], target: Float[Tensor, "batch frames joints 3"]
    ) -> Float[Tensor, ""]:
        raise NotImplementedError(f"{type(self).__name__} must define forward(pred, target)")


LOSSES: Registry[type[LossTerm]] = Registry("loss")
