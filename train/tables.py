"""Make a table of a paper: train the model of every row, and put our figures beside the published ones.

python -m train.tables --list
python -m train.tables ugcn-2 --budget 0.1
python -m train.tables laplacian-1 --budget 0.05 --data mocap --data-root DIR

The flags of python -m train.run are flags here, too, and go to all runs of the table. A run that is complete is not
made again, whichever table asks for it; a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import math
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pygpose.console import console, fail_with_sentence
from pygpose.inference.checkpoint import load_model
from pygpose.metrics import per_action_table
from pygpose.safe.atomic import write_atomic
from pygpose.safe.text import read_json, reason
from train.config.command import parse_command, peek
from train.config.data_flags import open_named
from train.config.environment import choose_device
from train.config.flags import in_flags, read_flags
from train.config.help import command_help
from train.config.settings import Config, to_plain
from train.loop.prepare import People, open_people, prepare
from train.paper_tables.jobs import Job, make_runs
from train.paper_tables.output import write_table
from train.paper_tables.papers import TABLES, Key, PaperTable
from train.paper_tables.results import Results, Row
from train.scoring.cost import model_cost


@dataclass(frozen=True)
class TablesConfig:
    """Which table, at what cost, and where it goes."""

    name: tyro.conf.Positional[str] = ""
    """Name of the table; the list above has all names, and --list says what each table shows."""
    list: bool = False
    """Print all tables with what they show, how many runs they need and their papers, and make no table."""
    budget: float = 1.0
    """Share of the recipe's epochs and also of its training windows, so that a run's cost is the square of this share.
    Below 1, batches are smaller, too, the learning rate falls as far in fewer epochs, and clips are lifted whole."""
    out_dir: Path = Path("tables")
    """Folder for the table's files; the runs of all tables go into the folder runs inside it."""
    beside: tuple[Path, ...] = ()
    """Folders of other reports, for example those of train.evaluate --predictions; each becomes a row of the table."""
    jobs: int = 1
    """How many runs are made at once; they share the CPU's cores, or take turns on CUDA devices."""

    def __post_init__(self) -> None:
        if not 0 < self.budget <= 1:
            raise ValueError(f"--budget must lie in (0, 1], got {self.budget}")
        if self.jobs < 1:
            raise ValueError(f"--jobs must be at least 1, got {self.jobs}")


def plan(table: PaperTable, budget: float, flags: Sequence[str], out_dir: Path) -> dict[Key, Job]:
    """The run of every cell or row. Those of the same configuration on the same data share one run.

    The people whom the paper trains on are the table's own (:attr:`~train.paper_tables.papers.PaperTable.people`),
    unless the flags choose others.

    Raises:
        ValueError: For flags that a row sets itself, and flags that ``train.run`` refuses.
    """
    jobs: dict[Key, Job] = {}
    checksums: dict[str, str] = {}
    given = _names(flags)
    people = shlex.split(table.people.get(peek(flags, "--data", "synthetic"), ""))
    if given & _names(people):
        people = []  # who is trained on is the user's to say, and stands in the table
    for key, own in table.runs.items():
        words = shlex.split(own) + people
        taken = given & (_names(shlex.split(own)) | {"--arch", "--loss", "--preset", "--out-dir", "--resume"})
        if taken:
            raise ValueError(f"{', '.join(sorted(taken))} is for the rows of a table to set; leave it out")
        words += flags
        config = parse_command(words)
        if budget < 1:
            scaled = _scaled(config, budget)
            words += [str(word) for flag, value in scaled.items() if flag not in given for word in (flag, value)]
            config = parse_command(words)
        data = repr((config.data, config.data_root, config.data_options, config.test_data, config.test_root))
        if data not in checksums:
            checksums[data] = data_checksum(config)
        jobs[key] = Job(out_dir / "runs" / f"{config.arch}-{_fingerprint(config, checksums[data])}", tuple(words))
    return jobs


def data_checksum(config: Config) -> str:
    """Of all data that a run reads."""
    own = open_named(config.data, config.data_root, config.data_options).checksum()
    if not config.test_data:
        return own
    return f"{own} and {open_named(config.test_data, config.test_root, config.data_options).checksum()}"


def _names(words: Sequence[str]) -> set[str]:
    return {word.split("=")[0].replace("_", "-") for word in words if word.startswith("--")}


def _scaled(config: Config, budget: float) -> dict[str, object]:
    """The flags of a run at this budget.

    A smaller batch leaves the optimiser steps to take, and keeps poses enough for batch norms. Clips are lifted whole,
    as windows every few frames would cost more than the training.
    """
    least = max(8, math.ceil(64 / config.num_frames))
    epochs = max(1, round(config.epochs * budget))
    return {
        "--epochs": epochs,
        "--train-stride": round(config.train_stride / budget),
        "--batch-size": min(config.batch_size, max(least, round(config.batch_size * budget))),
        "--lr-decay": config.lr_decay ** (config.epochs / epochs),
        "--inference": "whole",
    }


def _fingerprint(config: Config, checksum: str) -> str:
    """A hash of everything that decides a run's figures; the data's folder and the device do not."""
    free = ("data_root", "test_root", "device", "compile")
    plain = {name: value for name, value in to_plain(config).items() if name not in free}
    record = json.dumps([plain, checksum, version("pygpose")], sort_keys=True)
    return hashlib.sha256(record.encode()).hexdigest()[:10]


