"""Changes of a file by its structure: values, types, depths, counts and names; and of its bytes."""

from __future__ import annotations

import copy
import math
import random
from typing import Any

import numpy as np


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def doubled(depth: int) -> list[Any]:
    """A list of two references to a list of two references ...: small in a pickle, and endless to walk through."""
    value: list[Any] = [0.0]
    for _ in range(depth):
        value = [value, value]
    return value


TEXTS = ("", "x" * 5000, "\x1b[31mred", "=1+1", "nan", "1e999", "-1", "\u202e", "a\nb", "../../x", "h36m17")
SCALARS: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 17, 10**6, 2**31, 2**63, -(2**63) - 1, 10**400, -(10**12)),
    *(0.0, -0.0, 0.5, 1e-320, 1e9, 1e20, 1e308, -1e308, float("nan"), float("inf"), float("-inf")),
    *TEXTS,
)
DTYPES = ("f2", "f4", "f8", ">f8", "i1", "u1", "i8", "u8", "?", "c8", "U3", "S3", "O", "M8[s]")
VALUES = (np.nan, np.inf, -np.inf, 0, -1, 1e9, 1e20, 1e38, 1e308, 1e-320, 255)


def mutate(value: Any, draw: random.Random, times: int = 1) -> Any:
    """The value with some of its parts changed; the value itself stays as it is."""
    value = copy.deepcopy(value)
    for _ in range(times):
        path = _path(value, draw)
        if not path:
            value = _changed(value, draw)
            continue
        holder = value
        for step in path[:-1]:
            holder = holder[step]
        _change_in(holder, path[-1], draw)
    return value


def _path(value: Any, draw: random.Random) -> list[Any]:
    """Steps to a part of a value, each level as likely as the others."""
    path: list[Any] = []
    while isinstance(value, dict | list) and value and draw.random() < 0.95:
        step = draw.choice(list(value)) if isinstance(value, dict) else draw.randrange(len(value))
        path.append(step)
        value = value[step]
    return path


def _change_in(holder: Any, place: Any, draw: random.Random) -> None:
    kind = draw.randrange(10)
    if isinstance(holder, dict) and kind == 0:
        del holder[place]
    elif isinstance(holder, dict) and kind == 1:
        holder[draw.choice([f"{place}x", "", draw.choice(TEXTS), str(place).upper()])] = holder.pop(place)
    elif isinstance(holder, dict) and kind == 2:
        holder[draw.choice([*holder, "more"])] = copy.deepcopy(holder[draw.choice(list(holder))])
    elif isinstance(holder, list) and kind == 0:
        del holder[place]
    elif isinstance(holder, list) and kind == 1:
        holder.insert(place, copy.deepcopy(draw.choice(holder)))
    elif isinstance(holder, list) and kind == 2:
        holder[place:place] = [holder[place]] * draw.choice([1, 10, 300])
    elif isinstance(holder, list) and kind == 3:
        draw.shuffle(holder)
    elif isinstance(holder, list | dict):
        holder[place] = _changed(holder[place], draw)


