"""Pickles read without running them: numpy arrays, numbers, text and plain containers, and nothing else.

The field's older files hold pickled objects, and a pickle is a program. Here its opcodes only ever build plain data: a
name that it looks up gives one of the few constructors below, never the function of that name, and nothing is imported.
Where a caller names classes whose objects it expects, these come as a :class:`~pygpose.safe.plain_data.Shell` each.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from pygpose.safe.inflation import inflate
from pygpose.safe.plain_data import (
    CONSTRUCTORS,
    NDARRAY,
    Constructor,
    RefusedError,
    Shell,
    check_extent,
    checked_count,
    checked_keys,
    fill_array,
    make_dict,
    set_byte_order,
    shell_constructors,
)

FREE_OPCODES = 2_000_000
"""Steps of a pickle that pass whatever its size: an opcode of one byte makes an object of a hundred."""


@runtime_checkable
class ByteStream(Protocol):
    """A file or a member of an archive, open for reading."""

    def read(self, size: int = ..., /) -> bytes: ...

    def readline(self, limit: int = ..., /) -> bytes: ...


def read_pickle(path: Path, *, shells: Sequence[str] = ()) -> Any:
    """The content of a .pkl file of Python 2 or 3, or of a file of joblib (plain, zlib or gzip).

    Text of Python 2 is read as latin-1; ordered and default dicts come as dicts.

    Args:
        path: The file.
        shells: Full names of classes, ``module.Class``, whose objects come as a
            :class:`~pygpose.safe.plain_data.Shell` that holds their state. Not given: they are refused, as all others
            are.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is damaged, or holds anything but numpy arrays and scalars, numbers, text, bytes,
            lists, tuples, sets and dicts; the message names it.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a pickle file that exists")
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(2)
        file.seek(0)
        if start == b"\x1f\x8b" or (start[:1] == b"\x78" and int.from_bytes(start, "big") % 31 == 0):  # gzip, zlib
            data = inflate(file, size, str(path))
            return unpickle(io.BytesIO(data), len(data), str(path), packed=size, shells=shells)
        return unpickle(file, size, str(path), packed=size, shells=shells)


def unpickle(stream: ByteStream, size: int, where: str, *, packed: int, shells: Sequence[str] = ()) -> Any:
    """The pickle that fills the next ``size`` bytes of a stream, out of ``packed`` bytes of a file; see
    :func:`read_pickle`."""
    source = _Source(stream, size)
    steps = _Steps({**pickle._Unpickler.dispatch, **_REPLACED})
    steps.most = FREE_OPCODES + packed // 2
    try:
        value = _Unpickler(source, steps, CONSTRUCTORS | shell_constructors(shells) if shells else CONSTRUCTORS).load()
        check_extent(value)
    except RefusedError as refused:
        raise ValueError(
            f"{where} holds {str(refused)[:200]}; only numpy arrays, numbers, text and plain containers are read, and "
            "nothing of it was run"
        ) from None
    except Exception as error:  # bytes that are no pickle raise anything
        reason = f"{type(error).__name__}: {error}"[:200]
        raise ValueError(f"{where} is no complete pickle ({reason}); copy or download it again") from error
    if source.left:
        raise ValueError(f"{where} goes on for {source.left} bytes after its pickle; copy or download it again")
    return value


class _Source:
    """A stream that sets no memory aside for more bytes than it has left."""

    def __init__(self, stream: ByteStream, size: int) -> None:
        self._stream = stream
        self.left = size

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self.left:
            raise EOFError(f"{size} bytes announced, {self.left} left")
        data = self._stream.read(size)
        if len(data) < size:
            raise EOFError(f"cut short, {size - len(data)} bytes are missing")
        self.left -= size
        return data

    def readline(self) -> bytes:
        line = self._stream.readline(self.left)
        self.left -= len(line)
        return line


class _Steps(dict):
    """What each opcode does, counting how many were asked for."""

    count = 0
    most = FREE_OPCODES

    def __getitem__(self, opcode: int) -> Any:
        self.count += 1
        if self.count > self.most:
            raise RefusedError(f"more than {self.most:,} steps")
        return super().__getitem__(opcode)


