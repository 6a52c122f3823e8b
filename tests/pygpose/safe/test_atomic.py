"""Files written whole or not at all: what was there before survives a write that fails."""

import os

import numpy as np
import pytest

from pygpose.safe.atomic import FORGOTTEN, clear_parts, write_all, write_atomic, write_npz, write_whole


def fail(part):
    part.write_text("half of")
    raise OSError("no space left")


def test_several_files_are_written_together_or_not_at_all(tmp_path):
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    write_all({first: lambda part: part.write_text("1"), second: lambda part: part.write_text("2")})
    with pytest.raises(OSError, match="cannot write .*b.txt .no space left.; what was there before is unharmed"):
        write_all({first: lambda part: part.write_text("new"), second: fail})
    assert (first.read_text(), second.read_text()) == ("1", "2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


def test_one_file(tmp_path):
    write_atomic(tmp_path / "a", lambda part: part.write_text("1"))
    assert (tmp_path / "a").read_text() == "1" and (tmp_path / "a").stat().st_mode & 0o777 == 0o644
    with pytest.raises(OSError, match="cannot write"):
        write_atomic(tmp_path / "a", fail)
    assert (tmp_path / "a").read_text() == "1"
    with pytest.raises(OSError, match="cannot write .*nowhere/a"):
        write_atomic(tmp_path / "nowhere/a", fail)


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays(tmp_path, compressed):
    write_npz(tmp_path / "a.npz", {"x": np.zeros(5000)}, compressed=compressed)
    assert ((tmp_path / "a.npz").stat().st_size < 5000) == compressed
    with np.load(tmp_path / "a.npz") as archive:
        assert np.array_equal(archive["x"], np.zeros(5000))
    with pytest.raises(ValueError, match="allow_pickle=False"):
        write_npz(tmp_path / "a.npz", {"x": np.array([{}])})


def test_a_folder_takes_the_place_of_one(tmp_path):
    for number in (1, 2):
        write_whole(tmp_path / "clips", lambda part, number=number: (part / f"{number}.txt").write_text("x"))
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["2.txt"]


def test_what_a_kill_left_is_removed_and_what_another_process_writes_is_not(tmp_path):
    left, written, others = tmp_path / ".a.abcd1234", tmp_path / ".a.abcd1235", tmp_path / ".gitignore"
    for path in (left, written, others, tmp_path / ".part-abcdefgh"):
        path.mkdir() if path.name.startswith(".part") else path.write_text("half of")
    long_ago = left.stat().st_mtime - FORGOTTEN - 1
    for path in (left, others, tmp_path / ".part-abcdefgh"):
        os.utime(path, (long_ago, long_ago))
    write_atomic(tmp_path / "a", lambda part: part.write_text("1"))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.abcd1235", ".gitignore", ".part-abcdefgh", "a"]
    write_whole(tmp_path / "b.txt", lambda part: part.write_text("2"))
    assert not (tmp_path / ".part-abcdefgh").exists()
    clear_parts(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "a", "b.txt"]
