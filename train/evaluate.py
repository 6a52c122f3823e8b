"""Score a saved model, or a file of anyone's 3D predictions, on any data; with the report that a training run leaves.

python -m train.evaluate runs/NAME --data mocap --data-root ../shared/data/cmu --split val --out-dir scores

python -m train.evaluate --predictions FILE --units mm --data mocap --data-root ../shared/data/cmu --split val

The two have flags of their own: add --help to either. With --smooth average gaussian, each filter's rows stand beside.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

import torch
import tyro

from graphs import get_skeleton
from pygpose.console import fail_with_sentence
from pygpose.data import DATASETS, DataSource, Split, check_subjects
from pygpose.inference.checkpoint import load_model
from pygpose.inference.motion import (
    Motion,
    Trajectory,
    check_filters,
    positions,
    save_world,
)
from pygpose.inference.predictions import Units, read_predictions, save_predictions
from pygpose.refine import FILTERS
from train.config.environment import check_skeleton, choose_device, data_facts, new_folder, open_data, versions
from train.config.settings import peek
from train.report.files import write_report
from train.report.headline import show_results
from train.report.story import BASELINE, ReportContent
from train.scoring.scores import InferenceChoice, evaluate, examples_of, inference_words, never_seen, score_smoothed

DataConfig = TypeVar("DataConfig")
WINDOW = 96


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(Generic[DataConfig]):
    """What is scored on."""

    data_options: DataConfig
    data: str = "synthetic"
    """Data set."""
    data_root: str = ""
    """Folder or file of the data, where they are not embedded."""
    split: Split = "test"
    """Which people."""
    out_dir: Path = Path("scores")
    """New folder for the report."""
    smooth: tuple[str, ...] = ()
    """Filters over time, any of those above: the report has the motion smoothed by each beside the motion as it is."""

    def __post_init__(self) -> None:
        check_filters(self.smooth)


@dataclass(frozen=True, kw_only=True)
class EvaluateModel(EvaluateConfig[DataConfig]):
    """Score a saved model."""

    run: Annotated[Path, tyro.conf.Positional]
    """Run folder, a model file (.safetensors), or official weights of VideoPose3D or TCMR (.bin, .pth.tar). To score a
    file of poses, give --predictions FILE in its place."""
    inference: InferenceChoice = "whole"
    """Whole clips in one pass, or windows whose overlaps are averaged, or both."""
    trajectory: Trajectory | Literal["auto"] = "auto"
    """Where the root is. model: by the model's root head; solve: computed from pose, keypoints and camera; auto: the
    model's, where it has one."""
    flip: bool = True
    """Average with the mirrored prediction."""
    window: int | None = None
    """Frames of a window; not given: as in training; 96 where nobody knows, or that is shorter than --window-step."""
    window_step: int = 5
    """Frames between windows."""
    body: str = ""
    """SMPL body file of a model of image features, where it is not where it was in training."""
    joint_regressor: str = ""
    """As --body, of its joints."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    save_predictions: bool = False
    """Leave the poses beside the report as predictions.npz, which --predictions reads; with a root path, where they
    are in the camera's frame."""
    save_motion: bool = False
    """Leave the motion in the world beside the report as motion.npz, metres, z up, which --data mocap reads."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("window", "window_step"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} must be at least 1, got {getattr(self, name)}")
        if self.save_predictions and self.inference == "both":
            raise ValueError(
                "--save-predictions keeps one pose of a frame; give --inference whole or windows, not both"
            )
        if self.save_motion and (self.trajectory == "none" or self.inference == "both"):
            raise ValueError("--save-motion keeps one motion of a clip: it needs a root path, and --inference not both")


@dataclass(frozen=True, kw_only=True)
class EvaluatePredictions(EvaluateConfig[DataConfig]):
    """Score a file of 3D predictions."""

    run: Annotated[str, tyro.conf.Positional] = ""
    """Not with --predictions: a report is on one of the two."""
    predictions: Path
    """File of poses (.npz or .csv), in the form that pygpose/inference/predictions.py describes."""
    units: Units | None = None
    """Units of a file that does not state them."""
    name: str = ""
    """What to call the system in tables; the file's name where not given."""
    partial: bool = False
    """Score the clips that are in the file, where it lacks some; the report's title says how many."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.run:
            raise ValueError(f"both {self.run} and --predictions {self.predictions} are given; score one at a time")


def parse_command(words: Sequence[str]) -> EvaluateModel | EvaluatePredictions:
    """The command line as a config: ``--predictions`` and ``--data`` choose which flags there are."""
    data = peek(words, "--data", "synthetic")
    options = DATASETS[data].config()
    default: EvaluateModel | EvaluatePredictions
    if any(word.split("=")[0] == "--predictions" for word in words):
        default = EvaluatePredictions(data_options=options, predictions=tyro.MISSING, data=data)
    else:
        default = EvaluateModel(data_options=options, run=tyro.MISSING, data=data)
    about = f"{__doc__}\n\n--smooth: {', '.join(FILTERS)}"
    kind = type(default)[type(options)]  # pyright: ignore[reportInvalidTypeArguments]
    return tyro.cli(kind, args=list(words), default=default, prog="python -m train.evaluate", description=about)


def score_model(config: EvaluateModel, source: DataSource, command: str) -> ReportContent:
    """What there is to say of a saved model; its poses are in the report's folder where they are asked for."""
    model, header = load_model(config.run, body=config.body, joint_regressor=config.joint_regressor)
    device = choose_device(config.device)
    check_skeleton(model, source.skeleton)
    data = source.load(check_subjects(source, None, config.split))
    out_dir = new_folder(config.out_dir)
    trained = int(header.get("num_frames", WINDOW))
    window = config.window or (trained if trained >= config.window_step else WINDOW)
    trajectory = config.trajectory
    if trajectory == "auto":
        trajectory = "none" if model.root_head == "none" else "model"
    scores = evaluate(
        model.to(device),
        header["arch"],
        data.sequences,
        device=device,
        inference=config.inference,
        trajectory=trajectory,
        flip=config.flip,
        window=window,
        step=config.window_step,
        smooth=config.smooth,
    )
    if config.save_predictions:
        save_predictions(out_dir / "predictions.npz", data.sequences, positions(scores.motions), model.skeleton)
    if config.save_motion:
        save_world(out_dir / "motion.npz", data.sequences, scores.motions)
    return ReportContent(
        title=f"{header['arch']}, {header['loss']}, on {data.title}",
        facts={
            "command": command,
            "model": f"trained on {header['data']}, epoch {header['epoch']}{_people(header)}",
            **data_facts(data, config.split, source.checksum()),
            "inference": inference_words(config.inference, window, config.window_step, config.flip),
            **_smoothing_facts(config),
            **versions(device),
        },
        notes=[*data.notes, *scores.notes],
        results=scores.results,
        skeleton=model.skeleton,
        log=None,
        examples=scores.examples,
        baseline=BASELINE in scores.results,
        data=config.data,
        unseen=never_seen(header, data.sequences),
        smoothed=scores.smoothed,
    )


