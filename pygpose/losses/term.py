"""What a loss term is, and the registry of terms."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from jaxtyping import Float
from torch import Tensor, nn

from graphs import MotionGraph, Skeleton
from graphs.registry import Registry
from pygpose.losses.part import Need, Part


class LossTerm(nn.Module):
    """A differentiable scalar that training makes smaller.

    Most terms compare two pose sequences ``[B, T, J, 3]`` in metres: such a subclass defines ``forward(pred, target)``
    and nothing else. A term that needs more than poses names what it needs in :attr:`needs` and defines
    :meth:`measure`, which takes its arguments out of the outputs of a model and a batch of windows.

    A term that compares is smallest where prediction and truth are equal, and zero there, if it is no likelihood
    (:class:`~pygpose.losses.spread.SpreadLoss`); a term that does not (:attr:`compares`) is zero for a body that holds
    still.

    A subclass is built as ``Term(skeleton)``. A term with options names their frozen dataclass in :attr:`options`, and
    is built as ``Term(skeleton, options)`` with a default for the options.
    """

    default_weight: ClassVar[float] = 1.0
    """Weight of the term's name without a number: the paper's."""
    positional: ClassVar[bool] = False
    """Whether the term counts in full from the first step, as terms do that alone teach where joints are; the weights
    of the others may grow (``share`` of :class:`~pygpose.losses.WeightedSum`)."""
    compares: ClassVar[bool] = True
    """Whether the term compares with the truth; otherwise it is a penalty on the prediction alone."""
    least_frames: ClassVar[int] = 1
    """Frames of the shortest clip that the term can measure, with its default options."""
    uses_graph: ClassVar[bool] = False
    """Whether ``forward`` takes the motion graph of the data as ``graph=``; without one it takes the skeleton's."""
    needs: ClassVar[tuple[Need, ...]] = ("poses",)
    """What the term is computed from (:data:`~pygpose.losses.part.NEEDS`). A term that needs ``unlabelled`` is computed
    on the windows without 3D targets, any other term on those with 3D targets."""
    options: ClassVar[type | None] = None
    """Frozen dataclass of the term's options, whose field docstrings are their help text."""

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__()
        self.skeleton = skeleton

    def forward(
        self, pred: Float[Tensor, "batch frames joints 3"], target: Float[Tensor, "batch frames joints 3"]
    ) -> Float[Tensor, ""]:
        raise NotImplementedError(f"{type(self).__name__} must define forward(pred, target)")

    def measure(self, part: Part) -> Float[Tensor, ""]:
        """The term's value for some windows of a batch. A term that needs more than poses overrides this method."""
        return self.of_poses(part.pose, part.target, part.own_graph)

    def of_poses(self, pred: Tensor, target: Tensor, graph: MotionGraph | None) -> Float[Tensor, ""]:
        """The term's value for two pose sequences; ``graph`` only reaches terms that use it."""
        if self.uses_graph and graph is not None:
            return self(pred, target, graph=graph)
        return self(pred, target)

    @classmethod
    def frames_needed(cls, options: Any = None) -> int:
        """Frames of the shortest clip that the term can measure with these options."""
        return cls.least_frames


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


LOSSES: Registry[type[LossTerm]] = Registry("loss", group="pygpose.losses")
