"""The TCN of 27 frames against its classic formulation."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import torch

from pygpose.models.tcn import TCN, TCNConfig
from train.speed.classic import ClassicTCN
from train.speed.measure import SKELETON, medians


def tcn(device: torch.device, repeats: int, *, batch_size: int, num_frames: int, clip_frames: int) -> pd.DataFrame:
    """Training on windows and on single poses, inference on a clip, and single poses by strides and by dilations."""
    torch.manual_seed(0)
    options = TCNConfig(filter_widths=(3, 3, 3))
    ours = TCN(SKELETON, options, framing="plain").to(device)
    pairs: dict[str, tuple[torch.nn.Module, int, int]] = {}
    for name, frames, windows in (
        (f"training, {batch_size} windows of {num_frames} frames", num_frames, batch_size),
        ("training, 1,024 single poses", 1, 1024),
        (f"inference, {clip_frames} frames", clip_frames, 1),
    ):
        pairs[name] = (ClassicTCN(options, SKELETON.num_joints, strided=frames == 1).to(device), frames, windows)

    def work(network: torch.nn.Module, frames: int, windows: int, training: bool) -> Callable[[], None]:
        x = torch.randn(windows, frames + ours.receptive_field - 1, SKELETON.num_joints, 2, device=device)
        target = torch.randn(windows, frames, SKELETON.num_joints, 3, device=device)
        optimizer = torch.optim.Adam(network.parameters(), fused=True)
        call = (lambda: ours(x, with_context=True)) if network is ours else (lambda: network(x))

        def run() -> None:
            network.train(training)
            with torch.set_grad_enabled(training):
                pose = call()
            if training:
                optimizer.zero_grad()
                (pose - target).norm(dim=-1).mean().backward()
                optimizer.step()

        return run

    rows = []
    for name, (classic, frames, windows) in pairs.items():
        training = not name.startswith("inference")
        times = medians(
            {"ours": work(ours, frames, windows, training), "classic": work(classic, frames, windows, training)},
            repeats,
            device,
        )
        rows.append((name, times["ours"], times["classic"], times["classic"] / times["ours"]))
    x = torch.randn(256, ours.receptive_field + 1, SKELETON.num_joints, 2, device=device)
    ours.eval()
    with torch.no_grad():
        times = medians({"strided": lambda: ours.lift(x[:, :-1]), "dilated": lambda: ours.lift(x)}, repeats, device)
    rows.append(("256 single poses: strides against dilations", *times.values(), times["dilated"] / times["strided"]))
    return pd.DataFrame(rows, columns=["TCN, 27 frames, 1,024 channels", "ms", "other ms", "ratio"])
