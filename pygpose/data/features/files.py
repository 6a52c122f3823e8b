"""Files of image features with SMPL's parameters, as TCMR and VIBE prepare them: read, checked and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pygpose.frames import check_flags, frame_number
from pygpose.safe.arrays import read_npz
from pygpose.safe.atomic import write_npz
from pygpose.safe.door import reading
from pygpose.safe.pickles import read_pickle

WIDTH = 2048
"""Number of a frame's features, which a ResNet-50 gives after pooling."""
SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "features": ((WIDTH,),),
    "joints3D": ((14, 3), (17, 3), (49, 3)),
    "joints2D": ((14, 3), (49, 3)),
    "bbox": ((4,),),
    "pose": ((72,),),
    "shape": ((10,),),
}
"""Possible shapes of one frame, for each array of numbers."""
TEXTS = ("vid_name", "img_name")
FLAGS = ("valid", "valid_i")
NEEDED = ("vid_name", "frame_id", "features")
TARGETS = ("joints3D", "joints2D", "bbox")
"""Arrays that training needs beside :data:`NEEDED`."""


@dataclass(frozen=True)
class FeatureFile:
    """Frames of many videos, one video after the other.

    Args:
        path: The file.
        videos: ``[N]``, the video of each frame.
        frames: ``[N]``, the number of each frame in its video.
        numbers: The arrays of :data:`SHAPES` that the file has, ``[N, ...]``, as they are in the file.
        valid: ``[N]``, whether the error of each frame counts. None where the file does not say.
        fps: Frames per second, where the file says them.
    """

    path: Path
    videos: np.ndarray
    frames: np.ndarray
    numbers: Mapping[str, np.ndarray]
    valid: np.ndarray | None
    fps: float | None

    @property
    def lacks(self) -> list[str]:
        """Names of missing arrays, without which a model cannot be trained on the file."""
        return [name for name in TARGETS if name not in self.numbers]


def read_feature_file(path: Path) -> FeatureFile:
    """The frames of a ``*_db.pt`` as joblib writes it, or of an npz as :func:`save_smpl_features` writes it.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is damaged, holds other objects than arrays and plain containers, or arrays that
            lack, have other shapes or differ in length; the message names file and array.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a *_db.pt of TCMR or VIBE, or an npz of the same arrays")
    with reading(path):
        return _checked(read_npz(path) if path.suffix == ".npz" else read_pickle(path), path)


def save_smpl_features(path: str | Path, content: Mapping[str, np.ndarray]) -> None:
    """Write the arrays of a ``*_db.pt`` as npz, without pickle; ``docs/features.md`` has them one by one.

    ==============  ==============================  ================================================================
    array           shape                           meaning
    ==============  ==============================  ================================================================
    ``vid_name``    ``[N]``                         each frame's video, text; a video's frames follow each other
    ``frame_id``    ``[N]``                         frame's number in the video, or text that ends with it; rises
    ``features``    ``[N, 2048]``                   features of the frame's crop
    ``joints3D``    ``[N, 14 or 17 or 49, 3]``      optional: metres, camera axes, from anywhere
    ``joints2D``    ``[N, 14 or 49, 3]``            optional: x and y, pixels; confidence, 0 = missing
    ``bbox``        ``[N, 4]``                      optional: centre x, centre y, width, height, pixels
    ``pose``        ``[N, 72]``                     optional: SMPL's 24 rotation vectors, radians, camera axes
    ``shape``       ``[N, 10]``                     optional: SMPL's shape
    ``valid``       ``[N]`` (``valid_i [N, 1]``)    optional: 0 where a frame's error does not count
    ``img_name``    ``[N]``                         optional: name of the picture, text
    ``fps``                                         optional: frames per second
    ==============  ==============================  ================================================================

    Raises:
        ValueError: For arrays that :func:`read_feature_file` would refuse, and arrays that are none of these.
    """
    path = Path(path)
    known = {*TEXTS, *FLAGS, *SHAPES, "frame_id", "fps"}
    strange = sorted(content.keys() - known)
    if strange:
        raise ValueError(f"{path}: array '{strange[0]}' is not known; known: {', '.join(sorted(known))}")
    _checked(content, path)
    plain = {name: np.asarray(value) for name, value in content.items()}
    plain = {name: value.astype(str) if value.dtype.kind in "OS" else value for name, value in plain.items()}
    write_npz(path, plain)


def _checked(content: Any, path: Path) -> FeatureFile:
    missing = [name for name in NEEDED if name not in content] if isinstance(content, Mapping) else NEEDED
    if missing:
        raise ValueError(f"{path} has no '{missing[0]}'; expected a dictionary with {', '.join(NEEDED)}")
    videos = _texts(content["vid_name"], f"{path}, 'vid_name'")
    count = len(videos)
    if not count:
        raise ValueError(f"{path}: no frame is in it")
    if "img_name" in content:
        _check_length(_texts(content["img_name"], f"{path}, 'img_name'"), count, f"{path}, 'img_name'")
    numbers = {name: _numbers(content[name], name, count, path) for name in SHAPES if name in content}
    flags = [check_flags(content[name], count, f"{path}, '{name}'") for name in FLAGS if name in content]
    frames = _frames(content["frame_id"], f"{path}, 'frame_id'")
    _check_length(frames, count, f"{path}, 'frame_id'")
    return FeatureFile(
        path, videos, frames, numbers, np.logical_and.reduce(flags) if flags else None, _fps(content, path)
    )


def _numbers(array: Any, name: str, count: int, path: Path) -> np.ndarray:
    where = f"{path}, '{name}'"
    expected = " or ".join(f"[frames, {', '.join(map(str, shape))}]" for shape in SHAPES[name])
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise ValueError(f"{where}: expected an array of numbers {expected}")
    if array.shape[1:] not in SHAPES[name]:
        raise ValueError(f"{where}: {list(array.shape)} given, expected {expected}{_hint(name, array.shape)}")
    _check_length(array, count, where)
    return array


def _hint(name: str, shape: tuple[int, ...]) -> str:
    if name == "joints3D" and shape[1:] == (24, 3):
        return "; SMPL's own 24 joints have no top of the head and other hips: regress LSP's 14 joints from the mesh"
    return ""


def _check_length(array: np.ndarray, count: int, where: str) -> None:
    if len(array) != count:
        raise ValueError(f"{where}: {len(array)} frames, 'vid_name' has {count}")


def _texts(array: Any, where: str) -> np.ndarray:
    """Text, in any of the forms in which numpy keeps it."""
    if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.kind not in "USO":
        raise ValueError(f"{where}: expected an array of text, one for each frame")
    if array.dtype.kind == "O" and not all(isinstance(value, str) for value in array):
        raise ValueError(f"{where}: not all of its entries are text")
    if array.dtype.kind == "S":
        return np.char.decode(array, "latin1")
    return array.astype(str, copy=False)


def _frames(array: Any, where: str) -> np.ndarray:
    if isinstance(array, np.ndarray) and array.ndim == 1 and array.dtype.kind in "iu":
        return array.astype(np.int64)
    return np.array([frame_number(name, where) for name in _texts(array, where).tolist()], np.int64)


def _fps(content: Mapping[str, Any], path: Path) -> float | None:
    if "fps" not in content:
        return None
    value = np.asarray(content["fps"])
    if value.shape or value.dtype.kind not in "fiu" or not 0 < value < 1e5:
        raise ValueError(f"{path}, 'fps': expected one positive number, frames per second")
    return float(value)
