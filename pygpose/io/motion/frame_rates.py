"""Frame rates, as far as the digits that a file prints tell them."""

from __future__ import annotations

import math
from decimal import Decimal, InvalidOperation

import numpy as np
from jaxtyping import Float

from pygpose.io.motion.formats import FRAME_RATES

USUAL = (24.0, 25.0, 30.0, 50.0, 60.0, 100.0, 120.0, 240.0, 23.976, 29.97, 59.94)
"""Rates of cameras and of motion capture: whole numbers first, as they are preferred."""


TIMES_WITHIN = 4e-4  # of a rate, by the times of many frames: 59.94 is another one than 60


def parse_rate(printed: str | float) -> float:
    """Frames per second that a file prints or a user states.

    Raises:
        ValueError: For what is no number, and for rates that no recording has.
    """
    try:
        rate = float(printed)
    except ValueError:
        rate = math.nan
    if not FRAME_RATES[0] <= rate <= FRAME_RATES[1]:
        raise ValueError(f"'{str(printed)[:40]}' is no frame rate; expected {FRAME_RATES[0]:g} to {FRAME_RATES[1]:g}")
    return rate


def rate_of_frame_time(printed: str) -> float:
    """Frames per second of a printed frame time in seconds, whose last digit may be rounded or cut.

    That is a :data:`USUAL` rate where the digits allow one: ``0.0083`` is 120. Otherwise it is the one whole number
    that the digits allow, or else the inverse.

    Raises:
        ValueError: For what is no number, and for times that no recording has between its frames.
    """
    try:
        last_digit = 10.0 ** int(Decimal(printed).as_tuple().exponent)
        seconds = float(printed)
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError(f"'{printed[:40]}' is no frame time; give seconds") from None
    if not 1 / FRAME_RATES[1] <= seconds <= 1 / FRAME_RATES[0]:
        raise ValueError(f"a frame time of {seconds:g} s; expected {1 / FRAME_RATES[1]:g} to {1 / FRAME_RATES[0]:g} s")
    lowest, highest = 1 / (seconds + last_digit), 1 / max(seconds - last_digit / 2, 1e-9)
    return usual_rate(1 / seconds, lowest, highest)


def usual_rate(rate: float, lowest: float, highest: float) -> float:
    """A rate that is known to lie above ``lowest`` and not above ``highest``: a usual one, a whole one, or itself."""
    usual = [known for known in USUAL if lowest < known <= highest]
    if usual:
        whole = [known for known in usual if known.is_integer()]
        return min(whole or usual, key=lambda known: abs(known - rate))
    whole = math.ceil(lowest)
    return float(whole) if whole <= highest < whole + 1 else rate


def rate_of_times(seconds: Float[np.ndarray, " frames"]) -> float:
    """Frames per second of two or more rising times, which programs round and clocks jitter."""
    rate = float((len(seconds) - 1) / (seconds[-1] - seconds[0]))
    return usual_rate(rate, rate * (1 - TIMES_WITHIN), rate * (1 + TIMES_WITHIN))
