"""A few frames of keypoints and poses as a picture. No global Matplotlib state, and no display."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from graphs import Skeleton, get_skeleton

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEFT, RIGHT, TRUNK = "#0072B2", "#D55E00", "#4D4D4D"  # Okabe and Ito's blue and vermilion: safe for the colour-blind
INK, PALE = "#222222", "#E6E6E6"
TURN = np.radians(40.0)  # of the viewer, who sees depth from the side


@dataclass(frozen=True)
class Still:
    """One frame of one clip.

    Args:
        title: Names of the clip and the frame.
        skeleton: Registered name.
        keypoints: ``[J, 2]``, y down, in any unit.
        seen: ``[J]``, whether each joint is seen. Others are left out of the picture.
        pose: ``[J, 3]``: x right, y down, z forward, in any unit.
    """

    title: str
    skeleton: str
    keypoints: np.ndarray | None = None
    seen: np.ndarray | None = None
    pose: np.ndarray | None = None


def draw(stills: Sequence[Still]) -> Figure:
    """A column for each frame: its keypoints, and its pose seen from the side. Left is blue, right is orange."""
    from matplotlib.figure import Figure  # a quarter of a second, which all other commands need not wait for

    rows = [row for row in ("keypoints", "pose") if any(getattr(still, row) is not None for still in stills)]
    figure = Figure(figsize=(2.2 * max(len(stills), 2), 0.6 + 2.6 * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), len(stills), squeeze=False)
    for column, still in enumerate(stills):
        axes[0, column].set_title(_wrapped(still.title), fontsize=7, color=INK)
        for row, name in enumerate(rows):
            _tidy(axes[row, column])
            points = getattr(still, name)
            if points is None:
                continue
            seen = still.seen if name == "keypoints" and still.seen is not None else np.ones(len(points), bool)
            _draw(axes[row, column], _placed(points.astype(float), seen), seen, get_skeleton(still.skeleton))
    for row, name in enumerate(rows):
        axes[row, 0].set_ylabel({"keypoints": "2D keypoints", "pose": "3D pose, from the side"}[name], color=INK)
    figure.supxlabel("left blue, right orange; each frame is scaled to its person", fontsize=7, color=INK)
    return figure


def _placed(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The points ``[J, 2]`` within -1 and 1, y up."""
    if points.shape[1] == 3:
        points = np.stack([points[:, 0] * np.cos(TURN) + points[:, 2] * np.sin(TURN), points[:, 1]], 1)
    if not seen.any():
        return points
    low, high = points[seen].min(0), points[seen].max(0)
    return (points - (low + high) / 2) / max((high - low).max() / 2, 1e-9) * [1, -1]


def _draw(axes: Axes, points: np.ndarray, seen: np.ndarray, skeleton: Skeleton) -> None:
    sides = [
        LEFT if joint in skeleton.left else RIGHT if joint in skeleton.right else TRUNK for joint in range(len(points))
    ]
    for parent, child in skeleton.bones:
        if seen[parent] and seen[child]:
            axes.plot(*points[[parent, child]].T, color=sides[child], linewidth=2, solid_capstyle="round")
    shown = np.flatnonzero(seen)
    axes.scatter(*points[shown].T, c=[sides[joint] for joint in shown], s=7, zorder=3)


def _tidy(axes: Axes) -> None:
    axes.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), xticks=[], yticks=[], aspect="equal")
    for spine in axes.spines.values():
        spine.set_color(PALE)


def _wrapped(title: str) -> str:
    """The title in short lines, of letters that every font has, without mathematics."""
    plain = title.encode("ascii", "replace").decode().replace("$", r"\$")
    plain = "".join(letter if letter.isprintable() else "?" for letter in plain)[-90:]
    return "\n".join(plain[start : start + 30] for start in range(0, len(plain), 30))
