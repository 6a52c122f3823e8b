"""Score a saved model on any data, with the same report as a training run leaves.

python -m train.evaluate runs/NAME --data mocap --data-root ../shared/data/cmu --split val --out-dir scores
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

import pandas as pd
import torch
import tyro
from torch import Tensor

from pygpose.data import DATASETS, SkeletonSequence, Split, check_subjects
from pygpose.lift import Inference, lift
from pygpose.metrics import clip_row
from pygpose.models import Lifter
from train.checkpoint import load_model
from train.config import peek
from train.console import fail_with_sentence, show_results, track
from train.environment import check_skeleton, choose_device, data_facts, new_folder, open_data, versions
from train.report import Example, ReportContent, write_report

DataConfig = TypeVar("DataConfig")
InferenceChoice = Literal["whole", "windows", "both"]
NAMES: Mapping[Inference, str] = {"whole": "whole clips", "windows": "windows"}


def predict(
    model: Lifter, clips: Sequence[SkeletonSequence], *, device: torch.device, inference: Inference, **options
) -> list[Tensor]:
    """The pose ``[T, J, 3]`` of every clip, metres; neighbours of one length (a clip's cameras) run together."""
    poses: list[Tensor] = []
    at_once = 4096 if device.type == "cpu" else 2**18  # frames; more than a CPU's caches hold run at half the speed
    jobs = [
        group[first : first + max(1, at_once // frames)]
        for frames, group in ((n, list(part)) for n, part in groupby(clips, key=lambda clip: clip.num_frames))
        for first in range(0, len(group), max(1, at_once // frames))
    ]
    for group in track(jobs, f"lifting, {NAMES[inference]}"):
        keypoints = torch.stack([clip.keypoints() for clip in group]).to(device)
        poses += lift(model, keypoints, inference=inference, **options).cpu().unbind()
    return poses


def score(clips: Sequence[SkeletonSequence], poses: Sequence[Tensor], model: Lifter) -> pd.DataFrame:
    """One row of sums and counts for each clip."""
    rows = [
        clip_row(
            pose,
            clip.pose(),
            model.skeleton,
            fps=clip.fps,
            subject=clip.subject,
            action=clip.action,
            camera=clip.camera,
            clip=clip.clip,
        )
        for clip, pose in zip(clips, poses, strict=True)
    ]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Scores:
    """Rows of every way to predict, the baseline's among them, and some clips to look at."""

    results: dict[str, pd.DataFrame]
    examples: list[Example]


def evaluate(
    model: Lifter,
    arch: str,
    clips: Sequence[SkeletonSequence],
    *,
    device: torch.device,
    inference: InferenceChoice,
    flip: bool,
    window: int,
    step: int,
) -> Scores:
    """Every metric on every clip, for the model and for the mean pose of its training data."""
    ways: list[Inference] = ["whole", "windows"] if inference == "both" else [inference]
    results: dict[str, pd.DataFrame] = {}
    poses: list[Tensor] = []
    for way in reversed(ways):  # so that examples show the first
        poses = predict(model, clips, device=device, inference=way, flip=flip, window=window, step=step)
        results[f"{arch} ({NAMES[way]})" if len(ways) > 1 else arch] = score(clips, poses, model)
    results = dict(reversed(results.items()))
    mean = (model.mean_pose - model.mean_pose[model.skeleton.root]).cpu()
    results["mean pose"] = score(clips, [mean.expand(clip.num_frames, -1, -1).contiguous() for clip in clips], model)
    return Scores(results, _examples(clips, poses, next(iter(results.values()))))


def _examples(clips: Sequence[SkeletonSequence], poses: Sequence[Tensor], rows: pd.DataFrame) -> list[Example]:
    """Clips of small, median and largest error, of a second or longer where there are such."""
    error = rows["mpjpe_sum"] / rows["frames"]
    long = [i for i, clip in enumerate(clips) if clip.num_frames >= clip.fps] or list(range(len(clips)))
    order = sorted(long, key=lambda i: error[i])
    chosen = {"good": order[len(order) // 10], "median": order[len(order) // 2], "worst": order[-1]}
    return [
        Example(
            title=f"{name}: {clips[i].subject}, {clips[i].action}, camera {clips[i].camera}, {clips[i].clip}",
            keypoints=clips[i].keypoints().numpy(),
            pred=poses[i].numpy(),
            target=clips[i].pose().numpy(),
            fps=clips[i].fps,
        )
        for name, i in chosen.items()
    ]


@dataclass(frozen=True)
class EvaluateConfig(Generic[DataConfig]):
    """Score a saved model on any data, with the same report as a training run leaves."""

    data_options: DataConfig
    run: Annotated[Path, tyro.conf.Positional]
    """Run folder, or a model file (.safetensors)."""
    data: str = "synthetic"
    """Data set."""
    data_root: str = ""
    """Folder or file of the data, where they are not embedded."""
    split: Split = "test"
    """Which people."""
    inference: InferenceChoice = "whole"
    """Whole clips in one pass, or windows whose overlaps are averaged, or both."""
    flip: bool = True
    """Average with the mirrored prediction."""
    window: int = 96
    """Frames of a window."""
    window_step: int = 5
    """Frames between windows."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    out_dir: Path = Path("scores")
    """New folder for the report."""


def parse_command(words: Sequence[str]) -> EvaluateConfig:
    """The command line as a config: ``--data`` chooses which options the data have."""
    data = peek(words, "--data", "synthetic")
    default = EvaluateConfig(data_options=DATASETS[data].config(), run=tyro.MISSING, data=data)
    kind = EvaluateConfig[type(default.data_options)]  # pyright: ignore[reportInvalidTypeArguments]
    return tyro.cli(kind, args=list(words), default=default, prog="python -m train.evaluate", description=__doc__)


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    with fail_with_sentence():
        config = parse_command(words)
        model, header = load_model(config.run)
        device = choose_device(config.device)
        source = open_data(config.data, config.data_root, config.data_options)
        check_skeleton(model, source.skeleton)
        data = source.load(check_subjects(source, None, config.split))
        out_dir = new_folder(config.out_dir)
        scores = evaluate(
            model.to(device),
            header["arch"],
            data.sequences,
            device=device,
            inference=config.inference,
            flip=config.flip,
            window=config.window,
            step=config.window_step,
        )
        content = ReportContent(
            title=f"{header['arch']}, {header['loss']}, on {data.title}",
            facts={
                "command": shlex.join(["python", "-m", "train.evaluate", *words]),
                "model": f"trained on {header['data']}, epoch {header['epoch']}",
                **data_facts(data, config.split, source.checksum()),
                "flip averaging": "yes" if config.flip else "no",
                **versions(device),
            },
            notes=data.notes,
            results=scores.results,
            skeleton=model.skeleton,
            log=None,
            examples=scores.examples,
            data=config.data,
            unseen=config.split in ("val", "test"),
        )
        write_report(content, out_dir)
        show_results(content.title, scores.results, out_dir)


if __name__ == "__main__":
    main()
