"""Train a model that lifts 2D keypoints to 3D motion, then report on people whom the model has never seen.

python -m train.run --arch ugcn --loss motion+lap
python -m train.run --arch ugcn --loss motion+lap --data mocap --data-root DIR
python -m train.run --resume runs/NAME
"""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import torch
from rich.markup import escape

from pygpose.console import console, fail_with_sentence, show_error
from pygpose.data import check_subjects
from pygpose.data.datasets import EXACT
from pygpose.inference.checkpoint import load_model
from pygpose.inference.motion import predict
from pygpose.metrics import summary
from pygpose.models import Lifter
from pygpose.refine import CorrectionOptions
from pygpose.safe.text import reason
from train.config.command import changed_flag, parse_command
from train.config.environment import choose_device, data_facts, versions
from train.config.extensions import import_flags
from train.config.flags import in_flags
from train.config.settings import Config
from train.loop.facts import trained_epochs, training_facts
from train.loop.folder import STATE, first_command, run_folder, run_record
from train.loop.prepare import open_people, prepare
from train.loop.progress import training_progress
from train.loop.trainer import DivergedError, Trainer
from train.report.content import ReportContent
from train.report.files import write_report
from train.report.headline import show_results
from train.scoring.evaluation import correction_words, evaluate, inference_words, never_seen, split_words
from train.scoring.scores import score


def run(config: Config, command: str) -> Path:
    """Train, keep the best weights by the validation subjects, and write the report. Returns the run folder, which no
    other process gets meanwhile."""
    with ExitStack() as held:
        return _run(config, command, held)


def _run(config: Config, command: str, held: ExitStack) -> Path:
    device = choose_device(config.device)
    people = open_people(config)
    source, training = people.source, people.training
    validation = source.load(check_subjects(source, None, "val"))
    prepared = prepare(config, people, device)
    model, dataset, unlabelled, loss = prepared.model, prepared.dataset, prepared.unlabelled, prepared.loss
    skeleton = model.skeleton
    run_dir = held.enter_context(run_folder(config, people.checksum, device, command))
    model.set_statistics(
        dataset.mean_pose(), dataset.pose_scale(), dataset.mean_root(), dataset.root_scale(), dataset.bone_lengths()
    )
    model.fps = dataset.fps
    model.exact = (
        not training.motions and training.input == EXACT
    )  # of motions, windows are drawn with a detector's errors
    model.to(device)

    def validate(candidate: Lifter) -> dict[str, float]:
        motions = predict(candidate, validation.sequences, device=device, inference="whole", flip=config.flip)
        averages = summary(score(validation.sequences, motions, skeleton))["mean_over_frames"]
        names = ("mpjpe_mm", "mpjve_mm", "mpjacce_mm", "root_error_mm")
        return {f"val_{name}": averages[name] for name in names if name in averages}

    trainer = Trainer(config, model, loss, dataset, validate, run_dir, device, unlabelled)
    if config.resume and (run_dir / STATE).is_file():  # without a state, the run goes on from its first step
        trainer.resume()
    console.print(
        f"{config.arch} ({sum(p.numel() for p in model.parameters()):,} weights), {loss}, {training.title}: "
        f"{len(dataset):,} windows of {config.num_frames} frames"
        f"{f' and {len(unlabelled):,} without targets' if unlabelled else ''}, "
        f"{config.epochs} epochs on {device} -> {run_dir}",
        highlight=False,
        markup=False,
    )
    stopped = _train(trainer, config)

    scored_source, split = people.scored()
    same = people.test is None and split == "val"
    scored = validation if same else scored_source.load(check_subjects(scored_source, None, split))
    best, header = load_model(run_dir)
    scores = evaluate(
        best.to(device),
        config.arch,
        scored.sequences,
        device=device,
        inference=config.inference,
        trajectory=config.trajectory,
        flip=config.flip,
        window=config.num_frames,
        step=config.window_step,
        smooth=config.smooth,
        correct=CorrectionOptions() if config.correct else None,
        detected=scored.input != EXACT or None,
    )
    facts = {
        "command": command,
        **data_facts(scored, split, scored_source.checksum()),
        **training_facts(trainer, dataset, unlabelled, header, "val" if same else "test"),
        "inference": inference_words(config.inference, config.num_frames, config.window_step, config.flip),
        **({"correction": correction_words(CorrectionOptions())} if config.correct else {}),
        **versions(device),
    }
    elsewhere = "" if people.test is None else f", scored on {scored.title}"
    content = ReportContent(
        title=f"{config.arch}, {config.loss}, on {training.title}{elsewhere}",
        facts=facts,
        notes=[*scored.notes, *scores.notes, *prepared.notes],
        results=scores.results,
        skeleton=skeleton,
        log=pd.DataFrame(trainer.progress.log),
        examples=scores.examples,
        data=config.test_data or config.data,
        smoothed=scores.smoothed,
        training={
            "command": first_command(run_dir) or command,
            "epochs": trained_epochs(trainer),
            "of_epochs": config.epochs,
            "minutes": round(trainer.progress.seconds / 60, 1),
            "cpu_minutes": round(trainer.progress.cpu_seconds / 60, 1),
            "stopped": stopped,
        },
        unseen=people.test is not None or never_seen(header, scored.sequences),
        split=split_words(header, scored.sequences, config.test_data),
    )
    write_report(content, run_dir)
    show_results(content.title, scores.results, run_dir)
    return run_dir


