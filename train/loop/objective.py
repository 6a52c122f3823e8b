"""The objective of a run: the terms of ``--loss`` and those that its model and data imply."""

from __future__ import annotations

from pygpose.data import TrainingWindows
from pygpose.losses import LOSSES, WeightedSum, build_loss, complete_losses
from train.config.settings import Config


def build_objective(config: Config, dataset: TrainingWindows, unlabelled: TrainingWindows | None = None) -> WeightedSum:
    """
    Args:
        config: The run.
        dataset: The windows with 3D targets.
        unlabelled: The windows without 3D targets.

    Raises:
        ValueError: For a term that needs what the model or the windows do not give.
    """
    given = set(config.given)
    if dataset.intrinsics is None or (unlabelled is not None and unlabelled.intrinsics is None):
        given.discard("cameras")
    if dataset.root is None:
        given.discard("path")
    if dataset.smpl is None:
        given.discard("true_smpl")
    weights = complete_losses(config.weights, given)
    options = {name: getattr(config.loss_options, name) for name in weights if LOSSES[name].options is not None}
    return build_loss(weights, skeleton=dataset.skeleton, options=options)
