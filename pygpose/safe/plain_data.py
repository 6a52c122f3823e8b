"""What a pickle may build: constructors of plain data that stand for the names it looks up, and nothing else."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from pygpose.safe.text import MAX_NESTED


class RefusedError(Exception):
    """The message says what a pickle asks for and does not get."""


@dataclass(frozen=True)
class Constructor:
    """Stands for a name that a pickle looks up. Not callable itself: the unpickler asks for :attr:`make`."""

    make: Callable[..., Any]


class Shell:
    """Stands for an object whose class was never looked up: has the class's full name, and the state as plain data."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: dict[str, Any] = {}


def _array(kind: Any, *_: Any) -> np.ndarray:
    if kind is not NDARRAY:
        raise RefusedError("an array of a class of its own")
    return np.empty(0, np.int8)  # filled in place by the state that follows


def _dtype(code: Any, *_: Any) -> np.dtype:
    if not isinstance(code, str) or not re.fullmatch(r"[biufc]\d\d?|[SU]\d{1,9}|O\d?", code):
        raise RefusedError("an array of other things than numbers, text or objects")
    return np.dtype(code, copy=True)  # its state follows and must not change numpy's own


def _scalar(dtype: Any, data: Any) -> Any:
    return fill_array(np.empty(0, np.int8), (), dtype, False, data, objects=False)[()]


def _from_buffer(data: Any, dtype: Any, shape: Any, order: Any) -> np.ndarray:
    data = bytes(data) if isinstance(data, bytearray) else data
    return fill_array(np.empty(0, np.int8), shape, dtype, order == "F", data, objects=False)


def _encode(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise RefusedError("text in a codec of its choice")
    return str.encode(text, "latin1")


def _ordered_dict(pairs: Iterable[Any] = ()) -> dict:
    return make_dict((key, value) for key, value in pairs)


def _default_dict(_: Any = None, pairs: Iterable[Any] = ()) -> dict:
    return _ordered_dict(pairs)


def _set(members: Iterable[Any] = ()) -> set:
    return set(checked_keys(members))


def _empty(kind: Callable[[], Any]) -> Constructor:
    return Constructor(lambda: kind())  # any argument is an error


NDARRAY = _empty(lambda: np.empty(0, np.int8))
CONSTRUCTORS: dict[tuple[str, str], Constructor] = {
    ("numpy", "ndarray"): NDARRAY,
    ("numpy", "dtype"): Constructor(_dtype),
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): NDARRAY,
    ("_codecs", "encode"): Constructor(_encode),
    ("collections", "OrderedDict"): Constructor(_ordered_dict),
    ("collections", "defaultdict"): Constructor(_default_dict),
}
for _core in ("numpy.core", "numpy._core"):  # numpy 1 and 2
    CONSTRUCTORS[f"{_core}.multiarray", "_reconstruct"] = Constructor(_array)
    CONSTRUCTORS[f"{_core}.multiarray", "scalar"] = Constructor(_scalar)
    CONSTRUCTORS[f"{_core}.numeric", "_frombuffer"] = Constructor(_from_buffer)
for _builtins in ("builtins", "__builtin__"):  # Python 3 and 2
    CONSTRUCTORS[_builtins, "set"] = Constructor(_set)
    CONSTRUCTORS[_builtins, "frozenset"] = Constructor(lambda members=(): frozenset(checked_keys(members)))
    CONSTRUCTORS[_builtins, "complex"] = Constructor(lambda real, imag: complex(float(real), float(imag)))
    for _kind in (bytes, dict, list, int, float):  # empty bytes; of the others, those that a defaultdict starts from
        CONSTRUCTORS[_builtins, _kind.__name__] = _empty(_kind)


def shell_constructors(names: Iterable[str]) -> dict[tuple[str, str], Constructor]:
    """Constructors of a :class:`Shell` for each full name, by the two ways in which pickles make instances."""
    shells: dict[tuple[str, str], Constructor] = {}
    for name in names:
        module, _, short = name.rpartition(".")
        shells[module, short] = Constructor(partial(Shell, name))
    base = Constructor(_bare_object)

    def reconstruct(kind: Any, parent: Any, state: Any) -> Shell:
        if not any(kind is shell for shell in shells.values()) or parent is not base or state is not None:
            raise RefusedError("an instance of a class of its choice")
        return kind.make()

    made = dict(shells)
    for module, builtins in (("copyreg", "builtins"), ("copy_reg", "__builtin__")):  # Python 3 and 2
        made |= {(module, "_reconstructor"): Constructor(reconstruct), (builtins, "object"): base}
    return made


