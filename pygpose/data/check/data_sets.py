"""The forms of registered data sets, and how the data of such a form are checked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pygpose.data.check.forms import Check, Findings, Form, Problem, Progress, Stated
from pygpose.data.check.tally import Tally, listed
from pygpose.data.datasets import DATASETS, SPLITS, DataSource, Opening

REMEDY = "compare the file with its form in docs/data.md, and copy, download or make it again"


def data_set_form(name: str, check: Check | None = None) -> Form:
    """The form of a registered data set that says how it is recognised.

    Args:
        name: Name of the data set.
        check: Reads it all. Not given: the data set is opened, and every subject is loaded.
    """
    recognition = DATASETS[name].recognition
    if recognition is None:
        raise ValueError(f"data set '{name}' does not say how it is recognised; register it with a recognition")
    return Form(recognition.looks, recognition.recognises, check or partial(_check, name), recognition.states)


def _check(name: str, path: Path, stated: Stated, progress: Progress) -> list[Findings]:
    recognition = DATASETS[name].recognition
    openings = None if recognition is None else recognition.openings
    return [_open(name, opening, stated, progress) for opening in (openings(path) if openings else [({}, path)])]


def _open(name: str, opening: Opening, stated: Stated, progress: Progress) -> Findings:
    (options, root), entry = opening, DATASETS[name]
    said = {fact: getattr(stated, fact) for fact in (entry.recognition.states if entry.recognition else ())}
    config = entry.config(**options, **{fact: value for fact, value in said.items() if value is not None})
    tally = Tally()
    problems, facts = tally_subjects(lambda: entry.source(config, root), root, tally, progress)
    if not facts and entry.recognition and entry.recognition.faults:  # not even opened
        faults = entry.recognition.faults(config, root)
        problems = tuple(Problem.of(error, path, REMEDY) for path, error in faults) or problems
    title = ", ".join([f"data set '{name}'", entry.description, *(f"{key} '{options[key]}'" for key in options)])
    facts |= {"units": "3D: metres, camera frame; 2D: screen coordinates, in which the image's width is -1 to 1"}
    return Findings(title, tally.facts() | facts, problems, tally.doubts(), tally.stills())


def tally_subjects(
    open_source: Callable[[], DataSource], path: Path, tally: Tally, progress: Progress
) -> tuple[tuple[Problem, ...], dict[str, str | list[str]]]:
    """Load every subject of a data set into a tally; a subject that cannot be loaded does not stop the others.

    Returns:
        What was wrong, and facts: the splits, and what the data set says about itself. No facts where the data set
        could not be opened.
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
