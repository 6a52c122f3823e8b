"""The runs of a table: each is made once, in a process of its own; several may run at once."""

from __future__ import annotations

import ctypes
import json
import os
import queue
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from pygpose.console import console, track
from train.config.extensions import import_flags, imports_in


@dataclass(frozen=True)
class Job:
    """One run of a table: its folder, and the flags of ``train.run`` that make it."""

    folder: Path
    flags: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether the run came to its own end. A run that was stopped by hand has a report, too, but is not done."""
        path = self.folder / "summary.json"
        return path.is_file() and json.loads(path.read_text())["training"]["stopped"] != "user"

    @property
    def begun(self) -> bool:
        """Whether there is something to go on with."""
        return (self.folder / "last.pt").is_file()

    def command(self) -> list[str]:
        """Flags that begin the run, or go on with it."""
        if self.begun:
            return ["--resume", str(self.folder), *import_flags(imports_in(self.flags))]
        return [*self.flags, "--out-dir", str(self.folder)]


def make_runs(jobs: Sequence[Job], at_once: int) -> dict[Path, str]:
    """Make the runs that are not done yet. Returns why runs failed, by the folders of those that did.

    On Ctrl-C the runs under way save what they have, and the others are not begun.
    """
    todo = {job.folder: job for job in jobs if not job.done}
    if not todo:
        return {}
    running: list[subprocess.Popen] = []
    environments = _environments(at_once)

    def work(job: Job) -> str:
        job.folder.parent.mkdir(parents=True, exist_ok=True)
        log, environment = job.folder.with_suffix(".log"), environments.get()
        with log.open("w") as file:
            command = [sys.executable, "-m", "train.run", *job.command()]
            # A session of its own, so that Ctrl-C reaches it once, from here.
            process = subprocess.Popen(
                command, env=environment, stdout=file, stderr=file, start_new_session=True, preexec_fn=_end_with_parent
            )
            running.append(process)
            code = process.wait()
        environments.put(environment)
        return "" if job.done else _reason(log, code)

    pool = ThreadPoolExecutor(at_once)
    pending = [pool.submit(work, job) for job in todo.values()]
    try:
        results = [future.result() for future in track(pending, f"runs ({at_once} at once; logs beside their folders)")]
    except KeyboardInterrupt:
        console.print("stopping: the runs under way save what they have; the same command goes on from there")
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        pool.shutdown()
        raise
    return {folder: reason for folder, reason in zip(todo, results, strict=True) if reason}


def _end_with_parent() -> None:
    """End a run when the table's process is killed, so that the run does not go on beside those of the next call; only
    Linux has a call for that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1: PR_SET_PDEATHSIG


def _environments(at_once: int) -> queue.Queue[dict[str, str]]:
    """Environment variables for each of the runs at one time: a share of the CPU's cores and, where there are several
    CUDA devices, one of them."""
    mask = os.environ.get("CUDA_VISIBLE_DEVICES")
    devices = mask.split(",") if mask else [str(device) for device in range(torch.cuda.device_count())]
    found: queue.Queue[dict[str, str]] = queue.Queue()
    for position in range(at_once):
        environment = dict(os.environ)
        if at_once > 1:
            environment["OMP_NUM_THREADS"] = str(max(1, (os.cpu_count() or 1) // at_once))
            if len(devices) > 1:
                environment["CUDA_VISIBLE_DEVICES"] = devices[position % len(devices)]
        found.put(environment)
    return found


def _reason(log: Path, code: int) -> str:
    """The sentence with which a run ended, out of its log."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    sentences = [line for line in lines if re.match(r"error:|\w*Error:", line)]
    last = (sentences or lines or ["no output"])[-1]
    return f"exit code {code}: {last.removeprefix('error:').strip()} ({log})"