def _bare_object() -> None:
    raise RefusedError("an object of no class")


MAX_PARTS = 50_000_000
"""Parts of plain data, where a list that is met twice counts twice."""


def check_extent(value: Any) -> None:
    """Refuse plain data that are nested too deep, hold themselves, or repeat themselves so often that nobody could walk
    through them: a list of two references to a list of two references ... has more parts than there are atoms.

    Raises:
        RefusedError: For data nested deeper than :data:`~pygpose.safe.text.MAX_NESTED`, or of more parts than
            :data:`MAX_PARTS`.
    """
    extents: dict[int, tuple[int, int]] = {}  # parts and depth, by the identity of what holds them
    open_: set[int] = set()
    stack = [value]
    while stack:
        parts = _parts(stack[-1])
        within = [part for part in parts if isinstance(part, _HOLDERS)]
        here = id(stack[-1])
        if here in extents:
            stack.pop()
        elif here in open_:
            open_.remove(here)
            found = [extents[id(part)] for part in within]
            count = len(parts) + sum(parts for parts, _ in found)
            depth = 1 + max((depth for _, depth in found), default=0)
            if count > MAX_PARTS or depth > MAX_NESTED:
                raise RefusedError(f"lists nested over {MAX_NESTED} deep, or of more than {MAX_PARTS:,} parts")
            extents[here] = count, depth
            stack.pop()
        else:
            open_.add(here)
            if any(id(part) in open_ for part in within):
                raise RefusedError("a list that holds itself")
            stack += [part for part in within if id(part) not in extents]


_HOLDERS = (list, tuple, dict, set, frozenset, np.ndarray, Shell)


def _parts(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, np.ndarray):
        return value.ravel().tolist() if value.dtype.hasobject else ()
    if isinstance(value, Shell):
        return list(value.state.values())
    if isinstance(value, set | frozenset):
        return list(value)
    return value if isinstance(value, list | tuple) else ()


def fill_array(array: np.ndarray, shape: Any, dtype: Any, fortran: bool, data: Any, *, objects: bool) -> np.ndarray:
    """The array itself, of this shape and content: bytes, or a list of objects where those may be."""
    count = checked_count(shape)
    if not isinstance(dtype, np.dtype):
        raise TypeError("array without dtype")
    if dtype.hasobject:
        if not objects or not isinstance(data, list) or len(data) != count:
            raise ValueError("array of objects without their list")
    else:
        data = data.encode("latin1") if isinstance(data, str) else data  # bytes of Python 2
        if not isinstance(data, bytes) or len(data) != count * dtype.itemsize or not dtype.itemsize:
            raise ValueError(f"array of {count} x {dtype.itemsize} bytes with other content")
    array.__setstate__((1, shape, dtype, fortran, data))  # pyright: ignore[reportArgumentType]: numpy's stub is wrong
    return array


def checked_count(shape: Any) -> int:
    """How many elements an array of this shape has; other things than shapes multiply to anything."""
    if not isinstance(shape, tuple) or len(shape) > 32:
        raise TypeError("array without shape")
    if not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError("array whose shape is not made of whole numbers")
    return math.prod(shape)


def set_byte_order(dtype: np.dtype, state: Any) -> None:
    _, order, *fields = state
    if fields[:3] != [None, None, None] or order not in ("<", ">", "|", "="):
        raise RefusedError("an array with named fields")
    own: tuple = dtype.__reduce__()[2]  # pyright: ignore[reportAssignmentType]
    dtype.__setstate__((own[0], order, *own[2:]))  # pyright: ignore[reportAttributeAccessIssue]


def checked_keys(keys: Iterable[Any]) -> Iterable[Any]:
    """The keys. Tuples in tuples are refused: a hundred bytes can nest them so that their hash takes years."""
    for key in keys:
        if isinstance(key, tuple) and any(isinstance(part, tuple) for part in key):
            raise RefusedError("a key of nested tuples")
        yield key


def make_dict(pairs: Iterable[tuple[Any, Any]]) -> dict:
    pairs = list(pairs)
    return dict(zip(checked_keys(key for key, _ in pairs), (value for _, value in pairs), strict=True))
