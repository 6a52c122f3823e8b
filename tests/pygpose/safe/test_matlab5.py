"""The reader of MATLAB 5 files on what SciPy writes, by hand where it does not, and on damaged bytes."""

import struct
import zlib

import numpy as np
import pytest
from scipy.io import savemat

from pygpose.safe.matlab5 import read_matlab5

TYPES = ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]


def cell(*members):
    column = np.empty((len(members), 1), object)
    column[:, 0] = members
    return column


ARRAYS = {
    **{f"type_{name}": np.arange(6, dtype=name).reshape(2, 3) for name in TYPES},
    "deep": np.arange(24.0).reshape(2, 3, 4),
    "empty": np.zeros((0, 5)),
    "one": np.array([[7.5]]),
    "a_name_of_more_than_four": np.array([[1, 2]], np.uint8),
}


@pytest.mark.parametrize("packed", [False, True])
def test_numbers_and_cells(tmp_path, packed):
    members = (np.arange(12.0).reshape(4, 3), np.zeros((2, 2)), cell(np.ones((1, 1))))
    savemat(tmp_path / "a.mat", {**ARRAYS, "cells": cell(*members), "text": "abc"}, do_compression=packed)
    found = read_matlab5(tmp_path / "a.mat", [*ARRAYS, "cells", "text", "absent"])
    assert set(found) == {*ARRAYS, "cells", "text"} and found["text"] is None
    for name, written in ARRAYS.items():
        assert found[name].dtype == written.dtype and found[name].shape == written.shape
        np.testing.assert_array_equal(found[name], written)
    assert found["cells"].shape == (3, 1)
    for ours, written in zip(found["cells"][:2, 0], members[:2], strict=True):
        np.testing.assert_array_equal(ours, written)
    assert found["cells"][2, 0][0, 0] == 1.0


def test_only_what_is_asked_for(tmp_path):
    savemat(tmp_path / "a.mat", ARRAYS)
    assert list(read_matlab5(tmp_path / "a.mat", ["one"])) == ["one"]


def test_complex_numbers_are_none(tmp_path):
    savemat(tmp_path / "a.mat", {"z": np.array([[1 + 2j]])})
    assert read_matlab5(tmp_path / "a.mat", ["z"]) == {"z": None}


def variable(order, shape, stored, content, flags=6):
    """A matrix 'x' as MATLAB writes it: doubles may be stored as any smaller type."""
    parts = struct.pack(f"{order}IIII", 6, 8, flags, 0)
    parts += struct.pack(f"{order}II{len(shape)}i", 5, 4 * len(shape), *shape)
    parts += struct.pack(f"{order}I", 1 << 16 | 1) + b"x\0\0\0"
    parts += struct.pack(f"{order}II", stored, len(content)) + content.ljust(-(-len(content) // 8) * 8)
    return struct.pack(f"{order}II", 14, len(parts)) + parts


def header(order):
    return b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(f"{order}H", 0x0100) + (b"IM" if order == "<" else b"MI")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("packed", [False, True])
def test_either_byte_order_and_doubles_stored_as_shorts(tmp_path, order, packed):
    content = variable(order, (2, 2), 3, struct.pack(f"{order}4h", 1, 2, 3, -4))
    if packed:
        content = zlib.compress(content)
        content = struct.pack(f"{order}II", 15, len(content)) + content
    (tmp_path / "a.mat").write_bytes(header(order) + content)
    found = read_matlab5(tmp_path / "a.mat", ["x"])["x"]
    assert found.dtype == np.float64 and found.tolist() == [[1, 3], [2, -4]]  # columns first


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no MATLAB 5 file"),
        (b"\x89HDF\r\n\x1a\n".ljust(200), "is no MATLAB 5 file"),
        (header("<")[:-2] + b"XX", "is no MATLAB 5 file"),
        (header("<") + b"\x0e", "cannot be read"),
        (header("<") + b"\x0e\0\0\0\xff\xff\xff\xff", "of which 0 are there"),
        (header("<") + variable("<", (2, 2), 9, bytes(24)), "'x' is of shape"),
        (header("<") + variable("<", (2**31 - 1,) * 8, 9, bytes(8)), "'x' is of shape"),
        (header("<") + variable("<", (-1, -1), 9, bytes(8)), "a variable of shape"),
        (header("<") + variable("<", (1, 1), 18, bytes(8)), "'x' is of shape"),
        (header("<") + variable("<", (2, 1), 9, b"", flags=1), "something else where a variable|0 of 2 cells"),
        (header("<") + b"\x0f\0\0\0\4\0\0\0abcd", "cannot be read"),
    ],
)
def test_damaged(tmp_path, content, message):
    path = tmp_path / "a.mat"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as raised:
        read_matlab5(path, ["x"])
    assert str(path) in str(raised.value)


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("pygpose.safe.inflation.FREE_SIZE", 2**20)
    content = zlib.compress(variable("<", (2**22, 1), 2, bytes(2**22)), 9)
    (tmp_path / "a.mat").write_bytes(header("<") + struct.pack("<II", 15, len(content)) + content)
    with pytest.raises(ValueError, match="as no recording does"):
        read_matlab5(tmp_path / "a.mat", ["x"])


def test_cells_in_cells_without_end(tmp_path):
    inner = variable("<", (1, 1), 9, bytes(8))
    for _ in range(2000):
        parts = variable("<", (1, 1), 9, b"", flags=1)[8:-8] + inner
        inner = struct.pack("<II", 14, len(parts)) + parts
    (tmp_path / "a.mat").write_bytes(header("<") + inner)
    with pytest.raises(ValueError, match="something else where a variable is expected"):
        read_matlab5(tmp_path / "a.mat", ["x"])


def test_changed_bytes(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"a": np.ones((3, 2)), "b": cell(np.ones((2, 2)), np.ones((1, 3)))})
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(250):
        changed = bytearray(whole)
        for at in rng.integers(0, len(whole), 3):
            changed[at] = rng.integers(256)
        path.write_bytes(changed)
        try:
            read_matlab5(path, ["a", "b"])
        except ValueError as error:
            assert str(path) in str(error)
