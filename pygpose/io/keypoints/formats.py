"""The registry of keypoint files, and what their readers share."""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graphs import get_skeleton, list_skeletons
from graphs.registry import Registry
from pygpose.io.keypoints.track import KeypointTrack, Size


@dataclass(frozen=True)
class KeypointFormat:
    """One form of keypoint file.

    Args:
        description: In a line, for messages and help.
        recognises: Whether a path looks like this form: looks at names and the first bytes, and never raises.
        reader: Gives the tracks of a path that exists, with the image's size where the user gave it.
    """

    description: str
    recognises: Callable[[Path], bool]
    reader: Callable[[Path, Size | None], list[KeypointTrack]]

    def read(self, path: str | Path, size: Size | None = None) -> list[KeypointTrack]:
        """All people in a file.

        Args:
            path: File, or folder where the format has one.
            size: Image width and height, where the format needs it and does not say.

        Raises:
            FileNotFoundError: Where there is no such path.
            ValueError: For a file that is damaged or of another form, naming the file, the clip and the field.
        """
        path = Path(path)
        if not path.exists():
            raise FileNotFoundError(f"no file or folder {shown(path)}; give keypoints that exist")
        try:
            return self.reader(path, size)
        except (ValueError, OSError) as error:
            message = str(error).encode("utf-8", "backslashreplace").decode()  # names in the file may be no text
            raise ValueError(f"{shown(path)}: {message}") from error


KEYPOINT_FORMATS: Registry[KeypointFormat] = Registry("keypoint format")


def read_tracks(path: str | Path, *, format: str | None = None, size: Size | None = None) -> list[KeypointTrack]:
    """All people in a keypoint file of any registered form, by its content or as ``format`` says.

    Raises:
        FileNotFoundError: Where there is no such path.
        ValueError: For an unknown format, a file that no format or several recognise, or one that cannot be used.
    """
    path = Path(path)
    if format is None:
        if not path.exists():
            raise FileNotFoundError(f"no file or folder {shown(path)}; give keypoints that exist")
        names = [name for name in KEYPOINT_FORMATS if KEYPOINT_FORMATS[name].recognises(path)]
        if len(names) != 1:
            known = "; ".join(f"{name} ({KEYPOINT_FORMATS[name].description})" for name in names or KEYPOINT_FORMATS)
            found = "looks like several keypoint formats" if names else "looks like no keypoint format"
            raise ValueError(f"{shown(path)} {found}; give format as one of: {known}")
        format = names[0]
    return KEYPOINT_FORMATS[format].read(path, size)


def shown(path: Path) -> str:
    """A path as text that every terminal and file takes, whatever bytes its name is of."""
    return os.fsencode(path).decode("utf-8", "replace")


def head(path: Path) -> str:
    """The first 64 kB of a file as text; empty where there is none to read."""
    try:
        with path.open("rb") as file:
            return file.read(1 << 16).decode("utf-8", "replace")
    except OSError:
        return ""


def npz_names(path: Path) -> set[str]:
    """Names of the arrays in an npz; none where it is no npz."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except Exception:  # a damaged archive fails in many ways: whichever it is, it is not recognised
        return set()


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        ValueError: For text that is not UTF-8, or no complete JSON.
    """
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text (byte {error.start}); save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"no complete JSON ({error}); the file may be cut short, copy it again") from error
    except (RecursionError, ValueError) as error:
        raise ValueError(f"no JSON that can be read ({type(error).__name__}: {error})") from error


def field(record: Any, name: str, where: str) -> Any:
    """A field of a JSON object; what lacks it is said."""
    if not isinstance(record, dict) or name not in record:
        has = f"its fields: {', '.join(sorted(record)[:9]) or 'none'}" if isinstance(record, dict) else "not an object"
        raise ValueError(f"{where}: no '{name}' ({has})")
    return record[name]


def entries(value: Any, where: str) -> list[Any]:
    """A JSON list; anything else is said."""
    if not isinstance(value, list):
        raise ValueError(f"{where}: expected a list, found {type(value).__name__}")
    return value


def numbers(values: Any, where: str) -> np.ndarray:
    """Finite numbers of a JSON list of any depth.

    Raises:
        ValueError: For other things than numbers, lists of unequal length, NaN and infinite values.
    """
    try:
        array = np.array(values)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{where}: the lists have unequal lengths") from error
    if array.dtype.kind not in "iuf":
        raise ValueError(f"{where}: not all values are numbers")
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: NaN or infinite, first at {np.argwhere(~np.isfinite(array))[0].tolist()}")
    return array.astype(float)


def triples(values: Any, joints: Sequence[int], where: str) -> np.ndarray:
    """``[J, 3]`` of a flat list x1, y1, c1, x2, ... whose joint count is one of ``joints``."""
    flat = numbers(values, where)
    if flat.ndim != 1 or len(flat) not in [3 * count for count in joints]:
        raise ValueError(
            f"{where}: {flat.size} numbers, expected three (x, y, confidence) for each of "
            f"{' or '.join(str(count) for count in joints)} joints"
        )
    return flat.reshape(-1, 3)


def frame_number(value: Any, where: str) -> int:
    """A frame number: a whole number, or the last digits of an image's name."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        return value
    if isinstance(value, str):
        digits = re.findall(r"[0-9]+", value.rpartition(".")[0] or value)
        if digits and len(digits[-1]) <= 15:
            return int(digits[-1])
    raise ValueError(f"{where}: {value!r:.80} gives no frame number")


def match_joints(names: Sequence[str], where: str) -> tuple[str, list[int]]:
    """The largest registered skeleton that has all its joints among ``names``, and where in ``names`` they are.

    Case and separators do not count, and ``left`` and ``right`` may be written out: ``left_shoulder`` is LShoulder.
    """
    here = {_plain(name): position for position, name in enumerate(names)}
    skeletons = sorted((get_skeleton(name) for name in list_skeletons()), key=lambda one: one.num_joints, reverse=True)
    for skeleton in skeletons:
        wanted = [_plain(joint) for joint in skeleton.joints]
        if here.keys() >= set(wanted):
            return skeleton.name, [here[joint] for joint in wanted]
    closest = min(skeletons, key=lambda one: len({_plain(joint) for joint in one.joints} - here.keys()))
    lacks = [joint for joint in closest.joints if _plain(joint) not in here]
    raise ValueError(
        f"{where}: joints {', '.join(map(str, names)):.300} hold no registered skeleton; the closest, {closest.name}, "
        f"also needs {', '.join(lacks)}"
    )


def _plain(name: str) -> str:
    letters = re.sub(r"[^a-z0-9]", "", str(name).lower())
    return re.sub(r"^(left|right)", lambda side: side[0][0], letters)
