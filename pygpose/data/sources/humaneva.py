"""HumanEva-I, from the files that VideoPose3D prepares of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pygpose.data.datasets import DATASETS, Dataset, DataSource, LoadedData, Split
from pygpose.data.sources.videopose3d import VideoPose3DFiles, View, recognition

_TRAIN, _TEST = (tuple(f"{part}/{person}" for person in ("S1", "S2", "S3")) for part in ("Train", "Validate"))
SPLITS: dict[Split, tuple[str, ...]] = {
    "train": _TRAIN,
    "val": ("Train/S3",),
    "test": _TEST,
    "all": (*_TRAIN, *_TEST),
}

# Where the cameras C1, C2 and C3 stood, as VideoPose3D publishes it: (w, x, y, z) and metres. Their lenses are not
# part of it. S3's differ from S1's by a ten-thousandth of a millimetre.
_S1 = (
    ((0.424207, -0.4983646, -0.5802981, 0.4847012), (4.062227, 0.6632477, 1.528397)),
    ((0.6503354, -0.7481602, -0.0919284, 0.0941766), (0.8448131, -3.8052092, 1.5049929)),
    ((0.0664734, -0.0690535, 0.7416416, -0.6639132), (-0.79767377, 3.9163174, 1.4336602)),
)
_S2 = (
    ((0.4214752, -0.4961493, -0.5838273, 0.4851187), (4.1129121, 0.6264929, 1.5452988)),
    ((0.6501393, -0.7476588, -0.0954617, 0.0959808), (0.923574, -3.8779243, 1.5045518)),
    ((0.0699353, -0.0712403, 0.7421637, -0.662742), (-0.7814915, 3.8388853, 1.4449929)),
)
_VIEWS = {
    person: [View(f"C{i}", (640, 480), *pose) for i, pose in enumerate(poses, 1)]
    for person, poses in (("S1", _S1), ("S2", _S2), ("S3", _S1))
}


@dataclass(frozen=True)
class HumanEvaConfig:
    """Options of the data set ``humaneva``."""

    keypoints: str = "gt"
    """Name of the 2D keypoints: gt for the projected truth, or any other for which the folder holds a
    data_2d_humaneva15_NAME.npz of these 15 joints."""


class HumanEva(DataSource):
    """A folder with ``data_3d_humaneva15.npz`` and ``data_2d_humaneva15_KEYPOINTS.npz``, as VideoPose3D prepares them.

    One sequence for each subject, recording and camera: action and clip are the recording's name ("Walking 1 chunk0":
    a recording is cut where the motion capture has gaps), the camera is C1, C2 or C3, 60 frames/s.

    HumanEva divides recordings and not people: ``train`` is what it calls Train, ``test`` is what it calls Validate, of
    the same three people. ``val``, which chooses the best weights, is Train/S3 and part of ``train``, as in
    :class:`~pygpose.data.sources.h36m.H36M`: the papers hold nothing out, and it must not be part of ``test``.

    Raises:
        FileNotFoundError: Where the folder or one of the files does not exist.
        ValueError: For unknown keypoints, and for files that are damaged, are not in VideoPose3D's form, or hold other
            objects than numpy arrays and plain containers.
    """

    skeleton = "humaneva15"

    def __init__(self, config: HumanEvaConfig, root: Path | None) -> None:
        if root is None:
            raise ValueError("data set 'humaneva' needs a root: a folder with data_3d_humaneva15.npz")
        self.config = config
        self._files = VideoPose3DFiles(
            root, "humaneva15", config.keypoints, skeleton=self.skeleton, joints=15, kept=range(15)
        )
        for subject in self._files.positions:
            if subject not in SPLITS["all"]:
                known = ", ".join(SPLITS["all"])
                raise ValueError(f"{self._files.positions_path}: unknown subject '{subject}'; known: {known}")

    def subjects(self, split: Split) -> list[str]:
        return [subject for subject in SPLITS[split] if subject in self._files.positions]

    def load(self, subjects: Sequence[str]) -> LoadedData:
        sequences = []
        for subject in subjects:
            sequences += self._files.sequences(subject, _VIEWS[subject.split("/")[1]], fps=60.0)
        notes = (
            "HumanEva-I's own division: the people of Train and Validate are the same, their recordings differ. The "
            "best weights are chosen on Train/S3, which is in training, and never on Validate.",
        )
        return LoadedData(sequences, "HumanEva-I", notes, self._files.input)

    def checksum(self) -> str:
        return self._files.checksum(self.config)


DATASETS.register("humaneva")(
    Dataset(
        HumanEvaConfig,
        HumanEva,
        "HumanEva-I: VideoPose3D's data_3d_humaneva15.npz and data_2d_humaneva15_*.npz",
        cached=True,
        recognition=recognition("HumanEva-I", "humaneva15", skeleton=HumanEva.skeleton, joints=15, kept=range(15)),
    )
)
