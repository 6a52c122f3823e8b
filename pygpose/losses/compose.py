"""``--loss motion+lap:0.5``: from a line of text to a weighted sum of terms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphs import Skeleton
from pygpose.losses.term import LOSSES, LossTerm

BUNDLES: dict[str, tuple[str, ...]] = {
    # Gupta, Table 1.
    "joint_aware": ("vel", "acc", "ang_acc", "angle", "dist", "sym", "rom"),
}
"""Names that stand for several terms at once."""


def parse_losses(text: str) -> dict[str, float]:
    """Terms and weights of an objective: names joined by ``+``, each with an optional weight after ``:``.

    A bare name takes its term's own weight. A bundle gives each of its terms its own weight, times the number after
    ``:``. ``pose`` is part of every objective unless it is written with weight 0.

    Raises:
        ValueError: For an unknown or repeated name, a term that also comes with a bundle, and a weight that is not a
            finite number >= 0.
    """
    weights: dict[str, float] = {}
    source: dict[str, str] = {}  # the written name that brought each term
    for part in text.split("+"):
        name, colon, number = part.strip().partition(":")
        if name not in LOSSES and name not in BUNDLES:
            raise ValueError(f"unknown loss '{name}'; known: {', '.join(LOSSES)}; bundles: {', '.join(BUNDLES)}")
        if name in source.values():
            raise ValueError(f"loss '{name}' stands twice in '{text}'; give it once, with one weight")
        try:
            weight = float(number) if colon else 1.0
        except ValueError:
            raise ValueError(f"loss term '{part}' in '{text}': weight '{number}' is not a number") from None
        if not (math.isfinite(weight) and weight >= 0):
            raise ValueError(f"loss term '{part}' in '{text}': weight must be finite and not negative")
        for term in BUNDLES.get(name, (name,)):
            if term in source:
                bundle = name if name in BUNDLES else source[term]
                raise ValueError(
                    f"loss '{term}' is part of '{bundle}' and stands beside it in '{text}'; leave it out, or write "
                    f"the terms one by one: {'+'.join(BUNDLES[bundle])}"
                )
            source[term] = name
            weights[term] = weight if colon and name not in BUNDLES else weight * LOSSES[term].default_weight
    if "pose" not in weights:
        weights = {"pose": LOSSES["pose"].default_weight, **weights}
    if not any(weights.values()):
        raise ValueError(f"objective '{text}' is zero: give at least one term a positive weight")
    return weights


class WeightedSum(nn.Module):
    r"""Objective :math:`\sum_i w_i \mathcal{L}_i`, with every term's own value beside it.

    ``share`` scales the weights of all terms but the position losses: early in training, when predictions are near the
    mean pose, the motion loss is smallest for a body that does not move at all, and at full weight keeps it there.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** the scalar sum, and the unweighted terms by name, detached

    Raises:
        ValueError: For shapes that differ, are not ``[B, T, J, 3]`` of the skeleton, or hold nothing.
    """

    def __init__(self, terms: Mapping[str, LossTerm], weights: Mapping[str, float], skeleton: Skeleton) -> None:
        super().__init__()
        self.terms = nn.ModuleDict(terms)
        self.weights = dict(weights)
        self.skeleton = skeleton

    def forward(
        self,
        pred: Float[Tensor, "batch frames joints 3"],
        target: Float[Tensor, "batch frames joints 3"],
        share: float = 1.0,
    ) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
        joints = self.skeleton.num_joints
        if pred.shape != target.shape or pred.dim() != 4 or pred.shape[2:] != (joints, 3) or 0 in pred.shape:
            raise ValueError(
                f"losses of skeleton '{self.skeleton.name}' expect prediction and target [B, T, {joints}, 3], not "
                f"empty, got {list(pred.shape)} and {list(target.shape)}"
            )
        with torch.autocast(pred.device.type, enabled=False):
            pred = pred.float() if pred.dtype in (torch.bfloat16, torch.float16) else pred
            target = target.to(pred.dtype)
            values = {name: term(pred, target) for name, term in self.terms.items()}
        weights = {name: weight if LOSSES[name].positional else share * weight for name, weight in self.weights.items()}
        # A term of weight 0 is only reported: even infinite, it must not touch the sum.
        weighted = [weights[name] * value for name, value in values.items() if weights[name]]
        total = torch.stack([pred.new_zeros(()), *weighted]).sum()
        return total, {name: value.detach() for name, value in values.items()}

    def __str__(self) -> str:
        return "+".join(f"{name}:{weight:g}" for name, weight in self.weights.items())


def build_loss(text: str, *, skeleton: Skeleton, options: Mapping[str, Mapping[str, Any]] | None = None) -> WeightedSum:
    """Objective from ``motion+lap:0.5``.

    Args:
        text: See :func:`parse_losses`.
        skeleton: Gives bones and joints to the terms.
        options: Keyword arguments of terms by name, for example ``{"motion": {"intervals": (12,)}}``.

    Raises:
        ValueError: For text that cannot be parsed, and options for a term that is not in it.
    """
    weights = parse_losses(text)
    options = options or {}
    for name in options:
        if name not in weights:
            raise ValueError(f"options for loss '{name}', which is not in '{text}'")
    terms = {name: LOSSES[name](skeleton, **options.get(name, {})) for name in weights}
    return WeightedSum(terms, weights, skeleton)
