"""The door of every reader: one kind of error, in one sentence."""

from pathlib import Path

import pytest

from pygpose.safe.door import LONGEST, UnexpectedContentError, reading

PATH = Path("clips.json")


def test_errors_of_other_kinds_become_one_sentence_that_keeps_its_cause():
    with (
        pytest.raises(UnexpectedContentError, match=r"clips.json has content .*IndexError: x{190}") as raised,
        reading(PATH),
    ):
        raise IndexError("x" * 10**6)
    assert isinstance(raised.value.__cause__, IndexError) and len(str(raised.value)) < LONGEST
    with pytest.raises(ValueError, match="clips.json needs more memory"), reading(PATH):
        raise MemoryError


def test_errors_that_say_enough_pass_and_long_ones_are_cut():
    for error in (ValueError("short"), FileNotFoundError("no file")):
        with pytest.raises(type(error)) as raised, reading(PATH):
            raise error
        assert raised.value is error
    with pytest.raises(ValueError, match=r"^x+ \.\.\.$") as raised, reading(PATH):
        raise ValueError("x" * 10**6)
    assert len(str(raised.value)) == LONGEST
