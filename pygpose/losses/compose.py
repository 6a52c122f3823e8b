"""The weighted sum of loss terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.data import Data

from graphs import MotionGraph, Skeleton, clip_facts
from pygpose.losses.part import Part, given_by, single
from pygpose.losses.spec import check_needs, parse_losses
from pygpose.losses.term import LOSSES, LossTerm
from pygpose.outputs import Outputs

PER_OUTPUT = {"poses", "smpl", "true_smpl"}
"""A term that needs nothing else is a mean over all outputs of the model."""


class WeightedSum(nn.Module):
    r"""Objective :math:`\sum_i w_i \mathcal{L}_i`, with every term's own value beside it.

    A call compares two pose sequences; :meth:`of_batch` composes all terms in training. ``share`` scales the weights of
    all terms but the positional ones (:attr:`LossTerm.positional`): early in training, when predictions are near the
    mean pose, the motion loss is smallest for a body that does not move at all, and at full weight keeps the body
    there.

    Args of a call:
        pred: The predicted poses.
        target: The true poses; or a clip (:class:`~pygpose.data.SkeletonSequence`) or PyG's batch of clips of equal
            length, whose own motion graph then drives the terms that use a graph.
        share: Of the weights of all terms but the positional ones.
        graph: The motion graph for the terms that use one; the skeleton's where there is none.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** the scalar sum, and the unweighted terms by name, detached

    Raises:
        ValueError: For shapes that differ, are not ``[B, T, J, 3]`` of the skeleton, or hold nothing; for clips without
            3D targets, of another skeleton or of different lengths; and for terms that need more than poses.
    """

    def __init__(self, terms: Mapping[str, LossTerm], weights: Mapping[str, float], skeleton: Skeleton) -> None:
        super().__init__()
        self.terms = nn.ModuleDict(terms)
        self.weights = dict(weights)
        self.skeleton = skeleton

    def forward(
        self,
        pred: Float[Tensor, "batch frames joints 3"],
        target: Float[Tensor, "batch frames joints 3"] | Data,
        share: float = 1.0,
        *,
        graph: MotionGraph | None = None,
    ) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
        if isinstance(target, Data):
            graph = self._graph(target) if graph is None else graph
            target = self._true_poses(target)
        if not isinstance(target, Tensor):
            raise TypeError(f"a loss takes a torch tensor or a SkeletonSequence as target, got {type(target).__name__}")
        self._check_shapes(pred, target)
        others = [name for name, term in self._terms.items() if not _compares_poses(term)]
        if others:
            raise ValueError(f"loss '{others[0]}' needs more than two pose sequences; call of_batch")
        with torch.autocast(pred.device.type, enabled=False):
            pred = single(pred)
            target = target.to(pred.dtype)
            values = {name: term.of_poses(pred, target, graph) for name, term in self._terms.items()}
        total = self._sum(values, self._scaled(share, 1.0), pred)
        return total, {name: value.detach() for name, value in values.items()}

    def of_batch(
        self, outputs: Outputs, batch: Data, *, share: float = 1.0, unlabelled_share: float = 1.0
    ) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
        """All terms, from what a model gave in training and the batch of windows that the model saw.

        Terms of poses and of SMPL bodies are means over all outputs of the model, each compared with the truth of its
        own frames. Terms of the root's path are computed for the first output. Terms that need unlabelled windows are
        computed on those windows, all others on the labelled windows. A term of weight 0 is only reported.

        Args:
            outputs: What the model gave.
            batch: :class:`~pygpose.data.Windows`.
            share: Of the weights of the terms on labelled windows, but for the positional ones.
            unlabelled_share: Of the weights of the terms on unlabelled windows; 0 while they wait.

        Returns:
            The scalar sum, and the unweighted terms by name, detached.

        Raises:
            ValueError: For a term that needs what the outputs or the batch do not hold, and for poses whose shape is
                not that of the targets.
        """
        check_needs(self._terms, given_by(outputs, batch))
        graph = self._graph(batch)
        parts = [Part(outputs, batch, i, graph=graph) for i in range(len(outputs.offsets))]
        for part in parts:
            self._check_shapes(part.pose, part.target)
        with torch.autocast(outputs.poses.device.type, enabled=False):
            per_output = {name: term for name, term in self._terms.items() if PER_OUTPUT.issuperset(term.needs)}
            each = [{name: term.measure(part) for name, term in per_output.items()} for part in parts]
            once = {
                name: term.measure(Part(outputs, batch, unlabelled="unlabelled" in term.needs, graph=graph))
                for name, term in self._terms.items()
                if name not in per_output
            }
        weights = self._scaled(share, unlabelled_share)
        total = torch.stack([self._sum(values, weights, outputs.poses) for values in each]).mean()
        for name, value in once.items():
            total = total + weights[name] * value if weights[name] else total
        values = {name: torch.stack([values[name] for values in each]).mean() for name in per_output} | once
        return total, {name: values[name].detach() for name in self.weights}

    @property
    def _terms(self) -> dict[str, LossTerm]:
        return dict(self.terms.items())  # pyright: ignore[reportReturnType]: nothing else was put in

    def _scaled(self, share: float, unlabelled_share: float) -> dict[str, float]:
        """The weights of this step."""
        shares = {
            name: unlabelled_share if "unlabelled" in term.needs else 1.0 if term.positional else share
            for name, term in self._terms.items()
        }
        return {name: shares[name] * weight for name, weight in self.weights.items()}

    def _sum(self, values: Mapping[str, Tensor], weights: Mapping[str, float], like: Tensor) -> Float[Tensor, ""]:
        # A term of weight 0 is only reported: even infinite, it must not touch the sum.
        counted = {name: weights[name] * value for name, value in values.items() if weights[name]}
        of_poses = [value for name, value in counted.items() if _compares_poses(self._terms[name])]
        total = torch.stack([single(like).new_zeros(()), *of_poses]).sum()
        for name, value in counted.items():
            total = total if _compares_poses(self._terms[name]) else total + value
        return total

    def _graph(self, data: Data) -> MotionGraph | None:
        """The motion graph of the data, where a term uses it."""
        uses = any(term.uses_graph for term in self._terms.values())
        return MotionGraph.of_data(data) if uses else None

    def _true_poses(self, data: Data) -> Float[Tensor, "batch frames joints 3"]:
        facts = clip_facts(data)
        if facts.skeleton.name != self.skeleton.name:
            raise ValueError(f"losses of skeleton '{self.skeleton.name}' got clips of {facts.skeleton.name}")
        if "y" not in data:
            raise ValueError("losses need the 3D targets of the clips, which the clips do not have")
        return data["y"].reshape(-1, facts.num_frames, self.skeleton.num_joints, 3)

    def _check_shapes(self, pred: Tensor, target: Tensor) -> None:
        joints = self.skeleton.num_joints
        if pred.shape != target.shape or pred.dim() != 4 or pred.shape[2:] != (joints, 3) or 0 in pred.shape:
            raise ValueError(
                f"losses of skeleton '{self.skeleton.name}' expect prediction and target [B, T, {joints}, 3], not "
                f"empty, got {list(pred.shape)} and {list(target.shape)}"
            )

    def __str__(self) -> str:
        """All terms with their weights, as :func:`parse_losses` reads them."""
        return "+".join(f"{name}:{weight:g}" for name, weight in self.weights.items())


def _compares_poses(term: LossTerm) -> bool:
    return term.needs == ("poses",)


def build_loss(
    text: str | Mapping[str, float],
    *,
    skeleton: Skeleton,
    options: Mapping[str, Any] | None = None,
) -> WeightedSum:
    """Objective from ``motion+lap:0.5``.

    Args:
        text: See :func:`parse_losses`; or the weights that it or :func:`complete_losses` gave.
        skeleton: Gives bones and joints to the terms.
        options: Options of terms by name, for example ``{"motion": MotionOptions(intervals=(12,))}``, or their fields,
            ``{"motion": {"intervals": (12,)}}``.

    Raises:
        ValueError: For text that cannot be parsed, and options for a term that has none or is not in the objective.
    """
    weights = parse_losses(text) if isinstance(text, str) else dict(text)
    options = options or {}
    for name in options:
        if name not in weights:
            raise ValueError(
                f"options for loss '{name}', which is not in '{text if isinstance(text, str) else '+'.join(text)}'"
            )
    terms = {name: _build_term(name, skeleton, options.get(name)) for name in weights}
    return WeightedSum(terms, weights, skeleton)


def _build_term(name: str, skeleton: Skeleton, options: Any) -> LossTerm:
    term = LOSSES[name]
    if options is None:
        return term(skeleton)
    if term.options is None:
        raise ValueError(f"loss '{name}' has no options")
    return term(skeleton, term.options(**options) if isinstance(options, Mapping) else options)  # pyright: ignore[reportCallIssue]: a term with options takes them
