"""UGCN over whole clips against UGCN over windows, as public code runs it."""

from __future__ import annotations

from functools import partial

import pandas as pd
import torch

from pygpose.data.windows import window_starts
from pygpose.inference.lift import lift
from pygpose.models.ugcn import UGCN, UGCNConfig
from train.speed.classic import ClassicUGCN
from train.speed.measure import SKELETON, medians


def inference(device: torch.device, repeats: int, *, num_frames: int, clip_frames: tuple[int, ...]) -> pd.DataFrame:
    """Each clip in one pass, in windows every 5 frames, and in these windows by the classic formulation."""
    model = UGCN(SKELETON, UGCNConfig(context=0), framing="plain").to(device)  # the classic one's work
    classic = ClassicUGCN(SKELETON, model.config).to(device)
    rows = []
    for frames in clip_frames:
        x = torch.randn(1, frames, SKELETON.num_joints, 2, device=device)
        sliding = {"inference": "windows", "window": num_frames, "step": 5}
        candidates = {
            "whole clip": partial(lift, model, x, flip=False),
            "windows, step 5": partial(lift, model, x, flip=False, **sliding),
            "windows, step 5, classic": partial(lift, classic, x, flip=False, **sliding),
        }
        times = medians(candidates, repeats, device)
        starts = window_starts(max(frames, num_frames), num_frames, sliding["step"])
        seen = len(starts) * num_frames / frames
        for name, value in times.items():
            passes = 1.0 if name == "whole clip" else seen
            rows.append((frames, name, value, value / times["whole clip"], passes))
    return pd.DataFrame(rows, columns=["frames", "inference with UGCN", "ms", "ratio to whole", "times lifted"])
