"""Make a paper's table: all its runs, and ours beside the published figures.

python -m train.tables --list
python -m train.tables ugcn-2 --budget 0.1
python -m train.tables laplacian-1 --budget 0.05 --data mocap --data-root ../shared/data/cmu

Flags that are not listed below are those of python -m train.run, and go to all runs. A run that is complete is not
made again, whatever table asks for it, and one that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
import tyro
from rich.console import Console
from rich.table import Table

from pygpose.metrics import per_action_table
from train.checkpoint import load_model
from train.config import Config, parse_command, to_plain
from train.console import console, fail_with_sentence, track
from train.cost import model_cost
from train.environment import choose_device, open_data
from train.papers import TABLES, Key, PaperTable
from train.table_output import Results, write_table


@dataclass(frozen=True)
class TablesConfig:
    """Make a paper's table: all its runs, and ours beside the published figures."""

    name: tyro.conf.Positional[str] = ""
    """Which table; --list names them."""
    list: bool = False
    """Name all tables."""
    budget: float = 1.0
    """Share of the paper's epochs, of its training windows and of its batch (down to 1,024 frames), so that the cost
    falls with its square; below 1, clips are lifted whole."""
    out_dir: Path = Path("tables")
    """Folder for the table, and for the runs of all tables."""
    jobs: int = 1
    """Runs at once; they share the CPU's cores, or take turns on CUDA devices."""

    def __post_init__(self) -> None:
        if not 0 < self.budget <= 1:
            raise ValueError(f"--budget must lie in (0, 1], got {self.budget}")
        if self.jobs < 1:
            raise ValueError(f"--jobs must be at least 1, got {self.jobs}")


@dataclass(frozen=True)
class Job:
    """One run of a table: where it goes, and the command that makes it."""

    folder: Path
    flags: tuple[str, ...]

    @property
    def done(self) -> bool:
        return (self.folder / "summary.json").is_file()

    def command(self) -> list[str]:
        if (self.folder / "last.pt").is_file():
            return ["--resume", str(self.folder)]
        shutil.rmtree(self.folder, ignore_errors=True)  # killed before its first step: nothing in it to keep
        return [*self.flags, "--out-dir", str(self.folder)]


def plan(table: PaperTable, budget: float, flags: Sequence[str], out_dir: Path) -> dict[Key, Job]:
    """The run of every key. Runs of the same configuration on the same data are one run."""
    jobs: dict[Key, Job] = {}
    checksums: dict[str, str] = {}
    for key, own in table.runs.items():
        words = [*shlex.split(own), *flags]
        config = parse_command(words)
        if budget < 1:
            words += _scaled(config, budget)
            config = parse_command(words)
        data = repr((config.data, config.data_root, config.data_options))
        if data not in checksums:
            checksums[data] = open_data(config.data, config.data_root, config.data_options).checksum()
        jobs[key] = Job(out_dir / "runs" / f"{config.arch}-{_fingerprint(config, checksums[data])}", tuple(words))
    return jobs


def _scaled(config: Config, budget: float) -> list[str]:
    """A smaller batch leaves steps to take; windows every few frames would cost more than the training."""
    least = min(config.batch_size, math.ceil(1024 / config.num_frames))
    scaled = {
        "--epochs": max(1, round(config.epochs * budget)),
        "--train-stride": round(config.train_stride / budget),
        "--batch-size": max(least, round(config.batch_size * budget)),
        "--inference": "whole",
    }
    return [str(word) for pair in scaled.items() for word in pair]


def _fingerprint(config: Config, checksum: str) -> str:
    record = json.dumps([to_plain(config), checksum], sort_keys=True)
    return hashlib.sha256(record.encode()).hexdigest()[:10]


