"""Which registered format a file is of: one, none or several."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from graphs.registry import Registry
from pygpose.io.recognition import one_format, recognising


@dataclass(frozen=True)
class Ending:
    """Recognises files by the end of their names."""

    end: str

    @property
    def description(self):
        return f"ends in {self.end}"

    def recognises(self, path):
        return path.name.endswith(self.end)


FORMATS = Registry("toy format")
for name, end in (("second", "b"), ("first", "ab")):
    FORMATS.register(name)(Ending(end))


def test_one_format():
    assert recognising(Path("xb"), FORMATS) == ["second"] and one_format(Path("xb"), FORMATS) == "second"


def test_no_format():
    assert recognising(Path("x"), FORMATS) == []
    message = r"^x looks like no toy format; give format as one of: first \(ends in ab\); second \(ends in b\)$"
    with pytest.raises(ValueError, match=message):
        one_format(Path("x"), FORMATS)


def test_several_formats():
    assert recognising(Path("xab"), FORMATS) == ["first", "second"]
    with pytest.raises(
        ValueError, match=r"^xab looks like several toy formats; give format as one of: first \(.*; second"
    ):
        one_format(Path("xab"), FORMATS)