def _changed(value: Any, draw: random.Random) -> Any:
    if isinstance(value, np.ndarray) and draw.random() < 0.85:
        return _changed_array(value, draw)
    kind = draw.randrange(12)
    if kind < 4 or (kind < 8 and not isinstance(value, dict | list | str | int | float)):
        return draw.choice(SCALARS)
    if kind == 4:
        return [value]
    if kind == 5:
        return draw.choice([[], {}, [[]], {"a": value}, [value] * 3])
    if kind == 6:
        return nested(draw.choice([3, 70, 900]))
    if kind == 7 and isinstance(value, list | dict):
        return list(value.items()) if isinstance(value, dict) else dict(enumerate(value))
    if isinstance(value, bool) or value is None:
        return draw.choice(SCALARS)
    if isinstance(value, int | float):
        return draw.choice([str(value), -value, value + 0.5, value * 1000, [value], value * 10**6])
    if isinstance(value, str):
        return draw.choice([value * 100, value[: len(value) // 2], value + "\x00", value.encode().hex(), 3])
    if isinstance(value, list) and value:
        return draw.choice([value[: len(value) // 2], value * 2, value[::-1], value[0], {"0": value}])
    return draw.choice(SCALARS)


def _changed_array(array: np.ndarray, draw: random.Random) -> Any:
    kind = draw.randrange(11)
    if kind == 0:
        return _as(array, draw.choice(DTYPES))
    if kind == 1:
        rows = array if array.ndim else array[None]
        return draw.choice([rows.ravel(), rows[None], rows[..., None], rows.T, rows[:0], rows[:1], rows[..., :0]])
    if kind == 2 and array.ndim:
        return np.concatenate([array] * draw.choice([2, 3]), draw.randrange(array.ndim))
    if kind == 3:
        return np.zeros(draw.choice([(), (0,), (3, 10**6, 0), (10**9, 0), (2, 2)]), array.dtype)
    if kind == 4 and array.ndim and array.size:  # compresses a thousandfold
        within = array.shape[1:]
        return np.zeros((2 * 10**6 // max(1, math.prod(within)), *within), draw.choice(["i1", "f4", "U1"]))
    if kind == 5:
        return _as(array, "O")
    if kind == 6:
        return np.array(draw.choice([nested(3), doubled(20), "text", None, {"a": 1}]), dtype=object)
    array = array.copy(order=draw.choice(["C", "F"]))
    if array.size and array.dtype.kind in "fiu":
        flat = array.reshape(-1)
        for _ in range(draw.choice([1, 1, 5, flat.size])):
            with np.errstate(all="ignore"):
                flat[draw.randrange(flat.size)] = np.array(draw.choice(VALUES)).astype(array.dtype)
        array = flat.reshape(array.shape)
    elif array.size and array.dtype.kind == "U":
        array = np.array([draw.choice(TEXTS) for _ in range(array.size)]).reshape(array.shape)
    return array


def _as(array: np.ndarray, dtype: str) -> np.ndarray:
    try:
        with np.errstate(all="ignore"):
            return array.astype(dtype)
    except (ValueError, TypeError, OverflowError):
        return array.astype("U")


def mutate_bytes(content: bytes, draw: random.Random) -> bytes:
    """Bytes flipped, cut off, left out, repeated or put in."""
    data, size = bytearray(content), max(1, len(content))
    kind = draw.randrange(6)
    if kind < 3:
        for _ in range(draw.choice([1, 1, 3, 20])):
            if data:
                data[draw.randrange(size)] ^= 1 << draw.randrange(8)
    elif kind == 3:
        del data[draw.randrange(size) :]
    elif kind == 4:
        start = draw.randrange(size)
        del data[start : start + draw.choice([1, 10, 1000])]
    else:
        start = draw.randrange(size)
        data[start:start] = draw.choice([bytes(100), b"\xff" * 8, data[start : start + 200], b"\xef\xbb\xbf"])
    return bytes(data)


WORDS = ("nan", "inf", "-1", "1e999", "1e20", "", "x", '"', "9" * 20, "0", "-0.0", "\x1b[2J", "=1+1", "\x00")


def mutate_text(text: str, draw: random.Random) -> str:
    """Lines and words changed, left out and repeated."""
    lines = text.split("\n")
    for _ in range(draw.choice([1, 1, 2, 4])):
        place = draw.randrange(len(lines))
        kind = draw.randrange(9)
        if kind == 0 and len(lines) > 1:
            del lines[place]
        elif kind == 1:
            lines[place:place] = [lines[place]] * draw.choice([1, 3, 2000])
        elif kind == 2:
            other = draw.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        elif kind == 3:
            lines = lines[: place + 1]
        elif kind == 4:
            old, new = draw.choice([(",", ";"), (" ", "\t"), (".", ","), ("\t", " "), ("0", "")])
            lines[place] = lines[place].replace(old, new)
        else:
            separator = "," if "," in lines[place] else " "
            words = lines[place].split(separator)
            words[draw.randrange(len(words))] = draw.choice(WORDS)
            lines[place] = separator.join(words)
    whole = "\n".join(lines)
    return draw.choice([whole, whole, whole, whole.replace("\n", "\r\n"), "\ufeff" + whole])
