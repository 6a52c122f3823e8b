"""TRC files (.trc): the paths of markers as a table, as OpenSim, Pose2Sim, Sports2D and optical systems write them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from jaxtyping import Float

from pygpose.io.motion.formats import MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.frame_rates import parse_rate
from pygpose.io.motion.missing import mark_missing
from pygpose.io.motion.stated import stated_or_read
from pygpose.io.motion.text_files import read_text, with_decimal_points
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up

BEGINNING = b"PathFileType"


def recognises(path: Path) -> bool:
    """A file that is named ``.trc``, or begins with ``PathFileType``."""
    try:
        with path.open("rb") as file:
            begins = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(BEGINNING)
        return begins or path.suffix.lower() == ".trc"
    except (OSError, ValueError):
        return False


def read(path: Path, *, unit: str | float | None = None, up: str | None = None, fps: float | None = None) -> MotionFile:
    """Markers in metres, z up; NaN where a cell is empty. Unit and frame rate are the file's, and y is up, as in
    OpenSim, unless stated.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file without its five lines of head, markers or frames; for rows of too many cells, and cells
            that are no numbers; where unit or frame rate are neither in the file nor stated.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a TRC file that exists")
    text, notes = read_text(path)
    lines = text.split("\n")
    place = next((index for index, line in enumerate(lines[:20]) if line.lower().startswith("frame#")), None)
    if place is None or place < 2:
        raise ValueError("there is no line of markers that begins with 'Frame#' below two lines of head; is it TRC?")
    head = dict(zip(_cells(lines[place - 2]), _cells(lines[place - 1]), strict=False))
    markers = [cell for cell in _cells(lines[place])[2:] if cell]
    coordinates = lines[place + 1 : place + 2]  # X1 Y1 Z1 X2 ..., which some programs leave out
    first = place + 2 if coordinates and "X1" in coordinates[0].upper() else place + 1
    body, commas = with_decimal_points("\n".join(lines[first:]))
    table = _table(body, 2 + 3 * len(markers))
    rate = head.get("DataRate", "")
    length, unit_note = stated_or_read("unit", "Units", head.get("Units", ""), unit, parse_unit)
    fps, rate_note = stated_or_read("frame rate", "DataRate", rate.replace(",", "."), fps, parse_rate)
    axis = parse_up(up or "y")
    up_note = f"the up axis is {axis}, {'as stated' if up else 'as OpenSim has it where not stated'}"
    positions, missing = mark_missing(table[:, 2:].reshape(len(table), -1, 3), markers)
    said = [f"TRC: {note}." for note in (unit_note, up_note, rate_note)]
    for what, count in (("NumFrames", len(table)), ("NumMarkers", len(markers))):
        if head.get(what, str(count)) != str(count):
            said.append(f"The file announces {what} {head[what][:12]} and holds {count}, which are read.")
    notes = (*notes, *commas, *said, *missing)
    return MotionFile(path.stem, tuple(markers), to_metres_z_up(positions, length, axis), fps, notes)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in (line.split("\t") if "\t" in line else line.split())]


def _table(text: str, columns: int) -> Float[np.ndarray, "frames columns"]:
    """The numbers of all rows; NaN in empty cells."""
    rows = [_cells(line) for line in text.split("\n") if line.strip()]
    if not rows or columns < 5:
        raise ValueError(f"there are {len(rows)} frames of {(columns - 2) // 3} markers; export the file again")
    table = np.full((len(rows), columns), np.nan)
    for frame, row in enumerate(rows):
        if any(row[columns:]):
            raise ValueError(f"frame {frame} has {len(row)} cells, {columns} are expected; export the file again")
        try:
            table[frame, : len(row)] = [_number(cell) for cell in row[:columns]]
        except ValueError as error:
            raise ValueError(f"frame {frame} has a cell that is no number ({error}); mend the file") from error
    return table


def _number(cell: str) -> float:
    return np.nan if not cell or re.match(r"[-+]?nan", cell, re.IGNORECASE) else float(cell)


MOTION_FORMATS.register("trc")(MotionFormat(recognises, read, "TRC (.trc): markers of OpenSim, Pose2Sim or Sports2D"))
