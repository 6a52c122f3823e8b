"""Files in VideoPose3D's form with Human3.6M's size, of random numbers: how long they take to open, and what they hold.

python docs/open_data.py FOLDER     # makes the files (416 MB) where they are not there; run it twice
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np

from pygpose.data import WindowDataset, WindowLoader, open_source
from pygpose.data.sources.h36m import H36MConfig

FRAMES = {"S1": 62000, "S5": 97000, "S6": 62000, "S7": 83000, "S8": 60000, "S9": 80000, "S11": 55000}
RECORDINGS, CAMERAS = 30, 4


def make(folder: Path) -> None:
    draw = np.random.default_rng(0)
    positions, keypoints = {}, {}
    for subject, frames in FRAMES.items():
        names, length = [f"Action {i}" for i in range(RECORDINGS)], frames // RECORDINGS
        positions[subject] = {name: draw.normal(0, 0.3, (length, 32, 3)).astype(np.float32) for name in names}
        keypoints[subject] = {
            name: [draw.normal(500, 100, (length, 17, 2)).astype(np.float32) for _ in range(CAMERAS)] for name in names
        }
    sides = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
    metadata = {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": sides}
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "data_3d_h36m.npz", positions_3d=np.array(positions, dtype=object))
    np.savez_compressed(
        folder / "data_2d_h36m_gt.npz",
        positions_2d=np.array(keypoints, dtype=object),
        metadata=np.array(metadata, dtype=object),
    )


def main(folder: Path) -> None:
    if not (folder / "data_2d_h36m_gt.npz").is_file():
        make(folder)
    start = time.perf_counter()
    source = open_source("h36m", H36MConfig(), folder)
    clips = source.load(source.subjects("train")).sequences
    print(f"{len(clips)} clips, {sum(clip.num_frames for clip in clips):,} frames: {time.perf_counter() - start:.2f} s")
    for num_frames, stride, context, batch in ((1, 1, (121, 121), 1024), (96, 5, (0, 0), 256)):
        dataset = WindowDataset(clips, num_frames, stride, context)
        start, frames = time.perf_counter(), 0
        for windows, _ in zip(WindowLoader(dataset, batch, 0).epoch(0), range(60), strict=False):
            frames += windows.keypoints.shape[0] * windows.keypoints.shape[1]
        speed = frames / (time.perf_counter() - start)
        print(f"{batch} windows of {num_frames + sum(context)} frames: {speed:,.0f} window-frames/s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # KiB on Linux
    print(f"largest memory of this process: {peak:.2f} GiB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
