"""Stills of a clip: the 2D input, the prediction and the truth at some moments."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from graphs import Skeleton
from train.report.example import Example
from train.report.style import INK, LEFT, PALE, RIGHT, TRUNK, TRUTH

MOMENTS = 4  # evenly spaced, beside the worst frame
TURN, TILT = np.radians(40.0), np.radians(12.0)  # of the viewer: depth, where lifters err, is seen from the side
GAP = 0.3  # metres of air round a still


def stills(example: Example, skeleton: Skeleton) -> Figure:
    """Moments of a clip from left to right: the input, the prediction over the truth in grey, and the truth.

    Poses are seen from the side (40 degrees) and from above (12 degrees), without perspective, all to one scale.
    """
    errors = example.errors.mean(axis=-1)
    counted = np.flatnonzero(example.counted)
    worst = int(counted[errors[counted].argmax()])
    moments = np.unique([*counted[np.linspace(0, len(counted) - 1, MOMENTS + 2)[1:-1].round().astype(int)], worst])
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
    total = np.array([left + max(len(moments), MOMENTS) * width, top + 3 * height])
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
