"""Tables of the papers: every run is a valid command, equal runs are one, and a table survives what goes wrong."""

import json

import pandas as pd
import pytest

from train.config import parse_command
from train.papers import TABLES, PaperTable
from train.published import published, published_table
from train.table_output import OURS
from train.tables import main, plan

NAMES = [f"ugcn-{n}" for n in range(1, 9)] + ["laplacian-1", "laplacian-2", "videopose3d"]
NAMES += [f"joint-aware-{n}" for n in range(5, 11)]


def test_every_table_is_listed(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--list"])
    assert stop.value.code == 0
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
        assert scaled.batch_size * recipe.num_frames >= 1000
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
    assert (table["by"] == OURS).all() and (table["data"] == "synthetic").all() and (table["input"] == "GT").all()
    assert table.loc[["pose", "lap"], ["mpjpe_mm", "mpjve_mm"]].gt(0).all(axis=None)
    assert table.loc["wild", ["mpjpe_mm", "mpjve_mm"]].isna().all()
    assert "diverged" in table.loc["wild", "note"]
    for ending in ("md", "tex", "png"):
        assert (tmp_path / f"toy.{ending}").stat().st_size > 100

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
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "toy.csv").set_index("method").drop("wild"), table.drop("wild"))


def test_bad_input(capsys):
    for words, sentence in (
        (["ugnc-1"], "unknown table 'ugnc-1'; known: architectures"),
        (["ugcn-1", "--budget", "2"], "--budget must lie in (0, 1], got 2"),
        (["ugcn-1", "--jobs", "0"], "--jobs must be at least 1, got 0"),
        (["ugcn-2", "--no-such-flag", "1"], "no-such-flag"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 2
        assert sentence in " ".join(capsys.readouterr().err.split())
