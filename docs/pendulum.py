"""The toy pendulum of UGCN's figure 1: traces with equal position error that losses on motion tell apart.

python docs/pendulum.py
"""

import math
from pathlib import Path

import torch
from matplotlib.figure import Figure

from graphs import Skeleton
from pygpose.losses import MotionOptions, build_loss
from train.report.style import LINES, TRUTH, png

PENDULUM = Skeleton("pendulum", ("Pivot", "Bob"), (-1, 0), (), ())
LOSSES = {
    "pose": ("pose", {}),
    "motion, subtraction": ("pose:0+motion", {"motion": MotionOptions(("sub",), normalize="length")}),
    "motion, cross product": ("pose:0+motion", {"motion": MotionOptions(("cross",), normalize="length")}),
    "lap": ("pose:0+lap", {}),
}
"""Losses in metres. The figure of the paper takes the subtraction operator; its networks were trained with the cross
product."""
ERROR = 0.1  # metres by which each estimate is off, in every frame


def swing(frames: int = 100) -> torch.Tensor:
    """A pendulum of one metre that swings once in two seconds, at 50 frames/s: ``[1, T, 2, 3]``."""
    angle = 0.7 * torch.cos(math.pi * torch.arange(frames) / 50)
    pose = torch.zeros(1, frames, 2, 3)
    pose[0, :, 1, 0], pose[0, :, 1, 1] = angle.sin(), angle.cos()
    return pose


def estimates(truth: torch.Tensor) -> dict[str, torch.Tensor]:
    """Three traces whose bob is off sideways, by ``ERROR`` on average over time: of the same shape, of another tendency
    but smooth, and shaking."""
    time = torch.arange(truth.size(1))
    errors = {
        "same shape": truth[0, :, 1, 0],
        "other tendency": torch.sin(math.pi * time / 20),
        "shaking": torch.randn(len(time), generator=torch.Generator().manual_seed(0)),
    }
    traces = {}
    for name, error in errors.items():
        traces[name] = truth.clone()
        traces[name][0, :, 1, 0] += ERROR * error / error.abs().mean()
    return traces


def main() -> None:
    truth = swing()
    losses = {name: build_loss(text, skeleton=PENDULUM, options=options) for name, (text, options) in LOSSES.items()}
    traces = estimates(truth)
    time = torch.arange(truth.size(1)) / 50
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    for axes, colour, (name, trace) in zip(figure.subplots(1, 3, sharey=True), LINES[:3], traces.items(), strict=True):
        axes.plot(time, truth[0, :, 1, 0], color=TRUTH, linewidth=5)
        axes.plot(time, trace[0, :, 1, 0], color=colour, linewidth=1)
        values = "\n".join(f"{loss} {losses[loss](trace, truth)[0]:.3f}" for loss in losses)
        axes.set_title(f"{name}\n{values}", fontsize=9)
        axes.set_xlabel("seconds")
    figure.supylabel("metres to the side", fontsize=9)
    Path(__file__).with_name("pendulum.png").write_bytes(png(figure))


if __name__ == "__main__":
    main()
