"""Both backends of the Laplacian against a dense product."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor

from graphs import Laplacian, motion_laplacian
from graphs.laplacian import Backend
from pygpose.console import track
from train.speed.measure import SKELETON, medians, peak_memory

LENGTHS = (27, 96, 243, 1000)  # frames of a window


def laplacians(device: torch.device, repeats: int) -> pd.DataFrame:
    """Forward and backward, and the peak memory of both, for windows of several lengths."""
    rows = []
    for frames in track(LENGTHS, "Laplacian"):
        candidates = {name: _laplacian_work(name, frames, device) for name in ("sparse", "product", "dense")}
        times = medians(candidates, repeats, device)
        for name, value in times.items():
            memory = peak_memory(_laplacian_work, (name, frames), ("sparse", 2), device)
            rows.append((frames, name, value, value / times["sparse"], memory))
    return pd.DataFrame(rows, columns=["T", "Laplacian (8 windows)", "ms", "ratio to sparse", "peak MiB"])


def _laplacian_work(name: str, frames: int, device: torch.device) -> Callable[[], None]:
    pose = torch.randn(8, frames, SKELETON.num_joints, 3, device=device, requires_grad=True)
    if name == "dense":
        matrix = motion_laplacian(SKELETON, frames).to_dense().to(device)

        def apply() -> Tensor:
            return matrix @ pose.flatten(1, 2)
    else:
        backend: Backend = "sparse" if name == "sparse" else "product"
        module = Laplacian(SKELETON, backend=backend)

        def apply() -> Tensor:
            return module(pose)

    def work() -> None:
        apply().square().sum().backward()

    return work
