"""Curves of results: learning, errors over time and by joint, and paths from above."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from graphs import Skeleton
from train.report.example import MM, Example
from train.report.style import INK, LINES, MARKERS, PALE, STYLES, TRUTH, plain, tidy


def learning_curves(log: pd.DataFrame) -> Figure:
    """Every loss term before its weight, and the validation errors, by epoch; an epoch without validation has no point.

    The weighted sum is not drawn: while the weights of terms grow, it rises although every term falls.
    """
    terms = [name for name in log.columns if name.startswith("train_") and name != "train_loss"]
    panels = {
        "Loss terms in training, before their weights": terms,
        "Validation MPJPE (mm)": ["val_mpjpe_mm"],
        "Validation errors of motion": ["val_mpjve_mm", "val_mpjacce_mm"],
    }
    if "val_root_error_mm" in log.columns:
        panels["Validation error of the root (mm)"] = ["val_root_error_mm"]
    names = {
        "val_mpjve_mm": "MPJVE (mm/frame)",
        "val_mpjacce_mm": "MPJAccE (mm/frame²)",
    }
    figure = Figure(figsize=(11, 3.9), layout="constrained")
    for axes, (title, columns) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        tidy(axes, title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        found = {name: log[["epoch", name]].dropna() for name in columns if name in log.columns}
        found = {name: points for name, points in found.items() if len(points)}
        for i, (name, points) in enumerate(found.items()):
            axes.plot(
                *points.to_numpy().T,
                color=LINES[i % len(LINES)],
                linestyle=STYLES[i % len(STYLES)],
                marker="o" if len(points) < 30 else None,
                markersize=3,
                label=names.get(name, name.removeprefix("train_")),
            )
        if len(found) > 1:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=(len(found) + 2) // 3, frameon=False)
        if columns is terms and found and all((points.iloc[:, 1] > 0).all() for points in found.values()):
            axes.set_yscale("log")
    return figure


def error_over_time(examples: Sequence[Example]) -> Figure:
    """The error of every frame, and of every step from one frame to the next."""
    figure = Figure(figsize=(11, 4.8 + 0.2 * len(examples)), layout="constrained")
    position, velocity = figure.subplots(2, 1, sharex=True)
    tidy(position, "Position error, mean over joints (mm)")
    tidy(velocity, "Velocity error, mean over joints (mm/frame)")
    velocity.set_xlabel("seconds")
    for i, example in enumerate(examples):
        style, color = STYLES[i % len(STYLES)], LINES[i % len(LINES)]
        seconds, counted = np.arange(len(example.pred)) / example.fps, example.counted
        steps = MM * np.linalg.norm(np.diff(example.pred - example.target, axis=0), axis=-1).mean(axis=-1)
        steps[~(counted[1:] & counted[:-1])] = np.nan
        errors = example.errors.mean(axis=-1)[counted]
        position.plot(seconds[counted], errors, style, color=color, linewidth=1.3, label=_label(i, example))
        velocity.plot(seconds[1:], steps, style, color=color, linewidth=1.3)
    for axes in (position, velocity):
        axes.set_ylim(bottom=0)
    figure.legend(loc="outside upper left", frameon=False)
    return figure


def acceleration_over_time(errors: Mapping[str, Float[np.ndarray, " frames"]], fps: float, title: str) -> Figure:
    """Acceleration errors of one clip by system (TCMR, Figure 5), from the clip's second frame to its last but one.

    Args:
        errors: Errors in mm/frame^2, as :func:`~pygpose.metrics.acceleration_errors` gives them; NaN is not drawn.
            TCMR's text calls the same numbers mm/s^2; the axis on the right has true seconds.
        fps: Frames a second of the clip.
        title: Name of the clip.
    """
    figure = Figure(figsize=(11, 3.4 + 0.2 * len(errors)), layout="constrained")
    axes = figure.subplots()
    tidy(axes, f"Acceleration error, mean over joints: {plain(title)}")
    for i, (name, values) in enumerate(errors.items()):
        style, color = STYLES[i % len(STYLES)], LINES[i % len(LINES)]
        seconds = (1 + np.arange(len(values))) / fps
        label = f"{plain(name)}: mean {np.nanmean(values):.2f} mm/frame²"
        axes.plot(seconds, values, style, color=color, linewidth=1.3, label=label)
    axes.set(xlabel="seconds", ylabel="mm/frame² (in TCMR: mm/s²)")
    axes.set_ylim(bottom=0)
    right = axes.twinx()
    right.set_ylim(0, axes.get_ylim()[1] * fps**2 / MM)
    right.spines["top"].set_visible(False)
    right.set_ylabel("m/s²")
    figure.legend(loc="outside upper left", frameon=False)
    return figure


def joint_errors(examples: Sequence[Example], skeleton: Skeleton) -> Figure:
    """The mean error of each joint in each example, the hardest joint on top."""
    errors = np.array([example.errors[example.counted].mean(axis=0) for example in examples])  # [examples, joints]
    order = errors.mean(axis=0).argsort()
    rows = np.arange(len(order))
    figure = Figure(figsize=(11, 1.2 + 0.24 * len(order) + 0.2 * len(examples)), layout="constrained")
    axes = figure.subplots()
    tidy(axes, "Mean error of each joint (mm)")
    axes.grid(visible=False, axis="y")
    axes.hlines(rows, 0, errors.max(axis=0)[order], color=PALE, linewidth=5, zorder=1)
    for i, example in enumerate(examples):
        marker, color = MARKERS[i % len(MARKERS)], LINES[i % len(LINES)]
        axes.plot(errors[i, order], rows, marker, markersize=5.5, color=color, label=_label(i, example))
    axes.set_yticks(rows, [skeleton.joints[joint] for joint in order])
    axes.set_xlim(left=0)
    figure.legend(loc="outside upper left", frameon=False)
    return figure


def paths_from_above(examples: Sequence[Example]) -> Figure:
    """The root's path on the ground, predicted and true, seen from above the camera."""
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    for k, (example, axes) in enumerate(zip(examples, np.atleast_1d(figure.subplots(1, len(examples))), strict=True)):
        assert example.pred_path is not None and example.path is not None
        for name, path, colour, width in (
            ("truth", example.path, TRUTH, 5),
            ("prediction", example.pred_path, INK, 1.4),
        ):
            axes.plot(path[:, 0], path[:, 2], color=colour, linewidth=width, label=name, solid_capstyle="round")
            axes.plot(*path[0, [0, 2]], "o", color=colour, markersize=6)
        axes.set(xlabel="right of the camera (m)", ylabel="away from the camera (m)" if k == 0 else "")
        axes.set_aspect("equal", adjustable="datalim")
        tidy(axes, f"Example {k + 1}")
        axes.legend(frameon=False, fontsize=8)
    return figure


def _label(number: int, example: Example) -> str:
    return f"{number + 1} {plain(example.title)}"
