"""UGCN's motion loss: distance between pairwise motion encodings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton
from pygpose.losses.term import LOSSES, LossTerm


def _cross(a: Float[Tensor, "*points 3"], b: Float[Tensor, "*points 3"]) -> Float[Tensor, "*points 3"]:
    """``torch.linalg.cross`` visits one point at a time; planes of coordinates take half as long."""
    (x, y, z), (u, v, w) = a.unbind(-1), b.unbind(-1)
    return torch.stack([y * w - z * v, z * u - x * w, x * v - y * u]).movedim(0, -1)


OPERATORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "sub": lambda now, later: later - now,
    "inner": lambda now, later: (now * later).sum(-1, keepdim=True),
    "cross": _cross,
}
# Quadratic in length, so their size says as much about the unit and the body as about the motion.
NORMALIZED = ("inner", "cross")

Normalize = Literal["magnitude", "length", "none"]


def motion_encoding(
    pose: Float[Tensor, "batch frames joints 3"], operator: str, interval: int
) -> Float[Tensor, "batch pairs joints channels"]:
    r"""Pairwise motion encoding :math:`\mathbf{m}_{t,j,\tau} = \mathbf{s}_{t,j} \star \mathbf{s}_{t+\tau,j}`.

    (Eq. 3 of UGCN.) ``sub`` is :math:`\mathbf{s}_{t+\tau} - \mathbf{s}_t`, ``inner`` the scalar product and ``cross``
    the cross product.

    Shapes:
        - **pose:** :math:`(B, T, J, 3)`, metres
        - **output:** :math:`(B, T - \tau, J, C)`, :math:`C` = 1 for ``inner``, else 3; metres for ``sub``, else m²

    Raises:
        ValueError: For an unknown operator, and an interval that is below 1 or does not fit into the clip.
    """
    if operator not in OPERATORS:
        raise ValueError(f"unknown motion operator '{operator}'; known: {', '.join(OPERATORS)}")
    if not 1 <= interval < pose.size(1):
        raise ValueError(
            f"motion interval {interval} does not fit into {pose.size(1)} frames; "
            "it must be at least 1 and shorter than the window"
        )
    return OPERATORS[operator](pose[:, :-interval], pose[:, interval:])


@dataclass(frozen=True)
class MotionOptions:
    """Options of the loss term ``motion``.

    Raises:
        ValueError: For no or unknown operators, no intervals, and intervals below 1.
    """

    operators: tuple[Literal["sub", "inner", "cross"], ...] = ("cross",)
    """Motion encodings; of several, the losses are added up, as in UGCN's Table 5."""
    intervals: tuple[int, ...] = (8, 12, 16, 24)
    """Frames between the two poses of a pair; the defaults are the four best of UGCN's Table 2."""
    normalize: Normalize = "magnitude"
    """What inner and cross encodings are divided by. magnitude: the mean magnitude of the target's encodings, so that
    the term has no unit; length: the mean distance of the target's joints from the root, so that these encodings are in
    metres, as those of sub and the position loss are, and weigh about as much; none: nothing, and the term is in square
    metres."""

    def __post_init__(self) -> None:
        for operator in self.operators:
            if operator not in OPERATORS:
                raise ValueError(f"MotionOptions.operators holds unknown '{operator}'; known: {', '.join(OPERATORS)}")
        if self.normalize not in get_args(Normalize):
            raise ValueError(f"MotionOptions.normalize is '{self.normalize}'; known: {', '.join(get_args(Normalize))}")
        if not self.operators:
            raise ValueError(f"MotionOptions.operators must name at least one of {', '.join(OPERATORS)}, got none")
        if not self.intervals or min(self.intervals) < 1:
            raise ValueError(
                f"MotionOptions.intervals must hold intervals of at least 1 frame, got {tuple(self.intervals)}"
            )


