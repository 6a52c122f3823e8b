"""TCMR's encoders over a whole clip against the clip's windows one by one."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor

from pygpose.nn import ForecastEncoder
from train.speed.classic import ClassicForecastEncoder
from train.speed.measure import medians


def forecast(device: torch.device, repeats: int, *, clip_frames: int) -> pd.DataFrame:
    """The encoders in both sizes: for image features, and for keypoints."""
    rows: list[tuple[str, float, float, float]] = []
    sizes = {"features: 2048 channels, 1024 states, 2 layers": (2048, 1024, 2), "keypoints: 256, 256, 1": (256, 256, 1)}
    for name, (channels, hidden, layers) in sizes.items():
        encoder = ForecastEncoder(channels, hidden, layers).to(device).eval()
        classic = ClassicForecastEncoder(encoder)
        x = torch.randn(1, clip_frames + encoder.window - 1, channels, device=device)

        def timed(network: torch.nn.Module, x: Tensor = x) -> Callable[[], Tensor]:
            return torch.no_grad()(lambda: network(x))

        times = medians({"whole clip": timed(encoder), "windows": timed(classic)}, repeats, device)
        rows += [
            (f"{name}, {way}", value, 1e3 * clip_frames / value, value / times["whole clip"])
            for way, value in times.items()
        ]
    return pd.DataFrame(rows, columns=[f"TCMR's encoders, {clip_frames} frames", "ms", "frames/s", "ratio"])
