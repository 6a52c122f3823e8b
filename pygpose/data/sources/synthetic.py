"""The embedded data set: synthetic people seen by the four Human3.6M cameras."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pygpose.data.datasets import DATASETS, Dataset, DataSource, LoadedData, Split
from pygpose.data.recording import Recording
from pygpose.data.rendering import render
from pygpose.data.synthetic.motion import ACTIONS, SUBJECTS, synthetic_motion
from pygpose.data.transforms.noise import DetectorNoise, input_name, noise_note
from pygpose.geometry import h36m_cameras

SPLITS: dict[str, tuple[str, ...]] = {"train": SUBJECTS[:4], "val": SUBJECTS[4:5], "test": SUBJECTS[5:]}


@dataclass(frozen=True)
class SyntheticConfig:
    """Options of the data set ``synthetic``."""

    frames: int = 300
    """Number of frames in each clip, at 50 frames per second."""
    trials: int = 1
    """Number of clips for each subject and action."""
    seed: int = 0
    """Seed of the motion. Another seed makes other motion of the same people."""
    noise: DetectorNoise = field(default_factory=DetectorNoise)
    """Errors added to the 2D keypoints, as a detector makes them. Not given: exact projections."""

    def __post_init__(self) -> None:
        if self.frames < 1 or self.trials < 1:
            raise ValueError(
                "SyntheticConfig.frames and SyntheticConfig.trials must be at least 1, got "
                f"{self.frames} and {self.trials}"
            )


class Synthetic(DataSource):
    """Seven people of different sizes do the fifteen actions of Human3.6M. None of the motion is real.

    The data set is there so that everything runs on a fresh machine. Each subject is seen by Human3.6M's cameras as
    they were calibrated for the subject of that name.
    """

    skeleton = "h36m17"

    def __init__(self, config: SyntheticConfig, root: Path | None) -> None:
        if root is not None:
            raise ValueError(f"data set 'synthetic' is embedded and takes no root (got {root})")
        self.config = config

    def subjects(self, split: Split) -> list[str]:
        return list(SUBJECTS) if split == "all" else list(SPLITS[split])

    def load(self, subjects: Sequence[str]) -> LoadedData:
        sequences, left_out = [], 0
        for subject in subjects:
            for action in ACTIONS:
                for trial in range(self.config.trials):
                    positions = synthetic_motion(
                        subject, action, num_frames=self.config.frames, seed=self.config.seed * 1009 + trial
                    )
                    motion = Recording(positions, subject, action, f"{action} {trial + 1}", 50.0)
                    seen, lost = render(motion, h36m_cameras(subject), self.skeleton, self.config.noise)
                    sequences += seen
                    left_out += lost
        notes = (
            "The motion is synthetic: believable, but simpler than any real motion. Errors on it say that the program "
            "works, not how it would do on Human3.6M.",
            f"{left_out} frames left out because a joint was closer than 1 m to a camera or behind it.",
            noise_note(self.config.noise),
        )
        return LoadedData(sequences, "synthetic motion", notes, input_name(self.config.noise))

    def checksum(self) -> str:
        """A checksum of the options: the same version of pygpose makes the same data of them."""
        return hashlib.sha256(json.dumps(asdict(self.config), sort_keys=True).encode()).hexdigest()[:16]


DATASETS.register("synthetic")(
    Dataset(SyntheticConfig, Synthetic, "embedded: seven synthetic people, fifteen actions, four cameras")
)
