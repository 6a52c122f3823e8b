"""Text out of files and of file names, whatever their bytes are."""

import os
from pathlib import Path

import pytest

from pygpose.safe.text import head, read_json, read_text, shown


def test_names_of_any_bytes():
    assert shown(Path(os.fsdecode(b"caf\xe9"))) == "caf\ufffd" and shown(Path("a/b.json")) == "a/b.json"


def test_the_head_of_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 70_000)
    (tmp_path / "b").write_bytes(b"\xff{")
    assert len(head(tmp_path / "a")) == 1 << 16 and head(tmp_path / "b") == "\ufffd{"
    assert head(tmp_path) == head(tmp_path / "nowhere") == ""


def test_deep_json(tmp_path):
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(ValueError, match="no JSON that can be read"):
        read_json(tmp_path / "deep.json")


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
