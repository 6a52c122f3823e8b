"""Recordings at another frame rate, and the gaps in them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from pygpose.frames import stretches


def resample(
    positions: Float[np.ndarray, "frames points axes"], source_fps: float, fps: float
) -> Float[np.ndarray, "resampled points axes"]:
    """Positions at the times 0, 1/fps, 2/fps, ... that lie inside the recording.

    An integer factor takes frames as they are; otherwise positions are interpolated linearly between the two frames
    around each time, which flattens accelerations a little. Frames between those taken are not averaged.

    Raises:
        ValueError: For frame rates that are not positive.
    """
    if not (source_fps > 0 and fps > 0):
        raise ValueError(f"cannot resample from {source_fps} to {fps} frames/s; both must be positive")
    step = source_fps / fps
    if abs(step - round(step)) < 1e-9 * step:
        return positions[:: round(step)]
    count = int((len(positions) - 1) / step + 1e-9) + 1
    times = np.minimum(np.arange(count) * step, len(positions) - 1)
    before = np.minimum(times.astype(np.int64), max(len(positions) - 2, 0))
    after = np.minimum(before + 1, len(positions) - 1)
    share = (times - before)[:, None, None]
    return positions[before] * (1 - share) + positions[after] * share


def fill_gaps(
    positions: Float[np.ndarray, "frames points 3"], longest: int
) -> tuple[Float[np.ndarray, "frames points 3"], int]:
    """The positions with short gaps interpolated linearly, and the number of interpolated points.

    A gap is a run of frames in which a point is NaN. Gaps of more than ``longest`` frames, and those at an end, stay
    NaN.
    """
    filled, count = positions.copy(), 0
    for point in range(positions.shape[1]):
        seen = np.flatnonzero(np.isfinite(positions[:, point]).all(-1))
        for before, after in zip(seen[:-1], seen[1:], strict=True):
            if 1 < after - before <= longest + 1:
                share = (np.arange(before + 1, after) - before)[:, None] / (after - before)
                filled[before + 1 : after, point] = filled[before, point] * (1 - share) + filled[after, point] * share
                count += int(after - before - 1)
    return filled, count


def fill_all(positions: Float[np.ndarray, "frames points 3"]) -> Float[np.ndarray, "frames points 3"]:
    """The positions with all gaps interpolated linearly; at an end, a point stays where it was seen last or first.

    A point that is never seen stays NaN.
    """
    filled, _ = fill_gaps(positions, len(positions))
    for point in range(filled.shape[1]):
        seen = np.flatnonzero(np.isfinite(filled[:, point]).all(-1))
        if len(seen):
            filled[: seen[0], point], filled[seen[-1] + 1 :, point] = filled[seen[0], point], filled[seen[-1], point]
    return filled


def complete_stretches(positions: Float[np.ndarray, "frames points 3"]) -> list[slice]:
    """Stretches of frames in which every point is there, so that no velocity is measured across a gap."""
    complete = np.isfinite(positions).all((1, 2))
    return [slice(start, stop) for start, stop in stretches(np.asarray(complete))]
