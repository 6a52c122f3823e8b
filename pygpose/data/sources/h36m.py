"""Human3.6M, from the files that VideoPose3D prepares of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pygpose.data.datasets import DATASETS, Dataset, DataSource, LoadedData, Split
from pygpose.data.sources.videopose3d import VideoPose3DFiles, View, recognition
from pygpose.geometry import h36m_cameras

SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")
"""Those with public 3D positions."""
JOINTS = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
"""The 17 of 32 joints that are used; the others do not move by themselves."""
STEPS = {50: 1, 25: 2, 10: 5}
"""By frame rate, every how many of the recorded frames one is kept."""
SPLITS: dict[str, dict[Split, tuple[str, ...]]] = {
    "standard": {"train": SUBJECTS[:5], "val": ("S8",), "test": SUBJECTS[5:], "all": SUBJECTS},
    "cvm": {"train": SUBJECTS[:4], "val": ("S8",), "test": SUBJECTS[5:], "all": SUBJECTS},
}
_SPLIT_NOTES = {
    "standard": "Training subjects S1, S5, S6, S7, S8, test subjects S9, S11. The papers hold nobody out: the best "
    "weights are chosen on S8, who is in training, and never on a test subject.",
    "cvm": "CVM-Net's split: training subjects S1, S5, S6, S7, test subjects S9, S11. The best weights are chosen on "
    "S8, who is in neither.",
}


@dataclass(frozen=True)
class H36MConfig:
    """Options of the data set ``h36m``."""

    keypoints: str = "gt"
    """Name of the 2D keypoints: gt for the projected truth, cpn_ft_h36m_dbb, detectron_ft_h36m, or any other for which
    the folder holds a data_2d_h36m_NAME.npz."""
    fps: int = 50
    """Frames per second: 50 as recorded; 25 keeps every second frame, 10 every fifth."""
    protocol: Literal["standard", "cvm"] = "standard"
    """Which subjects are trained on: standard has S1, S5, S6, S7 and S8; cvm is CVM-Net's split, without S8. The test
    subjects are S9 and S11 in both."""
    s11_directions: Literal["keep", "drop"] = "keep"
    """Whether to keep or drop the recording Directions of subject S11, whose video is corrupted. VideoPose3D's
    preparation does not write this recording into the files; where it is in them, VideoPose3D's program uses it, as
    keep does."""

    def __post_init__(self) -> None:
        known = {"fps": (50, 25, 10), "protocol": ("standard", "cvm"), "s11_directions": ("keep", "drop")}
        for name, values in known.items():
            if getattr(self, name) not in values:
                choices = ", ".join(str(value) for value in values)
                raise ValueError(f"H36MConfig.{name} is '{getattr(self, name)}'; known: {choices}")


class H36M(DataSource):
    """A folder with ``data_3d_h36m.npz`` and ``data_2d_h36m_KEYPOINTS.npz``, prepared as VideoPose3D does it.

    One sequence for each subject, recording and camera: action and clip are the recording's name ("Directions 1"), the
    camera is Human3.6M's id ("54138969"), the length is that of the 3D positions.

    The papers have training and test subjects and hold nobody out, but something has to choose the best weights, and
    must not do so on a test subject. ``val`` is S8. In the standard split S8 is in ``train``, too, so that it is what
    published results were trained on; weights are then chosen much as the papers' last epoch is. With
    ``protocol="cvm"``, S8 is in neither ``train`` nor ``test``.

    Raises:
        FileNotFoundError: Where the folder or one of the files does not exist.
        ValueError: For unknown keypoints, and for files that are damaged, are not in VideoPose3D's form, or hold other
            objects than numpy arrays and plain containers.
    """

    skeleton = "h36m17"

    def __init__(self, config: H36MConfig, root: Path | None) -> None:
        if root is None:
            raise ValueError("data set 'h36m' needs a root: a folder with data_3d_h36m.npz and data_2d_h36m_*.npz")
        self.config = config
        self._files = VideoPose3DFiles(root, "h36m", config.keypoints, skeleton=self.skeleton, joints=32, kept=JOINTS)
        for subject in self._files.positions:
            if subject not in SUBJECTS:
                path = self._files.positions_path
                raise ValueError(f"{path}: no calibration for subject '{subject}'; known: {', '.join(SUBJECTS)}")

    def subjects(self, split: Split) -> list[str]:
        members = SPLITS[self.config.protocol][split]
        return [subject for subject in members if subject in self._files.positions]

    def load(self, subjects: Sequence[str]) -> LoadedData:
        step, sequences = STEPS[self.config.fps], []
        for subject in subjects:
            views = []
            for seen in h36m_cameras(subject):
                assert seen.orientation is not None and seen.position is not None
                views.append(View(seen.id, seen.size, seen.orientation, seen.position, seen))
            dropped = subject == "S11" and self.config.s11_directions == "drop"
            without = ("Directions",) if dropped else ()
            sequences += self._files.sequences(subject, views, fps=50.0, step=step, without=without)
        notes = [_SPLIT_NOTES[self.config.protocol]]
        if "S11" in subjects:
            notes.append(f"S11's recording 'Directions', which has a corrupted video, is {self._s11_directions()}.")
        if step > 1:
            notes.append(f"One frame of {step} is kept: {self.config.fps} frames/s.")
        return LoadedData(sequences, "Human3.6M", tuple(notes), self._files.input)

    def _s11_directions(self) -> str:
        if "Directions" not in self._files.positions["S11"]:
            return "not in the files, as VideoPose3D prepares them"
        return {"keep": "in the files and kept; published results are without it", "drop": "left out"}[
            self.config.s11_directions
        ]

    def checksum(self) -> str:
        return self._files.checksum(self.config)


DATASETS.register("h36m")(
    Dataset(
        H36MConfig,
        H36M,
        "Human3.6M: VideoPose3D's data_3d_h36m.npz and data_2d_h36m_*.npz",
        cached=True,
        recognition=recognition("Human3.6M", "h36m", skeleton=H36M.skeleton, joints=32, kept=JOINTS),
    )
)
