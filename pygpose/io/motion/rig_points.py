"""Which of several points of a rig stands for a joint, by where they are in the file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pygpose.io.joint_names import Names
from pygpose.io.motion.formats import MotionFile
from pygpose.io.motion.joint_map_tables import BACK, EXTRAPOLATED, Among, RigTable, Source

APART = 0.01  # metres between two points that are not at one place


def resolve(table: RigTable, motion: MotionFile) -> tuple[dict[str, Source], tuple[str, ...]]:
    """A source for each joint, without alternatives, and sentences about the choices.

    Where a file has none of the alternatives, the first stands for them, as the point that is missing.
    """
    names = Names(motion.points)
    chosen: dict[str, Source] = {joint: _first(source, names) for joint, source in table.sources.items()}
    notes = [*table.notes, *([EXTRAPOLATED] if isinstance(chosen["Head"], dict) else [])]
    choices = {joint: source for joint, source in table.sources.items() if isinstance(source, Among)}
    there = {joint: _there(source, names) for joint, source in choices.items()}
    for joint in choices:
        if choices[joint].rule == "base" and there[joint]:
            chosen[joint] = _base(there[joint], motion, names)
    for joint in choices:
        if choices[joint].rule == "half way" and there[joint]:
            chosen[joint] = _half_way(there[joint], motion, names, chosen)
            nearest = f"the one of {', '.join(map(str, there[joint]))} nearest half way from hip to thorax"
            which = nearest if len(there[joint]) > 1 else "the only point of the back"
            notes.append(f"{joint} is {chosen[joint]}, {which}: an approximation.")
    return chosen, tuple(notes)


def _points(source: Source) -> list[str]:
    return [source] if isinstance(source, str) else list(source)


def _first(source: Source | Among, names: Names) -> Source:
    return next(iter(_there(source, names)), source.sources[0]) if isinstance(source, Among) else source


def _there(source: Among, names: Names) -> list[Source]:
    return [one for one in source.sources if names.has(_points(one))]


def _place(source: Source, motion: MotionFile, names: Names) -> np.ndarray:
    """Positions ``[T, 3]`` of a point or of the mean of several; NaN where they are missing."""
    places = [names.index(point) for point in _points(source)]
    there = [motion.positions[:, place] for place in places if place is not None]
    return np.mean(there, 0) if len(there) == len(places) else np.full((len(motion.positions), 3), np.nan)


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Median over the frames in which both are there; infinite where they never are."""
    apart = np.linalg.norm(one - other, axis=-1)
    seen = np.isfinite(apart)
    return float(np.median(apart[seen])) if seen.any() else np.inf


def _base(there: list[Source], motion: MotionFile, names: Names) -> Source:
    """The lowest point of a neck that is not at the place of a point of the back, as some conversions put it."""
    back = [_place(point, motion, names) for point in _there(BACK, names)]
    apart = [one for one in there if all(_distance(_place(one, motion, names), point) > APART for point in back)]
    return (apart or there)[0]


def _half_way(there: list[Source], motion: MotionFile, names: Names, chosen: Mapping[str, Source]) -> Source:
    half = (_place(chosen["Hip"], motion, names) + _place(chosen["Thorax"], motion, names)) / 2
    return min(there, key=lambda point: _distance(_place(point, motion, names), half))
