"""Joint maps: which named points of a file give the joints of a skeleton."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from graphs import get_skeleton
from pygpose.io.joint_names import Names
from pygpose.io.motion.formats import MotionFile
from pygpose.io.motion.joint_map_tables import TABLES
from pygpose.io.motion.rig_points import resolve
from pygpose.io.motion.skeleton_points import by_own_names, detected, is_skeleton, stated_points
from pygpose.safe.text import brief, listed, read_json


@dataclass(frozen=True)
class JointMap:
    """For each joint of a skeleton, in its order, the points whose weighted sum it is.

    Raises:
        ValueError: For weights that do not add up to 1.
    """

    name: str
    sources: tuple[dict[str, float], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for source in self.sources:
            if not abs(sum(source.values()) - 1) < 1e-6:
                raise ValueError(f"joint map '{self.name}': weights {brief(source)} do not add up to 1")

    def missing(self, points: tuple[str, ...]) -> list[str]:
        """Points of the map that are not among ``points``, or that several of them have the name of."""
        found = Names(points)
        return sorted({point for source in self.sources for point in source if found.index(point) is None})

    def share_missing(self, points: tuple[str, ...]) -> float:
        """Share of the map's points that are not among ``points``: 0 where the map fits."""
        return len(self.missing(points)) / len({point for source in self.sources for point in source})

    def apply(self, motion: MotionFile) -> Float[np.ndarray, "frames joints 3"]:
        """Joints in the skeleton's order; NaN where a point that a joint needs was not seen.

        Raises:
            ValueError: For a file without one of the points, or with two of its name.
        """
        missing, found = self.missing(motion.points), Names(motion.points)
        if missing:
            twice = found.twice(missing)
            again = f"; {_listed(twice)} is there twice: rename one" if twice else ""
            raise ValueError(
                f"joint map '{self.name}' needs {_listed(missing)}, which the file lacks{again}; "
                f"it has: {_listed(motion.points)}"
            )
        joints = np.zeros((len(motion.positions), len(self.sources), 3))
        for joint, source in enumerate(self.sources):
            for point, weight in source.items():
                joints[:, joint] += weight * motion.positions[:, found.index(point)]
        return joints


def choose_joint_map(motion: MotionFile, skeleton: str, given: str | Path | Mapping[str, Any] | None) -> JointMap:
    """The map that was given, or the first known one whose points are all in the file.

    Args:
        motion: A file that was read.
        skeleton: Registered name.
        given: Name of a known map; registered name of the skeleton whose joints the file's points are, by name or in
            order; path of a JSON file, or what such a file holds: for each joint one point ``"LeftHand"``, the mean of
            several ``["LWRA", "LWRB"]``, or weights ``{"Head": 2, "Neck": -1}``.

    Raises:
        FileNotFoundError: Where there is no such JSON file.
        ValueError: Where no map was given and none fits, and for maps that are damaged or name other joints.
    """
    joints = get_skeleton(skeleton).joints
    tables = {name: table for name, table in TABLES.items() if table.skeleton == skeleton}
    if given is not None and str(given) not in tables:
        if is_skeleton(str(given)):
            return _map_of_stated(motion, str(given), skeleton)
        return _read_map(given, joints, list(tables))
    known: dict[str, JointMap] = {}
    for name, table in tables.items():
        sources, notes = resolve(table, motion)
        known[name] = JointMap(name, _weights(sources, joints, name), notes)
    if given is not None:
        return known[str(given)]
    names = Names(motion.points)
    candidates = [JointMap(*one) for one in (*by_own_names(skeleton), *detected(motion, skeleton))]
    candidates += [known[name] for name in known if names.has(tables[name].needs)]
    nearest = min(candidates, key=lambda candidate: candidate.share_missing(motion.points))  # the first of equals
    missing = nearest.missing(motion.points)
    if missing:
        several = "; several people are in it: name the points of one in full" if names.people else ""
        twice = names.twice(missing)
        several = f"; {_listed(twice)} is there twice: rename one" if twice else several
        raise ValueError(
            f"no joint map from this file to {skeleton} is known: the nearest, '{nearest.name}', also expects "
            f"{_listed(missing)}, found: {_listed(motion.points)}; give a joint map as JSON, or the name of the "
            f"skeleton whose joints the points are{several}"
        )
    return nearest


def _map_of_stated(motion: MotionFile, stated: str, skeleton: str) -> JointMap:
    """The map of a file whose points are stated to be the joints of a skeleton."""
    points, notes = stated_points(motion, stated)
    joints = get_skeleton(stated).joints
    places = [motion.points.index(point) for point in points]
    chosen = choose_joint_map(replace(motion, points=joints, positions=motion.positions[:, places]), skeleton, None)
    back = dict(zip(joints, points, strict=True))
    sources = tuple({back[joint]: weight for joint, weight in source.items()} for source in chosen.sources)
    return JointMap(stated, sources, (*notes, *chosen.notes))


def _read_map(given: str | Path | Mapping[str, Any], joints: tuple[str, ...], known: list[str]) -> JointMap:
    if isinstance(given, Mapping):
        name, content = "given", given
    else:
        name, path = str(given), Path(given)
        if not path.is_file():
            raise FileNotFoundError(f"no joint map '{given}'; give a JSON file, or one of: {', '.join(known)}")
        try:
            content = read_json(path)
        except ValueError as error:
            raise ValueError(f"{path}: {error}; expected {{joint: point or list of points}}") from error
    if not isinstance(content, Mapping):
        raise ValueError(
            f"joint map '{name}' is a {type(content).__name__}; expected {{joint: point or list of points}}"
        )
    weights = _weights(content, joints, name)
    several = [joint for joint, source in zip(joints, weights, strict=True) if len(source) > 1]
    return JointMap(name, weights, (f"Made of several points: {', '.join(several)}.",) if several else ())


def _weights(content: Mapping[str, Any], joints: tuple[str, ...], name: str) -> tuple[dict[str, float], ...]:
    """Weights of the points of every joint, from any of the three ways to write a source."""
    missing, unknown = set(joints) - set(content), set(content) - set(joints)
    if missing or unknown:
        raise ValueError(
            f"joint map '{name}' lacks {_listed(sorted(missing))} and names {_listed(sorted(unknown))}, which the "
            f"skeleton does not have; it has: {', '.join(joints)}"
        )
    weights = []
    for joint in joints:
        source = content[joint]
        if isinstance(source, str):
            source = [source]
        if isinstance(source, list) and source and all(isinstance(point, str) for point in source):
            source = {point: source.count(point) / len(source) for point in source}
        if not isinstance(source, dict) or not all(isinstance(weight, int | float) for weight in source.values()):
            raise ValueError(
                f"joint map '{name}': {joint} is {brief(source)}; give a point, a list of points, or their weights"
            )
        weights.append({point: float(weight) for point, weight in source.items()})
    return tuple(weights)


def _listed(names: list[str] | tuple[str, ...], most: int = 40) -> str:
    return listed(names, most) if names else "nothing"
