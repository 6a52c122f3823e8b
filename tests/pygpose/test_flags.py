"""What the commands of ``pygpose`` say of themselves, before anything is done.

Covers :mod:`pygpose.flags`, :mod:`pygpose.__main__` and the first screen of :mod:`pygpose`.
"""

import re
import subprocess
import sys
from typing import get_args

import pytest

import pygpose
from pygpose.__main__ import Command, main

COMMANDS = [get_args(kind)[1].name for kind in get_args(Command)]
HELP = """
import sys
from pygpose.__main__ import main
for words in [[], *([command] for command in sys.argv[1:])]:
    try:
        main([*words, "--help"])
    except SystemExit as end:
        assert end.code == 0
slow = {"torch", "torch_geometric", "numpy", "pandas", "matplotlib"} & sys.modules.keys()
assert not slow, slow
"""


def test_help_waits_for_nothing_that_takes_long():
    found = subprocess.run([sys.executable, "-c", HELP, *COMMANDS], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert found.stdout.count("usage: pygpose") == 1 + len(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_no_file_of_the_checkout_and_keeps_its_examples_apart(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    said = capsys.readouterr().out
    assert not re.search(r"docs/|\.\./|shared/", said)
    for example in re.findall(r"^ *pygpose .*", said, re.MULTILINE):
        assert example.count("pygpose ") == 1
    assert f"usage: pygpose {command}" in said and "Exit code" in said or command not in ("lift", "check", "convert")


def test_the_first_screen_has_its_names_and_rooms():
    for name in pygpose.HOMES:
        assert getattr(pygpose, name).__module__.startswith("pygpose.")
    assert pygpose.geometry.Camera and pygpose.models.build_model is pygpose.build_model
    with pytest.raises(AttributeError, match="module 'pygpose' has no attribute 'lift_everything'"):
        _ = pygpose.lift_everything  # pyright: ignore[reportAttributeAccessIssue]
