"""One rule for points that a recording does not have: they are NaN."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float


def mark_missing(
    positions: Float[np.ndarray, "frames points 3"], names: Sequence[str], *, relative: bool = False
) -> tuple[Float[np.ndarray, "frames points 3"], tuple[str, ...]]:
    """Positions in which every missing point is NaN in all its coordinates, and sentences about them.

    Missing is a point with a coordinate that is NaN, and a point at exactly (0, 0, 0), which programs write for a
    marker that was not seen.

    Args:
        names: Of the points, for messages.
        relative: Whether the positions may be relative to one of the points, which then is at (0, 0, 0) in every frame
            and is not missing.

    Raises:
        ValueError: For infinite coordinates.
    """
    infinite = np.argwhere(np.isinf(positions).any(-1))
    if len(infinite):
        frame, point = infinite[0]
        raise ValueError(f"infinite position of '{names[point]}' in frame {frame}; mend or cut the file")
    zeros = (positions == 0).all(-1)
    if relative and np.count_nonzero(zeros.all(0)) == 1:
        zeros &= ~zeros.all(0)
    missing = zeros | np.isnan(positions).any(-1)
    notes = []
    if missing.any():
        notes.append(f"{np.count_nonzero(missing) / missing.size:.2%} of the points are missing.")
    if zeros.any():
        notes.append("Points at exactly (0, 0, 0) count as missing.")
    return np.where(missing[..., None], np.nan, positions), tuple(notes)
