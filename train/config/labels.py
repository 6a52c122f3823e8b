"""Whose 3D targets a run may look at: ``--labelled``, ``--labelled-share`` and ``--semi``."""

from __future__ import annotations

from collections.abc import Sequence

REST = "rest"


def choose_subjects(
    labelled: Sequence[str], semi: Sequence[str], members: Sequence[str]
) -> tuple[list[str], list[str]]:
    """The training subjects with and without 3D targets.

    Raises:
        ValueError: For subjects that are not in training, that are both, and where nobody is left.
    """
    for name in (*labelled, *semi):
        if name not in members and not (name == REST and list(semi) == [REST]):
            raise ValueError(f"no training subject '{name}'; known: {', '.join(members)}")
    unlabelled = [name for name in members if (name not in labelled if REST in semi else name in semi)]
    chosen = list(labelled) or [name for name in members if name not in unlabelled]
    both = sorted(set(chosen) & set(unlabelled))
    if both:
        raise ValueError(f"subject '{both[0]}' is both --labelled and --semi; name it once")
    if not chosen or (semi and not unlabelled):
        kind = "unlabelled" if chosen else "labelled"
        raise ValueError(f"nobody is left to be {kind}: training subjects are {', '.join(members)}")
    return chosen, unlabelled
