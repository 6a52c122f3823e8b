"""What `python -m` says of a module that is no program."""

import subprocess
import sys

import pytest


def run(*words):
    return subprocess.run([sys.executable, *words], capture_output=True, text=True)


@pytest.mark.parametrize("module", ["pygpose.inference.lift_file", "pygpose.commands.lift", "train.config.settings"])
def test_a_module_that_does_nothing_says_so(module):
    found = run("-m", module, "keypoints.json")
    assert found.returncode == 2 and found.stdout == ""
    assert found.stderr.startswith(f"{module} is a part of the library and does nothing when it is run; ")
    program = "python -m train.run" if module.startswith("train") else "python -m pygpose,"
    assert program in found.stderr and len(found.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "words", [("-m", "pygpose", "--help"), ("-c", "import pygpose.flags"), ("-m", "pygpose.data", "--help")]
)
def test_programs_run(words):
    found = run(*words)
    assert found.returncode == 0, found.stderr
