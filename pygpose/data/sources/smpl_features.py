"""Image features with SMPL's parameters: the pre-processed files of TCMR and VIBE, or one's own in their form."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import get_args

from pygpose.data.datasets import DATASETS, Dataset, DataSource, LoadedData, Recognition, Split
from pygpose.data.features.clips import SKELETON, FeatureClip, clip_sequence, clips_of, facts_of, frame_rate, frame_step
from pygpose.data.features.files import NEEDED, FeatureFile, read_feature_file
from pygpose.data.sequence import SkeletonSequence
from pygpose.safe.arrays import npz_names

FILES: tuple[Split, ...] = get_args(Split)[:-1]
BENCHMARKS = ("mpii3d", "h36m")
"""Data sets whose published training files hold nobody out: the best weights are chosen on S8, who is in training."""
_NAME = re.compile(r"(?P<dataset>.+?)_(?P<split>train|val|test)(_.*)?_db\.(pt|npz)")


@dataclass(frozen=True)
class SmplFeaturesConfig:
    """Options of the data set ``smpl_features``."""

    dataset: str = "3dpw"
    """Which files of the folder to read: the NAME in NAME_train_db.pt. It is 3dpw, mpii3d or h36m for the published
    files, and any other name for one's own. It may be empty ('') where the folder holds the files of one data set
    only."""
    train_file: str | None = None
    """Name of the file to train on, where the folder holds several."""
    val_file: str | None = None
    """Name of the file on which the best weights are chosen, where the folder holds several."""
    test_file: str | None = None
    """Name of the file to test on, where the folder holds several."""
    fps: float | None = None
    """Frames per second, where the files do not say them. Not given: 30 for 3dpw, 25 for mpii3d and h36m."""

    def __post_init__(self) -> None:
        if self.fps is not None and not 0 < self.fps < 1e5:
            raise ValueError(f"SmplFeaturesConfig.fps is {self.fps:g}; it must be positive")


def recognises(path: Path) -> bool:
    """A file named ``*_train_db.pt`` or the like; an npz with ``vid_name``, ``frame_id`` and ``features``; or a folder
    of such files."""
    return bool(recognised_files(path))


def recognised_files(path: Path) -> list[Path]:
    """The file itself or the files in a folder that are named as, or hold the arrays of, files of features."""
    there = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file for file in there if feature_files([file]) or npz_names(file) >= set(NEEDED)]


class SmplFeatures(DataSource):
    """A folder with ``NAME_train*_db.pt``, ``NAME_val*_db.pt`` and ``NAME_test*_db.pt`` (or ``.npz``).

    Each video is one sequence; a video with gaps between its frames is several, so that no window is across a gap. A
    sequence has the features of the pictures; the 14 joints of LSP, mapped by name, and the middle of the hips as root,
    without its place; 2D keypoints in coordinates of the crop; and SMPL's parameters where they are known.

    The files say the splits, with one exception: the training files of 3DHP and Human3.6M hold nobody out, and the file
    ``mpii3d_val`` is the benchmark's test set. There ``val`` is S8, who is in ``train``, too, and ``mpii3d_val`` is
    ``test``.

    Raises:
        FileNotFoundError: Where the folder or a file does not exist.
        ValueError: For a folder in which several files fit one split, and for files that
            :func:`~pygpose.data.features.files.read_feature_file` refuses, that lack what training needs, or whose
            subjects are in two splits.
    """

    skeleton = SKELETON

    def __init__(self, config: SmplFeaturesConfig, root: Path | None) -> None:
        if root is None:
            raise ValueError("data set 'smpl_features' needs a root: a folder with *_train*_db.pt, *_test*_db.pt")
        self.config = config
        self.dataset, self._paths = find_files(root, config)
        self._last: FeatureFile | None = None
        self._clips: dict[Split, dict[str, list[FeatureClip]]] = {}
        for split in reversed(self._paths):  # what is loaded first is read last
            file = self._read(split)
            if file.lacks:
                raise ValueError(f"{file.path} has no {' and no '.join(file.lacks)}, which training and tests need")
            clips: dict[str, list[FeatureClip]] = {}
            for clip in clips_of(file):
                clips.setdefault(facts_of(clip.video, self.dataset).subject, []).append(clip)
            self._clips[split] = clips
        for subject, splits in self._homes().items():
            if len(splits) > 1:
                names = " and ".join(self._paths[split].name for split in splits)
                raise ValueError(f"{root}: subject '{subject}' is in {names}; nobody may be in two splits")

    def _homes(self) -> dict[str, list[Split]]:
        """The splits whose files each subject is in."""
        homes: dict[str, list[Split]] = {}
        for split in self._paths:
            for subject in self._clips[split]:
                homes.setdefault(subject, []).append(split)
        return homes

    def _read(self, split: Split) -> FeatureFile:
        """A split's file; the one read last is kept, as files are large."""
        if self._last is None or self._last.path != self._paths[split]:
            self._last = None
            self._last = read_feature_file(self._paths[split])
        return self._last

    def subjects(self, split: Split) -> list[str]:
        if split == "all":
            return list(self._homes())
        if split == "val" and "val" not in self._paths and self.dataset in BENCHMARKS:
            return [subject for subject in self.subjects("train") if subject == "S8"]
        return list(self._clips.get(split, ()))

    def load(self, subjects: Sequence[str]) -> LoadedData:
        sequences, notes = [], []
        for split, clips in self._clips.items():
            chosen = [clip for subject in subjects for clip in clips.get(subject, ())]
            if chosen:
                file = self._read(split)
                loaded = [clip_sequence(file, clip, self.dataset, self.config.fps) for clip in chosen]
                sequences += loaded
                notes += self._notes(file, chosen, loaded)
        notes += [
            "Poses are of LSP's 14 joints, relative to the middle of the hips, whose path is not in the files.",
            "2D keypoints are coordinates of the crop, which is 1.2 times as large as the box; confidence 0 = missing.",
        ]
        if self.dataset == "mpii3d":
            notes.append("Published errors on 3DHP are over its 17 joints, from its own pelvis.")
        if self.dataset in BENCHMARKS and "val" not in self._paths:
            notes.append("The best weights are chosen on S8, who is in training, and never on a test subject.")
        return LoadedData(sequences, f"{self.dataset}, image features", tuple(notes), "image features")

    def _notes(
        self, file: FeatureFile, clips: Sequence[FeatureClip], sequences: Sequence[SkeletonSequence]
    ) -> list[str]:
        frames = sum(clip.num_frames for clip in sequences)
        joints, videos = file.numbers["joints3D"].shape[1], len({clip.video for clip in clips})
        fps = frame_rate(file, self.dataset, self.config.fps)
        step = f", one of {frame_step(file)} recorded" if frame_step(file) > 1 else ""
        notes = [f"{file.path.name}: {videos} videos, {frames} frames at {fps:g} frames/s{step}, {joints} joints."]
        if file.valid is not None:
            unsure = sum(int((~clip.valid).sum()) for clip in sequences)
            notes.append(f"{file.path.name}: {unsure} of {frames} frames are not valid: their errors do not count.")
        split = len({clip.video for clip in clips if clip.part})
        if split:
            notes.append(
                f"{file.path.name}: {split} videos have gaps and are cut there, into {len(clips)} clips in all; "
                "published models see frames on both sides of a gap as neighbours."
            )
        with_smpl = sum("smpl" in clip for clip in sequences)
        notes.append(f"{file.path.name}: SMPL's parameters are known in {with_smpl} of {len(sequences)} clips.")
        return notes

    def checksum(self) -> str:
        digest = hashlib.sha256(json.dumps(asdict(self.config), sort_keys=True).encode())
        for split, path in self._paths.items():
            with path.open("rb") as file:
                digest.update(f"{split}/{path.name}".encode() + hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]


