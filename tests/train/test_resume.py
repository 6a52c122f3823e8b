"""Runs made again and runs that go on: to the same numbers, whenever they were stopped."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
import torch

from pygpose.inference.checkpoint import load_model
from train.loop.state import load_state
from train.run import main


def test_the_same_seed_gives_the_same_run(finished_run, tmp_path, small):
    main([*small, "--epochs", "2", "--inference", "whole", "--out-dir", str(tmp_path / "again")])
    assert (tmp_path / "again" / "log.csv").read_text() == (finished_run / "log.csv").read_text()
    first, second = (load_model(folder)[0].state_dict() for folder in (finished_run, tmp_path / "again"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def same_as(finished_run, folder):
    assert (folder / "log.csv").read_text() == (finished_run / "log.csv").read_text()
    first, second = (load_state(path / "last.pt")["model"] for path in (finished_run, folder))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_killed_run_resumes_to_the_same_numbers(finished_run, tmp_path, small, few_actions):
    folder = tmp_path / "killed"
    words = [*small, "--epochs", "2", "--inference", "whole", "--out-dir", str(folder)]
    few = f"from pygpose.data.sources import synthetic; synthetic.ACTIONS = {few_actions}"
    program = f"{few}; import train.run as r; r.main()"
    child = subprocess.Popen([sys.executable, "-c", program, *words], stderr=subprocess.DEVNULL)
    while not (folder / "best.safetensors").exists():
        assert child.poll() is None
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not (folder / "summary.json").exists()
    main(["--resume", str(folder)])
    same_as(finished_run, folder)


@pytest.mark.slow
def test_kills_at_random_moments(finished_run, tmp_path, small, few_actions):
    """Twenty kills, some of them while files are written, in the first step and in the report; runs are resumed and
    killed again, three times at most, and end in the same numbers to the last bit."""
    draw, kills = random.Random(0), 0
    few = f"from pygpose.data.sources import synthetic; synthetic.ACTIONS = {few_actions}"
    program = [sys.executable, "-c", f"{few}; import train.run as r; r.main()"]
    while kills < 20:
        folder = tmp_path / f"killed{kills}"
        words = [*small, "--epochs", "2", "--inference", "whole", "--out-dir", str(folder)]
        for _ in range(3):
            child = subprocess.Popen([*program, *words], stderr=subprocess.PIPE, text=True)
            assert child.stderr is not None
            begun = next((line for line in child.stderr if "epochs on cpu" in line), "")
            assert begun
            time.sleep(draw.choice([0.0, 0.3, 1.0, 4.0]) * draw.random())
            kills += child.poll() is None
            child.kill()
            child.wait()
            child.stderr.close()
            words = ["--resume", str(folder)]
        main(words)
        same_as(finished_run, folder)
        assert not [path for path in folder.iterdir() if re.fullmatch(r"\..*\.[a-z0-9_]{8}", path.name)]


def test_a_run_that_ended_in_its_first_step_resumes_to_the_same_numbers(finished_run, tmp_path, small, monkeypatch):
    class PowerCut(BaseException):
        pass

    def ends(self, windows):
        raise PowerCut

    folder = tmp_path / "ended"
    with monkeypatch.context() as patch, pytest.raises(PowerCut):
        patch.setattr("train.loop.trainer.Trainer.step", ends)
        main([*small, "--epochs", "2", "--inference", "whole", "--out-dir", str(folder)])
    assert (folder / "last.pt").is_file() and not (folder / "best.safetensors").exists()
    main(["--resume", str(folder)])
    same_as(finished_run, folder)


def test_a_run_cut_in_its_last_epoch_says_so_and_can_go_on(tmp_path, small, monkeypatch):
    from train.loop import trainer as loop

    original, folder = loop.Trainer.step, tmp_path / "r"

    def slow(self, windows):
        self.progress.seconds += 40.0
        return original(self, windows)

    def training():
        return json.loads((folder / "summary.json").read_text())["training"]

    with monkeypatch.context() as patch:
        patch.setattr(loop.Trainer, "step", slow)
        main([*small, "--epochs", "1", "--max-minutes", "2", "--out-dir", str(folder)])
    assert training()["stopped"] == "time limit" and 0 < training()["epochs"] < 1
    main(["--resume", str(folder), "--max-minutes", "60"])
    done = training()
    assert (done["epochs"], done["of_epochs"], done["stopped"]) == (1.0, 1, "")
    assert done["minutes"] == 2.0 and "--epochs 1" in done["command"]  # which began the run


def test_a_log_that_a_kill_left_behind_is_written_again(finished_run, tmp_path):
    folder = tmp_path / "r"
    shutil.copytree(finished_run, folder)
    whole = (folder / "log.csv").read_text()
    (folder / "log.csv").write_text("".join(whole.splitlines(keepends=True)[:-1]))
    main(["--resume", str(folder)])
    assert (folder / "log.csv").read_text() == whole
