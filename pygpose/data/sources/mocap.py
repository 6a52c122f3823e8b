"""Motion capture, seen by cameras that are chosen, given or drawn."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from graphs import get_skeleton
from pygpose.data.camera_file import read_cameras
from pygpose.data.datasets import DATASETS, SPLITS, Dataset, DataSource, LoadedData, Recognition, Split
from pygpose.data.filming import film
from pygpose.data.protocols import PROTOCOLS, clip_cameras, stored_views
from pygpose.data.recording import Recording, check_recording
from pygpose.data.rendering import render
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.noise import DetectorNoise, input_name, noise_note
from pygpose.data.views import views_to_plain
from pygpose.geometry import Camera, h36m_cameras
from pygpose.io.motion.plausibility import SIZES, check_places, longest_way
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up
from pygpose.safe.arrays import npz_names, read_npz
from pygpose.safe.text import brief, listed, read_json, reason


@dataclass(frozen=True)
class MocapConfig:
    """Options of the data set ``mocap``."""

    skeleton: str | None = None
    """Registered name of the positions' skeleton, whatever index.json says. Not given: index.json's; h36m17 without it.
    """
    fps: float | None = None
    """Frames per second, whatever index.json says. Not given: index.json's; 50 without it."""
    unit: str | None = None
    """Length of one unit of the positions: m, mm, ... Not given: metres."""
    up: str | None = None
    """Axis of the positions that points up: z, y, ... Not given: z."""
    val_subjects: tuple[str, ...] = ()
    """Names of the subjects that are held out of training, where there is no index.json with splits. Not given: every
    fifth subject."""
    cameras: str = "any"
    """By which cameras the motion is seen. h36m: the four cameras of Human3.6M, all around. any: training draws another
    camera for every window, and scoring uses four of a fixed list of cameras for each clip. detector, crop: training as
    with any, and scoring by the same cameras, with a detector's errors, or with legs or an arm outside the picture. A
    name of a JSON file: the cameras in it."""
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
    position lies over the origin of the space in which the cameras of Human3.6M or of a file stand.

    Raises:
        FileNotFoundError: Where the files do not exist.
        ValueError: For files that are damaged, hold pickled objects, or do not fit together; an index in which a
            subject is in two splits, and options that say something else than it; cameras that are unknown, and a
            camera of a file that sees nothing of a clip.
    """

    def __init__(self, config: MocapConfig, root: Path | None) -> None:
        if root is None:
            raise ValueError("data set 'mocap' needs a root: a folder with motions.npz, or one npz file")
        if not root.exists():
            raise FileNotFoundError(f"no file or folder {root}; give a root that exists")
        self.config = config
        self._given = self._read_cameras()
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
            index = read_json(path)
            self.skeleton, joints, clips = index["skeleton"], tuple(index.get("joints", ())), index["clips"]
            units, up = index["units"], index["up"]
            told = [(clip["key"], clip["subject"], clip["action"], clip["split"]) for clip in clips]
            rates = [clip.get("fps", index.get("fps")) for clip in clips]
            words = [self.skeleton, *joints, *(word for row in told for word in row)]
            if not all(isinstance(word, str) for word in words):
                raise TypeError("skeleton, joints, keys, subjects, actions and splits must be text")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{path} is no index of clips ({type(error).__name__}: {reason(error)})") from error
        if units != "metres" or up != "+Z":
            raise ValueError(f"{path}: units {brief(units)}, up {brief(up)}; expected metres and +Z")
        if joints and joints != get_skeleton(self.skeleton).joints:
            raise ValueError(f"{path}: joints {listed(joints, 30)} are not those of skeleton '{self.skeleton}'")
        self.facts = {}
        for (key, subject, action, split), fps in zip(told, rates, strict=True):
            if key in self.facts:
                raise ValueError(f"{path} names clip '{key}' twice; name each once")
            if split not in SPLITS[:-1]:
                raise ValueError(f"{path}: clip '{key}' has split {brief(split)}; known: {', '.join(SPLITS[:-1])}")
            if isinstance(fps, bool) or not isinstance(fps, int | float) or not 0 < fps < math.inf:
                raise ValueError(f"{path}: clip '{key}' has fps {brief(fps)}; give its frames per second, above 0")
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

    def _compare_options(self, path: Path) -> None:
        """What is stated of the positions counts, with a note. Who is held out, the index decides: a score on people
        who were seen in training says little."""
        rates = sorted({fps for _, _, fps, _ in self.facts.values()})
        said = {"skeleton": [self.skeleton], "fps": rates, "unit": ["m"], "up": ["z"]}
        stated = {name: getattr(self.config, name) for name in said if getattr(self.config, name) is not None}
        self._assumed = tuple(
            f"{name} is {value}, as stated; {path.name} says {', '.join(map(str, said[name]))}."
            for name, value in stated.items()
            if said[name] != [value]
        )
        self.skeleton = self.config.skeleton or self.skeleton
        if self.config.fps is not None:
            self.facts = {key: (*fact[:2], self.config.fps, fact[3]) for key, fact in self.facts.items()}
        given, held_out = self.config.val_subjects, self.subjects("val")
        if given and set(given) != set(held_out):
            raise ValueError(
                f"MocapConfig.val_subjects is {given}, and {path} says {', '.join(held_out) or 'nobody'}; leave it "
                "out, or change the index"
            )

    def _assume(self) -> None:
        """Take from the config what an npz without an index does not say."""
        self.skeleton, fps = self.config.skeleton or "h36m17", self.config.fps or 50.0
        subjects = sorted({key.split("/")[0] for key in self._arrays})
        held_out = set(self.config.val_subjects or subjects[4::5] or subjects[1:][-1:])
        unknown = sorted(held_out - set(subjects))
        if unknown:
            raise ValueError(f"MocapConfig.val_subjects names '{unknown[0]}'; known: {', '.join(subjects)}")
        self.facts = {
            key: (key.split("/")[0], "motion", fps, "val" if key.split("/")[0] in held_out else "train")
            for key in self._arrays
        }
        facts = {
            "skeleton": f"skeleton {self.skeleton}",
            "fps": f"{fps:g} frames/s",
            "unit": f"unit {self.config.unit or 'm'}",
            "up": f"{self.config.up or 'z'} up",
        }
        assumed = ", ".join(fact for name, fact in facts.items() if getattr(self.config, name) is None)
        stated = ", ".join(fact for name, fact in facts.items() if getattr(self.config, name) is not None)
        said = [*([f"{assumed} assumed"] if assumed else []), *([f"{stated} stated"] if stated else [])]
        self._assumed = (
            f"No index.json beside {self.path.name}: {', '.join(said)}; held-out subjects: "
            f"{', '.join(sorted(held_out)) or 'none'}.",
        )

    def subjects(self, split: Split) -> list[str]:
        return sorted({subject for subject, _, _, part in self.facts.values() if split in ("all", part)})

    def _read_cameras(self) -> tuple[Camera, ...]:
        """The cameras that stand where they stand for every clip."""
        name = self.config.cameras
        if name == "h36m":
            return h36m_cameras("S1")
        if name in PROTOCOLS:
            return ()
        if not Path(name).is_file():
            raise ValueError(
                f"MocapConfig.cameras is '{name}', which is no file; give h36m, {', '.join(PROTOCOLS)}, or a JSON file "
                "of cameras"
            )
        return read_cameras(Path(name))

    def load(self, subjects: Sequence[str]) -> LoadedData:
        sequences, left_out, total = [], 0, 0
        for motion in self._motions(subjects):
            seen, lost, views = self._see(motion)
            sequences += seen
            left_out += lost
            total += motion.num_frames * views
        return self._loaded(f"{self._seen_by()}; {left_out} of {total} frames left out {self._why()}.", sequences)

    def load_training(self, subjects: Sequence[str]) -> LoadedData:
        """The motion in the world, where training draws its cameras; otherwise what is scored."""
        if self._given:
            return self.load(subjects)
        motions = tuple(self._motions(subjects))
        return self._loaded("Each training window is seen by a camera that is drawn with it.", [], motions)

    def _motions(self, subjects: Sequence[str]) -> Iterator[Recording]:
        for key, (subject, action, fps, _) in self.facts.items():
            if subject in subjects:
                positions = _to_world(
                    self._arrays[key], self.config.unit or "m", self.config.up or "z", f"clip '{key}'"
                )
                positions = _centre(positions, get_skeleton(self.skeleton).root)
                motion = Recording(positions, subject, action, key, fps)
                check_recording(motion, self.skeleton)
                size = longest_way(positions, self.skeleton)
                if not SIZES[0] / 10 < size < SIZES[1] * 10:
                    raise ValueError(
                        f"{self.path}: the body of clip '{key}' measures {size:.3g} m along its bones; state the unit "
                        "of the positions (MocapConfig.unit)"
                    )
                try:
                    check_places(positions, self.skeleton)
                except ValueError as error:
                    raise ValueError(f"{self.path}, clip '{key}': {error}") from error
                yield motion

    def _see(self, motion: Recording) -> tuple[list[SkeletonSequence], int, int]:
        """The clips of a motion, the number of frames left out, and of cameras."""
        name, noise = self.config.cameras, self.config.noise
        if name == "h36m":
            return *render(motion, self._given, self.skeleton, noise), len(self._given)
        cameras = self._given or clip_cameras(motion)
        seen, lost = film(motion, cameras, self.skeleton, noise, crop=name == "crop", detector=name == "detector")
        blind = {camera.id for camera in self._given} - {clip.camera for clip in seen}
        if blind:
            raise ValueError(
                f"{name}: camera '{min(blind)}' sees nobody in clip '{motion.clip}', whose root's mean position lies "
                "over the origin; turn the camera towards it, or leave the camera or the clip out"
            )
        return seen, lost, len(cameras)

    def _seen_by(self) -> str:
        if self.config.cameras == "h36m":
            return "Seen by the four cameras of Human3.6M's S1, each clip centred over the origin"
        if self._given:
            names = ", ".join(camera.id for camera in self._given)
            return (
                f"Seen by the cameras of {Path(self.config.cameras).name} ({names}), each clip centred over the origin"
            )
        seen = "Each clip is seen by four cameras of the fixed list views_any.json"
        if self.config.cameras == "crop":
            return f"{seen}, with pictures cropped so that legs or an arm are outside"
        return seen

    def _why(self) -> str:
        if self.config.cameras == "h36m":
            return "because a joint was closer than 1 m to a camera or behind it"
        return "because a joint was closer than 0.7 m to a camera, or fewer than half of the joints were in the picture"

    def _loaded(
        self, seen_by: str, sequences: list[SkeletonSequence], motions: tuple[Recording, ...] = ()
    ) -> LoadedData:
        name = self.config.cameras
        notes = (seen_by, *self._assumed, noise_note(self.config.noise, detector=name == "detector"))
        file = f"{self.path.resolve().parent.name}/{self.path.name}"
        title = f"motion capture ({file})" if name == "h36m" else f"motion capture ({file}), cameras {Path(name).name}"
        source = input_name(self.config.noise, detector=name == "detector", crop=name == "crop")
        return LoadedData(sequences, title, notes, source, motions)

    def checksum(self) -> str:
        cameras = [asdict(camera) for camera in self._given] or views_to_plain(stored_views())
        told = {name: value for name, value in asdict(self.config).items() if value is not None}
        told = {"skeleton": "h36m17", "fps": 50.0} | told  # as they were written before they could be left open
        facts = json.dumps([told, self.facts, cameras], sort_keys=True)
        return hashlib.sha256(self.path.read_bytes() + facts.encode()).hexdigest()[:16]


def _to_world(positions: np.ndarray, unit: str, up: str, where: str) -> np.ndarray:
    """Positions in metres, z up; those that are so already are given as they are.

    Raises:
        ValueError: For what holds no real numbers.
    """
    if positions.dtype.kind not in "fiu":
        raise ValueError(f"{where}: positions are {positions.dtype}; give real numbers")
    if (parse_unit(unit), parse_up(up)) == (1.0, "z") or positions.shape[-1:] != (3,):
        return positions
    return to_metres_z_up(positions.astype(np.float64), unit, up)


def _centre(positions: np.ndarray, root: int) -> np.ndarray:
    """Moved horizontally so that the root's mean position is the origin."""
    if positions.ndim != 3 or not len(positions) or positions.shape[1] <= root:  # check_recording says what is wrong
        return positions
    shift = positions[:, root].mean(0, dtype=np.float64)
    shift[2:] = 0
    return (positions - shift).astype(np.float32)


DATASETS.register("mocap")(
    Dataset(
        MocapConfig,
        Mocap,
        "motion capture (npz of world positions) seen by any cameras",
        recognition=Recognition(
            "mocap: a folder with motions.npz ([T, J, 3] by SUBJECT/CLIP) and index.json",
            recognises,
            states=("skeleton", "fps", "unit", "up"),
        ),
    )
)
