"""The text of ``--help``."""

from dataclasses import dataclass

import pytest
import tyro

from train.config.help import WHOLE_SENTENCES, command_help

ABOUT = """Do a thing, and then the next thing.

python -m thing A
python -m thing --flag B

A long paragraph that does not fit into a terminal of so few columns.
"""


def test_help_fits_the_terminal_and_keeps_examples_on_their_lines(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    text = command_help(ABOUT, {"--flag": {"a": "the first of all letters of the alphabet", "bb": "x"}, "--no": ["c"]})
    lines = text.splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[:5] == ["Do a thing, and then the next thing.", "", "Examples:", "    python -m thing A", lines[4]]
    assert lines[4] == "    python -m thing --flag B"
    assert "    a   the first of all letters of the\n        alphabet\n    bb  x" in text
    assert lines[-1] == "Choices of --no: c."


@dataclass(frozen=True)
class Told:
    size: int = 1
    """How large it is, in a sentence
    that goes on in a second line."""


def test_a_field_is_described_in_one_paragraph(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    with pytest.raises(SystemExit, match="0"), WHOLE_SENTENCES:
        tyro.cli(Told, args=["--help"], description=command_help(ABOUT, {}))
    shown = capsys.readouterr().out
    assert "How large it is, in a sentence that goes on in a second line." in shown
    assert "\n\nExamples:\n    python -m thing A\n    python -m thing --flag B\n\nA long" in shown
