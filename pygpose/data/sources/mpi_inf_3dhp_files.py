"""The files of MPI-INF-3DHP: its own MATLAB annotations, and the two npz files that lifting papers make of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pygpose.frames import check_finite, check_flags, check_frames, usable
from pygpose.safe.arrays import read_npz
from pygpose.safe.inflation import check_inflation, check_memory
from pygpose.safe.matlab5 import read_matlab5
from pygpose.safe.text import brief, reason

CAMERAS = ("0", "1", "2", "4", "5", "6", "7", "8")
"""The eight of fourteen cameras that papers train on; the others are under the ceiling or see close up."""
JOINTS = (7, 5, 14, 15, 16, 9, 10, 11, 23, 24, 25, 18, 19, 20, 4, 3, 6)
"""The 17 of the 28 training joints that the test set has, in its order."""
FRAMES = {
    "S1": (6416, 12430),
    "S2": (6502, 6081),
    "S3": (12488, 12283),
    "S4": (6171, 6675),
    "S5": (12820, 12312),
    "S6": (6188, 6145),
    "S7": (6239, 6320),
    "S8": (6468, 6054),
}
"""Numbers of frames of Seq1 and Seq2, by subject. Annotations that go on after them belong to no image."""
FPS_50 = ("S1/Seq2", "S3/Seq1", "S3/Seq2", "S5/Seq1", "S5/Seq2")
"""The training recordings at 50 frames/s; the others have 25."""

TEST_FPS = 25.0
"""Frames per second of the test recordings, which do not say: TS1 to TS4 are as long as training recordings of this
rate."""


@dataclass(frozen=True)
class Recording:
    """What one camera saw of one recording."""

    subject: str
    name: str
    camera: str
    fps: float
    keypoints: np.ndarray
    """``[T, 17, 2]``, pixels."""
    positions: np.ndarray
    """``[T, 17, 3]``, millimetres, camera frame."""
    valid: np.ndarray
    """``[T]``, which frames count."""
    seen: np.ndarray
    """``[T]``, which frames have keypoints; the others, which do not count, have zeros."""
    activity: np.ndarray
    """``[T]``, 1 to 7, or 0 where the file does not say or the frame does not count."""
    where: str
    """File and field, for messages."""


def read_train_npz(path: Path) -> list[Recording]:
    """``data_train_3dhp.npz``: by ``"S1 Seq1"`` a list of the cameras' dictionary and, in most files, the frame rate.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a damaged file or another content.
    """
    recordings = []
    for name, entry in _dictionary(path).items():
        where = f"{path}, '{name}'"
        known = re.fullmatch(r"(S[1-8]) (Seq[12])", name)
        if known is None:
            raise ValueError(f"{where}: no recording of the training set, which are 'S1 Seq1' to 'S8 Seq2'")
        subject, sequence = known.groups()
        listed = isinstance(entry, (list, tuple)) and len(entry) in (1, 2)
        if not listed or not isinstance(entry[0], dict) or not entry[0]:
            raise ValueError(f"{where}: expected a list of a dictionary of cameras and a frame rate")
        fps = entry[1] if len(entry) == 2 else _fps(subject, sequence)
        if not isinstance(fps, (int, float, np.number)) or fps not in (25, 50):
            raise ValueError(f"{where}: recordings have 25 or 50 frames/s, this one says {brief(fps)}")
        for camera, arrays in entry[0].items():
            place = f"{where}, camera {camera}"
            fields = _fields(arrays, ("data_2d", "data_3d"), place)
            recordings.append(_recording(subject, sequence, str(camera), float(fps), *fields, where=place))
    return recordings


def read_test_npz(path: Path) -> list[Recording]:
    """``data_test_3dhp.npz``: by ``"TS1"`` to ``"TS6"`` keypoints, positions and which frames are valid.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a damaged file or another content.
    """
    recordings = []
    for name, arrays in _dictionary(path).items():
        where = f"{path}, '{name}'"
        if not re.fullmatch("TS[1-6]", name):
            raise ValueError(f"{where}: no recording of the test set, which are TS1 to TS6")
        keypoints, positions, valid = _fields(arrays, ("data_2d", "data_3d", "valid"), where)
        recordings.append(_recording(name, name, "camera", TEST_FPS, keypoints, positions, valid, where=where))
    return recordings


def read_train_mat(path: Path, annotation: str) -> list[Recording]:
    """``S1/Seq1/annot.mat`` (MATLAB 5): a cell for each camera with a row for each frame.

    Raises:
        ValueError: For a damaged file or another content.
    """
    subject, sequence = path.parts[-3:-1]
    names = ("annot2", annotation, "cameras")
    content = read_matlab5(path, names)
    if missing := [name for name in names if content.get(name) is None]:
        raise ValueError(f"{path} has no '{missing[0]}' of numbers; expected MPI-INF-3DHP's annot.mat")
    cells, numbers = [np.ravel(content[name]) for name in ("annot2", annotation)], np.ravel(content["cameras"])
    if numbers.dtype.kind not in "iuf" or any(len(cell) != len(numbers) for cell in cells):
        raise ValueError(f"{path}: 'annot2', '{annotation}' and 'cameras' are of different numbers of cameras")
    count, recordings = FRAMES[subject][int(sequence[-1]) - 1], []
    for number, *rows in zip(numbers, *cells, strict=True):
        camera = f"{number:g}"
        where = f"{path}, camera {camera}"
        if camera not in CAMERAS:
            continue
        flat = [
            check_frames(row, (28 * axes,), f"{where}, '{name}'")[:count].reshape(-1, 28, axes)[:, JOINTS]
            for row, name, axes in zip(rows, ("annot2", annotation), (2, 3), strict=True)
        ]
        recordings.append(_recording(subject, sequence, camera, _fps(subject, sequence), *flat, where=where))
    if not recordings:
        raise ValueError(f"{path}: none of its cameras is one of {', '.join(CAMERAS)}")
    return recordings


def read_test_mat(path: Path, annotation: str) -> list[Recording]:
    """``TS1/annot_data.mat`` (MATLAB 7.3, which is HDF5 with the axes turned round), with activities.

    Raises:
        ValueError: For a damaged file or another content, and where h5py is not installed.
    """
    keypoints, positions, valid, activity = _load_hdf5(
        path, ("annot2", annotation, "valid_frame", "activity_annotation")
    )
    if keypoints.ndim == 4 and positions.ndim == 4:  # the third axis of four counts people
        keypoints, positions = (array.squeeze(1) if array.shape[1] == 1 else array for array in (keypoints, positions))
    name = path.parent.name
    return [_recording(name, name, "camera", TEST_FPS, keypoints, positions, valid, activity, where=str(path))]


def _fps(subject: str, sequence: str) -> float:
    return 50.0 if f"{subject}/{sequence}" in FPS_50 else 25.0


def _dictionary(path: Path) -> dict[str, Any]:
    arrays = read_npz(path, objects=True)
    if "data" not in arrays:
        raise ValueError(f"{path} has no 'data'; it holds: {', '.join(arrays)}")
    array = arrays["data"]
    content = array.item() if array.dtype.hasobject and array.ndim == 0 else None
    if not isinstance(content, dict) or not content or not all(isinstance(name, str) for name in content):
        raise ValueError(f"'data' in {path} is no dictionary of recordings by name")
    return content


def _fields(arrays: Any, names: tuple[str, ...], where: str) -> list[Any]:
    if not isinstance(arrays, Mapping) or not set(names) <= set(arrays):
        held = ", ".join(map(str, arrays)) if isinstance(arrays, Mapping) else type(arrays).__name__
        raise ValueError(f"{where}: expected {', '.join(names)}; found: {held}")
    return [arrays[name] for name in names]


def _recording(
    subject: str,
    name: str,
    camera: str,
    fps: float,
    keypoints: Any,
    positions: Any,
    valid: Any = None,
    activity: np.ndarray | None = None,
    *,
    where: str,
) -> Recording:
    keypoints = check_frames(keypoints, (17, 2), f"{where}, keypoints")
    positions = check_frames(positions, (17, 3), f"{where}, positions")
    frames = len(keypoints)
    if len(positions) != frames:
        raise ValueError(f"{where}: {frames} frames of keypoints and {len(positions)} of positions")
    counts = np.ones(frames, bool) if valid is None else check_flags(valid, frames, f"{where}, valid frames")
    if activity is not None and (activity.size != frames or not np.isin(activity.ravel()[counts], range(1, 8)).all()):
        raise ValueError(f"{where}, activities: expected a number from 1 to 7 for each of {frames} frames")
    activities = np.zeros(frames, int) if activity is None else np.where(counts, activity.ravel(), 0).astype(int)
    for field, array in (("keypoints", keypoints), ("positions", positions)):
        check_finite(array, counts, f"{where}, {field}")
    seen, placed = usable(keypoints), usable(positions)
    keypoints, positions = (
        np.where(there[:, None, None], array, 0) for there, array in ((seen, keypoints), (placed, positions))
    )
    if counts.any():
        size = np.median(np.linalg.norm(positions[counts] - positions[counts][:, 14:15], axis=-1))
        if size < 20:
            raise ValueError(f"{where}: joints lie {size:.2g} mm from the pelvis; positions must be millimetres")
    return Recording(subject, name, camera, fps, keypoints, positions, counts, seen, activities, where)


def _load_hdf5(path: Path, names: tuple[str, ...]) -> list[np.ndarray]:
    try:
        import h5py  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ValueError(f"{path}: reading MATLAB 7.3 files needs h5py: pip install h5py") from error
    arrays = []
    try:
        with h5py.File(path, "r") as file:
            for name in names:
                held: Any = file[name]
                check_inflation(held.nbytes, path.stat().st_size, f"'{name}' in {path}")
                check_memory(held.nbytes, path.stat().st_size, f"'{name}' in {path}")
                arrays.append(np.asarray(held))
    except KeyError as error:
        raise ValueError(f"{path} has no '{name}'; expected MPI-INF-3DHP's annot_data.mat") from error
    except Exception as error:  # bytes that are no HDF5 file raise anything
        raise ValueError(f"{path} cannot be read ({reason(error)}); copy or download it again") from error
    return arrays
