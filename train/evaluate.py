"""Score a saved model, or a file of anyone's 3D predictions, on any data; with the report that a training run leaves.

python -m train.evaluate runs/NAME --data mocap --data-root ../shared/data/cmu --split val --out-dir scores

python -m train.evaluate --predictions FILE --units mm --data mocap --data-root ../shared/data/cmu --split val

The two have flags of their own: add --help to either. With --smooth average gaussian, each filter's rows stand beside.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

import numpy as np
import pandas as pd
import torch
import tyro

from graphs import Skeleton, get_skeleton
from pygpose.data import DATASETS, DataSource, SkeletonSequence, Split, check_subjects
from pygpose.lift import Inference
from pygpose.metrics import clip_row, world_row
from pygpose.models import Lifter
from pygpose.refine import FILTERS
from train.checkpoint import load_model
from train.config import peek
from train.console import fail_with_sentence, show_results
from train.environment import check_skeleton, choose_device, data_facts, new_folder, open_data, versions
from train.motions import (
    NAMES,
    Motion,
    Trajectory,
    behind,
    check_filters,
    positions,
    predict,
    save_world,
    smooth_motions,
    solve_paths,
)
from train.pictures import Example
from train.predictions import Units, read_predictions, save_predictions
from train.report import write_report
from train.story import ReportContent

DataConfig = TypeVar("DataConfig")
InferenceChoice = Literal["whole", "windows", "both"]


def score(clips: Sequence[SkeletonSequence], motions: Sequence[Motion], skeleton: Skeleton) -> pd.DataFrame:
    """A row of sums and counts for each clip, or for each action of one that shows several; the index is the clip's
    place among ``clips``."""
    rows, places = [], []
    for place, (clip, motion) in enumerate(zip(clips, motions, strict=True)):
        names = {name: clip[name] for name in ("subject", "camera", "clip")}
        for action, valid in clip.counted().items():
            row = clip_row(motion.pose, clip.pose(), skeleton, fps=clip.fps, action=action, valid=valid, **names)
            if motion.path is not None:
                row |= world_row(motion.pose, motion.path, clip.pose(), clip.root, skeleton, clip.fps, valid)
            rows.append(row)
            places.append(place)
    return pd.DataFrame(rows, index=places)


def score_smoothed(
    clips: Sequence[SkeletonSequence], found: Mapping[str, Sequence[Motion]], skeleton: Skeleton, filters: Sequence[str]
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Rows of every system, each with those of its smoothed motion after them; and who was smoothed, by their names."""
    results: dict[str, pd.DataFrame] = {}
    smoothed: dict[str, str] = {}
    for name, motions in found.items():
        results[name] = score(clips, motions, skeleton)
        for filter_name in filters:
            smoothed[f"{name} + {filter_name}"] = name
            results[f"{name} + {filter_name}"] = score(clips, smooth_motions(clips, motions, filter_name), skeleton)
    return results, smoothed


@dataclass(frozen=True)
class Scores:
    """Rows of every way to predict, the baseline's among them, the first way's motions, and some clips to look at."""

    results: dict[str, pd.DataFrame]
    motions: list[Motion]
    examples: list[Example]
    notes: list[str]
    smoothed: dict[str, str]
    """Whose motion a smoothed system's is."""


def evaluate(
    model: Lifter,
    arch: str,
    clips: Sequence[SkeletonSequence],
    *,
    device: torch.device,
    inference: InferenceChoice,
    trajectory: Trajectory,
    flip: bool,
    window: int,
    step: int,
    smooth: Sequence[str] = (),
) -> Scores:
    """Every metric on every clip, for the model and for the mean pose of its training data.

    A path by the model's root head has the solved one beside it, where the cameras are known, and every motion the same
    through each filter of ``smooth``.
    """
    ways: list[Inference] = ["whole", "windows"] if inference == "both" else [inference]
    found: dict[str, list[Motion]] = {}
    for way in ways:
        name = f"{arch} ({NAMES[way]})" if len(ways) > 1 else arch
        motions = predict(model, clips, device=device, inference=way, flip=flip, window=window, step=step)
        if trajectory == "model":
            found[name] = motions
            if all("intrinsics" in clip for clip in clips):
                found[f"{name}, path solved"] = solve_paths(clips, motions)
        else:
            poses = [Motion(motion.pose) for motion in motions]
            found[name] = solve_paths(clips, poses) if trajectory == "solve" else poses
    results, smoothed = score_smoothed(clips, found, model.skeleton, smooth)
    mean = (model.mean_pose[: model.skeleton.num_joints] - model.mean_pose[model.skeleton.root]).cpu()
    still = [Motion(mean.expand(clip.num_frames, -1, -1).contiguous()) for clip in clips]
    results["mean pose"] = score(clips, still, model.skeleton)
    first = next(iter(found))
    notes = [
        f"{name}: in {count} frames the root comes out at or behind the camera: these poses do not fit their keypoints."
        for name, motions in found.items()
        if (count := behind(motions))
    ]
    return Scores(results, found[first], _examples(clips, found[first], results[first]), notes, smoothed)


