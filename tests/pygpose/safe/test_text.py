"""Text out of files and of file names, whatever their bytes are."""

import os
from pathlib import Path

import numpy as np
import pytest

from pygpose.safe.text import brief, head, listed, read_json, read_text, reason, shown


def test_names_of_any_bytes():
    assert shown(Path(os.fsdecode(b"caf\xe9"))) == "caf\ufffd" and shown(Path("a/b.json")) == "a/b.json"


def test_the_head_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 70_000)
    (tmp_path / "b").write_bytes(b"\xff{")
    assert len(head(tmp_path / "a")) == 1 << 16 and head(tmp_path / "b") == "\ufffd{"
    assert head(tmp_path) == head(tmp_path / "nowhere") == ""


def test_a_pipe_has_no_head_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert head(tmp_path / "pipe") == ""


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 70 + "]" * 70, '{"a":' * 70 + "0" + "}" * 70])
def test_deep_json(tmp_path, text):
    (tmp_path / "deep.json").write_text(text)
    with pytest.raises(ValueError, match="no JSON that can be read: its lists are nested more than 64 deep"):
        read_json(tmp_path / "deep.json")


def test_json_of_usual_depth(tmp_path):
    (tmp_path / "a.json").write_text("[" * 60 + "]" * 60)
    assert read_json(tmp_path / "a.json")


def test_values_are_cut_before_they_are_formatted():
    """Each of these would take years, gigabytes, or an error to format whole."""
    doubled, deep = [], []
    for _ in range(100):
        doubled, deep = [doubled, doubled], [deep]
    for value in (doubled, deep, {"a": doubled}, "x" * 10**6, 10**9999, [10**9999] * 10**6, np.zeros(5), {1, 2}):
        assert len(brief(value)) <= 60
    assert (
        brief({"a": [1.5, None, True]}) == "{'a': [1.5, None, True]}" and brief(list(range(9))) == "[0, 1, 2, 3, ...]"
    )
    assert brief(np.array([[1, 2]])) == "an array [1, 2] of int64" and brief("it's") == '"it\'s"'
    assert brief(object()) == "object"


def test_names_and_reasons_are_cut():
    assert listed(["a", "b"]) == "a, b" and listed([]) == "none" and listed("abc", 2) == "a, b and 1 more"
    assert len(listed(["x" * 10**6] * 1000)) < 700
    assert reason(ValueError("a\n b")) == "a b" and len(reason(ValueError("x" * 10**6))) == 200
    assert reason(KeyError()) == "KeyError"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_json_with_a_byte_order_mark(tmp_path, encoding):
    (tmp_path / "bom.json").write_bytes("\ufeff[1]".encode(encoding.replace("-sig", "")))
    assert read_json(tmp_path / "bom.json") == [1] and head(tmp_path / "bom.json") == read_text(tmp_path / "bom.json")
    assert head(tmp_path / "bom.json") == "[1]"


@pytest.mark.parametrize(("content", "message"), [(b"[1,", "no complete JSON"), (b"\xe9[", "not UTF-8 text")])
def test_damaged_json(tmp_path, content, message):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_json(tmp_path / "a.json")
