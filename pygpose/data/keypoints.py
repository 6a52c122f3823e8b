"""Anyone's 2D keypoints, mapped to a model's skeleton: for inference, and for training where the truth is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from graphs import find_remap, get_skeleton
from pygpose.data.datasets import DATASETS, Dataset, DataSource, LoadedData, Split
from pygpose.data.keypoint_files import KeypointTrack, fill_missing, read_tracks
from pygpose.data.keypoint_files.formats import shown
from pygpose.data.keypoint_files.own import read_keypoints as read_keypoints
from pygpose.data.keypoint_files.own import save_keypoints as save_keypoints
from pygpose.data.keypoint_files.track import Size
from pygpose.data.sequence import SkeletonSequence, make_sequence
from pygpose.geometry import Camera, normalize_screen

Fact = TypeVar("Fact")


def load_keypoints(
    path: str | Path,
    *,
    format: str | None = None,
    skeleton: str = "h36m17",
    size: Size | None = None,
    fps: float | None = None,
    field_of_view: float | None = None,
) -> list[SkeletonSequence]:
    """People of a keypoint file of any known form, one sequence for each.

    ``graphs.find_remap(source, target).describe()`` names what the joints of ``skeleton`` are made of.

    Args:
        path: File, or OpenPose's folder.
        format: A name of ``KEYPOINT_FORMATS``; recognised by content where not given.
        skeleton: Whose joints to give.
        size: Image width and height, pixels, where the file does not say.
        fps: Frames per second, where the file does not say.
        field_of_view: Horizontal, degrees: states a camera without distortion where the file has no intrinsics.

    Raises:
        FileNotFoundError: Where there is no such path.
        ValueError: For a file that no reader or several recognise, that is damaged, whose joints do not give
            ``skeleton``, or that leaves size or fps open where they are not given.
    """
    path = Path(path)
    tracks = read_tracks(path, format=format, size=size)
    return _sequences(path, tracks, skeleton, size, fps, field_of_view)


def _sequences(
    path: Path,
    tracks: Sequence[KeypointTrack],
    skeleton: str,
    size: Size | None,
    fps: float | None,
    field_of_view: float | None,
) -> list[SkeletonSequence]:
    try:
        return [track_sequence(track, skeleton, size, fps, field_of_view) for track in tracks]
    except ValueError as error:
        raise ValueError(f"{shown(path)}: {error}") from error


def track_sequence(
    track: KeypointTrack,
    skeleton: str,
    size: Size | None = None,
    fps: float | None = None,
    field_of_view: float | None = None,
) -> SkeletonSequence:
    """One person of a file as a sequence; see :func:`load_keypoints`."""
    size, fps = known_fact("size", track, track.size, size), known_fact("fps", track, track.fps, fps)
    seen = track.keypoints[track.confidence > 0]
    outside = ((seen < 0) | (seen > size)).any(-1)
    if outside.mean() > 0.5:
        raise ValueError(
            f"{track.name}: {outside.mean():.0%} of the keypoints lie outside an image of {size[0]} x {size[1]}: "
            "the image is another, or the keypoints are in another unit"
        )
    if track.pose is not None and track.skeleton != skeleton:
        raise ValueError(
            f"{track.name} has 3D targets of '{track.skeleton}'; load it with that skeleton, not '{skeleton}'"
        )
    remap = find_remap(get_skeleton(track.skeleton), get_skeleton(skeleton))
    keypoints, confidence = remap.apply(track.keypoints, track.confidence)
    camera = None if field_of_view is None else Camera.of_view(field_of_view, size)
    if track.intrinsics is not None:
        fx, fy, cx, cy, k1, k2, k3, p1, p2 = track.intrinsics
        camera = Camera((fx, fy), (cx, cy), size, (k1, k2, k3), (p1, p2))
    clip = make_sequence(
        normalize_screen(torch.from_numpy(fill_missing(keypoints, confidence)), size),
        None if track.pose is None else torch.from_numpy(track.pose),
        confidence=torch.from_numpy(confidence),
        skeleton=skeleton,
        subject=track.video,
        action="motion",
        camera="camera",
        clip=track.name,
        fps=float(fps),
        calibration=camera,
    )
    if camera is not None:
        del clip["extrinsics"]  # nobody says where the camera stood
    return clip


def known_fact(fact: str, track: KeypointTrack, said: Fact | None, given: Fact | None) -> Fact:
    """What the file says or the user gave.

    Raises:
        ValueError: For neither, and for both where they differ.
    """
    if said is not None and given is not None and said != given:
        raise ValueError(f"{track.name}: the file says {fact} {said}, and {given} is given; leave it out")
    known = given if said is None else said
    if known is None:
        raise ValueError(f"{track.name}: the file does not say its {fact}; give {fact}")
    return known


@dataclass(frozen=True)
class KeypointsConfig:
    """Options of ``--data keypoints``."""

    format: str | None = None
    """Form of the file; recognised where not given."""
    skeleton: str = "h36m17"
    """Skeleton to map the joints to."""
    size: tuple[int, int] | None = None
    """Image width and height, pixels, where the file does not say."""
    fps: float | None = None
    """Frame rate, where the file does not say."""
    field_of_view: float | None = None
    """Horizontal field of view, degrees, where the file has no camera: for what needs one."""
    val_subjects: tuple[str, ...] = ()
    """Videos held out, of those with 3D targets; not given: every fifth."""


class Keypoints(DataSource):
    """A keypoint file of any known form. A subject is a video (what stands before ``/`` in a clip's name).

    All are in split ``all``; those whose every clip has 3D targets are in ``train`` and ``val``, too.

    Raises:
        FileNotFoundError: Where there is no such path.
        ValueError: As :func:`load_keypoints`.
    """

    def __init__(self, config: KeypointsConfig, root: Path | None) -> None:
        if root is None:
            raise ValueError("data set 'keypoints' needs --data-root: a keypoint file, or OpenPose's folder")
        self.config, self.path, self.skeleton = config, root, config.skeleton
        self._size = None if config.size is None else (config.size[0], config.size[1])
        self._tracks = read_tracks(root, format=config.format, size=self._size)
        flat = {track.video for track in self._tracks if track.pose is None}
        self._subjects = sorted({track.video for track in self._tracks})
        with_pose = [subject for subject in self._subjects if subject not in flat]
        self._val = sorted(set(config.val_subjects or with_pose[4::5] or with_pose[1:][-1:]))
        self._train = [subject for subject in with_pose if subject not in self._val]
        unknown = sorted(set(self._val) - set(with_pose))
        if unknown:
            raise ValueError(
                f"--data-options.val-subjects names '{unknown[0]}'; with 3D targets: {', '.join(with_pose) or 'none'}"
            )

    def subjects(self, split: Split) -> list[str]:
        return {"all": self._subjects, "train": self._train, "val": self._val, "test": []}[split]

    def load(self, subjects: Sequence[str]) -> LoadedData:
        tracks = [track for track in self._tracks if track.video in subjects]
        sequences = _sequences(self.path, tracks, self.skeleton, self._size, self.config.fps, self.config.field_of_view)
        sources = sorted({track.skeleton for track in tracks})
        target = get_skeleton(self.skeleton)
        mapped = [sentence for name in sources for sentence in find_remap(get_skeleton(name), target).describe()]
        seen = np.concatenate([track.confidence.flatten() > 0 for track in tracks])
        notes = (
            f"2D input is what the file holds; {1 - seen.mean():.1%} of joints are missing and interpolated over time.",
            *mapped,
            *dict.fromkeys(note for track in tracks for note in track.notes),
            *([f"Held-out videos: {', '.join(self._val)}."] if self._val else []),
        )
        return LoadedData(sequences, f"keypoints ({shown(Path(self.path.name))})", notes, "as given")

    def checksum(self) -> str:
        digest = hashlib.sha256(json.dumps(asdict(self.config), sort_keys=True).encode())
        for file in sorted(self.path.iterdir()) if self.path.is_dir() else [self.path]:
            digest.update(file.name.encode("utf-8", "surrogateescape") + file.read_bytes())
        return digest.hexdigest()[:16]


DATASETS.register("keypoints")(
    Dataset(KeypointsConfig, Keypoints, "anyone's 2D keypoints: our npz, or a detector's file")
)
