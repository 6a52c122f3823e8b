"""``motion+lap:0.5``: from a line of text to the weight of every term of an objective."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from pygpose.losses.part import NEEDS, Need
from pygpose.losses.term import LOSSES, LossTerm

BUNDLES: dict[str, tuple[str, ...]] = {
    # Gupta, Table 1.
    "joint_aware": ("vel", "acc", "ang_acc", "angle", "dist", "sym", "rom"),
}
"""Names that stand for several terms at once."""

IMPLIED: dict[Need, tuple[str, ...]] = {
    "poses": ("pose",),
    "smpl": ("crop_keypoints",),
    "true_smpl": ("smpl_pose", "smpl_shape"),
    "path": ("traj",),
    "unlabelled": ("reproj", "bone_match"),
    "spread": ("spread",),
}
"""Terms that are part of every objective of a model and data that give this, unless the objective names the term."""


def parse_losses(text: str) -> dict[str, float]:
    """Terms and weights of an objective: names joined by ``+``, each with an optional weight after ``:``.

    A bare name takes its term's own weight. A bundle gives each of its terms its own weight, times the number after
    ``:``. ``pose`` is part of every objective unless it is written with weight 0; for the other terms that an objective
    may imply see :func:`complete_losses`.

    Raises:
        ValueError: For an unknown or repeated name, a term that also comes with a bundle, and a weight that is not a
            finite number >= 0.
    """
    weights: dict[str, float] = {}
    source: dict[str, str] = {}  # the written name that brought each term
    for part in text.split("+"):
        name, colon, number = part.strip().partition(":")
        if name not in LOSSES and name not in BUNDLES:
            if not name:
                raise ValueError(f"loss '{text}' has an empty name; join the names of terms by +, as in motion+lap:0.5")
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


def complete_losses(weights: Mapping[str, float], given: Collection[Need]) -> dict[str, float]:
    """The weights, and after them the terms that what is given implies (:data:`IMPLIED`), each with its own weight.

    Args:
        weights: See :func:`parse_losses`.
        given: What the model and the data give, of :data:`~pygpose.losses.part.NEEDS`.

    Raises:
        ValueError: For a term that needs what is not given.
    """
    implied = [name for need, names in IMPLIED.items() if need in given for name in names if name not in weights]
    weights = {**weights, **{name: LOSSES[name].default_weight for name in implied}}
    check_needs({name: LOSSES[name] for name in weights}, given)
    return weights


def check_needs(terms: Mapping[str, LossTerm | type[LossTerm]], given: Collection[Need]) -> None:
    """
    Raises:
        ValueError: For a term that needs what is not given.
    """
    for name, term in terms.items():
        for need in term.needs:
            if need not in given:
                raise ValueError(f"loss '{name}' needs {NEEDS[need]}; here that is missing, so leave '{name}' out")