@LOSSES.register("motion")
class MotionLoss(LossTerm):
    r"""L1 distance of the motion encodings of prediction and target, over several intervals.

    .. math:: \mathcal{L}_m = \frac{1}{|\mathbb{T}|} \sum_{\tau \in \mathbb{T}} \frac{1}{T J} \sum_{t=1}^{T-\tau}
        \sum_j \frac{\lVert \hat{\mathbf{m}}_{t,j,\tau} - \mathbf{m}_{t,j,\tau} \rVert_1}{\mu_\tau}

    (Eq. 4 of UGCN, divided by T J as the position loss is: a long interval has fewer pairs and weighs less.) For
    several operators it is the sum of their losses.

    The paper normalises the inner and cross encodings by their "temporal-wise mean value", does not say how, and finds
    that a weight of 1 then balances. :math:`\mu_\tau` is one number for the whole batch, so that a joint that rests
    near the root does not blow up, and there are three readings of it. For ``sub``, in metres, :math:`\mu = 1` in all.

    - ``magnitude``: the mean :math:`\lVert\mathbf{m}_{t,j,\tau}\rVert_2` of the target's encodings, for each interval
      and operator. The term has no unit, and compares motion with motion: on real motion with 50 mm of error its
      gradient is some 15 times that of ``pose``.
    - ``length``: the mean :math:`\lVert\mathbf{s}_{t,j}\rVert_2` of the target. The term is in metres for all three
      operators, which are then of like strength, and a weight of 1 balances: there, the gradient of each is about
      twice that of ``pose`` and of ``pose_sq:10`` (docs/results.md has the measurement).
    - ``none``: 1. The term is in square metres, and its weight means nothing without saying so.

    Args:
        skeleton: Not used; terms are all built the same way.
        options: Operators, intervals :math:`\mathbb{T}` and ``normalize``.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar

    Raises:
        ValueError: For an interval that does not fit into the window.
    """

    least_frames = 25
    options = MotionOptions

    def __init__(self, skeleton: Skeleton, options: MotionOptions = MotionOptions()) -> None:  # noqa: B008
        super().__init__(skeleton)
        self.operators = options.operators
        self.intervals = options.intervals
        self.normalize = options.normalize

    @classmethod
    def frames_needed(cls, options: Any = None) -> int:
        return 1 + max(options.intervals) if isinstance(options, MotionOptions) else cls.least_frames

    def forward(self, pred, target):
        total = pred.new_zeros(())
        # Planes of coordinates are the faster memory. Targets are constants: at rest their length has no gradient.
        pred, target = (pose.movedim(-1, 0).contiguous().movedim(0, -1) for pose in (pred, target.detach()))
        for operator in self.operators:
            for interval in self.intervals:
                encoded = motion_encoding(target, operator, interval)
                distance = (motion_encoding(pred, operator, interval) - encoded).abs().sum(-1).mean()
                if operator in NORMALIZED and self.normalize != "none":
                    distance = distance / self._scale(encoded, target)
                total = total + distance * (1 - interval / pred.size(1))  # of T frames, T - interval begin a pair
        return total / len(self.intervals)

    def _scale(self, encoded: Tensor, target: Tensor) -> Tensor:
        """What an encoding of the target is divided by. Targets at rest in the root have no motion to compare with:
        floors of 1 cm² and 1 cm."""
        if self.normalize == "magnitude":
            return encoded.square().sum(-1).sqrt().mean().clamp(min=1e-4)
        return target.square().sum(-1).sqrt().mean().clamp(min=1e-2)

    def extra_repr(self) -> str:
        return f"operators={self.operators}, intervals={self.intervals}, normalize={self.normalize}"


@LOSSES.register("derivative")
class DerivativeLoss(MotionLoss):
    r"""Motion loss with subtraction and interval 1: L1 distance of the joints' steps (UGCN, Table 5).

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, metres per frame

    Raises:
        ValueError: For fewer than 2 frames.
    """

    least_frames = 2
    options = None

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton, MotionOptions(operators=("sub",), intervals=(1,)))
