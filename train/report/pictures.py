"""Pictures of results: learning curves, errors over time and by joint, and stills. No global Matplotlib state."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from graphs import Skeleton

# Safe for the colour-blind: Okabe and Ito's blue and vermilion for the sides, Tol's muted set for everything else.
LEFT, RIGHT, TRUNK, TRUTH = "#0072B2", "#D55E00", "#4D4D4D", "#C9C9C9"
LINES = ("#117733", "#332288", "#AA4499", "#DDAA33", "#44AA99", "#882255", "#88CCEE", "#999933")
STYLES, MARKERS = ("-", "--", ":", "-."), "osD^"  # a second way to tell them apart
INK, PALE = "#222222", "#E6E6E6"

MM = 1000.0
STILLS = 4  # evenly spaced, beside the worst frame
TURN, TILT = np.radians(40.0), np.radians(12.0)  # of the viewer: depth, where lifters err, is seen from the side
GAP = 0.3  # metres of air round a still


@dataclass(frozen=True)
class Example:
    """One clip with its prediction.

    Raises:
        ValueError: For arrays that are not of the same frames and joints, and for values that are not finite.
    """

    title: str
    keypoints: Float[np.ndarray, "frames joints 2"]  # normalised screen coordinates, y down
    pred: Float[np.ndarray, "frames joints 3"]  # metres, camera frame, relative to the root joint
    target: Float[np.ndarray, "frames joints 3"]
    fps: float
    pred_path: Float[np.ndarray, "frames 3"] | None = None  # of the root, where it was predicted, metres, camera frame
    path: Float[np.ndarray, "frames 3"] | None = None  # where it was
    valid: Bool[np.ndarray, " frames"] | None = None  # the frames whose error counts; all, where it is not given

    def __post_init__(self) -> None:
        shapes = {name: getattr(self, name).shape for name in ("keypoints", "pred", "target")}
        where = f"example '{self.title}'"
        if self.target.ndim != 3 or self.target.size == 0:
            raise ValueError(f"{where} has target {self.target.shape}; give [frames, joints, 3] with 1 frame or more")
        frames_joints = self.target.shape[:2]
        if shapes != {"keypoints": (*frames_joints, 2), "pred": (*frames_joints, 3), "target": (*frames_joints, 3)}:
            raise ValueError(f"{where} has shapes {shapes}; give one clip's, keypoints with 2 axes and poses with 3")
        paths = [path for path in (self.pred_path, self.path) if path is not None]
        if paths and [path.shape for path in paths] != [(len(self.target), 3)] * 2:
            raise ValueError(f"{where} has paths {[path.shape for path in paths]}; give both, [frames, 3], or neither")
        if not all(np.isfinite(values).all() for values in (*(getattr(self, name) for name in shapes), *paths)):
            raise ValueError(f"{where} holds values that are NaN or infinite; leave it out, or repair the prediction")

    @property
    def counted(self) -> Bool[np.ndarray, " frames"]:
        """The frames whose error counts."""
        return np.ones(len(self.target), dtype=bool) if self.valid is None else self.valid

    @property
    def errors(self) -> Float[np.ndarray, "frames joints"]:
        """Distance of every joint to the truth, mm."""
        return MM * np.linalg.norm(self.pred - self.target, axis=-1)


def png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=160, facecolor="white")
    return file.getvalue()


def learning_curves(log: pd.DataFrame) -> Figure:
    """The loss and its unweighted terms, and the validation errors, by epoch. What was not validated has no point."""
    terms = [name for name in log.columns if name == "loss" or name.startswith("train_")]
    panels = {
        "Training loss and its unweighted terms": terms,
        "Validation MPJPE (mm)": ["val_mpjpe_mm"],
        "Validation errors of motion": ["val_mpjve_mm", "val_mpjacce_mm"],
    }
    if "val_root_error_mm" in log.columns:
        panels["Validation error of the root (mm)"] = ["val_root_error_mm"]
    names = {
        "loss": "weighted sum",
        "train_loss": "weighted sum",
        "val_mpjve_mm": "MPJVE (mm/frame)",
        "val_mpjacce_mm": "MPJAccE (mm/frame²)",
    }
    figure = Figure(figsize=(11, 3.9), layout="constrained")
    for axes, (title, columns) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        _tidy(axes, title)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        found = {name: log[["epoch", name]].dropna() for name in columns if name in log.columns}
        found = {name: points for name, points in found.items() if len(points)}
        for i, (name, points) in enumerate(found.items()):
            total = name in ("loss", "train_loss")
            axes.plot(
                *points.to_numpy().T,
                color=INK if total else LINES[i % len(LINES)],
                linestyle="-" if total else STYLES[i % len(STYLES)],
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
    _tidy(position, "Position error, mean over joints (mm)")
    _tidy(velocity, "Velocity error, mean over joints (mm/frame)")
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
    """Acceleration errors of one clip by system (TCMR, Figure 5), from its second frame to its last but one.

    Args:
        errors: mm/frame^2, as :func:`~pygpose.metrics.acceleration_errors` gives them. NaN is not drawn. TCMR's
            text says mm/s^2 of the same numbers; true seconds are on the right.
    """
    figure = Figure(figsize=(11, 3.4 + 0.2 * len(errors)), layout="constrained")
    axes = figure.subplots()
    _tidy(axes, f"Acceleration error, mean over joints: {_plain(title)}")
    for i, (name, values) in enumerate(errors.items()):
        style, color = STYLES[i % len(STYLES)], LINES[i % len(LINES)]
        seconds = (1 + np.arange(len(values))) / fps
        label = f"{_plain(name)}: mean {np.nanmean(values):.2f} mm/frame²"
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
    """Which joints are hard: the mean error of each, the largest on top."""
    errors = np.array([example.errors[example.counted].mean(axis=0) for example in examples])  # [examples, joints]
    order = errors.mean(axis=0).argsort()
    rows = np.arange(len(order))
    figure = Figure(figsize=(11, 1.2 + 0.24 * len(order) + 0.2 * len(examples)), layout="constrained")
    axes = figure.subplots()
    _tidy(axes, "Mean error of each joint (mm)")
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
    """The root's path on the ground, predicted and true, as somebody above the camera sees it."""
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
        _tidy(axes, f"Example {k + 1}")
        axes.legend(frameon=False, fontsize=8)
    return figure


