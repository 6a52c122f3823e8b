"""Anyone's 2D keypoints as a data set: for inference, and for training where the truth is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from graphs import find_remap, get_skeleton
from pygpose.data.datasets import DATASETS, Dataset, DataSource, LoadedData, Recognition, Split
from pygpose.data.keypoints import track_sequences
from pygpose.io.keypoints import KEYPOINT_FORMATS, doubts, read_tracks
from pygpose.io.recognition import recognising
from pygpose.safe.text import shown

SUFFIXES = (".json", ".csv", ".npz", ".h5")


@dataclass(frozen=True)
class KeypointsConfig:
    """Options of the data set ``keypoints``."""

    format: str | None = None
    """Name of the file's format. Not given: the format is recognised."""
    joints: str | None = None
    """Registered name of the skeleton whose joints the file holds, in its order. Not given: as the file says, or as
    detectors mean by its number of joints."""
    skeleton: str = "h36m17"
    """Registered name of the skeleton to which the joints are mapped."""
    size: tuple[int, int] | None = None
    """Width and height of the image in pixels. It wins over what the file says."""
    fps: float | None = None
    """Frames per second. They win over what the file says."""
    field_of_view: float | None = None
    """Horizontal field of view of the camera in degrees, where the file has no calibration and something needs it. The
    camera is then one of this view, without distortion."""
    val_subjects: tuple[str, ...] = ()
    """Names of the videos with 3D targets that are held out of training. Not given: every fifth of them."""


def recognises(path: Path) -> bool:
    """A file or folder that a keypoint format recognises, or a folder that holds such files."""
    return bool(recognising(path, KEYPOINT_FORMATS)) or (path.is_dir() and bool(keypoint_files(path)))


def keypoint_files(folder: Path) -> list[Path]:
    """Files and folders in a folder that a keypoint format recognises."""
    found = sorted(path for path in folder.iterdir() if path.is_dir() or path.suffix.lower() in SUFFIXES)
    return [path for path in found if recognising(path, KEYPOINT_FORMATS)]


class Keypoints(DataSource):
    """A keypoint file of any known form. A subject is a video (what stands before ``/`` in a clip's name).

    All are in split ``all``; those whose every clip has 3D targets are in ``train`` and ``val``, too.

    Raises:
        FileNotFoundError: Where there is no such path.
        ValueError: As :func:`load_keypoints`.
    """

    def __init__(self, config: KeypointsConfig, root: Path | None) -> None:
        if root is None:
            raise ValueError("data set 'keypoints' needs a root: a keypoint file, or OpenPose's folder")
        self.config, self.path, self.skeleton = config, root, config.skeleton
        size = None if config.size is None else (config.size[0], config.size[1])
        self._tracks = read_tracks(root, format=config.format, size=size, fps=config.fps, joints=config.joints)
        flat = {track.video for track in self._tracks if track.pose is None}
        self._subjects = sorted({track.video for track in self._tracks})
        with_pose = [subject for subject in self._subjects if subject not in flat]
        self._val = sorted(set(config.val_subjects or with_pose[4::5] or with_pose[1:][-1:]))
        self._train = [subject for subject in with_pose if subject not in self._val]
        unknown = sorted(set(self._val) - set(with_pose))
        if unknown:
            raise ValueError(
                f"KeypointsConfig.val_subjects names '{unknown[0]}'; with 3D targets: {', '.join(with_pose) or 'none'}"
            )

    def subjects(self, split: Split) -> list[str]:
        return {"all": self._subjects, "train": self._train, "val": self._val, "test": []}[split]

    def load(self, subjects: Sequence[str]) -> LoadedData:
        tracks = [track for track in self._tracks if track.video in subjects]
        sequences = track_sequences(self.path, tracks, self.skeleton, self.config.field_of_view)
        sources = sorted({track.skeleton for track in tracks})
        target = get_skeleton(self.skeleton)
        mapped = [sentence for name in sources for sentence in find_remap(get_skeleton(name), target).describe()]
        seen = np.concatenate([track.confidence.flatten() > 0 for track in tracks])
        notes = (
            f"2D input is what the file holds; {1 - seen.mean():.1%} of joints are missing and interpolated over time.",
            *mapped,
            *dict.fromkeys(note for track in tracks for note in (*track.notes, *doubts(track))),
            *([f"Held-out videos: {', '.join(self._val)}."] if self._val else []),
        )
        return LoadedData(sequences, f"keypoints ({shown(Path(self.path.name))})", notes, "as given")

    def checksum(self) -> str:
        digest = hashlib.sha256(json.dumps(asdict(self.config), sort_keys=True).encode())
        within = sorted(self.path.iterdir()) if self.path.is_dir() else [self.path]
        for file in filter(Path.is_file, within):
            digest.update(file.name.encode("utf-8", "surrogateescape") + file.read_bytes())
        return digest.hexdigest()[:16]


DATASETS.register("keypoints")(
    Dataset(
        KeypointsConfig,
        Keypoints,
        "anyone's 2D keypoints: our npz, or a detector's file",
        recognition=Recognition(
            "keypoints: " + ", ".join(KEYPOINT_FORMATS[name].description for name in KEYPOINT_FORMATS),
            recognises,
            states=("format", "size", "fps", "joints", "skeleton"),
        ),
    )
)
