"""VideoPose3D's files: world positions and keypoints of a whole data set, each one pickled dictionary in an npz."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graphs import Skeleton, get_skeleton
from pygpose.data.datasets import Opening, Recognition
from pygpose.data.sequence import SkeletonSequence, make_sequence
from pygpose.geometry import Camera, normalize_screen, world_to_camera
from pygpose.io.keypoints.detectron import layout_of
from pygpose.safe.arrays import read_npz
from pygpose.safe.text import listed

FARTHEST, MOST_PIXELS = 1e4, 1e6  # metres from the origin of a recording, and pixels from the corner of an image
# What published tables call the keypoints of each name.
_INPUTS = {
    "gt": "GT",
    "cpn_ft_h36m_dbb": "CPN",
    "detectron_ft_h36m": "Mask R-CNN",
    "hrnet": "HRNet",
    "sh_ft_h36m": "SH fine-tuned",
}


@dataclass(frozen=True)
class View:
    """A camera as this preparation uses it: where it stood, and how large its images are."""

    id: str
    size: tuple[int, int]
    orientation: tuple[float, ...]
    """Quaternion (w, x, y, z) that turns camera axes into world axes, not normalised: VideoPose3D does not."""
    position: tuple[float, ...]
    """Metres."""
    calibration: Camera | None = None
    """The lens, where it is public."""


def recognition(title: str, name: str, *, skeleton: str, joints: int, kept: Sequence[int]) -> Recognition:
    """Recognises the files of a data set, one alone or in a folder; the arguments are :class:`VideoPose3DFiles`'.

    Keypoints are checked name by name, with the positions that are beside them.
    """
    positions_name, start = f"data_3d_{name}.npz", f"data_2d_{name}_"

    def recognises(path: Path) -> bool:
        patterns = (positions_name, f"{start}*.npz")
        if path.is_dir():
            return any(True for pattern in patterns for _ in path.glob(pattern))
        return any(path.match(pattern) for pattern in patterns)

    def openings(path: Path) -> list[Opening]:
        folder = path if path.is_dir() else path.parent
        files = [path] if path.name.startswith(start) else sorted(folder.glob(f"{start}*.npz"))
        return [({"keypoints": file.stem.removeprefix(start)}, folder) for file in files] or [({}, folder)]

    def faults(config: Any, root: Path) -> list[tuple[Path, Exception]]:
        positions, pixels = root / positions_name, root / f"{start}{config.keypoints}.npz"
        found: list[tuple[Path, Exception]] = []
        for path, read in (
            (positions, lambda: read_positions(positions, joints, kept)),
            (pixels, lambda: read_detections(pixels, get_skeleton(skeleton))),
        ):
            try:
                read()
            except FileNotFoundError:
                remedy = "put it there; VideoPose3D's DATASETS.md says how it is made"
                found.append((root, FileNotFoundError(f"there is no {path.name}; {remedy}")))
            except (ValueError, OSError) as error:
                found.append((path, error))
        return found

    looks = f"{title}: a folder with VideoPose3D's {positions_name} and {start}*.npz"
    return Recognition(looks, recognises, openings=openings, faults=faults)


class VideoPose3DFiles:
    """``data_3d_NAME.npz`` and ``data_2d_NAME_KEYPOINTS.npz`` of one folder.

    Args:
        root: The folder.
        name: Name of the data set in the files' names.
        keypoints: Name of the keypoints in the files' names.
        skeleton: Registered name of the keypoints' skeleton.
        joints: Number of joints in the file of positions.
        kept: Which of those joints are the skeleton's, in its order.

    Raises:
        FileNotFoundError: Where the folder or one of the files does not exist.
        ValueError: For keypoints without a file (it lists those that have one) or of other joints than the skeleton's,
            and for files that cannot be read or hold something else.
    """

    def __init__(
        self, root: Path, name: str, keypoints: str, *, skeleton: str, joints: int, kept: Sequence[int]
    ) -> None:
        self.positions_path = root / f"data_3d_{name}.npz"
        self.keypoints_path = root / f"data_2d_{name}_{keypoints}.npz"
        if not root.is_dir():
            raise FileNotFoundError(f"no folder {root}; give the one that holds {self.positions_path.name}")
        start = f"data_2d_{name}_"
        found = sorted(path.stem.removeprefix(start) for path in root.glob(f"{start}*.npz"))
        if not self.positions_path.is_file() or not found:
            missing = f"{start}*.npz with keypoints" if self.positions_path.is_file() else self.positions_path.name
            raise FileNotFoundError(f"no {missing} in {root}; see VideoPose3D's DATASETS.md for how these are made")
        if keypoints not in found:
            raise ValueError(f"no keypoints '{keypoints}' in {root}; there are: {', '.join(found)}")
        self.skeleton = skeleton
        self.input = _INPUTS.get(keypoints, keypoints)
        """What tables call the keypoints: the name in the file's name where published tables have no other."""
        self.positions = read_positions(self.positions_path, joints, kept)
        """World positions ``[T, J, 3]``, metres, by subject and recording."""
        self.keypoints = read_detections(self.keypoints_path, get_skeleton(skeleton))

    def sequences(
        self, subject: str, views: Sequence[View], *, fps: float, step: int = 1, without: Collection[str] = ()
    ) -> list[SkeletonSequence]:
        """All recordings of a subject as each camera saw them, as VideoPose3D prepares them.

        Keypoints that go on after the positions are cut (some videos have extra frames).

        Args:
            subject: Name of the subject in the files.
            views: The cameras, in the files' order.
            fps: Frame rate of the files.
            step: One of this many frames is kept.
            without: Recordings left out.

        Raises:
            ValueError: For recordings without keypoints, keypoints of another number of cameras or that end before the
                positions do, and arrays of other shapes or with NaN.
        """
        chosen = {name: poses for name, poses in self.positions[subject].items() if name not in without}
        sequences = []
        for recording, positions in chosen.items():
            where = f"{self.keypoints_path}, {subject}, '{recording}'"
            seen = self.keypoints.get(subject, {}).get(recording)
            seen = list(seen) if isinstance(seen, np.ndarray) and seen.ndim else seen
            if not isinstance(seen, (list, tuple)) or len(seen) != len(views):
                raise ValueError(f"{where}: expected {len(views)} arrays of keypoints, one for each camera")
            world = torch.from_numpy(positions[::step].astype(np.float64))
            for view, pixels in zip(views, seen, strict=True):
                pixels = _cut(pixels, positions.shape[:2], f"{where}, camera {view.id}")[::step]
                clip = make_sequence(
                    normalize_screen(torch.from_numpy(pixels.astype(np.float64)), view.size),
                    world_to_camera(world, torch.tensor([*view.orientation, *view.position], dtype=torch.float64)),
                    skeleton=self.skeleton,
                    subject=subject,
                    action=recording,
                    camera=view.id,
                    clip=recording,
                    fps=fps / step,
                    calibration=view.calibration,
                )
                # Prepared in double precision, kept in single.
                cameras = ("intrinsics", "extrinsics") if view.calibration else ()
                sequences.append(clip.apply(torch.Tensor.float, "x", "y", "root", "confidence", *cameras))
        return sequences

    def checksum(self, config: Any) -> str:
        """A checksum of both files' bytes and a config."""
        digest = hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode())
        for path in (self.positions_path, self.keypoints_path):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]


