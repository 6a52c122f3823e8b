"""The program from its command line: what a run leaves, and what it says when something is wrong."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

from pygpose.data import WindowLoader
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.inference.checkpoint import load_model
from train.config.command import parse_command
from train.config.settings import config_from_plain, to_plain
from train.loop.prepare import open_people, prepare
from train.loop.state import load_state
from train.run import main

WRITTEN = '{"config": %s, "data_checksum": "0"}'


def fails(words, capsys, code=2):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == code
    return " ".join(capsys.readouterr().err.split())


class TestRunFolder:
    def test_files(self, finished_run):
        assert {path.name for path in finished_run.iterdir()} >= {
            *("config.json", "log.csv", "metrics.csv", "report.md", "report.html", "summary.json"),
            *("best.safetensors", "last.pt"),
        }

    def test_summary(self, finished_run):
        summary = json.loads((finished_run / "summary.json").read_text())
        assert 0 < summary["mpjpe_mm"] < 2000
        assert 100 < summary["mean_pose"]["mpjpe_mm"] < 400
        assert set(summary["systems"]) == {"ugcn (whole clips)", "ugcn (windows)", "mean pose"}
        assert "synthetic" in summary["title"]

    def test_rows_are_the_test_subjects_alone(self, finished_run, few_actions):
        rows = pd.read_csv(finished_run / "metrics.csv")
        assert set(rows["subject"]) == {"S9", "S11"}
        assert len(rows) == 3 * 2 * len(few_actions) * 4

    def test_log(self, finished_run):
        log = pd.read_csv(finished_run / "log.csv")
        assert log["epoch"].tolist() == [1, 2]
        for name in ("train_loss", "train_pose", "train_motion", "train_lap", "val_mpjpe_mm"):
            assert (log[name] > 0).all()

    def test_model_file_is_enough_to_lift(self, finished_run):
        model, header = load_model(finished_run)
        assert header["skeleton"] == "h36m17" and header["framing"] == model.framing == "person"
        assert model.fps == 50.0 and 0.05 < model.bone_lengths[1:].min() < model.bone_lengths.max() < 0.6
        assert model(torch.randn(1, 50, 17, 2)).shape == (1, 50, 17, 3)

    def test_report_says_what_it_was_made_with(self, finished_run):
        text = (finished_run / "report.md").read_text()
        for fact in ("synthetic", "S9", "MPJPE", "mean pose", "seed", "mean over actions", "mean over frames"):
            assert fact in text


def test_ctrl_c_reports_what_there_is(tmp_path, monkeypatch, capsys, small):
    from train.loop import trainer as loop

    original, steps = loop.Trainer.step, []

    def interrupted(self, windows):
        steps.append(1)
        if len(steps) == 3:
            raise KeyboardInterrupt
        return original(self, windows)

    monkeypatch.setattr(loop.Trainer, "step", interrupted)
    main([*small, "--epochs", "5", "--out-dir", str(tmp_path / "r")])
    assert "stopped in epoch 1 of 5" in capsys.readouterr().err
    assert (tmp_path / "r" / "report.html").exists()
    assert "those at the moment of stopping, before any validation" in (tmp_path / "r" / "report.md").read_text()


def test_ctrl_c_in_the_report_is_one_sentence(tmp_path, small, monkeypatch, capsys):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("train.run.evaluate", interrupted)
    words = [*small, "--epochs", "1", "--out-dir", str(tmp_path / "r")]
    assert "makes it with --resume" in fails(words, capsys, code=130)


def test_a_time_limit_ends_in_a_report(tmp_path, small):
    main([*small, "--epochs", "10000", "--max-minutes", "0.01", "--out-dir", str(tmp_path / "r")])
    assert "of 10000 epochs" in (tmp_path / "r" / "report.md").read_text()


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_epoch(tmp_path, monkeypatch, capsys, small):
    from pygpose.losses import LOSSES

    original, calls = LOSSES["lap"].forward, []

    def breaks(self, pred, target, graph=None):
        calls.append(1)
        value = original(self, pred, target, graph)
        return value * float("nan") if len(calls) > 8 else value

    monkeypatch.setattr(LOSSES["lap"], "forward", breaks)
    folder = tmp_path / "r"
    message = fails([*small, "--epochs", "100", "--out-dir", str(folder)], capsys, code=1)
    assert "training diverged" in message and "term 'lap' became nan" in message
    assert all(torch.isfinite(value).all() for value in load_model(folder)[0].state_dict().values())
    assert load_state(folder / "last.pt")["progress"]["epoch"] >= 1


def test_weights_that_are_no_numbers_after_the_last_step_of_an_epoch(tmp_path, monkeypatch, capsys, small):
    from train.loop import trainer as loop

    original = loop.Trainer.step

    def overflows(self, windows):
        losses = original(self, windows)
        with torch.no_grad():
            next(self.model.parameters()).fill_(torch.inf)
        return losses

    monkeypatch.setattr(loop.Trainer, "step", overflows)
    words = [*small, "--epochs", "1", "--batch-size", "10000", "--out-dir", str(tmp_path / "r[/b]")]
    message = fails(words, capsys, code=1)
    assert "its last update left weights that are NaN or infinite" in message
    assert "No whole epoch is kept yet in" in message
    assert "r[/b]; a smaller --lr" in message  # nothing of a path is taken for markup
    assert load_state(tmp_path / "r[" / "b]" / "last.pt")["progress"]["epoch"] == 0


class TestBadInput:
    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["--arch", "ugnc"], "unknown arch 'ugnc'; known: cvm, "),
            (["--loss", "motoin"], "unknown loss 'motoin'; known: acc, ang_acc, angle,"),
            (["--data", "h37m"], "unknown data set 'h37m'; known: "),
            (["--preset", "ugn"], "unknown preset 'ugn'; known: cvm, default, joint_aware, "),
            (["--num-frames", "16"], "loss 'motion' needs windows of at least 25 frames"),
            (["--epochs", "0"], "--epochs must be at least 1, got 0"),
            (["--lr", "0"], "--lr must be positive"),
            (["--lr", "inf"], "--lr must be positive and finite"),
            (["--max-minutes", "nan"], "--max-minutes must be finite and not negative"),
            (["--weight-decay", "nan"], "--weight-decay must be finite and not negative"),
            (["--lr-steps", "0.5", "nan"], "--lr-steps are shares of training in [0, 1]"),
            (["--seed", "99999999999999999999"], "--seed must lie in 0..4294967295"),
            (["--device", "meta"], "--device meta cannot be used"),
            (["--device", "cuda:99"], "--device cuda:99 cannot be used"),
            (["--data", "mocap"], "needs --data-root"),
            (["--data", "mocap", "--data-root", "/nowhere"], "no file or folder /nowhere"),
            (["--data-root", "/tmp"], "takes no --data-root"),
            (["--resume", "/nowhere"], "no run to resume in /nowhere"),
            (["--model.temporal-kernel", "-1"], "temporal kernel must be odd and positive"),
        ],
    )
    def test_one_sentence_and_exit_2(self, words, message, capsys):
        assert message in fails(words, capsys)

    def test_an_unknown_loss_is_one_sentence_like_other_names(self, capsys):
        assert fails(["--loss", "motoin"], capsys).startswith("error: unknown loss 'motoin'; known: ")

    def test_windows_longer_than_every_clip(self, capsys, small, tmp_path):
        words = [*small, "--num-frames", "64", "--out-dir", str(tmp_path / "r")]
        assert "windows of 64 frames are longer than every training clip (at most 40)" in fails(words, capsys)
        assert not (tmp_path / "r").exists()

    def test_options_of_a_loss_are_read_before_a_folder_is_made(self, capsys, small, tmp_path):
        words = [*small, "--motion.intervals", "0", "--out-dir", str(tmp_path / "r")]
        assert "intervals of at least 1 frame" in fails(words, capsys)
        assert not (tmp_path / "r").exists()

    @pytest.mark.parametrize("content", ["{", "{}", "[]", *(WRITTEN % part for part in ("[]", "{}", '{"arch": "x"}'))])
    def test_a_damaged_record_of_a_run(self, content, capsys, tmp_path):
        (tmp_path / "config.json").write_text(content)
        assert f"{tmp_path}/config.json is damaged" in fails(["--resume", str(tmp_path)], capsys)

    def test_the_state_of_another_model(self, finished_run, capsys, tmp_path):
        folder = tmp_path / "r"
        shutil.copytree(finished_run, folder)
        state = load_state(folder / "last.pt")
        for damaged in (state | {"model": {"taps.weight": torch.zeros(1)}}, {"model": state["model"]}):
            torch.save(damaged, folder / "last.pt")
            message = fails(["--resume", str(folder)], capsys)
            assert "last.pt is the state of another model or version of pygpose" in message

    def test_unknown_operator_and_flag(self, capsys):
        assert "cross" in fails(["--motion.operators", "dot"], capsys)
        fails(["--no-such-flag"], capsys)

    def test_folder_that_exists(self, finished_run, capsys, small):
        before = (finished_run / "summary.json").read_text()
        assert "exists and is not empty" in fails([*small, "--out-dir", str(finished_run)], capsys)
        assert (finished_run / "summary.json").read_text() == before

    def test_a_resumed_run_keeps_its_configuration(self, finished_run, capsys):
        message = fails(["--resume", str(finished_run), "--lr", "0.5"], capsys)
        assert "was begun with another --lr" in message


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    for word in ("--arch", "--loss", "--max-minutes", "--model.channels", "--motion.intervals", "derivative", "mocap"):
        assert word in text


def test_module_runs_as_people_type_it(tmp_path, small):
    motions = {f"{who}/walk": synthetic_motion(who, "Walking", num_frames=40, seed=0) for who in ("S1", "S9")}
    np.savez(tmp_path / "motions.npz", **motions)
    data = ["--data", "mocap", "--data-root", str(tmp_path / "motions.npz")]
    words = [
        *data,
        *small[2:],
        "--epochs",
        "1",
        "--out-dir",
        str(tmp_path / "r"),
        "--arch",
        "ugcn",
        "--loss",
        "motion+lap",
    ]
    command = [sys.executable, "-m", "train.run", *words]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "COLUMNS": "200"})
    assert done.returncode == 0, done.stderr
    assert "MPJPE" in done.stdout and "report.html" in done.stdout


def test_a_run_on_a_mixture_is_scored_on_other_data(tmp_path, capsys):
    """Two data sets in every batch, and people of a third in the report."""
    people = {"a": {"S1": 150, "S9": 60}, "c": {"S5": 60, "S11": 60}}
    for name, who in people.items():
        motions = {f"{one}/walk": synthetic_motion(one, "Walking", num_frames=frames) for one, frames in who.items()}
        np.savez(tmp_path / f"{name}.npz", **motions)
    options = ["--data-options.synthetic.frames", "40", "--data-options.mocap.cameras", "h36m"]
    mixed = ["--data", "mocap,synthetic", "--data-root", f"{tmp_path / 'a.npz'},", "--data-shares", "0.75", "0.25"]
    small = [
        *("--num-frames", "32", "--train-stride", "32", "--batch-size", "8", "--epochs", "1", "--device", "cpu"),
        *("--model.channels", "4", "8", "--model.down-up-pairs", "1", "--loss", "pose"),
    ]
    config = parse_command([*mixed, *options, *small])
    made = prepare(config, open_people(config), torch.device("cpu"))
    for batch in WindowLoader(made.dataset, 8, 0).epoch(0):
        assert len(batch["x"]) == 8
    assert made.dataset.shares == [0.75, 0.25] and made.dataset.subjects[0] == "mocap:S1"
    assert config_from_plain(json.loads(json.dumps(to_plain(config)))) == config

    for wrong, sentence in (
        (["--data-root", "a"], "2 data sets (mocap,synthetic) need 2 roots joined by commas"),
        (["--data-shares", "1"], "--data-shares needs a share for each of the 2 data sets"),
        (["--data", "mocap,mocap"], "data set 'mocap' stands twice"),
        (["--test-root", "x"], "--test-root is for the data set of --test-data; name it"),
        (["--test-data", "mocap"], "are data that are trained on, too; give the --test-root of others"),
    ):
        with pytest.raises(SystemExit):
            main([*mixed, *options, *small, *wrong])
        assert sentence in " ".join(capsys.readouterr().err.split())

    same = [*mixed, *options, *small, "--test-data", "mocap", "--test-root", str(tmp_path / "c.npz")]
    others = open_people(parse_command(same)).test  # files of one form are no other data set, but other data
    assert others is not None and sorted(others.subjects("all")) == ["S11", "S5"]

    one = ["--data", "synthetic", "--test-data", "mocap", "--test-root", str(tmp_path / "c.npz")]
    main([*one, *options, *small, "--out-dir", str(tmp_path / "run")])
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["data"] == "mocap" and summary["split"].endswith(" / S5 of mocap")
    assert summary["title"].count("scored on") == 1
