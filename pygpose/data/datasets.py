"""What a data set is, and the registry of data sets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from graphs.registry import Registry
from pygpose.data.sequence import SkeletonSequence

Split = Literal["train", "val", "test", "all"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class LoadedData:
    """What a data set gave."""

    sequences: list[SkeletonSequence]
    title: str
    """What to call it in a report."""
    notes: tuple[str, ...] = ()
    """What was left out or assumed, in sentences for the report."""
    input: str = "GT"
    """Whose 2D keypoints: GT (the truth, projected), or a detector's name. Errors of different input do not compare."""


class DataSource(ABC):
    """One data set, opened as ``Source(config, root)``, with ``skeleton`` the name of its joints.

    Every split is by subject: nobody in ``test`` is in ``train`` or ``val``; nobody in ``train`` is in ``val`` unless
    the notes say so.
    """

    skeleton: str

    @abstractmethod
    def subjects(self, split: Split) -> list[str]:
        """Who is in a split; empty where the data set has no such split."""

    @abstractmethod
    def load(self, subjects: Sequence[str]) -> LoadedData:
        """All clips of these subjects, one sequence for each clip and camera."""

    @abstractmethod
    def checksum(self) -> str:
        """Changes when what :meth:`load` returns would change."""


@dataclass(frozen=True)
class Dataset:
    """A registered data set: its options and what opens it."""

    config: type
    source: Callable[[Any, Path | None], DataSource]
    description: str
    features: bool = False
    """Whether it comes with features of pictures, which a model may then lift in the place of keypoints."""
    cached: bool = False
    """Whether reading it takes long enough to keep what was read (:mod:`pygpose.data.cache`)."""


DATASETS: Registry[Dataset] = Registry("data set")


def check_subjects(source: DataSource, subjects: Sequence[str] | None, split: Split) -> list[str]:
    """The given subjects, or all of a split; unknown subjects and empty splits are errors."""
    members = source.subjects(split)
    if not members:
        known = [name for name in SPLITS if source.subjects(name)]
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
