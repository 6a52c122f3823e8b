"""Time and memory of one banded solve, and of a whole correction, for clips of 1,000 to 100,000 frames of 17 joints.

python docs/correction_cost.py
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import torch

from graphs import MotionGraph, get_skeleton
from pygpose.refine import CorrectionOptions, correct_motion
from pygpose.refine.consistent import Spreads, Targets, find_consistent

FRAMES = (1_000, 10_000, 100_000)


def measure(frames: int, whole: bool) -> None:
    skeleton = get_skeleton("h36m17")
    time_line = torch.arange(frames, dtype=torch.float64)[:, None, None] / 50
    body = torch.rand(17, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = body + 0.2 * torch.sin(time_line + torch.arange(51).view(17, 3))
    MotionGraph.of_skeleton(skeleton, 10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    if whole:
        correct_motion(x, 50.0, skeleton, options=CorrectionOptions(contact=0.0))
    else:
        graph = MotionGraph.of_skeleton(skeleton, frames)
        find_consistent(Targets(x, torch.zeros_like(x)), graph, skeleton, Spreads(), 1)
    seconds = time.perf_counter() - start
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    what = f"correction, {CorrectionOptions().rounds} rounds at most" if whole else "one linear solve"
    print(f"{frames:7,} frames, {what}: {seconds:.2f} s, {more / 1000:.0f} MB more", flush=True)


def main() -> None:
    if len(sys.argv) == 3:
        measure(int(sys.argv[1]), sys.argv[2] == "whole")
        return
    print(f"{torch.get_num_threads()} threads")
    for what in ("linear", "whole"):
        for frames in FRAMES:
            subprocess.run([sys.executable, __file__, str(frames), what], check=True)


if __name__ == "__main__":
    main()
