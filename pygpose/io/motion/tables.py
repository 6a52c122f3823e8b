"""CSV files of points: freemocap's, ours, and tables of markers of other programs.

A table has three columns ``NAME_x``, ``NAME_y``, ``NAME_z`` for each point and a row for each frame; or it has a row
for each frame and point, with the columns ``frame``, ``joint`` (also ``marker``, ``keypoint``, ``name``), ``x``, ``y``
and ``z``. A column ``time`` or ``timestamp``, in seconds, gives the frame rate. No such file says its unit and its up
axis.
"""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float

from pygpose.io.landmarks import POINT, may_be_landmarks
from pygpose.io.motion.formats import FRAME_RATES, MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.frame_rates import parse_rate, rate_of_times
from pygpose.io.motion.missing import mark_missing
from pygpose.io.motion.stated import stated_or_read
from pygpose.io.motion.text_files import read_text
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up
from pygpose.safe.text import head

FRAME = ("frame", "frame_number", "frame#", "field", "index", "")
TIME = ("time", "timestamp", "timestamps", "seconds")
NUM_LANDMARKS = 33  # MediaPipe's of a body
MOST_GAPS = 100  # times as many frames as there are rows for: other numbers than those of one recording's frames
_AXIS = re.compile(r"(?P<point>.+)[_. :](?P<axis>[xyzXYZ])")


def recognises(path: Path) -> bool:
    """A ``.csv`` whose first line names coordinates of points, and nothing else but frames and times. A table that may
    be MediaPipe's landmarks is one of keypoints."""
    if path.suffix.lower() != ".csv":
        return False
    columns = _columns(head(path).lstrip("\ufeff").partition("\n")[0].strip())
    form = _form(columns)
    landmarks = form == "long" or len(_points(columns)) >= NUM_LANDMARKS
    return form is not None and not (landmarks and may_be_landmarks(path))


def read(path: Path, *, unit: str | float | None = None, up: str | None = None, fps: float | None = None) -> MotionFile:
    """Points in metres, z up; NaN where a cell is empty.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: Where unit or up axis is not stated, or the frame rate neither stated nor given by times; for a
            table of other columns, without rows, or with cells that are no numbers.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a CSV file that exists")
    text, notes = read_text(path)
    columns = _columns(text.lstrip().split("\n", 1)[0])
    form = _form(columns)
    if form is None:
        raise ValueError("the first line does not name columns NAME_x, NAME_y, NAME_z; is it a table of points?")
    if unit is None or up is None:
        raise ValueError("a CSV file says neither its unit nor its up axis; state unit ('mm') and up ('z')")
    table = _read_table(text, columns)
    names, positions, times = _wide(table) if form == "wide" else _long(table)
    rate, rate_note = stated_or_read("frame rate", "times", _rate_of(times), fps, parse_rate)
    positions, missing = mark_missing(positions, names)
    said = f"CSV: one unit is {parse_unit(unit):g} m and {parse_up(up)} is up, as stated; {rate_note}."
    return MotionFile(path.stem, names, to_metres_z_up(positions, unit, up), rate, (*notes, said, *missing))


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)


def _columns(line: str) -> list[str]:
    return [cell.strip(" \"'") for cell in line.split(_separator(line))]


def _form(columns: list[str]) -> str | None:
    """``wide``: columns of every point; ``long``: a row for every point; None for a table of other columns."""
    lower = {name.lower() for name in columns}
    if {"frame", "x", "y", "z"} <= lower and "clip" not in lower and not lower.isdisjoint(POINT):
        return "long"
    points = _points(columns)
    others = {name.lower() for name in columns if not _AXIS.fullmatch(name)}
    whole = len(points) > 2 and all(len(places) == 3 for places in points.values())
    return "wide" if whole and others <= {*FRAME, *TIME} else None


def _points(columns: list[str]) -> dict[str, dict[str, str]]:
    """For every point its columns by axis."""
    points: dict[str, dict[str, str]] = {}
    for name in columns:
        if match := _AXIS.fullmatch(name):
            points.setdefault(match["point"], {})[match["axis"].lower()] = name
    return points


def _read_table(text: str, columns: list[str]) -> pd.DataFrame:
    if len(set(columns)) < len(columns):
        raise ValueError("the first line names a column twice; rename one")
    separator = _separator(text.lstrip().split("\n", 1)[0])
    comma = separator != "," and re.search(r"\d,\d", text) is not None
    options = {"sep": separator, "decimal": "," if comma else ".", "skipinitialspace": True}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # cells beyond the columns would be lost
            table = pd.read_csv(io.StringIO(text), names=columns, header=0, index_col=False, **options)
    except (ValueError, pd.errors.ParserWarning) as error:  # whatever pandas has to say about a file
        raise ValueError(f"the table cannot be read ({str(error)[:200]}); export the file again") from error
    if not len(table):
        raise ValueError("there are no frames; export the file again")
    return table


def _numbers(table: pd.DataFrame, columns: list[str]) -> Float[np.ndarray, "rows columns"]:
    try:
        return table[columns].to_numpy(np.float64)
    except (ValueError, TypeError) as error:
        raise ValueError(f"a cell is no number ({str(error)[:80]}); mend the file") from error


def _column(table: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    return next((column for column in table.columns if column.lower() in names), None)


def _wide(table: pd.DataFrame) -> tuple[tuple[str, ...], np.ndarray, np.ndarray | None]:
    points = _points(list(table.columns))
    values = _numbers(table, [places[axis] for places in points.values() for axis in "xyz"])
    time = _column(table, TIME)
    times = None if time is None else _numbers(table, [time])[:, 0]
    return tuple(points), values.reshape(len(table), len(points), 3), times


def _long(table: pd.DataFrame) -> tuple[tuple[str, ...], np.ndarray, np.ndarray | None]:
    lower = {column.lower(): column for column in table.columns}
    frames = _numbers(table, [lower["frame"]])[:, 0]
    if not np.isfinite(frames).all() or (frames % 1).any() or not np.ptp(frames) < MOST_GAPS * len(table):
        raise ValueError(f"'{lower['frame']}' does not hold the numbers of one recording's frames; number the frames")
    place, names = pd.factorize(table[str(_column(table, POINT))].astype(str))
    first = frames.min()
    positions = np.full((int(np.ptp(frames)) + 1, len(names), 3), np.nan)
    rows = (frames - first).astype(np.int64)
    if len(np.unique(rows * len(names) + place)) < len(table):
        raise ValueError("a frame has two rows of one point; give the rows of one person")
    positions[rows, place] = _numbers(table, [lower[axis] for axis in "xyz"])
    return tuple(map(str, names)), positions, None


def _rate_of(times: np.ndarray | None) -> str:
    """Frames per second by the times of the frames, in seconds; nothing where there are none, or of another unit."""
    if times is None or len(times) < 2 or not np.isfinite(times).all() or not (np.diff(times) > 0).all():
        return ""
    rate = rate_of_times(times)
    return f"{rate:g}" if FRAME_RATES[0] <= rate <= FRAME_RATES[1] else ""


MOTION_FORMATS.register("table")(
    MotionFormat(recognises, read, "CSV with columns NAME_x, NAME_y, NAME_z of points (freemocap)")
)
