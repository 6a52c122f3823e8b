"""Numbers out of the objects of chumpy and scipy in which official body model files wrap them, without the packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pygpose.safe.plain_data import Shell
from pygpose.safe.text import brief

CHUMPY, SELECT = "chumpy.ch.Ch", "chumpy.reordering.Select"
SPARSE = ("scipy.sparse.csc.csc_matrix", "scipy.sparse._csc.csc_matrix")  # before and after scipy 1.8
WRAPPERS = (CHUMPY, SELECT, *SPARSE)
MAX_ROWS = 1000  # of a sparse matrix: a few bytes can announce more zeros than fit in memory


def unwrap(value: Any, where: str) -> np.ndarray:
    """An array, or what one of the :data:`WRAPPERS` holds, in double precision.

    Raises:
        ValueError: For anything else, for objects whose parts do not fit together, and for NaN and infinite values.
    """
    if isinstance(value, Shell):
        open_ = {CHUMPY: _plain, SELECT: _selected}.get(value.name, _filled)
        value = open_(value.state, where)
    array = _numbers(value, "fiu", where)
    if not array.ndim:
        raise ValueError(f"{where}: expected an array, got one number")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: {int((~np.isfinite(array)).sum())} of {array.size} values are NaN or infinite")
    return array


def _numbers(value: Any, kinds: str, where: str) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.dtype.kind not in kinds:
        kind = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else type(value).__name__
        raise ValueError(f"{where}: expected an array of {'whole ' if 'f' not in kinds else ''}numbers, got {kind}")
    return value


def _plain(state: Mapping[str, Any], where: str) -> np.ndarray:
    return _numbers(state.get("x"), "fiu", f"{where}, chumpy's 'x'")


def _selected(state: Mapping[str, Any], where: str) -> np.ndarray:
    """Chumpy's ``Select``: elements of the array in its ``a``, in the shape that it prefers."""
    source, where = state.get("a"), f"{where}, chumpy's selection"
    source = _plain(source.state, where) if isinstance(source, Shell) else _numbers(source, "fiu", where)
    order = _numbers(state.get("idxs"), "iu", f"{where} 'idxs'").ravel()
    if order.size and not (0 <= order.min() and order.max() < source.size):
        raise ValueError(f"{where}: beyond the {source.size} elements of its array")
    shape = state.get("preferred_shape", order.shape)
    lengths = [length for length in shape if _is_length(length)] if isinstance(shape, (tuple, list)) else None
    if lengths is None or len(lengths) != len(shape) or np.prod(np.array(lengths, float)) != order.size:
        raise ValueError(f"{where}: {order.size} elements cannot have the shape {brief(shape)}")
    return source.ravel()[order].reshape(lengths)


def _filled(state: Mapping[str, Any], where: str) -> np.ndarray:
    """Scipy's matrix in compressed columns, filled with zeros."""
    where = f"{where}, scipy's matrix"
    data = _numbers(state.get("data"), "fiu", f"{where} 'data'").ravel()
    rows = _numbers(state.get("indices"), "iu", f"{where} 'indices'").ravel()
    starts = _numbers(state.get("indptr"), "iu", f"{where} 'indptr'").ravel().astype(np.int64)
    shape = state.get("_shape")
    if not isinstance(shape, (tuple, list)) or len(shape) != 2 or not all(_is_length(length) for length in shape):
        raise ValueError(f"{where}: without its shape")
    height, width = map(int, shape)
    fits = 0 < height <= MAX_ROWS and len(starts) == width + 1 and len(rows) == len(data)
    fits = fits and starts[0] == 0 and starts[-1] == len(data) and bool((np.diff(starts) >= 0).all())
    if not fits or not ((rows >= 0) & (rows < height)).all():
        raise ValueError(f"{where}: its parts do not fit together, or it has more than {MAX_ROWS} rows")
    dense = np.zeros((height, width))
    np.add.at(dense, (rows, np.repeat(np.arange(width), np.diff(starts))), data)
    return dense


def _is_length(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and 0 <= int(value) < 2**31