def _train(trainer: Trainer, config: Config) -> str:
    """Train; returns who stopped it before its last epoch."""
    frames = trainer.loader.batch_size * config.num_frames
    try:
        with training_progress(trainer.total_steps, trainer.progress.step, frames) as on_step:
            trainer.train(on_step)
        return "time limit" if trainer.progress.step < trainer.total_steps else ""
    except KeyboardInterrupt:
        if not trainer.progress.best_epoch:
            trainer.save_best()
        again = ["python", "-m", "train.run", "--resume", str(trainer.run_dir), *import_flags(config.imports)]
        console.print(
            f"stopped in epoch {trainer.progress.epoch + 1} of {config.epochs}; the report follows. "
            f"To go on: {shlex.join(again)}",
            highlight=False,
            markup=False,
        )
        return "user"


def read_command(argv: Sequence[str]) -> Config:
    """The config of a command line; a resumed run's own, with nothing changed but time limit and device."""
    config = parse_command(argv)
    if not config.resume:
        return config
    stored, _ = run_record(Path(config.resume))
    asked = dataclasses.replace(stored, resume=config.resume)
    given = parse_command(argv, default=asked)
    changed = changed_flag(asked, given, free=("max_minutes", "device", "resume", "imports"))
    if changed:
        raise ValueError(
            f"run {config.resume} was begun with another {changed}; a resumed run keeps its configuration, so leave "
            "the flag out or start a new run"
        )
    return given


def _is_of_memory(error: Exception) -> bool:
    """Whether a device or the machine is out of memory, which torch says in several ways."""
    known = isinstance(error, MemoryError | torch.OutOfMemoryError)
    return known or "allocate memory" in str(error) or "out of memory" in str(error)


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    with fail_with_sentence(in_flags):
        config = read_command(words)
        try:
            run(config, shlex.join(["python", "-m", "train.run", *words]))
        except DivergedError as error:
            console.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True, highlight=False)
            sys.exit(1)
        except (MemoryError, RuntimeError) as error:
            if not _is_of_memory(error):
                raise
            show_error(
                f"the memory is not enough ({reason(error)}); give a smaller --batch-size or --num-frames, or a "
                "smaller model. What is saved of a run goes on with --resume"
            )
            sys.exit(1)
        except KeyboardInterrupt:
            console.print("stopped before there was a report; a run whose folder is there makes it with --resume")
            sys.exit(130)


if __name__ == "__main__":
    main()