def score_predictions(config: EvaluatePredictions, source: DataSource, command: str) -> ReportContent:
    """What there is to say of a file of predictions."""
    predictions = read_predictions(config.predictions, get_skeleton(source.skeleton), config.units)
    data = source.load(check_subjects(source, None, config.split))
    clips, poses = predictions.of(data.sequences, partial=config.partial)
    new_folder(config.out_dir)
    motions = [Motion(pose) for pose in poses]
    name = config.name or config.predictions.stem
    results, smoothed = score_smoothed(clips, {name: motions}, predictions.skeleton, config.smooth)
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
        notes=[f"Stills show the 2D input of the data; what {name} was given is not known here.", *data.notes],
        results=results,
        skeleton=predictions.skeleton,
        log=None,
        examples=examples_of(clips, motions, results[name]),
        data=config.data,
        unseen=False,
        baseline=False,
        smoothed=smoothed,
    )


def _people(header: Mapping[str, str]) -> str:
    return f", subjects {', '.join(json.loads(header['subjects']))}" if "subjects" in header else ""


def _smoothing_facts(config: EvaluateConfig) -> dict[str, str]:
    return {"smoothing": ", ".join(str(FILTERS[name]()) for name in config.smooth)} if config.smooth else {}


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    with fail_with_sentence():
        config = parse_command(words)
        source = open_data(config.data, config.data_root, config.data_options)
        command = shlex.join(["python", "-m", "train.evaluate", *words])
        of_model = isinstance(config, EvaluateModel)
        content = score_model(config, source, command) if of_model else score_predictions(config, source, command)
        write_report(content, config.out_dir)
        show_results(content.title, dict(content.results), config.out_dir)


if __name__ == "__main__":
    main()
