"""Clips to look at in a report."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pygpose.data import SkeletonSequence
from pygpose.inference.motion import Motion
from train.report.example import Example


def examples_of(clips: Sequence[SkeletonSequence], motions: Sequence[Motion], rows: pd.DataFrame) -> list[Example]:
    """Clips of small, median and largest error; clips of a second or longer, where there are such."""
    sums = rows.loc[rows["frames"] > 0].groupby(level=0)[["mpjpe_sum", "frames"]].sum()
    error = (sums["mpjpe_sum"] / sums["frames"]).to_dict()
    some = list(error)  # in all other clips, no frame counts
    long = [i for i in some if clips[i].num_frames >= clips[i].fps] or some
    order = sorted(long, key=lambda i: error[i])
    chosen = {"good": order[len(order) // 10], "median": order[len(order) // 2], "worst": order[-1]}
    return [
        Example(
            title=f"{name}: {clips[i].subject}, {clips[i].action}, camera {clips[i].camera}, {clips[i].clip}",
            keypoints=clips[i].keypoints().numpy(),
            pred=motions[i].pose.numpy(),
            target=clips[i].pose().numpy(),
            fps=clips[i].fps,
            valid=clips[i].valid.numpy() if "valid" in clips[i] else None,
            **_paths(clips[i], motions[i]),
        )
        for name, i in chosen.items()
    ]


def _paths(clip: SkeletonSequence, motion: Motion) -> dict[str, np.ndarray]:
    return {} if motion.path is None else {"pred_path": motion.path.numpy(), "path": clip.root.numpy()}
