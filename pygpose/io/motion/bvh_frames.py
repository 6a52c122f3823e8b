"""The second part of a BVH file: the frame rate, and a value for each channel in each frame."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from pygpose.io.motion.forward_kinematics import Joint
from pygpose.io.motion.frame_rates import parse_rate, rate_of_frame_time
from pygpose.io.motion.stated import stated_or_read

_HEAD = re.compile(
    r"\s*Frames[ \t]*:[ \t]*(?P<frames>.*)\n\s*Frame[ \t]+Time[ \t]*:[ \t]*(?P<time>.*)(?:\n|$)", re.IGNORECASE
)
DIGITS = 2e-3  # of a rate: more than that, and few digits are printed
_NO_VALUE = re.compile(r"[-+]?(nan|inf|\d*\.?#)", re.IGNORECASE)  # also 1.#QNAN and -nan(ind), as Windows prints them


def read_frames(
    text: str, joints: Sequence[Joint], fps: float | None
) -> tuple[Float[np.ndarray, "frames channels"], float, list[str]]:
    """Values of all channels, frames per second, and sentences about them.

    Args:
        text: What follows ``MOTION``.
        joints: The hierarchy.
        fps: Frames per second that are stated, whatever the frame time is.

    Raises:
        ValueError: Where lines are missing, a frame has not one value for each channel, a value is no finite number,
            there are no frames, or the frame time means nothing and no frame rate is stated.
    """
    head = _HEAD.match(text)
    if head is None:
        raise ValueError("'Frames: N' and 'Frame Time: SECONDS' must be the lines after MOTION; cut short?")
    announced, frame_time = head["frames"].strip(), head["time"].strip()
    rate, rate_note = _frame_rate(frame_time, fps)
    names = [f"{'xyz'[axis]} {kind} of '{joint.name}'" for joint in joints for kind, axis in joint.channels or ()]
    rows = [line.split() for line in text[head.end() :].splitlines() if line.strip()]
    rows = _whole_frames(rows, announced, len(names))
    notes = [f"BVH: {rate_note}."]
    if announced != str(len(rows)):
        notes.append(
            f"The file announces {announced[:12] or 'no number of'} frames and holds {len(rows)}, all of them whole: "
            f"the {len(rows)} are read."
        )
    return _values(rows, names), rate, notes


def _frame_rate(frame_time: str, fps: float | None) -> tuple[float, str]:
    rate, note = stated_or_read("frame rate", "Frame Time", frame_time, fps, parse_rate, read_as=rate_of_frame_time)
    if fps is not None:
        return rate, note
    inverse = 1 / float(frame_time)
    digits = (
        ""
        if abs(inverse / rate - 1) < DIGITS
        else f", the usual rate within its digits (1/{frame_time} is {inverse:g})"
    )
    return rate, f"Frame Time {frame_time} s is taken as {rate:g} frames/s{digits}"


def _whole_frames(rows: list[list[str]], announced: str, channels: int) -> list[list[str]]:
    """The frames. A line is one, or, in files whose long lines are wrapped, the values of all lines make up the frames
    that are announced."""
    odd = [frame for frame, row in enumerate(rows) if len(row) != channels]
    if not rows:
        raise ValueError("there are no frames; export the file again")
    if not odd:
        return rows
    values = [word for row in rows for word in row]
    if channels and announced.isdecimal() and len(values) == int(announced[:12]) * channels:
        return [values[start : start + channels] for start in range(0, len(values), channels)]
    frame = odd[0]
    cut = frame == len(rows) - 1 and len(rows[frame]) < channels
    raise ValueError(
        f"frame {frame} has {len(rows[frame])} values, the hierarchy has {channels} channels; "
        + ("cut short? copy or export the file again" if cut else "export the file again")
    )


def _values(rows: list[list[str]], names: list[str]) -> np.ndarray:
    try:
        frames = np.array(rows, dtype=np.float64)
    except ValueError:
        frames = np.array([[_number(word) for word in row] for row in rows], dtype=np.float64)
    bad = np.argwhere(~np.isfinite(frames))
    if len(bad):
        frame, column = bad[0]
        word = rows[frame][column][:40]
        if _NO_VALUE.match(word) or _is_number(word):  # 1e999 is a number, and infinite
            raise ValueError(f"NaN or infinite {names[column]} in frame {frame} ('{word}'); mend or cut the file")
        raise ValueError(f"{names[column]} in frame {frame} is no number ('{word}'); decimals need points")
    return frames


def _number(word: str) -> float:
    return float(word) if _is_number(word) else np.nan


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
