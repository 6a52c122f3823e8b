"""How often and how long a detector loses joints, and exchanges left and right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Int

from graphs import Skeleton
from pygpose.data.detector.compared import Compared
from pygpose.data.detector.limbs import lost_together


def fit_missing(clips: Sequence[Compared], skeleton: Skeleton, fps: float) -> dict[str, float]:
    """Shares and mean lengths of what is missing: whole frames, else whole limbs, else single joints."""
    frames, limbs, singles, others = [], [], [], []
    groups = lost_together(skeleton)
    for clip in clips:
        lost = ~clip.seen
        whole = np.all(lost, axis=1)[:, None]
        gone = np.all(lost[:, None] | ~groups, axis=2) & ~whole
        others.append(~np.any(gone[..., None] & groups, axis=1) & ~whole)
        frames.append(whole)
        limbs.append(np.any(gone, axis=1)[:, None])
        singles.append(lost & others[-1])
    every = [np.ones_like(one) for one in frames]
    return {
        **dict(lost_frames=_share(frames, every), lost_limbs=_share(limbs, every), missing=_share(singles, others)),
        **_seconds("frame_seconds", frames, fps),
        **_seconds("limb_seconds", limbs, fps),
        **_seconds("missing_seconds", singles, fps),
    }


def fit_exchanges(clips: Sequence[Compared], skeleton: Skeleton, fps: float) -> dict[str, float]:
    """Shares and mean length of exchanges; nothing where left and right can never be told apart.

    The whole body is exchanged where three quarters of the pairs that can be told apart are. Shares are counted in
    the frames in which as many of all pairs can be.
    """
    left = list(skeleton.left)
    some, whole, clear = [], [], []
    for clip in clips:
        told, exchanged = np.sum(clip.told_apart, axis=1), np.sum(clip.exchanged[:, left], axis=1)
        clear.append((told >= max(2, 0.75 * len(left)))[:, None])
        some.append((exchanged > 0)[:, None])
        whole.append((exchanged > 0.75 * told)[:, None] & clear[-1])
    if not any(one.any() for one in clear):
        return {}
    parts = [one & ~other & counted for one, other, counted in zip(some, whole, clear, strict=True)]
    return {"swaps": _share(parts, clear), "turns": _share(whole, clear), **_seconds("swap_seconds", some, fps)}


Rows = Sequence[np.ndarray]  # True where there is a burst: clips, [frames, rows] each


def _share(on: Rows, among: Rows) -> float:
    return sum(int(np.sum(one)) for one in on) / max(sum(int(np.sum(one)) for one in among), 1)


def _seconds(name: str, on: Rows, fps: float) -> dict[str, float]:
    """The mean length of bursts, where there are any.

    Geometric lengths of mean :math:`m` have :math:`2m - 1` as the mean over frames in bursts; what looks like a burst
    of a frame or two by chance counts little in it.
    """
    lengths = np.concatenate([_lengths(one) for one in on])
    return {name: float((np.sum(lengths**2) / np.sum(lengths) + 1) / 2 / fps)} if len(lengths) else {}


def _lengths(on: Bool[np.ndarray, "frames rows"]) -> Int[np.ndarray, " bursts"]:
    """How many frames each run of True has."""
    edges = np.diff(np.pad(on, ((1, 1), (0, 0))).T.astype(int), axis=1)
    return np.nonzero(edges == -1)[1] - np.nonzero(edges == 1)[1]
