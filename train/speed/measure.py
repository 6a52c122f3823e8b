"""Time and memory of candidates, measured side by side."""

from __future__ import annotations

import math
import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from graphs import get_skeleton

SKELETON = get_skeleton("h36m17")  # of everything that is measured
Work = Callable[[], object]


def medians(candidates: Mapping[str, Work], repeats: int, device: torch.device) -> dict[str, float]:
    """Median milliseconds of each candidate. Candidates take turns, so that a slow minute of the machine meets all of
    them."""
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for round_number in range(repeats + 1):
        for name, work in candidates.items():
            _wait(device)
            start = time.perf_counter()
            work()
            _wait(device)
            if round_number:  # the first round warms up
                times[name].append(1e3 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_memory(
    prepare: Callable[..., Work], words: tuple[Any, ...], small: tuple[Any, ...], device: torch.device
) -> float:
    """The most MiB that ``prepare(*words, device)`` and one run of the work that it returns take.

    On the CPU this is measured in a new process, whose peak is its own. There the ``small`` words go first, so that
    loading libraries does not count.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        prepare(*words, device)()
        return (torch.cuda.max_memory_allocated(device) - before) / 2**20
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_grown_memory, (prepare, words, small))


def _grown_memory(prepare: Callable[..., Work], words: tuple[Any, ...], small: tuple[Any, ...]) -> float:
    device = torch.device("cpu")
    prepare(*small, device)()
    before = _peak_resident()
    prepare(*words, device)()
    return _peak_resident() - before


def _peak_resident() -> float:
    """The most MiB of this process so far; NaN where the system does not tell (getrusage would count the parent's)."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return math.nan
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
