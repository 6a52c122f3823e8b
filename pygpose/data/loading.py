"""From a data set's name to its clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pygpose.data.cache import CachedSource, cache_is_on
from pygpose.data.datasets import DATASETS, DataSource, Split, check_subjects
from pygpose.data.sequence import SkeletonSequence
from pygpose.safe.door import in_one_sentence


def open_source(name: str, config: Any, root: Path | None) -> DataSource:
    """A registered data set, ready to load from. It opens from the cache where it was read before.

    Raises:
        ValueError: For unknown names and data that cannot be used.
        FileNotFoundError: Where ``root`` does not exist.
    """
    entry = DATASETS[name]
    if not entry.cached or not cache_is_on() or root is None or not root.exists():
        return entry.source(config, root)
    return CachedSource(lambda: entry.source(config, root), config, root)


def load_dataset(
    name: str,
    root: str | Path | None = None,
    subjects: Sequence[str] | None = None,
    split: Split = "all",
    **options: Any,
) -> list[SkeletonSequence]:
    """Clips of a registered data set, one sequence for each clip and camera.

    Args:
        name: Name of the data set: ``synthetic``, ``mocap``, ...
        root: Folder or file of the data, for data sets that have files.
        subjects: Names of the subjects to load. Not given: all of ``split``.
        split: ``train``, ``val``, ``test`` or ``all``.
        options: Fields of the data set's config.

    Raises:
        ValueError: For unknown names, subjects or options, and for data that cannot be used.
        FileNotFoundError: Where ``root`` does not exist.
    """
    entry = DATASETS[name]
    known = entry.config.__dataclass_fields__
    for option in options:
        if option not in known:
            raise ValueError(f"data set '{name}' has no option '{option}'; known: {', '.join(known)}")
    with in_one_sentence():
        source = open_source(name, entry.config(**options), None if root is None else Path(root))
        return source.load(check_subjects(source, subjects, split)).sequences
