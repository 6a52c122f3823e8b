"""A training step of UGCN against the classic formulation's."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import torch

from pygpose.data import WindowDataset, WindowLoader, load_dataset
from pygpose.losses import build_loss
from pygpose.models.ugcn import UGCN, UGCNConfig
from train.config.environment import use_bfloat16
from train.speed.classic import ClassicUGCN
from train.speed.measure import SKELETON, medians


def training_step(
    device: torch.device, repeats: int, *, channels: tuple[int, ...], batch_size: int, num_frames: int
) -> pd.DataFrame:
    """Ours, the classic formulation's, the Laplacian loss alone and the loading of a batch alone."""
    torch.manual_seed(0)
    config = UGCNConfig(channels=channels, merge_channels=channels[0], context=0)
    model = UGCN(SKELETON, config, framing="plain").to(device)  # the classic one's work
    classic = ClassicUGCN(SKELETON, model.config).to(device)
    dataset = WindowDataset(load_dataset("synthetic", subjects=["S1"], frames=300), num_frames, 1)
    loader = WindowLoader(dataset, batch_size, seed=0)
    windows = next(loader.epoch(0)).to(device)
    x, target = windows.keypoints(), windows.pose()
    objectives = {name: build_loss(name, skeleton=SKELETON) for name in ("motion+lap", "pose:0+lap")}
    prediction = torch.randn_like(target).requires_grad_()
    batches = loader.epoch(1)

    def step(network: torch.nn.Module, half: bool = False) -> Callable[[], None]:
        optimizer = torch.optim.AdamW(network.parameters(), fused=True)

        def work() -> None:
            optimizer.zero_grad()
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
                prediction = network(windows if network is model else x)  # ours reads its graph, as in training
            objectives["motion+lap"](prediction, target)[0].backward()
            optimizer.step()

        return work

    def load() -> None:
        next(batches).to(device)

    half = use_bfloat16("auto", device)
    candidates = {f"ours in {'bfloat16' if half else 'float32'}, as train.run trains here": step(model, half)}
    if half:
        candidates |= {"ours in float32": step(model), "classic formulation in bfloat16": step(classic, half)}
    candidates |= {
        "classic formulation (NCHW, einsum) in float32, as public code": step(classic),
        "Laplacian loss alone (sparse), forward and backward": lambda: objectives["pose:0+lap"](prediction, target)[
            0
        ].backward(),
        "loading a batch": load,
    }
    times = medians(candidates, repeats, device)
    ours = next(iter(times.values()))
    frames = batch_size * num_frames
    rows = [(name, value, 1e3 * frames / value, value / ours) for name, value in times.items()]
    return pd.DataFrame(rows, columns=["UGCN training step, motion+lap", "ms", "frames/s", "ratio to ours"])
