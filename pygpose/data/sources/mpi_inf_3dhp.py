"""MPI-INF-3DHP, from its own annotations or from the npz files that lifting papers make of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import torch

from pygpose.data.datasets import DATASETS, Dataset, DataSource, LoadedData, Recognition, Split, folder_with
from pygpose.data.sequence import SkeletonSequence, make_sequence
from pygpose.data.sources.mpi_inf_3dhp_files import (
    Recording,
    read_test_mat,
    read_test_npz,
    read_train_mat,
    read_train_npz,
)
from pygpose.geometry import normalize_screen

_TRAIN, _TEST = (tuple(f"{start}{i}" for i in range(1, last + 1)) for start, last in (("S", 8), ("TS", 6)))
SPLITS: dict[Split, tuple[str, ...]] = {"train": _TRAIN, "val": ("S8",), "test": _TEST, "all": (*_TRAIN, *_TEST)}
ACTIVITIES = (
    "Standing/Walking",
    "Exercising",
    "Sitting",
    "Reaching/Crouching",
    "On The Floor",
    "Sports",
    "Miscellaneous",
)
"""Activities of the test set, numbered from 1, under its own names."""
EXPECTED = "data_train_3dhp.npz, data_test_3dhp.npz, S1/Seq1/annot.mat or TS1/annot_data.mat"
_ANNOTATIONS = ("univ_annot3", "annot3")


@dataclass(frozen=True)
class MpiInf3dhpConfig:
    """Options of the data set ``mpi_inf_3dhp``."""

    annotation: Literal["univ_annot3", "annot3"] = "univ_annot3"
    """Which 3D positions to read: univ_annot3, in which every body is scaled to one height and which the benchmark
    measures; or annot3, the positions as they were. An npz file does not say which of the two it holds; there, this
    option states it. The public preparation writes univ_annot3."""

    def __post_init__(self) -> None:
        if self.annotation not in _ANNOTATIONS:
            known = ", ".join(_ANNOTATIONS)
            raise ValueError(f"MpiInf3dhpConfig.annotation is '{self.annotation}'; known: {known}")


class MpiInf3dhp(DataSource):
    """A folder with any of ``data_train_3dhp.npz``, ``data_test_3dhp.npz``, ``S1/Seq1/annot.mat`` and the like, and
    ``TS1/annot_data.mat`` and the like (up to two folders down, as its download script leaves them).

    Where an npz file is there, it is read in the place of the .mat files of its part. A training recording gives one
    sequence for each of the eight cameras that the npz files have. A test recording gives all its frames and says which
    of them are valid: a model sees the others too, and nothing is measured there. The subjects of the test set are its
    recordings, and errors are also reported by activity; npz files have no activities.

    Raises:
        FileNotFoundError: Where the folder or any such file does not exist.
        ValueError: For files that are damaged, are not in one of these forms, or hold other objects than numpy arrays
            and plain containers; where h5py is needed (``annot_data.mat``) and not installed.
    """

    skeleton = "mpi_inf_3dhp17"

    def __init__(self, config: MpiInf3dhpConfig, root: Path | None) -> None:
        if root is None:
            raise ValueError(f"data set 'mpi_inf_3dhp' needs a root: a folder with {EXPECTED}")
        if not root.is_dir():
            raise FileNotFoundError(f"no folder {root}; give one with {EXPECTED}")
        self.config = config
        self._files: dict[str, list[Path]] = {}
        self._recordings: dict[str, list[Recording]] = {}
        self._find(root / "data_train_3dhp.npz", [*root.glob("S[1-8]/Seq[12]/annot.mat")])
        self._find(
            root / "data_test_3dhp.npz",
            [path for outer in ("", "*/", "*/*/") for path in root.glob(f"{outer}TS[1-6]/annot_data.mat")],
        )
        for subject in self.subjects("test"):
            if len(self._files[subject]) > 1:
                raise ValueError(f"{root} has '{subject}' twice: {' and '.join(map(str, self._files[subject]))}")
        if not self._files:
            raise FileNotFoundError(f"nothing of MPI-INF-3DHP in {root}; expected {EXPECTED}")

    def _find(self, npz: Path, annotations: Sequence[Path]) -> None:
        if npz.is_file():
            for recording in read_train_npz(npz) if "train" in npz.name else read_test_npz(npz):
                self._recordings.setdefault(recording.subject, []).append(recording)
                self._files[recording.subject] = [npz]
        else:
            for path in sorted(annotations):
                subject = path.parent.name if path.name == "annot_data.mat" else path.parent.parent.name
                self._files.setdefault(subject, []).append(path)

    def subjects(self, split: Split) -> list[str]:
        return [subject for subject in SPLITS[split] if subject in self._files]

    def load(self, subjects: Sequence[str]) -> LoadedData:
        sequences, notes = [], self._notes(subjects)
        for subject in subjects:
            for recording in self._recordings.get(subject) or self._read(subject):
                sequences.append(_sequence(recording, self.skeleton))
                if subject in _TEST:
                    frames, valid = len(recording.valid), int(recording.valid.sum())
                    notes.append(f"{subject}: {valid} of {frames} frames are valid.")
        return LoadedData(sequences, f"MPI-INF-3DHP ({self.config.annotation})", tuple(notes))

    def _read(self, subject: str) -> list[Recording]:
        read = read_test_mat if subject in _TEST else read_train_mat
        return [recording for path in self._files[subject] for recording in read(path, self.config.annotation)]

    def _notes(self, subjects: Sequence[str]) -> list[str]:
        scaled = {"univ_annot3": "bodies scaled to one height", "annot3": "bodies as they were"}
        npz = sorted({file.name for subject in subjects for file in self._files[subject] if file.suffix == ".npz"})
        notes = [
            f"Positions are {self.config.annotation}, {scaled[self.config.annotation]}. 2D input is annot2 (GT).",
            "PCK and AUC are over the benchmark's 14 joints.",
        ]
        if npz:
            notes.append(
                f"{' and '.join(npz)} do not say which annotation they hold: {self.config.annotation} is stated."
            )
        if set(subjects) & set(_TRAIN):
            notes.append(
                "The papers train on S1 to S8 and hold nobody out: the best weights are chosen on S8, who is in "
                "training, and never on a test recording. Both parts of S3 and S5 and Seq2 of S1 have 50 frames/s, the "
                "others 25; they are used as they are."
            )
        if set(subjects) & set(_TEST):
            notes.append(
                "The test set does not say its frame rate: 25 frames/s is assumed, of which only values per second "
                "depend. A model sees all frames, and errors are of valid ones; those of movement are of valid "
                "neighbours, of which there may be few."
            )
        return notes

    def checksum(self) -> str:
        digest = hashlib.sha256(json.dumps(asdict(self.config), sort_keys=True).encode())
        for path in sorted({path for paths in self._files.values() for path in paths}):
            with path.open("rb") as file:
                digest.update("/".join(path.parts[-3:]).encode() + hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]


def _sequence(recording: Recording, skeleton: str) -> SkeletonSequence:
    size = (1920, 1080) if recording.subject in ("TS5", "TS6") else (2048, 2048)
    if not recording.valid.any():
        raise ValueError(f"{recording.where}: no frame is valid")
    test, activity = recording.subject in _TEST, None
    if recording.activity.any():
        activity = torch.from_numpy(recording.activity) - 1
    clip = make_sequence(
        normalize_screen(torch.from_numpy(recording.keypoints), size),
        torch.from_numpy(recording.positions / 1000),
        skeleton=skeleton,
        subject=recording.subject,
        action="motion" if test else recording.name,
        camera=recording.camera,
        clip=recording.name,
        fps=recording.fps,
        confidence=torch.from_numpy(recording.seen).double()[:, None].expand(-1, 17),
        valid=torch.from_numpy(recording.valid) if test else None,
        activity=activity,
        activities=ACTIVITIES,
    )
    # Prepared in double precision, kept in single.
    return clip.apply(torch.Tensor.float, "x", "y", "root", "confidence")


DATASETS.register("mpi_inf_3dhp")(
    Dataset(
        MpiInf3dhpConfig,
        MpiInf3dhp,
        "MPI-INF-3DHP: its annot.mat files, or data_{train,test}_3dhp.npz",
        cached=True,
        recognition=Recognition(
            f"MPI-INF-3DHP: a folder with {EXPECTED}",
            folder_with(
                *("data_train_3dhp.npz", "data_test_3dhp.npz", "S[1-8]/Seq[12]/annot.mat", "**/TS[1-6]/annot_data.mat")
            ),
        ),
    )
)
