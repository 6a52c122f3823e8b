"""Motion capture seen by the four cameras of Human3.6M's subject S1."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from graphs import get_skeleton
from pygpose.data.datasets import DATASETS, SPLITS, Dataset, DataSource, LoadedData, Recognition, Split
from pygpose.data.rendering import Recording, render
from pygpose.data.transforms.noise import DetectorNoise, input_name, noise_note
from pygpose.geometry import h36m_cameras
from pygpose.io.motion.plausibility import SIZES, longest_way
from pygpose.safe.arrays import npz_names, read_npz


@dataclass(frozen=True)
class MocapConfig:
    """Options of the data set ``mocap``."""

    skeleton: str = "h36m17"
    """Registered name of the positions' skeleton, where there is no index.json that names it."""
    fps: float = 50.0
    """Frames per second, where there is no index.json that gives them."""
    val_subjects: tuple[str, ...] = ()
    """Names of the subjects that are held out of training, where there is no index.json with splits. Not given: every
    fifth subject."""
    noise: DetectorNoise = field(default_factory=DetectorNoise)
    """Errors added to the 2D keypoints, as a detector makes them. Not given: exact projections."""


def recognises(path: Path) -> bool:
    """A folder with ``motions.npz``; or an npz of this name, or all of whose arrays are named ``SUBJECT/CLIP``."""
    if path.is_dir():
        return (path / "motions.npz").is_file()
    names = npz_names(path)
    keypoints = {"skeleton", "joints"} <= names
    return path.name == "motions.npz" or (bool(names) and not keypoints and all("/" in name for name in names))


