"""DeepLabCut's CSV of an analysed video, of one individual or several, who are people here; and of labels by hand."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from pygpose.frames import frame_numbers
from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import gather
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.tables import Table, header_cells, read_table
from pygpose.io.keypoints.track import KeypointTrack
from pygpose.safe.text import head, shown

COORDS = ("x", "y", "likelihood")


def recognises(path: Path) -> bool:
    """A table that begins with the row ``scorer`` and has a row ``bodyparts``; or HDF, which the reader refuses with a
    reason."""
    text = head(path)
    if text[1:4] == "HDF":
        return True
    cells = header_cells(path)
    return bool(cells) and cells[0] == "scorer" and any(start in text for start in ("\nbodyparts", '\n"bodyparts"'))


def read(path: Path, stated: StatedFacts) -> list[KeypointTrack]:
    """People of one video; body parts go to the registered skeleton whose joints they name.

    Three header rows (scorer, bodyparts, coords), or four with individuals, who become tracks; then a row for each
    frame. An empty cell is a missing joint. Labels by hand (``CollectedData_NAME.csv``) have no likelihood, and image
    names in up to three columns. DeepLabCut's HDF is refused: PyTables unpickles what it reads.
    """
    if head(path)[1:4] == "HDF":
        raise ValueError(
            "DeepLabCut's HDF is read by PyTables ('tables'), which unpickles and so could run what the file holds; "
            "write the CSV: deeplabcut.analyze_videos(..., save_as_csv=True) or analyze_videos_converth5_to_csv"
        )
    table = read_table(path)
    header, start = _header(table)
    first = next((at for at, cell in enumerate(header["coords"]) if cell), 0)  # of the columns with numbers
    columns: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for column in range(first, len(header["coords"])):
        person, part, coord = (header[row][column] if row in header else "" for row in ("individuals", *PARTS))
        if coord not in COORDS or coord in columns[person][part]:
            raise ValueError(f"column {column + 2}: '{coord}' of '{part}'; expected x, y and likelihood once each")
        columns[person][part][coord] = column
    lone = columns.pop("single", {}) if len(columns) > 1 else {}  # DeepLabCut calls these unique body parts
    notes = (f"{shown(Path(path.name))}: body parts of no individual are left out: {', '.join(lone)}.",) if lone else ()
    if len({tuple(parts) for parts in columns.values()}) > 1:
        raise ValueError("bodyparts: individuals of different body parts; give those of one model")
    frames = frame_numbers([row[first] for row in table.rows[start:]], "the frames' names")
    values = table.numbers(start, list(range(first + 1, len(table.rows[0]))))
    detections = []
    for person, parts in columns.items():
        coords = {tuple(sorted(coords)) for coords in parts.values()}
        if len(coords) > 1 or not {"x", "y"} <= set(next(iter(coords))):
            raise ValueError("bodyparts: every one needs the columns x, y and likelihood, or all x and y alone")
        at = np.array([[coords[coord] for coord in COORDS if coord in coords] for coords in parts.values()]) - first
        detections += [Detection(one, person or "1", joints) for one, joints in zip(frames, values[:, at], strict=True)]
    scorer = header["scorer"][first]
    video = shown(Path(path.stem.split(scorer)[0] or path.stem)) if scorer else shown(Path(path.stem))
    names = list(next(iter(columns.values())))
    return gather(detections, frames, video=video, stated=stated, names=names, notes=notes)


PARTS = ("bodyparts", "coords")


def _header(table: Table) -> tuple[dict[str, list[str]], int]:
    """The header rows by name without their first cell, and the number of rows that they are."""
    depth = next((number for number, row in enumerate(table.rows[:4], 1) if row[0] == "coords"), 0)
    header = {row[0]: row[1:] for row in table.rows[:depth]}
    if set(header) - {"individuals"} != {"scorer", *PARTS} or not header["coords"]:
        raise ValueError("no DeepLabCut table: expected header rows scorer, (individuals,) bodyparts, coords")
    if len(table.rows) == depth:
        raise ValueError("no frames below the header")
    return header, depth


KEYPOINT_FORMATS.register("deeplabcut")(
    KeypointFormat("DeepLabCut: CSV of an analysed video, one or several individuals", recognises, read)
)
