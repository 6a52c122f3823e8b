"""People and their boxes in the pictures of a folder, from a file of keypoints or a table of boxes."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graphs import get_skeleton
from pygpose.data.features.crops import boxes_of_keypoints
from pygpose.frames import frame_number
from pygpose.io.keypoints import KeypointTrack
from pygpose.safe.text import shown

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
JOINTS = get_skeleton("lsp15").joints[:14]
COLUMNS = ("image", "cx", "cy", "w", "h")


@dataclass(frozen=True)
class Sighting:
    """One person in one picture.

    Args:
        video: Name of the person, the same in all frames.
        frame: Number of the picture.
        picture: File of the picture.
        box: Centre x, centre y, width and height of a square, pixels.
        joints: ``[14, 3]``: LSP's joints, x and y in pixels and confidence. None where no keypoints are known.
    """

    video: str
    frame: int
    picture: Path
    box: tuple[float, float, float, float]
    joints: np.ndarray | None = None


def numbered_pictures(folder: Path) -> dict[int, Path]:
    """Pictures of a folder by the last number in their names, in the order of these numbers.

    Raises:
        FileNotFoundError: Where there is no such folder, or no picture in it.
        ValueError: For a name without a number, and two with one number.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no folder {shown(folder)}; give the one that holds a video's frames as pictures")
    pictures: dict[int, Path] = {}
    for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES):
        number = frame_number(path.name, shown(path))
        if number in pictures:
            raise ValueError(f"{shown(path)} has the number of {shown(pictures[number])}; give one video's frames")
        pictures[number] = path
    if not pictures:
        raise FileNotFoundError(f"no picture in {shown(folder)}; known are {', '.join(PICTURES)}")
    return dict(sorted(pictures.items()))


def sightings_of_keypoints(
    tracks: Sequence[KeypointTrack], pictures: Mapping[int, Path], offset: int = 0
) -> list[Sighting]:
    """Sightings of all people, in the frames in which their keypoints are seen.

    Args:
        tracks: People of a keypoint file.
        pictures: Pictures of the video, by number.
        offset: Number of a picture minus the number of its frame in the keypoint file.

    Raises:
        ValueError: For frames without a picture, and people none of whose keypoints are seen.
    """
    found = []
    for track in tracks:
        joints = _lsp_joints(track)
        boxes = boxes_of_keypoints(track.keypoints.astype(float), track.confidence)
        numbers = [track.first_frame + offset + frame for frame in range(len(boxes))]
        lost = [number for number in numbers if number not in pictures]
        if lost:
            own, there = f"{numbers[0]} to {numbers[-1]}", f"{min(pictures)} to {max(pictures)}"
            raise ValueError(
                f"{track.name}: frames {own} of the keypoints need pictures of these numbers, there are {there} and no "
                f"{lost[0]}; give all frames, or the offset of their numbers (offset {min(pictures) - numbers[0]}?)"
            )
        for number, box, of_frame in zip(numbers, boxes.tolist(), joints, strict=True):
            if not math.isnan(box[0]):
                found.append(Sighting(track.name, number, pictures[number], tuple(box), of_frame))
    if not found:
        raise ValueError("in no frame are two keypoints of anybody seen")
    return found


def sightings_of_boxes(path: Path, pictures: Mapping[int, Path]) -> list[Sighting]:
    """Rows of a CSV file with columns ``image`` (the picture's name), ``cx``, ``cy``, ``w``, ``h`` (pixels) and, for
    more than one person, ``video`` (the person's name). A box becomes the square of its longer side.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For other columns, pictures that are not there, and what is no box, naming the row.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {shown(path)}; give a CSV file with columns {', '.join(COLUMNS)}")
    numbers = {picture.name: number for number, picture in pictures.items()}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise ValueError(
                f"{shown(path)} has no column '{missing[0]}'; its first row must name {', '.join(COLUMNS)}"
            )
        found = []
        for row in rows:
            where = f"{shown(path)}, line {rows.line_num}"
            if row["image"] not in numbers:
                raise ValueError(f"{where}: no picture '{row['image']}' in the folder")
            number = numbers[row["image"]]
            found.append(Sighting(row.get("video") or "video", number, pictures[number], _box(row, where)))
    places = {(one.video, one.frame) for one in found}
    if not found or len(places) < len(found):
        fault = "has two boxes of one video in one picture" if found else "holds no box"
        raise ValueError(f"{shown(path)} {fault}; column 'video' tells people apart")
    return sorted(found, key=lambda one: (one.video, one.frame))


def _box(row: Mapping[str, str], where: str) -> tuple[float, float, float, float]:
    try:
        x, y, width, height = (float(row[name]) for name in COLUMNS[1:])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: cx, cy, w and h must be numbers, pixels") from error
    side = max(width, height)
    if not all(map(math.isfinite, (x, y, width, height))) or min(width, height) <= 0:
        raise ValueError(
            f"{where}: {x:g}, {y:g}, {width:g}, {height:g} is no box; give centre, width and height, pixels"
        )
    return x, y, side, side


def _lsp_joints(track: KeypointTrack) -> np.ndarray:
    """``[T, 14, 3]``: the track's joints of the same names; other joints are missing."""
    source = get_skeleton(track.skeleton)
    joints = np.zeros((len(track.keypoints), len(JOINTS), 3))
    for place, name in enumerate(JOINTS):
        if name in source.joints:
            joints[:, place, :2] = track.keypoints[:, source.index(name)]
            joints[:, place, 2] = track.confidence[:, source.index(name)]
    return joints
