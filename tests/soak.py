"""Work for a long time in one process: train, resume, evaluate and lift in turns, with flat memory and file handles.

python tests/soak.py --minutes 30
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the checkout that this file is of

import numpy as np  # noqa: E402

from pygpose.data import save_keypoints  # noqa: E402
from pygpose.inference.lift_file import lift_file  # noqa: E402
from pygpose.io.keypoints import KeypointTrack  # noqa: E402
from train.evaluate import main as evaluate  # noqa: E402
from train.run import main as train  # noqa: E402

SMALL = [
    *("--data-options.frames", "40", "--num-frames", "32", "--train-stride", "32", "--batch-size", "16"),
    *("--model.channels", "4", "8", "--model.down-up-pairs", "1", "--motion.intervals", "4", "8"),
    *("--device", "cpu", "--epochs", "1"),
]
WARM_UP = 3  # turns after which caches are full
GROWTH = 64 * 2**20  # bytes of memory that a whole soak may add after that


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="How long to go on.")
    options = parser.parse_args()
    end, turn, seen = time.monotonic() + 60 * options.minutes, 0, []
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        while time.monotonic() < end or turn <= WARM_UP:
            _turn(Path(name), turn)
            turn += 1
            seen.append((_memory(), len(os.listdir("/proc/self/fd"))))
            memory, handles = seen[-1]
            print(f"turn {turn}: {memory / 2**20:.0f} MiB, {handles} file handles", flush=True)
    (memory, handles), (last_memory, last_handles) = seen[WARM_UP - 1], seen[-1]
    grown = last_memory - memory
    print(
        f"{turn} turns: memory {grown / 2**20:+.0f} MiB, file handles {last_handles - handles:+d} after the third turn"
    )
    return int(grown > GROWTH or last_handles > handles)


def _turn(folder: Path, turn: int) -> None:
    run, steps = folder / f"run{turn}", _steps(folder, turn)
    for step in steps:
        step()
    assert (run / "summary.json").is_file()
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def _steps(folder: Path, turn: int) -> list[Callable[[], object]]:
    run = folder / f"run{turn}"
    return [
        lambda: train([*SMALL, "--seed", str(turn), "--out-dir", str(run)]),
        lambda: train(["--resume", str(run)]),
        lambda: evaluate([str(run), "--data-options.frames", "40", "--out-dir", str(folder / "scored")]),
        lambda: _lift(folder, run),
    ]


def _lift(folder: Path, run: Path) -> None:
    draw = np.random.default_rng(0)
    keypoints = (300 + 100 * draw.normal(size=(60, 17, 2))).astype(np.float32)
    track = KeypointTrack(keypoints, np.ones((60, 17), np.float32), "h36m17", "walk", "1", 50.0, (640, 480))
    save_keypoints(folder / "walk.npz", [track])
    lift_file(folder / "walk.npz", weights=run).save(folder / "walk.bvh")


def _memory() -> int:
    """Bytes that the process holds, after what it does not need is given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    sys.exit(main())
