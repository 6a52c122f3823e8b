"""Evaluate a saved model, or a file of anybody's 3D predictions, and write the report that a training run leaves.

python -m train.evaluate runs/NAME
python -m train.evaluate runs/NAME --data mocap --data-root DIR --split val --smooth average gaussian
python -m train.evaluate --predictions FILE --units mm --data mocap --data-root DIR --split val

A model lifts the clips of the data, a file of predictions holds the poses of these clips; both are scored against the
true motion. Models and files have flags of their own: add --help to a command with --predictions FILE for those of
files.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

import torch
import tyro

from graphs import get_skeleton
from pygpose.console import fail_with_sentence
from pygpose.data import DATASETS, DataSource, Split
from pygpose.data.datasets import EXACT
from pygpose.inference.checkpoint import load_model
from pygpose.inference.lift import confidence_of
from pygpose.inference.motion import (
    Motion,
    Trajectory,
    check_filters,
    positions,
    save_world,
)
from pygpose.inference.predictions import Units, read_predictions, save_predictions
from pygpose.refine import FILTERS, CorrectionOptions
from train.config.command import peek
from train.config.environment import (
    check_free,
    check_skeleton,
    choose_device,
    data_facts,
    load_scored,
    new_folder,
    open_data,
    versions,
)
from train.config.extensions import Imports, import_named
from train.config.flags import in_flags, read_flags
from train.config.help import command_help
from train.report.content import BASELINE, ReportContent
from train.report.files import write_report
from train.report.headline import show_results
from train.scoring.evaluation import (
    InferenceChoice,
    correction_words,
    evaluate,
    inference_words,
    never_seen,
    split_words,
    with_focal_error,
)
from train.scoring.examples import examples_of
from train.scoring.scores import score_smoothed

DataConfig = TypeVar("DataConfig")
WINDOW = 96  # frames, where a model's file does not say how many it was trained on


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Generic[DataConfig]):
    """What motions are scored against, and where the report goes."""

    data_options: DataConfig
    data: str = "synthetic"
    """Name of the data set with the true motion; the list above has all names."""
    data_root: str = ""
    """Folder or file that holds the data set; synthetic data need none."""
    split: Split = "test"
    """Which people are scored: those held out for testing, those held out for validation, those of training, or all."""
    out_dir: Path = Path("scores")
    """Folder for the report; a folder that holds files is refused."""
    smooth: tuple[str, ...] = ()
    """Filters over time; the list above has all names. The report shows the motion after each filter beside the motion
    as it is."""
    correct: bool = False
    """Show the corrected motion beside the motion as it is: calm, with bones that keep their lengths and feet that
    stand still (docs/correction.md). Where a clip has its camera, joints are drawn to the rays of its keypoints,
    too."""
    correction: CorrectionOptions = field(default_factory=CorrectionOptions)
    """How --correct corrects."""

    imports: Imports = ()
    """Module of one's own to import first, by its name or the path of its file: losses, models, data sets and filters
    that it registers are known to all flags. Give --import again for every further module."""

    def __post_init__(self) -> None:
        check_filters(self.smooth)
        if self.correction != CorrectionOptions() and not self.correct:
            raise ValueError("--correction says how motion is corrected; give --correct, too, or leave it out")


@dataclass(frozen=True, kw_only=True)
class EvaluateModel(EvaluateConfig[DataConfig]):
    """Evaluate a saved model."""

    run: Annotated[Path, tyro.conf.Positional]
    """Folder of a training run, model file (.safetensors), or official weights of VideoPose3D or TCMR (.bin, .pth.tar).
    To score a file of poses, give --predictions FILE in its place."""
    inference: InferenceChoice = "whole"
    """How the model lifts a clip. whole: in one pass; windows: in windows whose overlaps are averaged; both: the report
    shows both ways."""
    trajectory: Trajectory | Literal["auto"] = "auto"
    """Where the path of the root joint comes from. none: poses have no path; model: from the model's root head; solve:
    computed from poses, keypoints and cameras; auto: model where the model has a root head, none where it has not."""
    flip: bool = True
    """Average each prediction with the prediction for the mirrored keypoints."""
    window: int | None = None
    """Frames of a window of --inference windows. None: as many as in training; 96 where the model's file does not say
    how many, or where windows would be shorter than --window-step."""
    window_step: int = 5
    """Frames from the start of a window to the start of the next one."""
    body: str = ""
    """File of the SMPL body, for a model that lifts image features, where the file has moved since training."""
    joint_regressor: str = ""
    """File of the regressor that gives the body's joints, where the file has moved since training."""
    focal_error: float = 0.0
    """Share by which the focal length that the model is told is wrong: 0.2 for a fifth too long, -0.2 for a fifth too
    short. It shows what a guessed camera costs."""
    device: str = "auto"
    """Device that computes: cpu, cuda, cuda:1, mps; auto: a GPU where there is one, or else the CPU."""
    save_predictions: bool = False
    """Write the poses beside the report as predictions.npz, a file that --predictions reads, with the confidence of
    every position where the model says how uncertain it is. Where the root has a path,
    the poses are in the camera's frame; where not, relative to the root."""
    save_motion: bool = False
    """Write the motion beside the report as motion.npz: world positions in metres, z up, which --data mocap reads."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("window", "window_step"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} must be at least 1, got {getattr(self, name)}")
        if not -0.9 <= self.focal_error <= 9:
            raise ValueError(f"--focal-error must lie in [-0.9, 9], got {self.focal_error}")
        if self.save_predictions and self.inference == "both":
            raise ValueError(
                "--save-predictions keeps one pose of a frame; give --inference whole or windows, not both"
            )
        if self.save_motion and (self.trajectory == "none" or self.inference == "both"):
            raise ValueError("--save-motion keeps one motion of a clip: it needs a root path, and --inference not both")


@dataclass(frozen=True, kw_only=True)
class EvaluatePredictions(EvaluateConfig[DataConfig]):
    """Evaluate a file of 3D predictions."""

    run: Annotated[str, tyro.conf.Positional] = ""
    """Leave this out beside --predictions: one report is about a model or about a file."""
    predictions: Path
    """File of poses (.npz or .csv); the README's section on predictions describes the form."""
    units: Units | None = None
    """Unit of the file's lengths, where the file does not state it."""
    name: str = ""
    """Name of the system in the report's tables; where none is given, the file's name."""
    partial: bool = False
    """Accept a file that lacks clips of the split, and score the clips that it has; the report's title says how
    many."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.run:
            raise ValueError(f"both {self.run} and --predictions {self.predictions} are given; score one at a time")


def parse_command(words: Sequence[str]) -> EvaluateModel | EvaluatePredictions:
    """The command line as a config: ``--predictions`` and ``--data`` choose which flags there are."""
    import_named(words)
    data = peek(words, "--data", "synthetic")
    options = DATASETS[data].config()
    default: EvaluateModel | EvaluatePredictions
    if any(word.split("=")[0] == "--predictions" for word in words):
        default = EvaluatePredictions(data_options=options, predictions=tyro.MISSING, data=data)
    else:
        default = EvaluateModel(data_options=options, run=tyro.MISSING, data=data)
    datasets = {name: DATASETS[name].description for name in DATASETS}
    about = command_help(__doc__, {"--data": datasets, "--smooth": FILTERS})
    kind = type(default)[type(options)]  # pyright: ignore[reportInvalidTypeArguments]
    return read_flags(kind, words, module="train.evaluate", about=about, default=default)


def evaluate_model(config: EvaluateModel, source: DataSource, command: str) -> ReportContent:
    """The report on a saved model; poses and motion are written into its folder where they are asked for."""
    model, header = load_model(config.run, body=config.body, joint_regressor=config.joint_regressor)
    device = choose_device(config.device)
    check_skeleton(model, source.skeleton)
    data = load_scored(source, config.split, config.data_root)
    check_free(config.out_dir)
    length = int(header.get("num_frames", WINDOW))
    window = config.window or (length if length >= config.window_step else WINDOW)
    trajectory = config.trajectory
    if trajectory == "auto":
        trajectory = "none" if model.root_head == "none" else "model"
    found = evaluate(
        model.to(device),
        header["arch"],
        with_focal_error(data.sequences, config.focal_error),
        device=device,
        inference=config.inference,
        trajectory=trajectory,
        flip=config.flip,
        window=window,
        step=config.window_step,
        smooth=config.smooth,
        correct=config.correction if config.correct else None,
        detected=data.input != EXACT or None,
    )
    out_dir = new_folder(config.out_dir)
    if config.save_predictions:
        sure = [None if motion.spread is None else confidence_of(motion.spread) for motion in found.motions]
        save_predictions(out_dir / "predictions.npz", data.sequences, positions(found.motions), model.skeleton, sure)
    if config.save_motion:
        save_world(out_dir / "motion.npz", data.sequences, found.motions)
    return ReportContent(
        title=f"{header['arch']}, {header['loss']}, on {data.title}",
        facts={
            "command": command,
            "model": f"trained on {header['data']}, epoch {header['epoch']}{_people(header)}",
            **data_facts(data, config.split, source.checksum()),
            "inference": inference_words(config.inference, window, config.window_step, config.flip),
            **_smoothing_facts(config),
            **(
                {"focal length": f"the model is told {1 + config.focal_error:.0%} of the true one"}
                if config.focal_error
                else {}
            ),
            **versions(device),
        },
        notes=[*data.notes, *found.notes],
        results=found.results,
        skeleton=model.skeleton,
        log=None,
        examples=found.examples,
        baseline=BASELINE in found.results,
        data=config.data,
        unseen=never_seen(header, data.sequences),
        split=split_words(header, data.sequences),
        smoothed=found.smoothed,
    )


def evaluate_predictions(config: EvaluatePredictions, source: DataSource, command: str) -> ReportContent:
    """The report on a file of predictions."""
    predictions = read_predictions(config.predictions, get_skeleton(source.skeleton), config.units)
    data = load_scored(source, config.split, config.data_root)
    clips, poses = predictions.of(data.sequences, partial=config.partial)
    check_free(config.out_dir)
    motions = [Motion(pose) for pose in poses]
    name = config.name or config.predictions.stem
    results, smoothed, costs = score_smoothed(
        clips,
        {name: motions},
        predictions.skeleton,
        config.smooth,
        correct=config.correction if config.correct else None,
    )
    part = f", {len(clips)} of {len(data.sequences)} clips" if len(clips) < len(data.sequences) else ""
    return ReportContent(
        title=f"{name}, on {data.title}{part}",
        facts={
            "command": command,
            **predictions.facts,
            **data_facts(replace(data, sequences=clips), config.split, source.checksum()),
            **_smoothing_facts(config),
            **versions(torch.device("cpu")),
        },
        notes=[f"Stills show the 2D input of the data; what {name} was given is not known here.", *costs, *data.notes],
        results=results,
        skeleton=predictions.skeleton,
        log=None,
        examples=examples_of(clips, motions, results[name]),
        data=config.data,
        unseen=False,
        split=split_words({}, clips),
        baseline=False,
        smoothed=smoothed,
    )


def _people(header: Mapping[str, str]) -> str:
    return f", subjects {', '.join(json.loads(header['subjects']))}" if "subjects" in header else ""


def _smoothing_facts(config: EvaluateConfig) -> dict[str, str]:
    facts = {"smoothing": ", ".join(str(FILTERS[name]()) for name in config.smooth)} if config.smooth else {}
    return facts | ({"correction": correction_words(config.correction)} if config.correct else {})


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    with fail_with_sentence(in_flags):
        config = parse_command(words)
        source = open_data(config.data, config.data_root, config.data_options)
        command = shlex.join(["python", "-m", "train.evaluate", *words])
        of_model = isinstance(config, EvaluateModel)
        content = evaluate_model(config, source, command) if of_model else evaluate_predictions(config, source, command)
        write_report(content, config.out_dir)
        show_results(content.title, dict(content.results), config.out_dir)


if __name__ == "__main__":
    main()