def make_runs(jobs: Sequence[Job], at_once: int) -> dict[Path, str]:
    """Make the runs that are not there yet, each in a process of its own; returns why those that failed did."""
    todo = {job.folder: job for job in jobs if not job.done}
    if not todo:
        return {}
    devices = torch.cuda.device_count()
    threads = max(1, (os.cpu_count() or 1) // at_once)

    def work(position: int, job: Job) -> str:
        variables = dict(os.environ)
        if at_once > 1:
            variables["OMP_NUM_THREADS"] = str(threads)
            if devices > 1:
                variables["CUDA_VISIBLE_DEVICES"] = str(position % min(devices, at_once))
        job.folder.parent.mkdir(parents=True, exist_ok=True)
        log = job.folder.with_suffix(".log")
        with log.open("w") as file:
            code = subprocess.run(
                [sys.executable, "-m", "train.run", *job.command()], env=variables, stdout=file, stderr=file
            ).returncode
        return "" if job.done else _reason(log, code)

    with ThreadPoolExecutor(at_once) as pool:
        pending = [pool.submit(work, position, job) for position, job in enumerate(todo.values())]
        results = [future.result() for future in track(pending, f"runs ({at_once} at once; logs beside their folders)")]
    return {folder: reason for folder, reason in zip(todo, results, strict=True) if reason}


def _reason(log: Path, code: int) -> str:
    """The sentence with which a run ended."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    sentences = [line for line in lines if re.match(r"error:|\w*Error:", line)]
    last = (sentences or lines or ["no output"])[-1]
    return f"exit code {code}: {last.removeprefix('error:').strip()} ({log})"


def collect(table: PaperTable, jobs: Mapping[Key, Job]) -> tuple[dict[Key, pd.DataFrame], str, str]:
    """Every complete run's metrics by action (and its cost); what the data are called; whose the keypoints are."""
    found, data, keypoints = {}, "", ""
    for key, job in jobs.items():
        if not job.done:
            continue
        summary = json.loads((job.folder / "summary.json").read_text())
        rows = pd.read_csv(job.folder / "metrics.csv", dtype={"clip": str, "subject": str, "action": str})
        system = next(iter(summary["systems"]))
        found[key] = per_action_table(rows.loc[rows["system"] == system])
        data, keypoints = summary["data"], summary["input"]
        if table.cost:
            model = load_model(job.folder)[0].to(choose_device("auto"))
            found[key] = found[key].assign(**model_cost(model))
    return found, data, keypoints


def make_table(config: TablesConfig, flags: Sequence[str]) -> tuple[Results, dict[Path, str]]:
    """Run what is missing, and write the table; runs that failed are named in it, and leave its other cells alone."""
    table = TABLES[config.name]
    jobs = plan(table, config.budget, flags, config.out_dir)
    failures = make_runs(list(jobs.values()), config.jobs)
    found, data, keypoints = collect(table, jobs)
    command = shlex.join(["python", "-m", "train.tables", config.name, "--budget", f"{config.budget:g}", *flags])
    results = Results(
        name=config.name,
        table=table,
        found=found,
        missing={key: failures.get(job.folder, "") for key, job in jobs.items() if key not in found},
        data=data,
        input=keypoints,
        budget=config.budget,
        command=command,
        runs={key: job.folder.name for key, job in jobs.items()},
    )
    write_table(results, config.out_dir)
    return results, failures


def show_list() -> None:
    table = Table("table", "what", "runs", "source")
    for name in TABLES:
        entry = TABLES[name]
        table.add_row(name, entry.title, str(len(set(entry.runs.values()))), entry.source or "ours")
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    end = words.index("--") if "--" in words else len(words)
    with fail_with_sentence():
        config, flags = tyro.cli(
            TablesConfig, args=words[:end], prog="python -m train.tables", description=__doc__, return_unknown_args=True
        )
        flags += words[end + 1 :]
        if config.list or not config.name:
            show_list()
            sys.exit(0 if config.list else 2)
        results, failures = make_table(config, flags)
        for path in results.files:
            Console().print(path, soft_wrap=True, highlight=False)
        for folder, reason in failures.items():
            console.print(f"[bold red]failed:[/] {folder.name}: {reason}", soft_wrap=True, highlight=False)
        if failures:
            sys.exit(1)


if __name__ == "__main__":
    main()