def read_report(folder: Path, smoothing: str = "") -> Row:
    """The row of a folder that ``train.run`` or ``train.evaluate`` made: its first system, or the motion of that system
    after the filter ``smoothing``."""
    try:
        summary = read_json(folder / "summary.json")
        system, training = next(iter(summary["systems"])), summary["training"]
        system = f"{system} + {smoothing}" if smoothing else system
        rows = pd.read_csv(folder / "metrics.csv", dtype={"clip": str, "subject": str, "action": str})
        note = f"ended by its {training['stopped']}, epoch {training['epochs']:g}" if training.get("stopped") else ""
        frame = per_action_table(rows.loc[rows["system"] == system])
        return Row(system, frame, summary["data"], summary["input"], summary.get("split", ""), note)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
        raise ValueError(
            f"{folder} holds no report that can be read ({type(error).__name__}: {reason(error)}); make it again"
        ) from error


def read_cost(folder: Path) -> dict[str, float]:
    """Weights, multiply-adds and speed of the run's model; measured once, on this machine, and kept in its folder."""
    path = folder / "cost.json"
    if not path.is_file():
        cost = model_cost(load_model(folder)[0].to(choose_device("auto")))
        write_atomic(path, lambda part: part.write_text(json.dumps(cost)))
    return json.loads(path.read_text())


def refused_runs(jobs: Iterable[Job]) -> dict[Path, str]:
    """Why runs that are not begun yet cannot be made, by their folders: each is put together here, where its data are
    read once for all runs, and no process has to start to find what is wrong."""
    people: dict[str, People] = {}
    refused: dict[Path, str] = {}
    for job in {job.folder: job for job in jobs if not (job.done or job.begun)}.values():
        config = parse_command(job.flags)
        named = (config.data, config.data_root, config.data_options, config.test_data, config.test_root)
        data = repr((named, config.labelled, config.semi))
        try:
            if data not in people:
                people[data] = open_people(config)
            prepare(config, people[data], choose_device(config.device))
        except (ValueError, OSError) as error:
            refused[job.folder] = in_flags(str(error))
    return refused


def make_table(config: TablesConfig, flags: Sequence[str]) -> tuple[Results | None, dict[Path, str]]:
    """Make the runs that are missing, and write the table.

    A run that failed is named in the table, and leaves the other cells as they are. Returns the table, or None where
    all runs failed and there is nothing to show; and by the folder of each run that failed why it did.

    Raises:
        ValueError: For settings with which no run can be made.
    """
    table = TABLES[config.name]
    if config.beside and table.columns:
        raise ValueError(f"every cell of table '{config.name}' is a run of its own; --beside has no row in it")
    if table.other_data and not peek(flags, "--test-data", ""):
        raise ValueError(
            f"table '{config.name}' is of systems that are scored on other data than they were trained on: give "
            "--test-data and --test-root beside --data, which may name several data sets joined by commas"
        )
    jobs = plan(table, config.budget, flags, config.out_dir)
    others = [read_report(folder) for folder in config.beside]
    failures = refused_runs(jobs.values())
    todo = {job.folder for job in jobs.values() if not job.done}
    if todo and todo == failures.keys():
        raise ValueError(f"no run of table '{config.name}' can be made: {'; '.join(dict.fromkeys(failures.values()))}")
    failures |= make_runs([job for job in jobs.values() if job.folder not in failures], config.jobs)
    rows: dict[Key, Row] = {}
    for key, job in jobs.items():
        rows[key] = (
            read_report(job.folder, table.filters.get(key, ""))
            if job.done
            else Row("", None, note=failures[job.folder])
        )
        frame = rows[key].by_action
        if table.cost and frame is not None:
            rows[key] = replace(rows[key], by_action=frame.assign(**read_cost(job.folder)))
    if jobs and not others and not any(job.done for job in jobs.values()):
        return None, failures
    results = Results(
        name=config.name,
        table=table,
        rows=rows,
        beside=others,
        budget=config.budget,
        recipe=shlex.join(flags),
        command=shlex.join(["python", "-m", "train.tables", *_own_words(config), *flags]),
        runs={key: job.folder.name for key, job in jobs.items()},
    )
    write_table(results, config.out_dir)
    return results, failures


def _own_words(config: TablesConfig) -> list[str]:
    beside = ["--beside", *map(str, config.beside)] if config.beside else []
    return [config.name, "--budget", f"{config.budget:g}", *beside]


def show_list() -> None:
    """All tables on the terminal."""
    table = Table("table", "what", "runs", "source")
    for name in TABLES:
        entry = TABLES[name]
        table.add_row(name, entry.title, str(len(set(entry.runs.values()))), entry.source or "ours")
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    end = words.index("--") if "--" in words else len(words)
    with fail_with_sentence(in_flags):
        about = command_help(__doc__, {"the table's name": TABLES})
        config, flags = read_flags(
            TablesConfig, words[:end], module="train.tables", about=about, return_unknown_args=True
        )
        flags += words[end + 1 :]
        if config.list:
            show_list()
            return
        if config.name in ("", "[]"):  # the second where flags stand first
            raise ValueError("no table named; the name comes first, then flags; --list names all tables")
        try:
            results, failures = make_table(config, flags)
        except KeyboardInterrupt:
            sys.exit(130)
        for path in results.files if results else ():
            Console().print(path, soft_wrap=True, highlight=False)
        for folder, reason in failures.items():
            console.print(f"[bold red]failed:[/] {folder.name}: {escape(reason)}", soft_wrap=True, highlight=False)
        if failures:
            sys.exit(1)


if __name__ == "__main__":
    main()
