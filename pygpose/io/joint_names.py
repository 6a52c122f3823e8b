"""Points of a file by name, however the program that wrote the file spells names."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BEFORE = re.compile(r"^(.*[:|])?(mixamorig\d*_?|Bip\d+[ _]|Character\d+_)?")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}


def same_joint(name: str) -> str:
    """One spelling for ``LeftShoulder``, ``LShoulder``, ``left_shoulder`` and ``Anna:shoulder.L``."""
    words = [word.lower().lstrip("0") for word in _WORD.findall(_BEFORE.sub("", name))]
    sides = [word for word in words if word in _SIDES]
    rest = "".join(word for word in words if word not in _SIDES)
    if len(sides) == 1 and re.search("[a-z]", rest):  # L5 is a vertebra
        return f"{_SIDES[sides[0]]} {rest}"
    return "".join(words)


class Names:
    """Places of named points: by the whole name, or without what exporters put in front (``mixamorig:Hips``,
    ``Anna:LASI``), or by the :func:`same_joint`, whichever one point alone has."""

    def __init__(self, points: Iterable[str]) -> None:
        self.points = tuple(points)
        self._ways = [{}, {}, {}]
        for index, point in enumerate(self.points):
            for way, name in zip(self._ways, (point, _BEFORE.sub("", point), same_joint(point)), strict=True):
                way.setdefault(name, []).append(index)

    def index(self, point: str) -> int | None:
        """Place of a point. None where it is missing, or where several have its name."""
        for way, name in zip(self._ways, (point, point, same_joint(point)), strict=True):
            if name in way:
                return way[name][0] if len(way[name]) == 1 else None
        return None

    def has(self, points: Iterable[str]) -> bool:
        return all(self.index(point) is not None for point in points)

    @property
    def people(self) -> bool:
        """Whether several people seem to be in the file: points of one name behind different prefixes."""
        return any(len({self.points[index] for index in same}) > 1 for same in self._ways[1].values())

    def twice(self, names: Iterable[str]) -> list[str]:
        """Those of the names that several points have."""
        return [name for name in names if len(self._ways[0].get(name, ())) > 1]
