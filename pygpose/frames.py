"""What there is for each frame of a recording: numbered, checked, cut where frames are left out, and interpolated
between frames."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pygpose.safe.text import brief


def frame_number(value: Any, where: str) -> int:
    """A frame number: a whole number, or the last digits of an image's name."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        return value
    if isinstance(value, str):
        return named_frames([value], where)[0][1]
    raise ValueError(f"{where}: {brief(value)} gives no frame number")


def frame_numbers(values: Sequence[Any], where: str) -> list[int]:
    """A frame number for each value: whole numbers themselves, and names of images by :func:`named_frames`."""
    named = dict.fromkeys(value for value in values if isinstance(value, str))
    known = {name: number for name, (_, number) in zip(named, named_frames(list(named), where), strict=True)}
    return [known[value] if isinstance(value, str) else frame_number(value, where) for value in values]


def named_frames(names: Sequence[str], where: str) -> list[tuple[str, int]]:
    """The recording and the frame's number that each name of an image or a file gives.

    Among names that differ in digits alone, the number is the last group of digits that differs, so that
    ``00012_rgb_1080p.png`` is frame 12. The rest of the name is the recording's.

    Raises:
        ValueError: For a name without digits, and for names that give times with decimals.
    """
    parts = [re.split(r"([0-9]+)", name.rpartition(".")[0] or name) for name in names]
    alike: dict[tuple[str, ...], list[int]] = {}
    for index, part in enumerate(parts):
        alike.setdefault(tuple(part[::2]), []).append(index)
    found: dict[int, tuple[str, int]] = {}
    for texts, members in alike.items():
        rows = {tuple(parts[index][1::2]) for index in members}
        differs = [column for column in range(len(texts) - 1) if len({row[column] for row in rows}) > 1]
        column = differs[-1] if differs else len(texts) - 2
        if column < 0 or any(len(row[column]) > 15 for row in rows):
            raise ValueError(f"{where}: {brief(names[members[0]])} gives no frame number")
        if column > 0 and texts[column] == "." and differs:
            numbers = sorted({int(row[column]) for row in rows})
            if column - 1 in differs or min(after - before for before, after in pairwise(numbers)) > 1:
                raise ValueError(
                    f"{where}: names such as {brief(names[members[-1]])} give times with decimals, and no frame "
                    "numbers; number the frames 0, 1, 2, ... and name the images by these numbers"
                )
        for index in members:
            place = 2 * column + 1
            rest = "".join(parts[index][:place]).rstrip("_-. ") + "".join(parts[index][place + 1 :]).rstrip("_-. ")
            found[index] = rest, int(parts[index][place])
    return [found[index] for index in range(len(names))]


def check_frames(array: Any, shape: tuple[int, ...], where: str) -> np.ndarray:
    """The array in double precision, after a check of its shape.

    Raises:
        ValueError: For anything but floating-point numbers ``[frames, *shape]`` of one frame or more.
    """
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        raise ValueError(f"{where}: expected an array of floating-point numbers")
    if array.shape[1:] != shape or not array.size:
        expected = ", ".join(["frames", *map(str, shape)])
        raise ValueError(f"{where}: {list(array.shape)} given, expected [{expected}]")
    return array.astype(np.float64, copy=False)


def check_flags(array: Any, frames: int, where: str) -> np.ndarray:
    """One truth value for each frame, out of numbers 0 and 1 in a row or a column.

    Raises:
        ValueError: For another number of them, and for other numbers.
    """
    try:
        array = np.asarray(array)
    except ValueError:  # a ragged list
        array = np.empty(0)
    if array.dtype.kind not in "biuf" or array.size != frames or max(array.shape, default=0) != frames:
        raise ValueError(f"{where}: {list(array.shape)} given, expected 0 or 1 for each of {frames} frames")
    if not np.isin(array, (0, 1)).all():
        raise ValueError(f"{where}: expected 0 or 1 for each frame, found other numbers")
    return array.reshape(-1).astype(bool)


def check_finite(array: np.ndarray, used: np.ndarray, where: str) -> None:
    """Refuse values in used frames that no recording has.

    Raises:
        ValueError: For NaN, infinite values and values of 1e9 and more in frames that are used.
    """
    bad = ~usable(array) & used
    if bad.any():
        raise ValueError(f"{where}: NaN, infinite or huge value, first in frame {int(bad.argmax())}")


def usable(array: np.ndarray) -> np.ndarray:
    """Whether each frame holds finite values that a recording can have."""
    return np.asarray((np.abs(array) < 1e9).reshape(len(array), -1).all(1))


