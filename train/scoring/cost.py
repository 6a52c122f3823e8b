"""What a model costs: weights, multiply-adds and time."""

from __future__ import annotations

import time

import torch
from torch.utils.flop_counter import FlopCounterMode

from pygpose.inference.lift import lift
from pygpose.models import Lifter


def model_cost(model: Lifter, frames: int = 1000) -> dict[str, float]:
    """The number of weights, multiply-adds for a frame, and frames/s, when the model lifts a clip whole, without flip.

    Multiply-adds are those of matrix products and convolutions, as torch counts them; the speed is that of the fastest
    of three passes on the model's device.

    Args:
        model: Any architecture.
        frames: Length of the clip.
    """
    device = model.mean_pose.device
    clip = torch.zeros(1, frames, model.skeleton.num_joints, 2, device=device)
    with FlopCounterMode(display=False) as counter:
        lift(model, clip, flip=False)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        lift(model, clip, flip=False).cpu()
        seconds.append(time.perf_counter() - start)
    return {
        "weights": float(sum(p.numel() for p in model.parameters())),
        "macs_per_frame": counter.get_total_flops() / 2 / frames,
        "frames_per_s": frames / min(seconds),
    }