class _Unpickler(pickle._Unpickler):
    """The standard library's unpickler in Python, with every opcode that would look up, call or set replaced."""

    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]
    read: Callable[[int], bytes]

    def __init__(self, source: _Source, steps: _Steps, constructors: Mapping[tuple[str, str], Constructor]) -> None:
        super().__init__(source, encoding="latin1")  # pyright: ignore[reportArgumentType]: reads and reads lines
        self.source = source
        self.constructors = constructors
        self.steps = self.dispatch = steps  # pyright: ignore[reportAttributeAccessIssue]

    def find_class(self, module: str, name: str) -> Constructor:
        if (module, name) not in self.constructors:
            raise RefusedError(f"'{module}.{name}'")
        return self.constructors[module, name]

    def persistent_load(self, pid: Any) -> Any:
        raise RefusedError("a persistent id, which stands for something outside of it")

    def get_extension(self, code: int) -> Any:
        raise RefusedError(f"extension code {code}, which stands for something outside of it")

    def construct(self, constructor: Any, args: Any) -> None:
        if not isinstance(constructor, Constructor):
            raise RefusedError(f"a call of {type(constructor).__name__}")
        self.append(constructor.make(*args))

    _instantiate = construct  # what the opcodes INST and OBJ do

    def reduce(self) -> None:
        args, constructor = self.stack.pop(), self.stack.pop()
        self.construct(constructor, args)

    def reduce_with_names(self) -> None:
        raise RefusedError("a call with named arguments")

    def build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if isinstance(target, np.dtype):
            set_byte_order(target, state)
        elif isinstance(target, np.ndarray) and isinstance(state, Mapping):
            self._read_joblib(target, state)
        elif isinstance(target, np.ndarray):
            _, shape, dtype, fortran, data = state
            fill_array(target, shape, dtype, bool(fortran), data, objects=True)
        elif isinstance(target, Shell) and type(state) is dict and all(type(key) is str for key in state):
            target.state = state
        else:
            raise RefusedError(f"a state for a {type(target).__name__}")

    def _read_joblib(self, array: np.ndarray, state: Mapping[str, Any]) -> None:
        """Joblib's arrays: the pickle says what they are, and their bytes follow it."""
        if state["subclass"] is not NDARRAY:
            raise RefusedError("an array of a class of its own")
        shape, dtype = state["shape"], state["dtype"]
        if dtype.hasobject:
            within = _Unpickler(self.source, self.steps, self.constructors).load()
            fill_array(array, shape, dtype, False, within.ravel().tolist(), objects=True)
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            self.source.read(self.source.read(1)[0])  # padding, after its length
        data = self.source.read(checked_count(shape) * dtype.itemsize)
        fill_array(array, shape, dtype, state["order"] == "F", data, objects=False)

    def set_items(self) -> None:
        items = self.pop_mark()
        _to(dict, self.stack[-1]).update(make_dict(zip(items[::2], items[1::2], strict=True)))

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        _to(dict, self.stack[-1]).update(make_dict([(key, value)]))

    def dict_of_items(self) -> None:
        items = self.pop_mark()
        self.append(make_dict(zip(items[::2], items[1::2], strict=True)))

    def add_items(self) -> None:
        items = self.pop_mark()
        _to(set, self.stack[-1]).update(checked_keys(items))

    def make_frozenset(self) -> None:
        members = self.pop_mark()
        self.append(frozenset(checked_keys(members)))

    def make_bytearray(self) -> None:
        self.append(bytearray(self.read(int.from_bytes(self.read(8), "little"))))  # reads before it sets memory aside


def _to(kind: type, target: Any) -> Any:
    if not isinstance(target, kind):
        raise TypeError(f"items for a {type(target).__name__}")
    return target


_REPLACED = {
    pickle.REDUCE[0]: _Unpickler.reduce,
    pickle.NEWOBJ[0]: _Unpickler.reduce,
    pickle.NEWOBJ_EX[0]: _Unpickler.reduce_with_names,
    pickle.BUILD[0]: _Unpickler.build,
    pickle.SETITEM[0]: _Unpickler.set_item,
    pickle.SETITEMS[0]: _Unpickler.set_items,
    pickle.DICT[0]: _Unpickler.dict_of_items,
    pickle.ADDITEMS[0]: _Unpickler.add_items,
    pickle.FROZENSET[0]: _Unpickler.make_frozenset,
    pickle.BYTEARRAY8[0]: _Unpickler.make_bytearray,
}
