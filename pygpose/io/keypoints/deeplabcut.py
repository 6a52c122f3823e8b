"""DeepLabCut's CSV of an analysed video, of one individual or several, who are people here."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from pygpose.frames import frame_number
from pygpose.io.keypoints.formats import KEYPOINT_FORMATS, KeypointFormat
from pygpose.io.keypoints.people import Detection, gather
from pygpose.io.keypoints.records import match_joints
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.safe.text import head, shown

COORDS = ("x", "y", "likelihood")


def recognises(path: Path) -> bool:
    """A CSV that begins with rows ``scorer``, (``individuals``,) and ``bodyparts``; or HDF, which the reader
    refuses with a reason."""
    text = head(path)
    return text.startswith("scorer,") and "\nbodyparts," in text or text[1:4] == "HDF"


def read(path: Path, size: Size | None = None) -> list[KeypointTrack]:
    """People of one video; body parts go to the registered skeleton whose joints they name.

    Three header rows (scorer, bodyparts, coords), or four with individuals, who become tracks; then a row for each
    frame. An empty cell is a missing joint. DeepLabCut's HDF is refused: PyTables unpickles what it reads.
    """
    if head(path)[1:4] == "HDF":
        raise ValueError(
            "DeepLabCut's HDF is read by PyTables ('tables'), which unpickles and so could run what the file holds; "
            "write the CSV: deeplabcut.analyze_videos(..., save_as_csv=True) or analyze_videos_converth5_to_csv"
        )
    header, rows = _table(path)
    columns: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    people = header.get("individuals", [""] * len(header["coords"]))
    for column, (person, part, coord) in enumerate(zip(people, header["bodyparts"], header["coords"], strict=True)):
        if coord not in COORDS or coord in columns[person][part]:
            raise ValueError(f"column {column + 2}: '{coord}' of '{part}'; expected x, y and likelihood once each")
        columns[person][part][coord] = column
    lone = columns.pop("single", {}) if len(columns) > 1 else {}  # DeepLabCut calls these unique body parts
    notes = (f"{shown(Path(path.name))}: body parts of no individual are left out: {', '.join(lone)}.",) if lone else ()
    values = _numbers(rows, len(header["coords"]))
    frames = [frame_number(row[0], f"line {line}") for line, row in rows]
    detections, skeletons = [], set()
    for person, parts in columns.items():
        skeleton, order = match_joints(list(parts), f"bodyparts of '{person}'" if person else "bodyparts")
        skeletons.add(skeleton)
        wanted = [list(parts.values())[joint] for joint in order]
        if any(len(joint) < 3 for joint in wanted):
            raise ValueError("bodyparts: every one needs the columns x, y and likelihood")
        at = np.array([[joint[coord] for coord in COORDS] for joint in wanted])
        for frame, joints in zip(frames, values[:, at], strict=True):
            missing = np.isnan(joints).any(1, keepdims=True)
            detections.append(Detection(frame, person or "1", np.where(missing, 0, joints)))
    if len(skeletons) > 1:
        raise ValueError(f"bodyparts: individuals of different skeletons, {' and '.join(sorted(skeletons))}")
    scorer = header["scorer"][0]
    video = shown(Path(path.stem.split(scorer)[0] or path.stem)) if scorer else shown(Path(path.stem))
    return gather(detections, frames, skeleton=skeletons.pop(), video=video, size=size, notes=notes)


def _table(path: Path) -> tuple[dict[str, list[str]], list[tuple[int, list[str]]]]:
    """The header rows by name, and the other rows with their line numbers."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [(line, row) for line, row in enumerate(csv.reader(file), 1) if row]
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start}); save the file as UTF-8") from error
    except csv.Error as error:
        raise ValueError(f"no CSV that can be read ({error})") from error
    depth = next((number for number, (_, row) in enumerate(rows[:4], 1) if row[0] == "coords"), 0)
    header = {row[0]: row[1:] for _, row in rows[:depth]}
    if set(header) - {"individuals"} != {"scorer", "bodyparts", "coords"} or not header["coords"]:
        raise ValueError("no DeepLabCut table: expected header rows scorer, (individuals,) bodyparts, coords")
    for line, row in rows:
        if len(row) != len(rows[0][1]):
            raise ValueError(f"line {line}: {len(row)} cells, expected {len(rows[0][1])}; the file may be cut short")
    if len(rows) == depth:
        raise ValueError("no frames below the header")
    return header, rows[depth:]


def _numbers(rows: list[tuple[int, list[str]]], columns: int) -> np.ndarray:
    """``[frames, columns]``; NaN for empty cells."""
    values = np.full((len(rows), columns), np.nan)
    for index, (line, row) in enumerate(rows):
        for column, cell in enumerate(row[1:]):
            if cell.strip().lower() in ("", "nan"):
                continue
            try:
                values[index, column] = float(cell)
            except ValueError as error:
                raise ValueError(f"line {line}, column {column + 2}: '{cell:.40}' is no number") from error
            if not np.isfinite(values[index, column]):
                raise ValueError(f"line {line}, column {column + 2}: '{cell:.40}' is not finite")
    return values


KEYPOINT_FORMATS.register("deeplabcut")(
    KeypointFormat("DeepLabCut: CSV of an analysed video, one or several individuals", recognises, read)
)