def _examples(clips: Sequence[SkeletonSequence], motions: Sequence[Motion], rows: pd.DataFrame) -> list[Example]:
    """Clips of small, median and largest error, of a second or longer where there are such."""
    sums = rows.loc[rows["frames"] > 0].groupby(level=0)[["mpjpe_sum", "frames"]].sum()
    error = (sums["mpjpe_sum"] / sums["frames"]).to_dict()
    some = list(error)  # in the others, no frame counts
    long = [i for i in some if clips[i].num_frames >= clips[i].fps] or some
    order = sorted(long, key=lambda i: error[i])
    chosen = {"good": order[len(order) // 10], "median": order[len(order) // 2], "worst": order[-1]}
    return [
        Example(
            title=f"{name}: {clips[i].subject}, {clips[i].action}, camera {clips[i].camera}, {clips[i].clip}",
            keypoints=clips[i].keypoints().numpy(),
            pred=motions[i].pose.numpy(),
            target=clips[i].pose().numpy(),
            fps=clips[i].fps,
            valid=clips[i].valid.numpy() if "valid" in clips[i] else None,
            **_paths(clips[i], motions[i]),
        )
        for name, i in chosen.items()
    ]


def _paths(clip: SkeletonSequence, motion: Motion) -> dict[str, np.ndarray]:
    return {} if motion.path is None else {"pred_path": motion.path.numpy(), "path": clip.root.numpy()}


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
    """Run folder, or a model file (.safetensors). To score a file of poses, give --predictions FILE in its place."""
    inference: InferenceChoice = "whole"
    """Whole clips in one pass, or windows whose overlaps are averaged, or both."""
    trajectory: Trajectory | Literal["auto"] = "auto"
    """Where the root is. model: by the model's root head; solve: computed from pose, keypoints and camera; auto: the
    model's, where it has one."""
    flip: bool = True
    """Average with the mirrored prediction."""
    window: int = 96
    """Frames of a window."""
    window_step: int = 5
    """Frames between windows."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    save_predictions: bool = False
    """Leave the poses beside the report as predictions.npz, which --predictions reads; with a root path, where they
    are in the camera's frame."""
    save_motion: bool = False
    """Leave the motion in the world beside the report as motion.npz, metres, z up, which --data mocap reads."""

    def __post_init__(self) -> None:
        super().__post_init__()
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
    """File of poses (.npz or .csv), in the form that train/predictions.py describes."""
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
    model, header = load_model(config.run)
    device = choose_device(config.device)
    check_skeleton(model, source.skeleton)
    data = source.load(check_subjects(source, None, config.split))
    out_dir = new_folder(config.out_dir)
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
        window=config.window,
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
            "model": f"trained on {header['data']}, epoch {header['epoch']}",
            **data_facts(data, config.split, source.checksum()),
            "flip averaging": "yes" if config.flip else "no",
            **_smoothing_facts(config),
            **versions(device),
        },
        notes=[*data.notes, *scores.notes],
        results=scores.results,
        skeleton=model.skeleton,
        log=None,
        examples=scores.examples,
        data=config.data,
        unseen=config.split in ("val", "test"),
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
        examples=_examples(clips, motions, results[name]),
        data=config.data,
        unseen=False,
        baseline=False,
        smoothed=smoothed,
    )


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
