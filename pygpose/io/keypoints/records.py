"""What the readers of keypoint files share: parts of JSON that are checked, and joints that are found by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from graphs import get_skeleton, list_skeletons
from pygpose.safe.text import listed


def field(record: Any, name: str, where: str) -> Any:
    """A field of a JSON object. The error for an object without it names ``where``."""
    if not isinstance(record, dict) or name not in record:
        has = f"its fields: {listed(sorted(record))}" if isinstance(record, dict) else "not an object"
        raise ValueError(f"{where}: no '{name}' ({has})")
    return record[name]


def entries(value: Any, where: str) -> list[Any]:
    """A JSON list. The error for anything else names ``where``."""
    if not isinstance(value, list):
        raise ValueError(f"{where}: expected a list, found {type(value).__name__}")
    return value


def numbers(values: Any, where: str) -> np.ndarray:
    """Finite numbers of a JSON list of any depth.

    Raises:
        ValueError: For other things than numbers, lists of unequal length, NaN and infinite values.
    """
    try:
        array = np.array(values)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{where}: the lists have unequal lengths") from error
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{where}: not all values are numbers")
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: NaN or infinite, first at {np.argwhere(~np.isfinite(array))[0].tolist()}")
    return array.astype(float)


def triples(values: Any, joints: Sequence[int], where: str) -> np.ndarray:
    """``[J, 3]`` of a flat list x1, y1, c1, x2, ... whose joint count is one of ``joints``."""
    flat = numbers(values, where)
    if flat.ndim != 1 or len(flat) not in [3 * count for count in joints]:
        raise ValueError(
            f"{where}: {flat.size} numbers, expected three (x, y, confidence) for each of "
            f"{' or '.join(str(count) for count in joints)} joints"
        )
    return flat.reshape(-1, 3)


def match_joints(names: Sequence[str], where: str) -> tuple[str, list[int]]:
    """The largest registered skeleton that has all its joints among ``names``, and their places in ``names``.

    Case and separators do not count, and ``left`` and ``right`` may be written out: ``left_shoulder`` is LShoulder.
    """
    here = {_plain(name): position for position, name in enumerate(names)}
    skeletons = sorted((get_skeleton(name) for name in list_skeletons()), key=lambda one: one.num_joints, reverse=True)
    for skeleton in skeletons:
        wanted = [_plain(joint) for joint in skeleton.joints]
        if here.keys() >= set(wanted):
            return skeleton.name, [here[joint] for joint in wanted]
    closest = min(skeletons, key=lambda one: len({_plain(joint) for joint in one.joints} - here.keys()))
    lacks = [joint for joint in closest.joints if _plain(joint) not in here]
    raise ValueError(
        f"{where}: joints {listed(names, 30)} hold no registered skeleton; the closest, {closest.name}, "
        f"also needs {', '.join(lacks)}"
    )


def _plain(name: str) -> str:
    letters = re.sub(r"[^a-z0-9]", "", str(name).lower())
    return re.sub(r"^(left|right)", lambda side: side[0][0], letters)
