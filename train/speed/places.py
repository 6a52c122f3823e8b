"""What it costs to know where people are: training with the root's path, and solving for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from pygpose.data import WindowDataset, load_dataset
from pygpose.geometry import h36m_cameras, project_points, solve_root_path
from pygpose.models import build_model
from train.config.command import parse_command
from train.loop.objective import build_objective
from train.loop.trainer import Trainer
from train.speed.measure import SKELETON, medians


def places(device: torch.device, repeats: int, *, batch_size: int, num_frames: int) -> pd.DataFrame:
    """Semi-supervised training steps of the TCN against a supervised step of as many windows; solving for a path."""
    clips = load_dataset("synthetic", subjects=["S1"], frames=300)
    words = ["--arch", "tcn", "--model.filter-widths", "3", "3", "3", "--loss", "pose", "--amp", "off"]
    words += ["--num-frames", str(num_frames), "--batch-size", str(batch_size)]
    both = ["--semi", "rest", "--semi-warmup", "0"]
    ways = {
        "supervised": [],
        "semi-supervised, trajectory model": ["--trajectory", "model", *both],
        "semi-supervised, shared trunk": ["--trajectory", "model", "--shared-trunk", *both],
        "semi-supervised, solved path": ["--trajectory", "solve", *both],
    }
    candidates: dict[str, Callable[[], object]] = {}
    for name, flags in ways.items():
        run = parse_command([*words, *flags])
        model = build_model(
            "tcn", skeleton=SKELETON, config=run.model, root_head=run.root_head, framing=run.framing
        ).to(device)
        data = [WindowDataset(clips, run.num_frames, 1, model.context, labelled=labelled) for labelled in (True, False)]
        mean, scale, root, root_scale = (
            data[0].mean_pose(),
            data[0].pose_scale(),
            data[0].mean_root(),
            data[0].root_scale(),
        )
        model.set_statistics(mean, scale, root, root_scale)
        unlabelled = data[1] if run.semi else None
        loss = build_objective(run, data[0], unlabelled)
        trainer = Trainer(run, model, loss, data[0], lambda _: {}, Path(), device, unlabelled)
        windows = next(trainer.loader.epoch(0)).to(device)
        candidates[f"training step, {name}"] = partial(trainer.step, windows)
    times = medians(candidates, repeats, device)
    rows = [(name, value, value / times["training step, supervised"]) for name, value in times.items()]
    camera, draw = h36m_cameras("S1")[0], torch.Generator().manual_seed(0)
    pose = 0.4 * torch.randn(10_000, SKELETON.num_joints, 3, generator=draw, dtype=torch.float64)
    keypoints = project_points(pose + torch.tensor([0.0, 0.0, 5.0]), camera)
    solving = {
        f"solve_root_path, 10,000 frames, smoothness {value:g}": partial(
            solve_root_path, pose.to(device), keypoints.to(device), camera, smoothness=value
        )
        for value in (0.0, 1.0)
    }
    rows += [(name, value, math.nan) for name, value in medians(solving, repeats, device).items()]
    return pd.DataFrame(rows, columns=["places", "ms", "ratio"])
