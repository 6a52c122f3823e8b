"""What a data set is, and the registry of data sets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from graphs.registry import Registry
from pygpose.data.recording import Recording
from pygpose.data.sequence import SkeletonSequence

Split = Literal["train", "val", "test", "all"]
SPLITS: tuple[Split, ...] = get_args(Split)


EXACT = "GT"
"""The name of keypoints that are the truth, projected."""


@dataclass(frozen=True)
class LoadedData:
    """The clips that a data set gives, and what a report says about them."""

    sequences: list[SkeletonSequence]
    title: str
    """What to call the data set in a report."""
    notes: tuple[str, ...] = ()
    """Sentences for the report on what was left out or assumed."""
    input: str = EXACT
    """Where the 2D keypoints are from: GT (the truth, projected), or a detector's name. Errors of models with different
    input do not compare."""
    motions: tuple[Recording, ...] = ()
    """Motion in the world, where training draws its cameras anew for every window, in the place of ``sequences``."""


class DataSource(ABC):
    """One data set, opened as ``Source(config, root)``. ``skeleton`` is the registered name of its skeleton.

    Every split is by subject: nobody in ``test`` is in ``train`` or ``val``; nobody in ``train`` is in ``val`` unless
    the notes say so.
    """

    skeleton: str

    @abstractmethod
    def subjects(self, split: Split) -> list[str]:
        """Names of the subjects in a split. Empty where the data set has no such split."""

    @abstractmethod
    def load(self, subjects: Sequence[str]) -> LoadedData:
        """All clips of these subjects, one sequence for each clip and camera."""

    def load_training(self, subjects: Sequence[str]) -> LoadedData:
        """What to train on of these subjects: their clips, or their motion in the world."""
        return self.load(subjects)

    @abstractmethod
    def checksum(self) -> str:
        """A checksum that changes when what :meth:`load` returns would change."""


Opening = tuple[dict[str, Any], Path]
"""Fields of a data set's config, and the root to open it with."""


@dataclass(frozen=True)
class Recognition:
    """How a data set's files are told from others, and what checking them needs to know.

    Args:
        looks: What the files look like, in words.
        recognises: Whether a file or folder looks like them. Looks at names and first bytes, and never raises.
        states: Fields of the config that say what the files leave open. Whoever checks the files may state them.
        openings: Gives an opening for each data set in a file or folder that looks right. Not given: one, with the
            default options.
        faults: Gives each file of a root that cannot be opened, and what is wrong with the file, so that all faults
            are known at once. Not given: the error of opening is all that is known.
    """

    looks: str
    recognises: Callable[[Path], bool]
    states: tuple[str, ...] = ()
    openings: Callable[[Path], Sequence[Opening]] | None = None
    faults: Callable[[Any, Path], Sequence[tuple[Path, Exception]]] | None = None


def folder_with(*patterns: str) -> Callable[[Path], bool]:
    """A recogniser of folders that hold a path of one of these patterns."""

    def recognises(path: Path) -> bool:
        return path.is_dir() and any(True for pattern in patterns for _ in path.glob(pattern))

    return recognises


@dataclass(frozen=True)
class Dataset:
    """A registered data set: its options and what opens it."""

    config: type
    source: Callable[[Any, Path | None], DataSource]
    description: str
    features: bool = False
    """Whether the data set has features of pictures, which a model may lift in the place of keypoints."""
    cached: bool = False
    """Whether reading the data set takes long enough to keep what was read (:mod:`pygpose.data.cache`)."""
    recognition: Recognition | None = None
    """How the data set's files are recognised and checked (:mod:`pygpose.data.check`). None for data without files."""


DATASETS: Registry[Dataset] = Registry("data set", group="pygpose.datasets")


def check_subjects(source: DataSource, subjects: Sequence[str] | None, split: Split) -> list[str]:
    """The given subjects, or all of a split; unknown subjects and empty splits are errors."""
    members = source.subjects(split)
    if not members:
        known = [name for name in SPLITS if source.subjects(name)]
        if known == ["all"]:
            raise ValueError(
                f"nobody in the data has 3D truth, which the '{split}' split and all training and scoring need; "
                "pygpose lift makes motion of keypoints"
            )
        raise ValueError(
            f"the data have no '{split}' split; they have: {', '.join(known) or 'nobody'} (docs/data.md says how each "
            "data set holds people out)"
        )
    if subjects is None:
        return members
    for subject in subjects:
        if subject not in members:
            raise ValueError(f"no subject '{subject}' in split '{split}'; known: {', '.join(members)}")
    return list(subjects)