def stills(example: Example, skeleton: Skeleton) -> Figure:
    """Moments of a clip from left to right: the input, the prediction over the truth in grey, and the truth.

    Poses are seen from the side (40 degrees) and from above (12 degrees), without perspective, all to one scale.
    """
    errors = example.errors.mean(axis=-1)
    counted = np.flatnonzero(example.counted)
    worst = int(counted[errors[counted].argmax()])
    moments = np.unique([*counted[np.linspace(0, len(counted) - 1, STILLS + 2)[1:-1].round().astype(int)], worst])
    pred, target = _from_the_side(example.pred[moments]), _from_the_side(example.target[moments])
    seen = np.concatenate([pred, target])[..., :2]
    low, high = seen.min(axis=(0, 1)), seen.max(axis=(0, 1))
    width, height = high - low + GAP
    width = max(width, 0.65 * height)
    centre = (low + high) / 2

    screen = example.keypoints[moments] * [1, -1]  # the picture's y points up
    screen = screen - (screen.min(axis=1, keepdims=True) + screen.max(axis=1, keepdims=True)) / 2
    extent = np.maximum(np.ptp(screen, axis=1).max(axis=0), 1e-9)
    screen = screen * ((high - low) / extent).min()  # one factor, so that the largest just fits

    left, top = 0.2 * height, 0.14 * height  # room for words
    total = np.array([left + max(len(moments), STILLS) * width, top + 3 * height])
    figure = Figure(figsize=tuple(11 * total / total[0]))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-left, total[0] - left), ylim=(-3 * height, top))
    axes.set_axis_off()
    for row, name in enumerate(("input", "prediction", "truth")):
        axes.text(-0.85 * left, -(row + 0.5) * height, name, rotation=90, va="center", color=INK, fontsize=12)
        axes.axhline(-row * height, color=PALE, linewidth=0.8)
    for column, moment in enumerate(moments):
        x, y = (column + 0.5) * width, -0.5 * height
        _draw(axes, screen[column] + [x, y], skeleton)
        for row, poses in ((1, (target, pred)), (2, (target,))):
            for k, pose in enumerate(poses):
                shift = [x - centre[0], y - row * height - centre[1], 0]
                _draw(axes, pose[column] + shift, skeleton, faint=len(poses) == 2 and k == 0)
        worst_frame = ", the worst" if moment == worst else ""
        words = f"{moment / example.fps:.1f} s: {errors[moment]:.0f} mm off{worst_frame}"
        axes.text(x, 0.25 * top, words, ha="center", color=INK, fontsize=10)
    axes.plot([0.5 * GAP, 0.5 * GAP + 0.5], [-3 * height + 0.1] * 2, color=INK, linewidth=1.5)
    axes.text(0.5 * GAP, -3 * height + 0.13, "50 cm", color=INK, fontsize=8)
    return figure


def _from_the_side(poses: Float[np.ndarray, "frames joints 3"]) -> Float[np.ndarray, "frames joints 3"]:
    """Right, up and away from a viewer who walked round the person and looks down a little."""
    x, up, z = poses[..., 0], -poses[..., 1], poses[..., 2]  # the camera's y points down
    right, away = x * np.cos(TURN) + z * np.sin(TURN), z * np.cos(TURN) - x * np.sin(TURN)
    return np.stack([right, up * np.cos(TILT) + away * np.sin(TILT), away * np.cos(TILT) - up * np.sin(TILT)], axis=-1)


def _draw(axes: Axes, joints: Float[np.ndarray, "joints axes"], skeleton: Skeleton, *, faint: bool = False) -> None:
    """One skeleton from its joints' places; with a third axis, the far bones first."""
    bones = skeleton.bones
    if joints.shape[1] == 3:
        bones = sorted(bones, key=lambda bone: -joints[list(bone), 2].sum())
    for parent, child in bones:
        side = LEFT if child in skeleton.left else RIGHT if child in skeleton.right else TRUNK
        ends = joints[[parent, child], :2].T
        axes.plot(*ends, color=TRUTH if faint else side, linewidth=5 if faint else 2.6, solid_capstyle="round")


def _tidy(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color=PALE, linewidth=0.7)
    axes.set_axisbelow(True)


def _label(number: int, example: Example) -> str:
    return f"{number + 1} {_plain(example.title)}"


def _plain(text: str) -> str:
    return text.replace("$", r"\$")  # not mathematics