def stretches(labels: np.ndarray) -> list[tuple[int, int]]:
    """(start, stop) of every stretch of frames under one label; frames of label 0 are left out."""
    changes = np.flatnonzero(np.diff(labels)) + 1
    return [(start, stop) for start, stop in pairwise([0, *changes.tolist(), len(labels)]) if labels[start:stop].any()]


def reflected(
    places: Int[Tensor, "..."], first: Int[Tensor, "..."] | int, last: Int[Tensor, "..."] | int
) -> Int[Tensor, "..."]:
    """Frames between ``first`` and ``last`` in the place of any: beyond either end they are met again in reverse, the
    one at the end once, and so on to and fro."""
    length = torch.as_tensor(last - first, device=places.device)
    way = (places - first).abs() % (2 * length).clamp(min=1)
    return first + torch.minimum(way, 2 * length - way)


def at_times(
    x: Float[Tensor, "batch frames *values"],
    times: Float[Tensor, " wanted"],
    seen: Bool[Tensor, "batch ..."] | None = None,
) -> Tensor:
    """Values between frames, on :func:`cubic`; before the first frame and after the last one those of that frame.

    Where :math:`x_{i-1}` or :math:`x_{i+2}` lies beyond an end or is not seen, the straight line through :math:`x_i`
    and :math:`x_{i+1}` goes on in its place.

    Shapes:
        - **x:** :math:`(B, T, *)`
        - **times:** :math:`(N)`, in frames
        - **seen:** the first axes of ``x``, or 1 for an axis along which nothing differs
        - **output:** :math:`(B, N, *)`
    """
    last = x.size(1) - 1
    times = times.clamp(0, last)
    share = (times - times.floor()).to(x.dtype).to(x.device)  # not every device has double precision
    start = times.floor().long().to(x.device)
    before, here, after, beyond = (x[:, (start + step).clamp(0, last)] for step in (-1, 0, 1, 2))
    before = torch.where(_there(x, start - 1, seen), before, 2 * here - after)
    beyond = torch.where(_there(x, start + 2, seen), beyond, 2 * after - here)
    return cubic(before, here, after, beyond, share.view(-1, *[1] * (x.dim() - 2)))


def keypoints_at_times(
    keypoints: Float[Tensor, "batch frames joints axes"],
    confidence: Float[Tensor, "batch frames joints"],
    times: Float[Tensor, " wanted"],
) -> tuple[Tensor, Tensor]:
    """Keypoints between frames, by :func:`at_times`, and their confidence, on a straight line. A keypoint between two
    frames is missing (confidence 0) where it is missing in one of the two.

    Shapes:
        - **keypoints:** :math:`(B, T, J, 2)`
        - **confidence:** :math:`(B, T, J)`, in [0, 1]
        - **times:** :math:`(N)`, in frames
        - **output:** :math:`(B, N, J, 2)` and :math:`(B, N, J)`
    """
    times = times.round(decimals=9)  # a frame's own time is that, and not a little later
    low, high = (place.long().to(confidence.device) for place in (times.floor(), times.ceil()))
    share = (times - times.floor()).to(confidence.dtype).to(confidence.device)[:, None]
    before, after = confidence[:, low], confidence[:, high]
    between = torch.where((before > 0) & (after > 0), before + share * (after - before), 0.0)
    return at_times(keypoints, times, confidence > 0), torch.where(share == 0, before, between)


def cubic(before: Tensor, here: Tensor, after: Tensor, beyond: Tensor, share: Tensor) -> Tensor:
    r"""Catmull-Rom's cubic: the value a share :math:`f` of the way from ``here``, :math:`x_i`, to ``after``.

    .. math:: x(i + f) = \tfrac{1}{2} \left( 2 x_i + f (x_{i+1} - x_{i-1})
        + f^2 (2 x_{i-1} - 5 x_i + 4 x_{i+1} - x_{i+2}) + f^3 (3 x_i - 3 x_{i+1} + x_{i+2} - x_{i-1}) \right)
    """
    curve = 2 * before - 5 * here + 4 * after - beyond + share * (3 * (here - after) + beyond - before)
    return here + 0.5 * share * (after - before + share * curve)


def _there(x: Tensor, frames: Tensor, seen: Tensor | None) -> Tensor:
    """Whether the values of these frames are there, in the axes of ``x``."""
    inside = ((frames >= 0) & (frames < x.size(1))).view(-1, *[1] * (x.dim() - 2))
    if seen is None:
        return inside
    known = seen[:, frames.clamp(0, x.size(1) - 1)]
    return inside & known.view(*known.shape, *[1] * (x.dim() - known.dim()))
