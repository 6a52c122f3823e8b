"""Tables of the papers: every run is a valid command, equal runs are one, and a table survives what goes wrong."""

import json
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from train.config import parse_command
from train.jobs import Job
from train.papers import TABLES, PaperTable
from train.published import published, published_table
from train.table_output import OURS, Results, Row, write_table
from train.tables import main, plan

NAMES = [f"ugcn-{n}" for n in range(1, 9)] + ["laplacian-1", "laplacian-2", "videopose3d"]
NAMES += [f"joint-aware-{n}" for n in range(5, 11)] + [f"tcmr-{n}" for n in range(1, 7)]


def test_every_table_is_listed(capsys):
    main(["--list"])
    listed = capsys.readouterr().out
    assert all(name in listed for name in NAMES)
    assert set(NAMES) <= set(TABLES)


@pytest.mark.parametrize("name", list(TABLES))
def test_every_run_is_a_command_that_train_run_takes(name, tmp_path):
    table = TABLES[name]
    whole, tenth = plan(table, 1.0, [], tmp_path), plan(table, 0.1, [], tmp_path)
    assert list(whole) == list(table.runs)
    for key, flags in table.runs.items():
        recipe, scaled = parse_command(whole[key].flags), parse_command(tenth[key].flags)
        assert recipe == parse_command(flags.split())
        assert scaled.epochs == max(1, round(recipe.epochs / 10)) and scaled.train_stride == 10 * recipe.train_stride
        assert 8 <= scaled.batch_size <= recipe.batch_size and scaled.batch_size * recipe.num_frames >= min(
            64, recipe.batch_size * recipe.num_frames
        )
        assert scaled.lr_decay**scaled.epochs == pytest.approx(recipe.lr_decay**recipe.epochs)
        assert (scaled.model, scaled.loss, scaled.lr) == (recipe.model, recipe.loss, recipe.lr)
        assert whole[key].folder != tenth[key].folder


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
    """A table of two runs and of one that diverges."""
    table = PaperTable(
        title="toy",
        source="",
        metrics=("mpjpe_mm", "mpjve_mm"),
        runs={"pose": "--loss pose", "lap": "--loss lap", "wild": "--loss pose --lr 1e30 --term-ramp 0"},
    )
    monkeypatch.setattr(TABLES, "_entries", {**TABLES._entries, "toy": table})
    return table


def test_a_table_from_the_command_line(toy, tmp_path, small, capsys):
    words = ["toy", "--out-dir", str(tmp_path), "--jobs", "2", *small, "--epochs", "3"]
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 1
    said = capsys.readouterr()
    assert "failed:" in said.err and "diverged" in " ".join(said.err.split())
    table = pd.read_csv(tmp_path / "toy.csv").set_index("method")
    assert (table["by"] == OURS).all()
    assert (table.loc[["pose", "lap"], ["data", "input"]] == ["synthetic", "GT"]).all(axis=None)
    assert table.loc[["pose", "lap"], ["mpjpe_mm", "mpjve_mm"]].gt(0).all(axis=None)
    assert table.loc["wild", ["mpjpe_mm", "mpjve_mm"]].isna().all()
    assert "diverged" in table.loc["wild", "note"]
    assert (tmp_path / "toy.png").stat().st_size > 1000
    latex, text = (tmp_path / "toy.tex").read_text(), (tmp_path / "toy.md").read_text()
    for part in (latex, text):
        assert "MPJVE (mm/frame)" in part and f"{table.loc['lap', 'mpjpe_mm']:.2f}" in part
    assert "_" not in latex.replace("\\_", "")

    runs = {json.loads(path.read_text())["config"]["loss"]: path.parent for path in tmp_path.glob("runs/*/config.json")}
    value = json.loads((runs["lap"] / "summary.json").read_text())["mean_over_actions"]["mpjpe_mm"]
    assert table.loc["lap", "mpjpe_mm"] == pytest.approx(value)

    made = (runs["lap"] / "last.pt").stat().st_mtime_ns
    pose = next(path.parent for path in tmp_path.glob("runs/*/summary.json") if path.parent != runs["lap"])
    (pose / "summary.json").unlink()  # as if it had been killed before its report
    with pytest.raises(SystemExit):
        main(words)
    assert (runs["lap"] / "last.pt").stat().st_mtime_ns == made
    assert (pose / "summary.json").is_file()
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
    ):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 2
        assert sentence in " ".join(capsys.readouterr().err.split())


def test_a_cell_that_failed_is_named_once(tmp_path):
    table = TABLES["ugcn-3"]
    scores = pd.DataFrame({"mpjpe_mm": [50.0]}, index=["mean over actions"])
    rows = {key: Row("ugcn", scores, "synthetic", "GT") for key in table.runs}
    rows["without motion loss", "0"] = Row("", None, note="exit code 1: it broke")
    facts = dict(name="ugcn-3", table=table, rows=rows, beside=[], budget=1.0, recipe="", command="", runs={})
    write_table(Results(**facts), tmp_path)
    line = pd.read_csv(tmp_path / "ugcn-3.csv").iloc[0]
    assert line["note"] == "0: exit code 1: it broke"
    assert pd.isna(line["0"]) and line["1"] == 50 and line["data"] == "synthetic"


def test_another_system_stands_beside(monkeypatch, finished_run, tmp_path):
    monkeypatch.setattr(TABLES, "_entries", {"none": PaperTable("no runs", "", {}, ("mpjpe_mm",))})
    main(["none", "--beside", str(finished_run), "--out-dir", str(tmp_path)])
    table = pd.read_csv(tmp_path / "none.csv")
    assert table[["by", "method"]].values.tolist() == [["beside", "ugcn (whole clips)"]]
    expected = json.loads((finished_run / "summary.json").read_text())["mean_over_actions"]["mpjpe_mm"]
    assert table["mpjpe_mm"].tolist() == pytest.approx([expected])


def begin(words):
    """The program in a process of its own, which hears Ctrl-C even where the tests, in the background, do not."""
    command = [sys.executable, "-m", "train.tables", *words]
    return subprocess.Popen(
        command, start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    )


def test_a_table_that_is_killed_or_stopped_goes_on_later(tmp_path):
    words = [
        "ugcn-6",
        "--out-dir",
        str(tmp_path),
        "--data-options.frames",
        "60",
        "--epochs",
        "400",
        "--batch-size",
        "8",
    ]
    process = begin(words)
    deadline = time.monotonic() + 200
    while not list(tmp_path.glob("runs/*/log.csv")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.2)
    process.kill()  # its run ends with it ...
    process.wait()
    folder = next(tmp_path.glob("runs/*/config.json")).parent
    time.sleep(2)
    before = (folder / "last.pt").stat().st_mtime_ns
    time.sleep(5)
    assert (folder / "last.pt").stat().st_mtime_ns == before

    process = begin(words)
    while (folder / "last.pt").stat().st_mtime_ns == before:  # ... and goes on with the next call
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 130
    assert not (tmp_path / "ugcn-6.md").exists()
    if (folder / "summary.json").is_file():  # its report says that it was stopped, so it is not complete
        assert json.loads((folder / "summary.json").read_text())["training"]["stopped"] == "user"
    assert not Job(folder, ()).done and Job(folder, ()).command() == ["--resume", str(folder)]
