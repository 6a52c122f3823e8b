"""The axes of animation and biomechanics programs, whose y points up."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def y_up(positions: Float[np.ndarray, "*points 3"]) -> Float[np.ndarray, "*points 3"]:
    """Positions of a world whose z points up, in one whose y does: x stays, y becomes -z. Who faced the camera,
    against y, then faces along z, as those programs have it."""
    x, y, z = np.moveaxis(positions, -1, 0)
    return np.stack([x, z, -y], -1)
