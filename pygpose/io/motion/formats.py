"""The registry of motion capture formats, and the motion that their readers give."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graphs.registry import Registry
from pygpose.io.motion.unread import unread_form
from pygpose.io.recognition import one_format, recognising
from pygpose.safe.door import UnexpectedContentError, reading
from pygpose.safe.text import shown

FARTHEST = 1e6  # metres from the origin: a unit that is a thousand times too large passes, and is doubted later
FRAME_RATES = (1.0, 10000.0)  # frames/s; outside of this range a frame time was misread


@dataclass(frozen=True)
class MotionFile:
    """Positions of named points over time, as a motion capture file gives them.

    Args:
        name: Name of the recording, which is the file's name without suffix.
        points: Names of the K joints or markers. A name that several have is the name of none that can be asked for.
        positions: ``[T, K, 3]`` metres, z up, float64; NaN where a marker was not seen.
        fps: Frames per second.
        notes: Sentences on what was read, assumed and dropped.

    Raises:
        ValueError: For shapes that do not fit together, no frames, infinite values, or a frame rate that no recording
            has.
    """

    name: str
    points: tuple[str, ...]
    positions: np.ndarray
    fps: float
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.positions.ndim != 3 or self.positions.shape[1:] != (len(self.points), 3) or not len(self.points):
            raise ValueError(
                f"positions are {list(self.positions.shape)}, expected [T, {len(self.points)}, 3] "
                f"for {len(self.points)} named points"
            )
        if not len(self.positions):
            raise ValueError("there are no frames; record or export it again")
        if np.isinf(self.positions).any():
            frame, point, _ = np.argwhere(np.isinf(self.positions))[0]
            raise ValueError(f"infinite position of '{self.points[point]}' in frame {frame}")
        farthest = np.abs(self.positions).max(initial=0, where=~np.isnan(self.positions))
        if farthest > FARTHEST:
            raise ValueError(
                f"positions reach {farthest:.3g} m from the origin: state the unit that the file is in, or copy it "
                "again if it is damaged"
            )
        if not FRAME_RATES[0] <= self.fps <= FRAME_RATES[1]:
            raise ValueError(
                f"the frame rate is {self.fps:g} frames/s; expected {FRAME_RATES[0]:g} to {FRAME_RATES[1]:g}: state it"
            )


@dataclass(frozen=True)
class MotionFormat:
    """A registered file format.

    Args:
        recognises: Whether a file looks like this format. Looks at its suffix and first bytes, and never raises.
        read: ``read(path, unit=None, up=None, fps=None)``. What is stated counts, whatever the file says; see
            :func:`~pygpose.io.motion.stated.stated_or_read`.
        description: The format in a line, for messages and help.
        takes_body: Whether ``read`` also takes ``body``, the file of a body model whose parameters a file may hold.
    """

    recognises: Callable[[Path], bool]
    read: Callable[..., MotionFile]
    description: str
    takes_body: bool = False


MOTION_FORMATS: Registry[MotionFormat] = Registry("motion format")


def read_motion(
    path: Path,
    *,
    format: str | None = None,
    unit: str | float | None = None,
    up: str | None = None,
    fps: float | None = None,
    body: Path | None = None,
) -> MotionFile:
    """A motion capture file of any registered format.

    Args:
        path: The file.
        format: A name of ``MOTION_FORMATS``. Recognised by the file's suffix or first bytes where not given.
        unit: Length of one unit of the file: ``cm``, ``inch/0.45``, or in metres. Given, it counts, whatever the file
            says; the same is true of ``up`` and ``fps``.
        up: Axis of the file that points up: ``y``, ``z``, ``-x``, ...
        fps: Frames per second of the recording.
        body: Body model file, for files that hold the parameters of a body instead of its joints.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For an unknown format, a file that no format or several recognise, and whatever the format's reader
            finds wrong.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {shown(path)}; give a motion capture file that exists")
    unread = unread_form(path) if format is None and not recognising(path, MOTION_FORMATS) else None
    if unread is not None:
        raise ValueError(f"{shown(path)} {unread}")
    entry = MOTION_FORMATS[format or one_format(path, MOTION_FORMATS)]
    with_body = {"body": body} if entry.takes_body else {}
    with reading(path):
        try:
            return entry.read(path, unit=unit, up=up, fps=fps, **with_body)
        except UnexpectedContentError:
            raise
        except ValueError as error:
            if str(path) in str(error):
                raise
            raise ValueError(f"{path}: {error}") from error
