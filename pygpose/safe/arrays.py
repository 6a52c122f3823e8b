"""Arrays out of an npz or npy file, without ever running what is in it."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Collection
from pathlib import Path

import numpy as np

from pygpose.safe.inflation import check_inflation, check_memory
from pygpose.safe.pickles import ByteStream, unpickle
from pygpose.safe.text import brief, reason, shown

LARGEST_EMPTY = 1_000_000
"""Length of an axis of an array without values; longer ones are no recording's, and may be counted for ever."""


def read_npz(path: Path, *, objects: bool = False, only: Collection[str] | None = None) -> dict[str, np.ndarray]:
    """All arrays of an npz file by name.

    Sizes are checked before memory is set aside: what an array announces against what the file holds, and what the file
    unpacks to against the limits of :mod:`pygpose.safe.inflation`.

    Args:
        path: The file.
        objects: Whether to read arrays of pickled objects too, which the field's older files hold. Only numpy arrays,
            numbers, text and plain containers are read, see :mod:`pygpose.safe.pickles`.
        only: Names of the arrays that are wanted. Others stay unread, whatever is in them.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is no npz, is cut short, announces absurd sizes, or holds pickled objects (which
            could run code) other than those.
    """
    _need_file(path, "give a folder or npz file that exists")
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(6) == np.lib.format.MAGIC_PREFIX:
            raise ValueError(f"{shown(path)} holds a single array; expected an npz archive of named arrays")
        try:
            archive = zipfile.ZipFile(file)
        except Exception as error:  # an archive whose bytes were changed raises anything
            raise ValueError(
                f"{shown(path)} is no complete npz file ({reason(error)}); copy or download it again"
            ) from error
        members = {member.filename.removesuffix(".npy"): member for member in archive.infolist()}
        members = {name: member for name, member in members.items() if only is None or name in only}
        for name, member in members.items():
            check_inflation(member.file_size, member.compress_size, _where(name, path))
        check_inflation(sum(member.file_size for member in members.values()), size, shown(path))
        needed = sum(_needed(archive, member, _where(name, path)) for name, member in members.items())
        check_memory(needed, size, shown(path))
        return {name: _read(archive, member, objects, _where(name, path)) for name, member in members.items()}


def read_npy(path: Path) -> np.ndarray:
    """The array of an npy file; see :func:`read_npz`.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is no npy, is cut short, announces absurd sizes, or holds pickled objects.
    """
    _need_file(path, "give an npy file that exists")
    try:
        with path.open("rb") as file:
            shape, dtype = _header(file)
            if dtype.hasobject:
                raise ValueError("it holds pickled Python objects, which could run code")
            _check_size(shape, dtype, path.stat().st_size - file.tell())
            file.seek(0)
            return np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:  # a header whose bytes were changed raises anything
        raise ValueError(
            f"{shown(path)} cannot be read as one array ({reason(error)}); copy or download it again"
        ) from error


def _need_file(path: Path, remedy: str) -> None:
    if not path.is_file():
        raise FileNotFoundError(f"no file {shown(path)}; {remedy}")


def npy_shape(path: Path) -> tuple[int, ...]:
    """Shape of the array in an npy file. Empty for a file that is no npy."""
    try:
        with path.open("rb") as file:
            return _header(file)[0]
    except Exception:  # a damaged header fails in many ways: whichever it is, it is not recognised
        return ()


def npz_names(path: Path) -> set[str]:
    """Names of the arrays in an npz file. Empty for a file that is no npz."""
    try:
        if not path.is_file():  # a pipe would be waited for
            return set()
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except Exception:  # a damaged archive fails in many ways: whichever it is, it is not recognised
        return set()


def _where(name: str, path: Path) -> str:
    return f"array '{name[:80]}' in {shown(path)}"


def _needed(archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str) -> int:
    """Bytes of memory of an array once numbers are in double precision and text is Python's own."""
    try:
        with archive.open(member) as stream:
            shape, dtype = _header(stream)
            held = member.file_size - stream.tell()
            if dtype.hasobject:
                return held
            _check_size(shape, dtype, held)
            return max(held, math.prod(shape) * (64 if dtype.kind in "US" else 8))
    except Exception as error:
        raise ValueError(f"{where} cannot be read ({reason(error)}); copy or download it again") from error


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, objects: bool, where: str) -> np.ndarray:
    try:
        with archive.open(member) as stream:
            shape, dtype = _header(stream)
            left = member.file_size - stream.tell()
            if not dtype.hasobject:
                stream.seek(0)
                return np.lib.format.read_array(stream, allow_pickle=False)
    except Exception as error:
        raise ValueError(f"{where} cannot be read ({reason(error)}); copy or download it again") from error
    if not objects:
        raise ValueError(f"{where} holds pickled Python objects, which could run code; save plain number arrays")
    with archive.open(member) as stream:
        _header(stream)
        array = unpickle(stream, left, where, packed=member.compress_size)
    if not isinstance(array, np.ndarray) or array.shape != shape:
        raise ValueError(f"{where} is not the array that its header announces; copy or download it again")
    return array


def _header(stream: ByteStream) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"npy format {version[0]}.{version[1]} is not known")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    return shape, dtype


def _check_size(shape: tuple[int, ...], dtype: np.dtype, held: int) -> None:
    announced = math.prod(shape) * dtype.itemsize
    empty = not announced and max(shape, default=0) > LARGEST_EMPTY
    if announced != held or min(shape, default=0) < 0 or not dtype.itemsize or empty:
        raise ValueError(
            f"its header announces {brief(list(shape))} of {str(dtype)[:60]}, {f'{announced:,}'[:60]} bytes; {held:,} "
            "are there"
        )
