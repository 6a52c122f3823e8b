"""What the readers of keypoint files share: parts of JSON that are checked, however their keys are spelled."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from graphs import get_skeleton
from pygpose.io.keypoints.layouts import COUNTS
from pygpose.safe.text import head, listed, parse_json, read_json, read_text

CONFIDENCES = ("confidence", "score", "visibility", "visible", "likelihood", "presence", "c", "v")
_NOBODY = ("", "-1", "none", "null", "nan")


@dataclass(frozen=True)
class JsonHead:
    """What the first bytes of a file say about JSON.

    Args:
        start: The first letter, ``[`` or ``{``; empty for other files.
        keys: Names of fields, as :func:`plain` gives them.
        text: The first bytes as text.
    """

    start: str
    keys: frozenset[str]
    text: str

    def has(self, *names: str) -> bool:
        """Whether all these fields are there, however they are spelled."""
        return all(plain(name) in self.keys for name in names)

    @property
    def lines(self) -> bool:
        """Whether this looks like JSON lines: an object in each line."""
        first, _, rest = self.text.strip().partition("\n")
        return first.startswith("{") and first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def json_head(path: Path) -> JsonHead:
    """What the first bytes of a file say, whatever file it is."""
    text = head(path).lstrip()
    start = text[:1] if text[:1] in ("[", "{") else ""
    keys = re.findall(r'"([^"\\]{1,60})"\s*:', text) if start else []
    return JsonHead(start, frozenset(map(plain, keys)), text)


def read_content(path: Path) -> Any:
    """The content of a JSON file, or the list of what the lines of a file of JSON lines hold."""
    if not json_head(path).lines:
        try:
            return read_json(path)
        except ValueError as error:
            if "Extra data" not in str(error):
                raise
            raise ValueError("more stands behind the end of the JSON text; leave it out, or write one text") from error
    content = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        try:
            content += [parse_json(line)] if line.strip() else []
        except ValueError as error:
            raise ValueError(f"line {number} is no complete JSON; the file may be cut short, copy it again") from error
    return content


@lru_cache(maxsize=1000)
def plain(name: str) -> str:
    """A field's name without case and separators: ``poseLandmarks`` and ``pose_landmarks`` are the same."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def optional(record: Any, *names: str) -> Any:
    """The first of these fields of a JSON object that is there, however it is spelled; None where none is."""
    if not isinstance(record, dict):
        return None
    for name in names:
        if name in record:
            return record[name]
    spelled = {plain(key): key for key in record if isinstance(key, str)}
    return next((record[spelled[plain(name)]] for name in names if plain(name) in spelled), None)


def has_field(record: Any, *names: str) -> bool:
    """Whether a JSON object has one of these fields, however it is spelled."""
    return isinstance(record, dict) and not {plain(key) for key in record}.isdisjoint(map(plain, names))


def field(record: Any, name: str, where: str) -> Any:
    """A field of a JSON object, however it is spelled. The error for an object without it names ``where``."""
    if not has_field(record, name):
        has = f"its fields: {listed(sorted(record))}" if isinstance(record, dict) else "not an object"
        raise ValueError(f"{where}: no '{name}' ({has})")
    return optional(record, name)


def entries(value: Any, where: str) -> list[Any]:
    """A JSON list; null is an empty one. The error for anything else names ``where``."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"{where}: expected a list, found {type(value).__name__}")
    return value


def numbers(values: Any, where: str) -> np.ndarray:
    """Numbers of a JSON list of any depth; NaN for null and NaN.

    Raises:
        ValueError: For other things than numbers, lists of unequal length, and infinite values.
    """
    try:
        array = np.array(values)
        if array.dtype.kind == "O" and all(value is None or type(value) in (int, float) for value in array.ravel()):
            array = array.astype(float)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{where}: the lists have unequal lengths") from error
    if array.dtype.kind == "U":
        raise ValueError(f"{where}: not all values are numbers; write numbers without quotes")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{where}: not all values are numbers")
    if np.isinf(array).any():
        raise ValueError(f"{where}: infinite, first at {np.argwhere(np.isinf(array))[0].tolist()}")
    return array.astype(float)


def read_joints(values: Any, where: str, *, scores: Any = None, joints: str | None = None) -> np.ndarray:
    """The joints of a person, ``[J, 3]``: x, y and confidence; or ``[J, 2]`` where there are no confidences.

    Args:
        values: A flat list x1, y1, c1, x2, ..., a list of ``[x, y, c]``, or one of objects with ``x`` and ``y``; each
            with or without confidence. Null is missing.
        where: For messages.
        scores: The confidences, where the file has them apart. They win over those beside x and y.
        joints: Registered name of the skeleton that the user states, whose number of joints is known then, too.

    Raises:
        ValueError: For anything else.
    """
    rows = entries(values, where)
    if not rows:
        raise ValueError(f"{where}: no joints")
    example = next((row for row in rows if row is not None), None)
    if isinstance(example, dict):
        rows, example = _objects(rows, where)
    if isinstance(example, list):
        rows = [[None] * len(example) if row is None else row for row in rows]
    array = numbers(rows, where)
    confidence = None if scores is None else numbers(scores, f"{where}, their scores").reshape(-1)
    if array.ndim == 1:
        known = {*COUNTS, *([get_skeleton(joints).num_joints] if joints else [])}
        array = array.reshape(-1, _width(len(array), None if confidence is None else confidence.size, known, where))
    if array.ndim != 2 or array.shape[1] not in (2, 3):
        raise ValueError(f"{where}: {list(array.shape)} given, expected x, y and a confidence for each joint")
    if confidence is None:
        return array
    if confidence.shape != array.shape[:1]:
        raise ValueError(f"{where}: {len(array)} joints and {confidence.size} scores; expected one for each joint")
    return np.concatenate([array[:, :2], confidence[:, None]], 1)


def _objects(rows: list[Any], where: str) -> tuple[list[Any], list[Any]]:
    """Objects with x, y and perhaps a confidence as lists, and the first of them."""
    places = [None if row is None else optional(row, "position") or row for row in rows]
    confident = any(has_field(row, *CONFIDENCES) for row in rows)
    found: list[Any] = []
    for number, (row, place) in enumerate(zip(rows, places, strict=True)):
        if row is None:
            found.append(None)
            continue
        at = f"{where}: joint {number}"
        values = [field(place, "x", at), field(place, "y", at)]
        if confident and not has_field(row, *CONFIDENCES):
            raise ValueError(f"{at}: no confidence, where other joints have one")
        found.append([*values, optional(row, *CONFIDENCES)] if confident else values)
    return found, next(row for row in found if row is not None)


def _width(length: int, scores: int | None, known: Collection[int], where: str) -> int:
    """How many numbers of a flat list belong to each joint: three, or two without confidences."""
    fitting = [width for width in (3, 2) if length and length % width == 0]
    if scores is not None:
        fitting = [width for width in fitting if length == width * scores]
    usual = [width for width in fitting if length // width in known]
    if not fitting or (2 in fitting and 3 not in fitting and not usual and scores is None):
        raise ValueError(
            f"{where}: {length} numbers, expected three (x, y, confidence) or two (x, y) for each joint; known numbers "
            f"of joints are {', '.join(map(str, sorted(known)))}"
        )
    return (usual or fitting)[0]


def track_id(value: Any, where: str) -> str | None:
    """A track id as text; of a list of ids the first. None for null, -1 and what is empty: nobody is tracked.

    Raises:
        ValueError: For what is neither a number nor text.
    """
    while isinstance(value, list):
        value = value[0] if value else None
    if value is None or isinstance(value, str):
        return None if value is None or value.strip().lower() in _NOBODY else value.strip()[:80]
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) == np.inf:
        raise ValueError(f"{where}: a track id must be a number or text, not {type(value).__name__}")
    if value == -1 or value != value:
        return None
    return f"{value:.15g}" if isinstance(value, float) else str(value)[:80]
