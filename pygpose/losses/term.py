"""What a loss term is, and the registry of terms."""

from __future__ import annotations

from collections.abc import Collection

from jaxtyping import Float
from torch import Tensor, nn

from graphs import Skeleton
from graphs.registry import Registry


class LossTerm(nn.Module):
    """A differentiable scalar of two pose sequences ``[B, T, J, 3]`` in metres; zero where they are equal.

    A term that does not compare them (:attr:`compares`) is zero for a body that holds still.

    A subclass is built as ``Term(skeleton)`` and takes everything else as keyword arguments with defaults.
    """

    default_weight: float = 1.0
    """Weight of a bare name in ``--loss``: the paper's."""
    positional: bool = False
    """Whether the term alone teaches where joints are; the others may join later (:class:`WeightedSum`)."""
    compares: bool = True
    """Whether the term compares with the target; otherwise it is a penalty on the prediction alone."""

    least_frames: int = 1
    """Frames of the shortest clip that the term can measure."""

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.skeleton = skeleton

    def forward(
        self, pred: Float[Tensor, "batch frames joints 3"], target: Float[Tensor, "batch frames joints 3"]
    ) -> Float[Tensor, ""]:
        raise NotImplementedError(f"{type(self).__name__} must define forward(pred, target)")


def need_frames(pose: Float[Tensor, "batch frames joints 3"], term: LossTerm, loss: str) -> None:
    """Refuse clips that are too short for what a term measures.

    Raises:
        ValueError: For fewer than ``least_frames`` frames.
    """
    if pose.size(1) < term.least_frames:
        raise ValueError(f"loss '{loss}' needs at least {term.least_frames} frames, got {pose.size(1)}")


def need_joints(found: Collection, what: str, loss: str, skeleton: Skeleton) -> None:
    """Refuse a skeleton in which a term finds nothing to measure.

    Raises:
        ValueError: For nothing found.
    """
    if not found:
        raise ValueError(
            f"loss '{loss}' needs {what}, which skeleton '{skeleton.name}' does not have; "
            f"its joints: {', '.join(skeleton.joints)}"
        )


LOSSES: Registry[type[LossTerm]] = Registry("loss")
