"""What checking registered data sets has in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pygpose.data.check.forms import Problem, Progress
from pygpose.data.check.tally import Tally, listed
from pygpose.data.datasets import SPLITS, DataSource

REMEDY = "compare the file with its form in docs/data.md, and copy, download or make it again"


def tally_subjects(
    open_source: Callable[[], DataSource], path: Path, tally: Tally, progress: Progress
) -> tuple[tuple[Problem, ...], dict[str, str | list[str]]]:
    """Load every subject of a data set into a tally; a subject that cannot be loaded does not stop the others.

    Returns:
        What was wrong, and facts: the splits, and what the data set says about itself.
    """
    try:
        source = open_source()
        subjects = source.subjects("all")
    except (ValueError, OSError) as error:
        return (Problem.of(error, path, REMEDY),), {}
    problems, notes = [], {}
    for subject in progress(subjects):
        try:
            data = source.load([subject])
        except (ValueError, OSError) as error:
            problems.append(Problem.of(error, path, REMEDY))
            continue
        for clip in data.sequences:
            tally.add_sequence(clip)
        for note in data.notes:
            notes.setdefault(note, []).append(subject)
    if not subjects:
        problems.append(Problem(str(path), "no subject is in it", REMEDY))
    common = [note for note, whose in notes.items() if len(whose) == len(subjects)]
    others = [f"{note} ({listed(whose, 5)})" for note, whose in notes.items() if note not in common]
    said = common + others[:3] + ([f"... and {len(others) - 3} more, of other subjects"] if others[3:] else [])
    members = {split: source.subjects(split) for split in SPLITS[:-1]}
    splits = [f"{split}: {listed(names)}" for split, names in members.items() if names]
    return tuple(problems), {"splits": splits, "notes": said}
