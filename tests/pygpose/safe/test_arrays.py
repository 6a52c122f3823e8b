"""npz files: sizes that are checked before memory is spent, and objects that are read without running them.

Covers :mod:`pygpose.safe.arrays` and ``inflation``.
"""

import io
import os
import zipfile

import numpy as np
import pytest

from pygpose.safe.arrays import npz_names, read_npy, read_npz


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header(shape, dtype="'<f4'"):
    text = f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def write(path, *, compression=zipfile.ZIP_DEFLATED, **members):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.npz"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_plain_arrays(path, save):
    arrays = {"a": np.arange(6.0).reshape(2, 3).T, "b": np.array("text"), "c": np.zeros((0, 3)), "d": np.array(3)}
    save(path, **arrays)
    for objects in (False, True):
        ours = read_npz(path, objects=objects)
        assert list(ours) == list(arrays)
        for name, array in arrays.items():
            assert ours[name].dtype == array.dtype
            np.testing.assert_array_equal(ours[name], array)


def test_objects(path):
    np.savez_compressed(path, positions={"S1": {"Walking": np.ones((2, 3))}}, plain=np.ones(2))
    with pytest.raises(ValueError, match="array 'positions' in .* holds pickled Python objects"):
        read_npz(path)
    ours = read_npz(path, objects=True)
    assert ours["positions"].shape == () and ours["positions"].item()["S1"]["Walking"].sum() == 6


def test_other_objects_are_refused_by_name(path):
    class Bomb:
        def __reduce__(self):
            return os.system, (f"touch {path.parent / 'ran'}",)

    np.savez(path, clip=np.array([{"a": Bomb()}], dtype=object))
    with pytest.raises(ValueError, match=r"array 'clip' in .*data\.npz holds '(posix|nt)\.system'; only numpy arrays"):
        read_npz(path, objects=True)
    assert not (path.parent / "ran").exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (header("(1000000000, 1000000)") + bytes(40), "announces .*, 4,000,000,000,000,000 bytes; 40 are there"),
        (header("(4611686018427387904, 4)") + bytes(40), "are there"),
        (header("(-2, -5)") + bytes(40), "are there"),
        (header("(5,)") + bytes(40), "20 bytes; 40 are there"),
        (header("(0,)") + bytes(4), "0 bytes; 4 are there"),
        (header("(1000000000000,)", "'S0'"), "announces"),
        (header("'ten'") + bytes(40), "cannot be read"),
        (header("(10,)", "'no type'") + bytes(40), "cannot be read"),
        (header("(10,)", "__import__('os').getpid()") + bytes(40), "cannot be read"),
        (header("(" * 90) + bytes(40), "cannot be read"),
        (b"\x93NUMPY\x09\x00" + header("(10,)")[8:] + bytes(40), "npy format 9.0 is not known"),
        (b"no array", "cannot be read"),
        (b"", "cannot be read"),
        (header("(2,)", "'|O'") + npy(np.array([1, 2, 3], dtype=object))[128:], "not the array that its header"),
        (header("()", "'|O'") + b"\x80\x02}.", "not the array that its header announces"),
        (header("()", "'|O'") + b"\x80\x02}", "is no complete pickle"),
    ],
)
def test_headers_that_do_not_fit(path, data, message):
    with pytest.raises(ValueError, match=f"array 'clip' in .*{message}"):
        read_npz(write(path, clip=data), objects=True)


def test_announced_size_that_no_compression_reaches(path):
    write(path, clip=npy(np.zeros(3)))
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = (2**31).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(ValueError, match="array 'clip' in .* to 2,147,483,648 bytes, which no recording does"):
        read_npz(path)


def test_bombs(path, monkeypatch):
    monkeypatch.setattr("pygpose.safe.inflation.FREE_SIZE", 100_000)
    for compression in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        write(path, compression=compression, clip=npy(np.zeros(50_000)))
        with pytest.raises(ValueError, match="no recording does: it was refused unread"):
            read_npz(path)
    write(path, **{f"clip{i}": npy(np.zeros(10_000)) for i in range(10)})  # each is small
    with pytest.raises(ValueError, match=r"data\.npz would take 800,000 bytes of memory .* refused unread"):
        read_npz(path)
    write(path, flags=npy(np.zeros(90_000, bool)))  # eight times as large once they are numbers
    with pytest.raises(ValueError, match=r"data\.npz would take 720,000 bytes of memory"):
        read_npz(path)
    monkeypatch.setattr("pygpose.safe.inflation.MAX_TOTAL", 150_000)
    np.savez(path, a=np.zeros(10_000), b=np.zeros(10_000))
    with pytest.raises(ValueError, match=r"unpacks to 160,\d+ bytes; more than 150,000 are refused"):
        read_npz(path)


def test_still_poses_are_no_bomb(path):
    np.savez_compressed(path, confidence=np.ones((200_000, 17), np.float32))
    assert path.stat().st_size < 20_000
    assert read_npz(path)["confidence"].shape == (200_000, 17)


def test_other_files(path):
    with pytest.raises(FileNotFoundError, match="give a folder or npz file that exists"):
        read_npz(path)
    path.write_bytes(npy(np.zeros(3)))
    with pytest.raises(ValueError, match="holds a single array; expected an npz archive"):
        read_npz(path)
    for data in (b"", b"text", write(path, clip=npy(np.zeros(99))).read_bytes()[:-30]):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"data\.npz is no complete npz file"):
            read_npz(path)


def test_mutated_files_give_arrays_or_an_error(path):
    np.savez_compressed(path, a=np.arange(50.0), b={"S1": [np.ones(3), "text"]})
    whole, draw = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(whole)
        for place in draw.integers(len(data), size=draw.integers(1, 6)):
            data[place] = draw.integers(256)
        path.write_bytes(data)
        try:
            assert all(isinstance(array, np.ndarray) for array in read_npz(path, objects=True).values())
        except ValueError as error:
            assert str(path) in str(error)


def test_an_array_without_values_has_no_axis_that_is_counted_for_ever(path):
    write(path, clip=npy(np.zeros((10**9, 0))))
    with pytest.raises(ValueError, match=r"announces \[1000000000, 0\]"):
        read_npz(path)


def test_a_pipe_has_no_names_and_is_not_waited_for(path):
    os.mkfifo(path)
    assert npz_names(path) == set()
    for read in (read_npz, read_npy):
        with pytest.raises(FileNotFoundError, match="no file"):
            read(path)
