"""A folder that one process works in at a time, however the others end."""

import signal
import subprocess
import sys

import pytest

from pygpose.safe.lock import only_one

HOLDS = """
import sys, time
from pathlib import Path
from pygpose.safe.lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_at_a_time(tmp_path):
    with only_one(tmp_path):
        with pytest.raises(ValueError, match="another process works in .*; wait for its end"), only_one(tmp_path):
            pass
    with only_one(tmp_path):
        pass


def test_a_process_that_was_killed_holds_nothing(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "held\n"
    with pytest.raises(ValueError, match="another process"), only_one(tmp_path):
        pass
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with only_one(tmp_path):
        pass
