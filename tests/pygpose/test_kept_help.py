"""Help that was shown once is there at once the next time, until the code is another."""

import subprocess
import sys
from pathlib import Path

import pytest

from pygpose import kept_help

WORDS = ["train.protocols", "--help"]


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """As ``python -m train.protocols --help``, with a cache of its own and code that can be changed."""
    code = tmp_path / "pygpose"
    code.mkdir()
    (code / "flags.py").write_text("")
    monkeypatch.setattr(kept_help, "CODE", tmp_path)
    monkeypatch.setenv("PYGPOSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", *WORDS])
    monkeypatch.setattr(sys, "argv", ["-m", *WORDS[1:]])
    return code


def show(text="usage: ...\n", code=0):
    with pytest.raises(SystemExit) as end, kept_help.keep_help():
        print(text, end="")
        sys.exit(code)
    return end.value.code


def shown(capsys):
    """What the next call shows before anything is imported; None where it has to import."""
    capsys.readouterr()
    try:
        kept_help.show_kept_help("train")
    except SystemExit as end:
        assert end.code == 0
        return capsys.readouterr().out
    return None


def test_it_is_shown_again_and_forgotten_with_the_code(asked, capsys):
    assert shown(capsys) is None
    assert show() == 0 and capsys.readouterr().out == "usage: ...\n" and shown(capsys) == "usage: ...\n"
    kept_help.show_kept_help("pygpose")  # another package's
    (asked / "flags.py").write_text("# changed\n")
    assert shown(capsys) is None


def test_errors_and_modules_of_ones_own_are_not_kept(asked, capsys, monkeypatch):
    assert show("no such flag", 2) == 2 and shown(capsys) is None
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", *WORDS, "--import", "mine"])
    assert show() == 0 and shown(capsys) is None
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", *WORDS])
    monkeypatch.setattr("pygpose.kept_help.entry_points", lambda: type("Points", (), {"groups": {"pygpose.losses"}}))
    assert show() == 0 and shown(capsys) is None


@pytest.mark.parametrize("cache", ["off", "file/inside"])
def test_without_a_cache_help_is_shown_all_the_same(asked, cache, capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PYGPOSE_CACHE", cache if cache == "off" else str(tmp_path / cache))
    assert show() == 0 and "usage" in capsys.readouterr().out and shown(capsys) is None


def test_from_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PYGPOSE_CACHE", str(tmp_path))
    first, second = (
        subprocess.run([sys.executable, "-X", "importtime", "-m", *WORDS], capture_output=True, text=True) for _ in "12"
    )
    assert first.stdout == second.stdout and "usage: python -m train.protocols" in first.stdout
    assert " torch\n" in first.stderr and " torch\n" not in second.stderr
    assert len(list(Path(tmp_path, "help").iterdir())) == 1
