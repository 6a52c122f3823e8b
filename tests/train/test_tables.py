"""Tables of the papers: every run is a valid command, equal runs are one, and a table survives what goes wrong.

Covers ``train.tables`` and ``train.paper_tables``.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from pygpose.data.sources.synthetic import Synthetic, SyntheticConfig
from pygpose.data.synthetic.motion import synthetic_motion
from train.config.command import parse_command
from train.loop.prepare import People, prepare
from train.loop.trainer import Trainer
from train.paper_tables.output import write_table
from train.paper_tables.papers import TABLES, PaperTable
from train.paper_tables.results import OURS, Results, Row
from train.report.published import published, published_table
from train.tables import main, plan

parsed = cache(parse_command)  # a command takes a tenth of a second to read, and is met many times
NAMES = [f"ugcn-{n}" for n in range(1, 9)] + ["laplacian-1", "laplacian-2", "videopose3d"]
NAMES += [f"joint-aware-{n}" for n in range(5, 11)] + [f"tcmr-{n}" for n in range(1, 7)]


def test_every_table_is_listed(capsys):
    main(["--list"])
    listed = capsys.readouterr().out
    assert all(name in listed for name in NAMES)
    assert set(NAMES) <= set(TABLES)


@pytest.mark.parametrize("name", list(TABLES))
def test_every_run_is_a_command_that_train_run_takes(name, tmp_path, monkeypatch):
    monkeypatch.setattr("train.tables.parse_command", lambda words: parsed(tuple(words)))
    table = TABLES[name]
    whole, tenth = plan(table, 1.0, [], tmp_path), plan(table, 0.1, [], tmp_path)
    assert list(whole) == list(table.runs)
    for key, flags in table.runs.items():
        recipe, scaled = parsed(whole[key].flags), parsed(tenth[key].flags)
        assert recipe == parsed(tuple(flags.split()))
        assert scaled.epochs == max(1, round(recipe.epochs / 10)) and scaled.train_stride == 10 * recipe.train_stride
        assert 8 <= scaled.batch_size <= recipe.batch_size and scaled.batch_size * recipe.num_frames >= min(
            64, recipe.batch_size * recipe.num_frames
        )
        assert scaled.lr_decay**scaled.epochs == pytest.approx(recipe.lr_decay**recipe.epochs)
        assert (scaled.model, scaled.loss, scaled.lr) == (recipe.model, recipe.loss, recipe.lr)
        assert whole[key].folder != tenth[key].folder


@pytest.fixture(scope="module")
def tiny():
    """Two synthetic people's clips, long enough for every window."""
    source = Synthetic(SyntheticConfig(frames=100), None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pygpose.data.sources.synthetic.ACTIONS", ("Walking",))
        return People(source, source.load(["S1"]), [])


def test_every_run_of_every_table_builds_a_trainer(tiny, tmp_path, monkeypatch):
    """Networks of papers have millions of weights: here they are left as the memory had them."""
    for name in ("kaiming_uniform_", "uniform_", "xavier_uniform_", "orthogonal_", "normal_"):
        monkeypatch.setattr(torch.nn.init, name, lambda tensor, *_, **__: tensor)
    runs = [flags for name in TABLES for flags in TABLES[name].runs.values()]
    commands = set(runs)
    assert len(runs) > 100 and len(commands) > 50
    for flags in sorted(commands):
        config, device = parsed(tuple(flags.split())), torch.device("cpu")
        made = prepare(config, tiny, device)
        trainer = Trainer(config, made.model, made.loss, made.dataset, lambda _: {}, tmp_path, device, made.unlabelled)
        assert trainer.total_steps > 0, flags
        weights = sum(len(group["params"]) for group in trainer.optimizer.param_groups)
        assert weights == len(list(made.model.parameters())), flags


def test_tables_of_cvm_net_have_its_people(tmp_path, monkeypatch):
    monkeypatch.setattr("train.tables.parse_command", lambda words: parsed(tuple(words)))
    monkeypatch.setattr("train.tables.data_checksum", lambda config: "")
    h36m = ["--data", "h36m", "--data-root", "somewhere"]
    for name, protocol in (("laplacian-1", "cvm"), ("laplacian-2", "cvm"), ("ugcn-6", "standard")):
        for job in plan(TABLES[name], 1.0, h36m, tmp_path).values():
            assert parsed(job.flags).data_options.protocol == protocol
    stated = plan(TABLES["laplacian-1"], 1.0, [*h36m, "--data-options.protocol", "standard"], tmp_path)
    assert {parsed(job.flags).data_options.protocol for job in stated.values()} == {"standard"}
    for job in plan(TABLES["laplacian-1"], 1.0, [], tmp_path).values():
        assert "--data-options.protocol" not in job.flags


def test_rows_that_are_compared_see_the_same_windows(tmp_path):
    """What a row of these tables is about is all that it differs in."""
    sampling = (
        "num_frames",
        "train_stride",
        "batch_size",
        "epochs",
        "lr",
        "term_ramp",
        "flip",
        "optimizer",
        "schedule",
    )
    for name in ("joint-aware-5", "joint-aware-7", "tcmr-3", "ugcn-1", "ugcn-2", "ugcn-5", "ugcn-6"):
        configs = [parsed(tuple(flags.split())) for flags in TABLES[name].runs.values()]
        for field in sampling:
            assert len({getattr(config, field) for config in configs}) == 1, (name, field)
    rows = [parsed(tuple(flags.split())) for flags in TABLES["joint-aware-5"].runs.values()]
    assert {(config.model.channels, config.loss) for config in rows} == {
        (channels, loss) for channels in (1024, 2048) for loss in ("pose", "joint_aware")
    }


def test_rows_of_the_motion_loss():
    rows = {key: parsed(tuple(flags.split())) for key, flags in TABLES["ugcn-2"].runs.items()}
    assert [config.loss_options.motion.intervals for config in rows.values()] == [
        (12,), (8, 12), (8, 12, 16), (8, 12, 16, 24)
    ]  # fmt: skip
    for name in ("ugcn-1", "ugcn-2", "ugcn-5"):  # operators at like strength, in metres
        for flags in TABLES[name].runs.values():
            assert parsed(tuple(flags.split())).loss_options.motion.normalize == "length"


def test_without_spatial_graph_no_joint_reaches_another(tiny):
    config = parsed(tuple(TABLES["ugcn-4"].runs["UGCN without spatial graph"].split()))
    with_graph = parsed(tuple(TABLES["ugcn-4"].runs["UGCN"].split()))
    reached = {}
    for one in (config, with_graph):
        prepared = prepare(one, tiny, torch.device("cpu"))
        model, data = prepared.model.eval(), prepared.dataset
        model.set_statistics(data.mean_pose(), data.pose_scale())  # of which the root's is 0, as it moves nowhere
        x = torch.rand(1, 32, 17, 2, requires_grad=True)
        poses = model(x)
        for joint in range(17):
            (gradient,) = torch.autograd.grad(poses[:, :, joint].sum(), x, retain_graph=True)
            reached[one is config, joint] = set(gradient.abs().sum((0, 1, 3)).nonzero().flatten().tolist())
    assert all(reached[True, joint] == {joint} for joint in range(1, 17))
    assert not reached[True, 0]  # the root is 0, whatever is seen
    assert all(len(reached[False, joint]) == 17 for joint in range(1, 17))


@pytest.mark.parametrize("name", list(TABLES))
def test_published_figures_have_a_place(name):
    table = TABLES[name]
    if not table.source:
        return
    if table.by_action:
        for metric in table.metrics:
            rows = published("h36m", metric)
            assert any(name in tables.split(", ") for tables in rows["tables"]), metric
        return
    cells = published_table(name)
    assert not cells.empty
    assert set(cells["column"]) <= set(table.columns or table.metrics)
    if table.columns:
        assert set(cells["row"]) <= {row for row, _ in table.runs}


def test_runs_that_are_the_same_are_one(tmp_path):
    six, seven = (plan(TABLES[name], 1.0, [], tmp_path) for name in ("ugcn-6", "ugcn-7"))
    assert six["UGCN"].folder == seven["UGCN"].folder != seven["UGCN without motion loss"].folder
    one = plan(TABLES["ugcn-1"], 1.0, [], tmp_path)
    assert len({one[row, "none"].folder for row, _ in one}) == 1
    elsewhere = plan(TABLES["ugcn-6"], 1.0, ["--device", "cpu", "--no-compile"], tmp_path)
    assert elsewhere["UGCN"].folder == six["UGCN"].folder
    other_data = plan(TABLES["ugcn-6"], 1.0, ["--data-options.frames", "40"], tmp_path)
    assert other_data["UGCN"].folder != six["UGCN"].folder


@pytest.fixture
def toy(monkeypatch):
    """A table of a run and of one that diverges."""
    table = PaperTable(
        title="toy",
        source="",
        metrics=("mpjpe_mm", "mpjve_mm"),
        runs={"lap": "--loss lap", "wild": "--loss pose --lr 1e30 --term-ramp 0"},
    )
    monkeypatch.setattr(TABLES, "_entries", {**TABLES._entries, "toy": table})
    return table


@pytest.fixture
def little(tmp_path):
    """Flags of two people's motion, so that a process of its own has few clips, too."""
    frames = {"S1": 300, "S9": 40}
    motions = {f"{who}/walk": synthetic_motion(who, "Walking", num_frames=frames[who]) for who in frames}
    np.savez(tmp_path / "motions.npz", **motions)
    return ["--data", "mocap", "--data-root", str(tmp_path / "motions.npz")]


def instead_of_runs(monkeypatch, path, script):
    """Every run of a table from here on is a shell script, which gets the run's words."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr("train.paper_tables.jobs.sys", SimpleNamespace(executable=str(path), platform=sys.platform))


@pytest.mark.slow
def test_a_table_from_the_command_line(toy, tmp_path, small, little, capsys, monkeypatch):
    words = ["toy", "--out-dir", str(tmp_path), "--jobs", "2", *little, *small[2:], "--epochs", "3"]
    words[words.index("--train-stride") + 1] = "8"
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 1
    said = capsys.readouterr()
    assert "failed:" in said.err and "diverged" in " ".join(said.err.split())
    table = pd.read_csv(tmp_path / "toy.csv").set_index("method")
    assert (table["by"] == OURS).all()
    assert table.loc["lap", ["data", "input", "split"]].tolist() == ["mocap", "GT", "S1 / S9"]
    assert table.loc["lap", ["mpjpe_mm", "mpjve_mm"]].gt(0).all()
    assert table.loc["wild", ["mpjpe_mm", "mpjve_mm"]].isna().all()
    assert "diverged" in table.loc["wild", "note"]
    assert (tmp_path / "toy.png").stat().st_size > 1000
    latex, text = (tmp_path / "toy.tex").read_text(), (tmp_path / "toy.md").read_text()
    for part in (latex, text):
        assert "MPJVE (mm/frame)" in part and f"{table.loc['lap', 'mpjpe_mm']:.2f}" in part
    assert "_" not in latex.replace("\\_", "")

    runs = {json.loads(path.read_text())["config"]["loss"]: path.parent for path in tmp_path.glob("runs/*/config.json")}
    whole = (runs["lap"] / "summary.json").read_text()
    value = json.loads(whole)["mean_over_actions"]["mpjpe_mm"]
    assert table.loc["lap", "mpjpe_mm"] == pytest.approx(value)

    instead_of_runs(monkeypatch, tmp_path / "never", f"echo $* >> {tmp_path}/called; exit 1")
    with pytest.raises(SystemExit):
        main(words)
    (called,) = (tmp_path / "called").read_text().splitlines()  # the complete run is not made again
    assert called.endswith(f"--resume {runs['pose']}")
    (tmp_path / "kept").write_text(whole)
    (runs["lap"] / "summary.json").unlink()  # as if it had been killed before its report
    script = f'test "$4" = {runs["lap"]} && cp {tmp_path}/kept "$4/summary.json"'
    instead_of_runs(monkeypatch, tmp_path / "report", script)
    with pytest.raises(SystemExit):
        main(words)
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "toy.csv").set_index("method").drop("wild"), table.drop("wild")
    )


def test_bad_input(capsys):
    for words, sentence in (
        (["ugnc-1"], "unknown table 'ugnc-1'; known: architectures"),
        (["ugcn-1", "--budget", "2"], "--budget must lie in (0, 1], got 2"),
        (["ugcn-1", "--jobs", "0"], "--jobs must be at least 1, got 0"),
        (["ugcn-2", "--no-such-flag", "1"], "no-such-flag"),
        (["--epochs", "1"], "no table named; the name comes first"),
        (["objectives", "--loss", "pose"], "--loss is for the rows of a table to set; leave it out"),
        (["ugcn-1", "--motion.intervals", "4"], "--motion.intervals is for the rows of a table to set"),
        (["videopose3d", "--model.filter_widths", "3"], "--model.filter-widths is for the rows of a table to set"),
        (["ugcn-1", "--beside", "runs/a"], "--beside has no row in it"),
        (["tcmr-6"], "scored on other data than they were trained on: give --test-data and --test-root"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 2
        assert sentence in " ".join(capsys.readouterr().err.split())


def test_a_setting_that_fits_no_run_is_refused_once_and_nothing_is_written(toy, tmp_path, little, capsys, monkeypatch):
    instead_of_runs(monkeypatch, tmp_path / "never", f"echo begun >> {tmp_path}/begun; exit 1")
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as stop:
        main(["toy", *little, "--num-frames", "400", "--out-dir", str(out)])
    said = " ".join(capsys.readouterr().err.split())
    assert stop.value.code == 2 and said.count("windows of 400 frames are longer than every training clip") == 1
    assert not out.exists() and not (tmp_path / "begun").exists()

    toy.runs["wide"] = "--num-frames 400"  # one row alone: the others are made, and here all fail
    with pytest.raises(SystemExit) as stop:
        main(["toy", *little, "--out-dir", str(out)])
    said = " ".join(capsys.readouterr().err.split())
    assert stop.value.code == 1 and said.count("failed:") == 3 and "windows of 400 frames are longer" in said
    assert (tmp_path / "begun").read_text() == "begun\n" * 2 and not list(out.glob("toy*"))


def test_a_cell_that_failed_is_named_once(tmp_path):
    table = TABLES["ugcn-3"]
    scores = pd.DataFrame({"mpjpe_mm": [50.0]}, index=["mean over actions"])
    rows = {key: Row("ugcn", scores, "synthetic", "GT", "S1 / S9") for key in table.runs}
    rows["without motion loss", "0"] = Row("", None, note="exit code 1: it broke")
    facts = dict(name="ugcn-3", table=table, rows=rows, beside=[], budget=1.0, recipe="", command="", runs={})
    write_table(Results(**facts), tmp_path)
    line = pd.read_csv(tmp_path / "ugcn-3.csv").iloc[0]
    assert line["note"] == "0: exit code 1: it broke"
    assert pd.isna(line["0"]) and line["1"] == 50 and line["data"] == "synthetic" and line["split"] == "S1 / S9"
    published_rows = pd.read_csv(tmp_path / "ugcn-3.csv").query("by == 'published'")
    assert (published_rows["split"] == "S1,5,6,7,8 / S9,11").all()


def test_another_system_stands_beside(monkeypatch, finished_run, tmp_path):
    monkeypatch.setattr(TABLES, "_entries", {"none": PaperTable("no runs", "", {}, ("mpjpe_mm",))})
    main(["none", "--beside", str(finished_run), "--out-dir", str(tmp_path)])
    table = pd.read_csv(tmp_path / "none.csv")
    assert table[["by", "method"]].values.tolist() == [["beside", "ugcn (whole clips)"]]
    expected = json.loads((finished_run / "summary.json").read_text())["mean_over_actions"]["mpjpe_mm"]
    assert table["mpjpe_mm"].tolist() == pytest.approx([expected])


RUN = """
for folder; do :; done
mkdir -p "$folder"
trap 'echo "{\\"training\\": {\\"stopped\\": \\"user\\"}}" > "$folder/summary.json"; exit 0' INT
while :; do echo "$*" >> "$folder/last.pt"; sleep 0.05; done
"""


def test_a_table_that_is_killed_or_stopped_goes_on_later(toy, tmp_path, monkeypatch):
    """Of processes alone: a script stands for the run, which goes on until it is told to stop."""
    del toy.runs["wild"]
    instead_of_runs(monkeypatch, tmp_path / "run", RUN)
    # Ctrl-C is heard even where the tests are in the background, and so is what the table begins.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        words = ["toy", "--out-dir", str(tmp_path / "out")]
        (job,) = set(plan(toy, 1.0, [], tmp_path / "out").values())
        state = job.folder / "last.pt"
        program = "import sys; from pathlib import Path; from train.paper_tables.jobs import Job, make_runs; "
        program += "folder, sys.executable = Path(sys.argv[1]), sys.argv[2]; make_runs([Job(folder, ())], 1)"
        table = subprocess.Popen([sys.executable, "-c", program, str(job.folder), str(tmp_path / "run")])
        until(lambda: state.is_file() or table.poll() is not None)
        table.kill()  # its run ends with it ...
        table.wait()
        until(lambda: stands_still(state))

        size = state.stat().st_size

        def stop():
            until(lambda: state.stat().st_size > size)  # ... and goes on with the next call
            os.kill(os.getpid(), signal.SIGINT)

        stopping = threading.Thread(target=stop)
        stopping.start()
        with pytest.raises(SystemExit) as stopped:
            main(words)
        stopping.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert stopped.value.code == 130 and stands_still(state)
    assert state.read_text().splitlines()[-1] == f"-m train.run --resume {job.folder}"
    assert not (tmp_path / "out" / "toy.md").exists()
    # Its report says that it was stopped, so it is not complete.
    assert json.loads((job.folder / "summary.json").read_text())["training"]["stopped"] == "user"
    assert not job.done and job.command() == ["--resume", str(job.folder)]


def until(true):
    deadline = time.monotonic() + 100
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def stands_still(path):
    size = path.stat().st_size
    time.sleep(0.5)
    return path.stat().st_size == size
