"""What a run is made of, put together and checked before anything is written: people, windows, model and objective."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from graphs import get_skeleton
from pygpose.data import (
    DataSource,
    LoadedData,
    MotionWindows,
    Recording,
    TrainingWindows,
    WindowDataset,
    check_subjects,
    load_keypoints,
)
from pygpose.data.motion_windows import FPS
from pygpose.data.transforms.share import share_of
from pygpose.losses import WeightedSum
from pygpose.models import Lifter, build_model
from train.config.environment import open_data
from train.config.labels import choose_subjects
from train.config.settings import Config
from train.loop.objective import build_objective


@dataclass(frozen=True)
class People:
    """Whom a run is trained on."""

    source: DataSource
    training: LoadedData
    """Those whose 3D targets are used."""
    semi: Sequence[str]
    """Names of those of whom only the keypoints are used."""


@dataclass(frozen=True)
class Prepared:
    """A run that can begin."""

    model: Lifter
    """With fresh weights."""
    dataset: TrainingWindows
    unlabelled: TrainingWindows | None
    """Windows without 3D targets, for ``--semi``."""
    loss: WeightedSum
    notes: Sequence[str]
    """Sentences about what had to be left out."""


def open_people(config: Config) -> People:
    """Open the data of a run, and read its training people.

    Raises:
        ValueError, OSError: For data that cannot be read, and people who are not in them.
    """
    source = open_data(config.data, config.data_root, config.data_options)
    labelled, semi = choose_subjects(config.labelled, config.semi, check_subjects(source, None, "train"))
    return People(source, source.load_training(labelled), semi)


def prepare(config: Config, people: People, device: torch.device) -> Prepared:
    """Put a run together; whatever in its settings does not fit its data is refused here.

    Raises:
        ValueError: For settings that do not fit each other or the data.
    """
    torch.manual_seed(config.seed)
    model = build_model(
        config.arch,
        skeleton=get_skeleton(people.source.skeleton),
        config=config.model,
        root_head=config.root_head,
        graph=config.graph,
        framing=config.framing,
    )
    unlabelled, notes = _unlabelled(people.source, people.semi, config, model, device)
    dataset = _labelled(people.training, config, model, device)
    return Prepared(model, dataset, unlabelled, build_objective(config, dataset, unlabelled), notes)


def _labelled(training: LoadedData, config: Config, model: Lifter, device: torch.device) -> TrainingWindows:
    """Windows with 3D targets: of clips, or of motion that is seen by a camera drawn for each window.

    Raises:
        ValueError: For windows that are longer than every clip, or too short for the model.
    """
    clips = share_of(training.sequences, config.labelled_share)
    motions = share_of(training.motions, config.labelled_share)
    lengths = [*(clip.num_frames for clip in clips), *(motion.frames_at(FPS) for motion in motions)]
    longest = max(lengths, default=0)
    if 0 < longest < config.num_frames:
        raise ValueError(
            f"windows of {config.num_frames} frames are longer than every training clip (at most {longest}); "
            "give a smaller --num-frames"
        )
    reach = max(abs(offset) for offset in model.targets)
    if reach >= config.num_frames:
        raise ValueError(
            f"this model is trained on poses {reach} frame beside the one it lifts, which windows of "
            f"{config.num_frames} do not hold; give a larger --num-frames"
        )
    if motions:
        return _of_motions(motions, config, model, device)
    return WindowDataset(clips, config.num_frames, config.train_stride, model.context, graph=config.graph)


def _unlabelled(
    source: DataSource, subjects: Sequence[str], config: Config, model: Lifter, device: torch.device
) -> tuple[TrainingWindows | None, list[str]]:
    """Windows of clips whose 3D targets are not looked at, and what had to be left out.

    Motion beside keypoints out of files is seen as in scoring, since all of them are clips then.
    """
    clips = [clip for file in config.semi_files for clip in load_keypoints(file, skeleton=source.skeleton)]
    people = source.load_training(subjects) if subjects else None
    if people is not None and people.motions and clips:
        people = source.load(subjects)
    motions = list(people.motions) if people is not None else []
    clips = [*(people.sequences if people is not None else []), *clips]
    if not clips and not motions:
        return None, []
    found = len(clips) + len(motions)
    clips = [clip for clip in clips if clip.num_frames >= config.num_frames]
    motions = [motion for motion in motions if motion.frames_at(FPS) >= config.num_frames]
    left_out = found - len(clips) - len(motions)
    if left_out == found:
        raise ValueError(
            f"all {found} unlabelled clips are shorter than a window of {config.num_frames} frames; "
            "give a smaller --num-frames"
        )
    notes = [f"{left_out} of {found} unlabelled clips are shorter than a window and were left out."] if left_out else []
    if motions:
        return _of_motions(motions, config, model, device, labelled=False), notes
    size = (config.num_frames, config.train_stride, model.context)
    return WindowDataset(clips, *size, labelled=False, graph=config.graph), notes


def _of_motions(
    motions: Sequence[Recording], config: Config, model: Lifter, device: torch.device, *, labelled: bool = True
) -> MotionWindows:
    """Windows of motion in the world, with the errors that the data's options ask for."""
    return MotionWindows(
        motions,
        model.skeleton.name,
        config.num_frames,
        config.train_stride,
        model.context,
        labelled=labelled,
        graph=config.graph,
        noise=getattr(config.data_options, "noise", None),
        device=device,
    )
