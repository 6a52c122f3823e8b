"""Units and up axes of motion capture files."""

from __future__ import annotations

import math
import re

import numpy as np
from jaxtyping import Float

METRES = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "ft": 0.3048}
METRES |= {"in": 0.0254, "inches": 0.0254, "foot": 0.3048, "feet": 0.3048}
METRES |= {
    f"{prefix}{metre}": factor
    for prefix, factor in (("", 1.0), ("deci", 0.1), ("centi", 0.01), ("milli", 0.001))
    for metre in ("metre", "metres", "meter", "meters")
}

# Rows: the file's axes that become x, y, z. Proper rotations, so that left stays left.
_TO_Z_UP = {
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "-z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "-x": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
}


def parse_unit(unit: str | float) -> float:
    """Metres in one unit, which is written ``cm``, ``Millimeters``, ``inch/0.45``, ``2.54*cm`` or ``0.056444``.

    Raises:
        ValueError: For anything else, and for lengths that are not positive.
    """
    text = str(unit).strip(" \t.()[]").lower()
    number = r"(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
    match = re.fullmatch(rf"(?:(?P<factor>{number})\*)?(?P<name>[a-z]+)(?:/(?P<divisor>{number}))?", text)
    if match and match["name"] in METRES:
        divisor = float(match["divisor"] or 1)
        metres = METRES[match["name"]] * float(match["factor"] or 1) / divisor if divisor else math.inf
    else:
        metres = float(text) if re.fullmatch(number, text) else math.nan
    if not 0 < metres < math.inf:
        raise ValueError(
            f"unit '{str(unit)[:40]}' is no length; give {', '.join(list(METRES)[:6])}, one of them divided as in "
            "'inch/0.45', or a number of metres as 0.056444"
        )
    return metres


def parse_up(up: str) -> str:
    """An up axis in one spelling: ``y`` of ``+Y``.

    Raises:
        ValueError: For anything but a signed x, y or z.
    """
    axis = up.strip().lower().removeprefix("+")
    if axis not in _TO_Z_UP:
        raise ValueError(f"up axis '{up[:40]}' is unknown; known: {', '.join(_TO_Z_UP)}")
    return axis


def to_metres_z_up(
    positions: Float[np.ndarray, "*points 3"], unit: str | float, up: str
) -> Float[np.ndarray, "*points 3"]:
    """Positions in metres, turned so that ``up`` becomes z; left stays left.

    Raises:
        ValueError: For an unknown unit or axis.
    """
    return positions @ (parse_unit(unit) * np.array(_TO_Z_UP[parse_up(up)], dtype=np.float64)).T
