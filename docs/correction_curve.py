"""MPJPE over MPJAccE of filters and of the correction, while the strength of each varies; and the correction's cost.

python docs/correction_curve.py RUN ... --data-root DIR --pixels 0 5

Whole clips of the validation people under Human3.6M's cameras, flip averaging; paths are solved. Writes
docs/correction.png and prints a table.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib
import pandas as pd
import torch

from pygpose.data import SkeletonSequence, check_subjects, open_source
from pygpose.data.sources.mocap import MocapConfig
from pygpose.data.transforms.noise import DetectorNoise
from pygpose.inference.checkpoint import load_model
from pygpose.inference.correcting import correct_motions
from pygpose.inference.motion import Motion, predict, with_solved_paths
from pygpose.metrics import averages
from pygpose.refine import CorrectionOptions
from pygpose.refine.smoothing import Average, Gaussian, Kalman, MotionFilter, OneEuro, SavitzkyGolay
from train.report.markup import markdown_table
from train.scoring.scores import score

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

FILTERS: dict[str, list[MotionFilter]] = {
    "average": [Average(ratio) for ratio in (0.8, 0.5, 0.3)],
    "one_euro": [OneEuro(cutoff) for cutoff in (8.0, 4.0, 2.0)],
    "savgol": [SavitzkyGolay(window) for window in (7, 15, 21, 31)],
    "gaussian": [Gaussian(sigma) for sigma in (0.02, 0.04, 0.06, 0.09)],
    "kalman": [Kalman(tau) for tau in (0.02, 0.04, 0.06, 0.09)],
}
SMOOTHING = (0.1, 0.5, 2.0)
COLUMNS = ["mpjpe_mm", "mpjve_mm", "mpjacce_mm", "bone_length_deviation_mm", "foot_skating_mm_s"]


def filtered(motions: list[Motion], smooth: MotionFilter, fps: float) -> list[Motion]:
    found = []
    for motion in motions:
        assert motion.path is not None
        found.append(Motion(smooth(motion.pose, fps), smooth(motion.path[:, None], fps)[:, 0]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--pixels", type=float, nargs="+", default=[0.0, 5.0])
    parser.add_argument("--every", type=int, default=1, help="take every n-th clip")
    options = parser.parse_args()
    figure, axes = plt.subplots(
        len(options.runs), len(options.pixels), squeeze=False, figsize=(5 * len(options.pixels), 4 * len(options.runs))
    )
    for row, run in enumerate(options.runs):
        model, _ = load_model(run)
        for column, pixels in enumerate(options.pixels):
            source = open_source("mocap", MocapConfig(cameras="h36m", noise=DetectorNoise(pixels)), options.data_root)
            clips: list[SkeletonSequence] = source.load(check_subjects(source, None, "val")).sequences[:: options.every]
            plain = predict(model, clips, device=torch.device("cpu"), inference="whole")
            motions = with_solved_paths(clips, plain)

            def measured(found: list[Motion], clips=clips, model=model) -> pd.Series:
                return pd.Series(averages(score(clips, found, model.skeleton)))[COLUMNS]

            ways: dict[tuple[str, str], Callable[[], list[Motion]]] = {
                ("as it is", ""): lambda motions=motions: motions
            }
            for name, strengths in FILTERS.items():
                for smooth in strengths:
                    how = ", ".join(str(value) for value in vars(smooth).values())
                    ways[name, how] = partial(filtered, motions, smooth, clips[0].fps)
            for strength in SMOOTHING:
                chosen = CorrectionOptions(smoothing=strength)
                ways["correction", str(strength)] = partial(correct_motions, clips, motions, chosen)
            rows, frames = {}, sum(clip.num_frames for clip in clips)
            for key, way in ways.items():
                start = time.perf_counter()
                found = way()
                rows[key] = measured(found)
                rows[key]["frames/s"] = frames / (time.perf_counter() - start)
            table = pd.DataFrame(rows).T.rename_axis(["method", "strength"])
            print(f"\n{Path(run).name}, {pixels:g} px, {len(clips)} clips of {frames} frames")
            print(markdown_table(table.round(2).astype(str).reset_index().set_index("method")), flush=True)
            at = axes[row, column]
            for name, part in table.groupby(level="method", sort=False):
                at.plot(part["mpjacce_mm"], part["mpjpe_mm"], "o-" if len(part) > 1 else "k*", label=name, markersize=4)
            at.set(xlabel="MPJAccE (mm/frame²)", ylabel="MPJPE (mm)", title=f"{Path(run).name}, {pixels:g} px of noise")
            best = table["mpjpe_mm"].min()
            at.set_ylim(best - 1, min(table["mpjpe_mm"].max(), 1.35 * best))
    axes[0, 0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(Path(__file__).parent / "correction.png", dpi=110)


if __name__ == "__main__":
    main()
