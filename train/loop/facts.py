"""What a report says of a training."""

from __future__ import annotations

from collections.abc import Mapping

from graphs import graph_name
from pygpose.data import TrainingWindows
from train.loop.trainer import Trainer


def training_facts(
    trainer: Trainer,
    dataset: TrainingWindows,
    unlabelled: TrainingWindows | None,
    header: Mapping[str, str],
    split: str,
) -> dict[str, str]:
    """Lines of a report about whom the model was trained on, how, and with which budget.

    Args:
        trainer: When training has ended.
        dataset: The windows with 3D targets.
        unlabelled: The windows without 3D targets.
        header: What the file of the best weights says of them.
        split: Who is scored.
    """
    config, progress = trainer.config, trainer.progress
    frames = progress.step * trainer.loader.batch_size * config.num_frames
    chosen = f"epoch {header['epoch']}, best MPJPE on the validation subjects"
    if not progress.best_epoch:
        chosen = "those at the moment of stopping, before any validation"
    elif split == "val":
        chosen += " (which are also those scored here: no test subjects in these data)"
    share = "" if config.labelled_share == 1 else f", {config.labelled_share:.0%} of each clip"
    without, warmup = {}, config.semi_warmup
    if unlabelled is not None:
        counted = progress.step > warmup * len(trainer.loader)
        waited = f", from epoch {warmup + 1} on" if counted else f", in no step (warm-up: {warmup} epochs)"
        without = {"trained without targets on": _people(unlabelled) + waited}
    edges = ", ".join(f"{count} {name}" for name, count in dataset.graph.counts.items())
    return {
        "trained on": _people(dataset) + share,
        **without,
        "objective": str(trainer.loss),
        "graph": f"{graph_name(config.graph)}; edges of a window: {edges}",
        "weights": chosen,
        "budget": f"{trained_epochs(trainer):g} of {config.epochs} epochs, {progress.step} steps, "
        f"{progress.seconds / 60:.1f} minutes of training on the clock ({progress.cpu_seconds / 60:.1f} minutes of CPU "
        f"time), {frames / max(progress.seconds, 1e-9):,.0f} frames/s",
        "model size": f"{sum(p.numel() for p in trainer.model.parameters()):,} weights",
        "seed": str(config.seed),
        "precision": "bfloat16 autocast in training" if trainer.bfloat16 else "float32",
    }


def trained_epochs(trainer: Trainer) -> float:
    """Passes over the training windows; the last may have been cut off."""
    return round(trainer.progress.step / len(trainer.loader), 2)


def _people(dataset: TrainingWindows) -> str:
    return f"{', '.join(dataset.subjects)}: {len(dataset)} windows"