def read_positions(path: Path, joints: int, kept: Sequence[int]) -> dict[str, dict[str, np.ndarray]]:
    """World positions ``[T, J, 3]`` by subject and recording; see :class:`VideoPose3DFiles`."""
    recordings = _dictionary(read_npz(path, objects=True), "positions_3d", path)
    for subject, actions in recordings.items():
        for action, positions in actions.items():
            where = f"{path}, {subject}, '{action}'"
            _check(positions, (joints, 3), where)
            moving = positions[:, kept]
            _check_numbers(moving, FARTHEST, where)
            typical = np.median(np.linalg.norm(moving - moving[:, :1], axis=-1))
            if typical > 20:
                raise ValueError(
                    f"{where}: joints lie {typical:.0f} m from the first one; positions must be metres, and these look "
                    "like millimetres"
                )
            actions[action] = moving
    return recordings


def read_detections(path: Path, skeleton: Skeleton) -> dict[str, dict[str, Any]]:
    """Lists of the cameras' keypoints by subject and recording; see :class:`VideoPose3DFiles`."""
    arrays = read_npz(path, objects=True)
    metadata = _unwrapped(arrays["metadata"]) if "metadata" in arrays else None
    if not isinstance(metadata, dict) or "keypoints_symmetry" not in metadata:
        raise ValueError(f"{path} has no 'metadata' with keypoints_symmetry, which tells its joints")
    try:
        said, _ = layout_of(metadata)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if said != skeleton.name:
        raise ValueError(
            f"{path} holds joints of {said or 'no layout that it names'}, which are not those of skeleton "
            f"'{skeleton.name}'; map them first, or take keypoints of a detector fine-tuned on them"
        )
    return _dictionary(arrays, "positions_2d", path)


def _dictionary(arrays: dict[str, np.ndarray], key: str, path: Path) -> dict[str, dict[str, Any]]:
    """The content under a key, by subject and recording."""
    if key not in arrays:
        raise ValueError(f"{path} has no '{key}'; it holds: {listed(arrays)}")
    content = _unwrapped(arrays[key])
    if not isinstance(content, dict) or not content:
        raise ValueError(f"'{key}' in {path} is no dictionary of subjects")
    for subject, recordings in content.items():
        named = isinstance(recordings, dict) and all(isinstance(name, str) for name in [subject, *recordings])
        if not named or not recordings:
            name = subject if isinstance(subject, str) else type(subject).__name__
            raise ValueError(f"'{key}' in {path}: subject '{name}' has no dictionary of recordings by name")
    return content


def _unwrapped(array: np.ndarray) -> Any:
    """A dictionary out of the array without axes that numpy puts it in."""
    return array.item() if array.dtype.hasobject and array.ndim == 0 else array


def _cut(pixels: Any, shape: tuple[int, int], where: str) -> np.ndarray:
    frames, joints = shape
    _check(pixels, (joints, 2), where)
    if len(pixels) < frames:
        raise ValueError(
            f"{where}: {len(pixels)} frames of keypoints for {frames} of positions; the files do not belong together"
        )
    _check_numbers(pixels[:frames], MOST_PIXELS, where)
    return pixels[:frames]


def _check(array: Any, shape: tuple[int, int], where: str) -> None:
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        raise ValueError(f"{where}: expected an array of floating-point numbers")
    if array.ndim != 3 or array.shape[1:] != shape or not len(array):
        raise ValueError(f"{where}: {list(array.shape)} given, expected [frames, {shape[0]}, {shape[1]}]")


def _check_numbers(array: np.ndarray, largest: float, where: str) -> None:
    right = np.abs(array) <= largest
    if not right.all():
        frame, joint, _ = np.argwhere(~right)[0]
        raise ValueError(
            f"{where}: NaN or infinite value, or one above {largest:g}, first in frame {frame}, joint {joint}"
        )