def find_files(root: Path, config: SmplFeaturesConfig) -> tuple[str, dict[Split, Path]]:
    """The name of the data set, and its file for each split that has one."""
    if not root.is_dir():
        raise FileNotFoundError(f"no folder {root}; give the one that holds NAME_train_db.pt, NAME_test_db.pt")
    there = feature_files(root.iterdir())
    known = sorted({name for name, _, _ in there})
    if not config.dataset and len(known) > 1:
        raise ValueError(f"{root} holds files of {', '.join(known)}; say which in SmplFeaturesConfig.dataset")
    dataset = config.dataset or "".join(known)
    paths: dict[Split, Path] = {}
    for split in FILES:
        given = getattr(config, f"{split}_file")
        fitting = [path for name, of, path in there if name == dataset and of == split]
        if given is not None:
            if not (root / given).is_file():
                raise FileNotFoundError(
                    f"no file {root / given}; SmplFeaturesConfig.{split}_file is the name of a file in {root}"
                )
            paths[split] = root / given
        elif len(fitting) > 1:
            names = ", ".join(path.name for path in fitting)
            raise ValueError(f"{root} holds {names}; name one of them in SmplFeaturesConfig.{split}_file")
        elif fitting:
            paths[split] = fitting[0]
    if not paths:
        others = f"; there are those of {', '.join(known)}: say which in SmplFeaturesConfig.dataset" if known else ""
        files = f"{dataset or 'NAME'}_train*_db.pt, _val or _test"
        raise FileNotFoundError(f"no {files} (nor .npz) in {root}{others}")
    if dataset == "mpii3d" and "test" not in paths and "val" in paths:
        paths["test"] = paths.pop("val")
    return dataset, paths


def feature_files(paths: Iterable[Path]) -> list[tuple[str, str, Path]]:
    """Data set, split and path of those that are named as files of features are."""
    found = [(re.fullmatch(_NAME, path.name), path) for path in sorted(paths)]
    return [(match["dataset"], match["split"], path) for match, path in found if match]


DATASETS.register("smpl_features")(
    Dataset(
        SmplFeaturesConfig,
        SmplFeatures,
        "image features with SMPL's parameters: TCMR's and VIBE's {3dpw,mpii3d,h36m}_*_db.pt, or your own",
        features=True,
        cached=True,
        recognition=Recognition(
            "image features: NAME_train_db.pt, _val or _test of TCMR and VIBE, or an npz with vid_name, frame_id, "
            "features",
            recognises,
            states=("fps",),
        ),
    )
)
