"""UGCN's motion loss: distance between pairwise motion encodings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

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
    """Motion encodings; several are averaged."""
    intervals: tuple[int, ...] = (8, 12, 16, 24)
    """Frames between the two poses of a pair; the defaults are the four best of UGCN's Table 2."""
    normalize: bool = True
    """Divide inner and cross encodings by the target's mean magnitude; without it the term is in square metres."""

    def __post_init__(self) -> None:
        for operator in self.operators:
            if operator not in OPERATORS:
                raise ValueError(f"MotionOptions.operators holds unknown '{operator}'; known: {', '.join(OPERATORS)}")
        if not self.operators:
            raise ValueError(f"MotionOptions.operators must name at least one of {', '.join(OPERATORS)}, got none")
        if not self.intervals or min(self.intervals) < 1:
            raise ValueError(
                f"MotionOptions.intervals must hold intervals of at least 1 frame, got {tuple(self.intervals)}"
            )


@LOSSES.register("motion")
class MotionLoss(LossTerm):
    r"""Mean L1 distance of the motion encodings of prediction and target, over several intervals.

    .. math:: \mathcal{L}_m = \frac{1}{|\mathbb{T}|} \sum_{\tau \in \mathbb{T}} \frac{1}{(T-\tau) J} \sum_{t,j}
        \frac{\lVert \hat{\mathbf{m}}_{t,j,\tau} - \mathbf{m}_{t,j,\tau} \rVert_1}{\mu_\tau}

    (Eq. 4 of UGCN, as a mean over frames and joints.) The paper normalises the inner and cross encodings by their
    temporal mean and does not say how. Here :math:`\mu_\tau` is the mean magnitude
    :math:`\lVert\mathbf{m}_{t,j,\tau}\rVert_2` of the target's encodings over frames, joints and batch: one number for
    each interval and operator, so that a joint that rests near the root does not blow up. The term is then free of
    units; with ``normalize=False`` it is in square metres, and its weight means nothing without saying so.
    :math:`\mu = 1` for ``sub``, which is in metres.

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
                if self.normalize and operator in NORMALIZED:
                    # Targets at rest in the root have no motion to compare with: floor of 1 cm².
                    distance = distance / encoded.square().sum(-1).sqrt().mean().clamp(min=1e-4)
                total = total + distance
        return total / (len(self.operators) * len(self.intervals))

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
