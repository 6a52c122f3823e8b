"""What a run is made of, put together and checked before anything is written: people, windows, model and objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from graphs import get_skeleton
from pygpose.data import (
    DataSource,
    LoadedData,
    MotionWindows,
    Recording,
    Split,
    TrainingWindows,
    WindowDataset,
    check_subjects,
    load_keypoints,
)
from pygpose.data.mixture import MixedWindows, Mixture, joined
from pygpose.data.motion_windows import FPS
from pygpose.data.transforms.share import share_of
from pygpose.losses import WeightedSum
from pygpose.models import Lifter, build_model
from train.config.data_flags import open_named, options_of
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
    parts: Mapping[str, LoadedData] = field(default_factory=dict)
    """Those whose 3D targets are used by data set, where the source is a mixture."""
    test: DataSource | None = None
    """Where others are scored than people of the source."""

    @property
    def checksum(self) -> str:
        """Of all data that the run reads."""
        own = self.source.checksum()
        return own if self.test is None else f"{own} and {self.test.checksum()}"

    def scored(self) -> tuple[DataSource, Split]:
        """Whose people are scored, and which of them."""
        source = self.test or self.source
        return source, "test" if source.subjects("test") else "val" if source.subjects("val") else "all"


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
    source = open_named(config.data, config.data_root, config.data_options)
    test = open_named(config.test_data, config.test_root, config.data_options) if config.test_data else None
    if test is not None and test.skeleton != source.skeleton:
        raise ValueError(
            f"--test-data {config.test_data} has skeleton '{test.skeleton}', the data that are trained on have "
            f"'{source.skeleton}'; map the joints of one to the other's first"
        )
    if isinstance(source, Mixture):
        for part in source.sources.values():
            check_subjects(part, None, "train")
    labelled, semi = choose_subjects(config.labelled, config.semi, check_subjects(source, None, "train"))
    if not isinstance(source, Mixture):
        return People(source, source.load_training(labelled), semi, test=test)
    parts = source.training_parts(labelled)
    return People(source, joined(list(parts.values())), semi, parts, test)


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
    dataset = _labelled(people, config, model, device)
    return Prepared(model, dataset, unlabelled, build_objective(config, dataset, unlabelled), notes)


def _labelled(people: People, config: Config, model: Lifter, device: torch.device) -> TrainingWindows:
    """Windows with 3D targets; of a mixture, a share of each data set in every batch.

    Raises:
        ValueError: As :func:`_windows`, and for shares that are not those of a batch.
    """
    if not people.parts:
        return _windows(people.training, config, config.data_options, model, device)
    made = [
        _windows(part, config, options_of(name, config.data_options), model, device)
        for name, part in people.parts.items()
    ]
    return MixedWindows(made, config.data_shares or [1 / len(made)] * len(made))


def _windows(
    training: LoadedData, config: Config, options: Any, model: Lifter, device: torch.device
) -> TrainingWindows:
    """Windows of clips, or of motion that is seen by a camera drawn for each window.

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
        return _of_motions(motions, config, options, model, device)
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
        return _of_motions(motions, config, config.data_options, model, device, labelled=False), notes
    size = (config.num_frames, config.train_stride, model.context)
    return WindowDataset(clips, *size, labelled=False, graph=config.graph), notes


def _of_motions(
    motions: Sequence[Recording],
    config: Config,
    options: Any,
    model: Lifter,
    device: torch.device,
    *,
    labelled: bool = True,
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
        noise=getattr(options, "noise", None),
        device=device,
    )