class Mocap(DataSource):
    """A folder with ``motions.npz`` and ``index.json``, or one npz file of world positions.

    ``motions.npz`` holds an array ``[T, J, 3]`` for each clip under ``SUBJECT/CLIP``, metres, z up. ``index.json``
    gives skeleton, fps and for each clip key, subject, action and split. Each clip is moved so that the root's mean
    position lies over the origin of Human3.6M's capture space, and seen by its four cameras with lens distortion.

    Raises:
        FileNotFoundError: Where the files do not exist.
        ValueError: For files that are damaged, hold pickled objects, or do not fit together; an index in which a
            subject is in two splits, and options that say something else than it.
    """

    def __init__(self, config: MocapConfig, root: Path | None) -> None:
        if root is None:
            raise ValueError("data set 'mocap' needs a root: a folder with motions.npz, or one npz file")
        if not root.exists():
            raise FileNotFoundError(f"no file or folder {root}; give a root that exists")
        self.config = config
        self.path = root / "motions.npz" if root.is_dir() else root
        self._arrays = read_npz(self.path)
        if not self._arrays:
            raise ValueError(f"{self.path} holds no arrays; expected one [T, J, 3] for each clip")
        index = root / "index.json" if root.is_dir() else None
        if index is not None and index.is_file():
            self._read_index(index)
        else:
            self._assume()

    def _read_index(self, path: Path) -> None:
        try:
            index = json.loads(path.read_text())
            self.skeleton, joints, clips = index["skeleton"], tuple(index.get("joints", ())), index["clips"]
            units, up = index["units"], index["up"]
            told = [(clip["key"], clip["subject"], clip["action"], clip["split"]) for clip in clips]
            rates = [clip.get("fps", index.get("fps")) for clip in clips]
            words = [self.skeleton, *joints, *(word for row in told for word in row)]
            if not all(isinstance(word, str) for word in words):
                raise TypeError("skeleton, joints, keys, subjects, actions and splits must be text")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is no index of clips ({type(error).__name__}: {error})") from error
        if units != "metres" or up != "+Z":
            raise ValueError(f"{path}: units '{units}', up '{up}'; expected metres and +Z")
        if joints and joints != get_skeleton(self.skeleton).joints:
            raise ValueError(f"{path}: joints {joints} are not those of skeleton '{self.skeleton}'")
        self.facts = {}
        for (key, subject, action, split), fps in zip(told, rates, strict=True):
            if key in self.facts:
                raise ValueError(f"{path} names clip '{key}' twice; name each once")
            if split not in SPLITS[:-1]:
                raise ValueError(f"{path}: clip '{key}' has split '{split}'; known: {', '.join(SPLITS[:-1])}")
            if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0 < fps < math.inf:
                raise ValueError(f"{path}: clip '{key}' has fps {fps!r}; give its frames per second, above 0")
            self.facts[key] = (subject, action, float(fps), split)
        missing = sorted(set(self.facts) - set(self._arrays))
        if missing:
            raise ValueError(f"{path} names {len(missing)} clips that {self.path} lacks, first '{missing[0]}'")
        if not self.facts:
            raise ValueError(f"{path} names no clips; list those of {self.path.name}")
        for subject in self.subjects("all"):
            splits = [split for split in SPLITS[:-1] if subject in self.subjects(split)]
            if len(splits) > 1:
                raise ValueError(
                    f"{path} has clips of subject '{subject}' in {' and '.join(splits)}; a score on people who were "
                    "seen in training says little, so give each subject one split"
                )
        self._compare_options(path)
        self._assumed: tuple[str, ...] = ()

    def _compare_options(self, path: Path) -> None:
        """The index decides; an option that says something else is a mistake of one of the two."""
        rates = sorted({fps for _, _, fps, _ in self.facts.values()})
        said = {"skeleton": [self.skeleton], "fps": rates, "val_subjects": self.subjects("val")}
        for name, here in said.items():
            given = getattr(self.config, name)
            if given != getattr(MocapConfig(), name) and set(given if name == "val_subjects" else [given]) != set(here):
                raise ValueError(
                    f"MocapConfig.{name} is {given}, and {path} says {', '.join(map(str, here)) or 'nobody'}; leave it "
                    "out, or change the index"
                )

    def _assume(self) -> None:
        """Take from the config what an npz without an index does not say."""
        self.skeleton = self.config.skeleton
        subjects = sorted({key.split("/")[0] for key in self._arrays})
        held_out = set(self.config.val_subjects or subjects[4::5] or subjects[1:][-1:])
        unknown = sorted(held_out - set(subjects))
        if unknown:
            raise ValueError(f"MocapConfig.val_subjects names '{unknown[0]}'; known: {', '.join(subjects)}")
        self.facts = {
            key: (key.split("/")[0], "motion", self.config.fps, "val" if key.split("/")[0] in held_out else "train")
            for key in self._arrays
        }
        self._assumed = (
            f"No index.json beside {self.path.name}: skeleton {self.skeleton}, {self.config.fps:g} frames/s, metres "
            f"and z up are assumed; held-out subjects: {', '.join(sorted(held_out)) or 'none'}.",
        )

    def subjects(self, split: Split) -> list[str]:
        return sorted({subject for subject, _, _, part in self.facts.values() if split in ("all", part)})

    def load(self, subjects: Sequence[str]) -> LoadedData:
        cameras = h36m_cameras("S1")
        sequences, left_out, total = [], 0, 0
        for key, (subject, action, fps, _) in self.facts.items():
            if subject not in subjects:
                continue
            positions = _centre(key, self._arrays[key], get_skeleton(self.skeleton).root)
            motion = Recording(positions, subject, action, key, fps)
            seen, lost = render(motion, cameras, self.skeleton, self.config.noise)
            size = longest_way(positions, self.skeleton)
            if not SIZES[0] / 10 < size < SIZES[1] * 10:
                raise ValueError(
                    f"{self.path}: the body of clip '{key}' measures {size:.3g} m along its bones: these are no "
                    "metres; convert the positions"
                )
            sequences += seen
            left_out += lost
            total += len(positions) * len(cameras)
        notes = (
            f"Seen by the four cameras of Human3.6M's S1, each clip centred over the origin; {left_out} of {total} "
            "frames left out because a joint was closer than 1 m to a camera or behind it.",
            *self._assumed,
            noise_note(self.config.noise),
        )
        title = f"motion capture ({self.path.resolve().parent.name}/{self.path.name})"
        return LoadedData(sequences, title, notes, input_name(self.config.noise))

    def checksum(self) -> str:
        facts = json.dumps([asdict(self.config), self.facts], sort_keys=True)
        return hashlib.sha256(self.path.read_bytes() + facts.encode()).hexdigest()[:16]


def _centre(key: str, positions: np.ndarray, root: int) -> np.ndarray:
    """Moved horizontally so that the root's mean position is the origin."""
    if positions.dtype.kind not in "fiu":
        raise ValueError(f"clip '{key}': positions are {positions.dtype}; give real numbers, metres")
    if positions.ndim != 3 or not len(positions):  # render says what is wrong
        return positions
    shift = positions[:, root].mean(0, dtype=np.float64)
    shift[2:] = 0
    return (positions - shift).astype(np.float32)


DATASETS.register("mocap")(
    Dataset(
        MocapConfig,
        Mocap,
        "motion capture (npz of world positions) seen by 4 cameras",
        recognition=Recognition(
            "mocap: a folder with motions.npz ([T, J, 3] by SUBJECT/CLIP) and index.json",
            recognises,
            states=("skeleton", "fps"),
        ),
    )
)
