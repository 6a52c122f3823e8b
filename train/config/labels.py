"""Which training subjects have 3D targets and which have keypoints alone: ``--labelled`` and ``--semi``."""

from __future__ import annotations

from collections.abc import Sequence

REST = "rest"


def choose_subjects(
    labelled: Sequence[str], semi: Sequence[str], members: Sequence[str]
) -> tuple[list[str], list[str]]:
    """The training subjects with 3D targets, and those without.

    Args:
        labelled: Subjects of ``--labelled``; where none are given, all training subjects that are not unlabelled.
        semi: Subjects of ``--semi``, or ``rest`` alone: all training subjects that are not labelled.
        members: All training subjects.

    Raises:
        ValueError: For a subject that is not in training, a subject that is both, and where no subject is left for
            either.
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
