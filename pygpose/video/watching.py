"""From a video to the keypoints of everybody in it; what is done is kept, and an interrupted call goes on there."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from graphs import get_skeleton
from pygpose.console import progress
from pygpose.frames import keypoints_at_times
from pygpose.io.keypoints import KeypointTrack
from pygpose.safe.arrays import read_npz
from pygpose.safe.atomic import write_npz
from pygpose.safe.door import reading
from pygpose.safe.text import shown
from pygpose.video.detectors import DETECTORS, Detector, Seen
from pygpose.video.frames import STEADY, VideoFacts, content_key, video_facts, video_frames
from pygpose.video.region import Region
from pygpose.video.tracking import Followed, Tracker

KEEP_EVERY = 10.0
"""Seconds of work after which what is done is written to disk."""
SHORTEST, FAINT = 0.5, 0.45
"""Seconds for which somebody must be seen, and their mean confidence: fainter people are things."""


@dataclass
class Watched:
    """What was seen of a video so far: a row for each person in each frame."""

    times: list[float] = field(default_factory=list)
    """Seconds, of every frame that is done."""
    frames: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    keypoints: list[np.ndarray] = field(default_factory=list)
    confidence: list[np.ndarray] = field(default_factory=list)
    regions: list[np.ndarray] = field(default_factory=list)
    whole: bool = False

    def add(self, frame: int, time: float, people: Mapping[int, Seen]) -> None:
        """Who was seen in the next frame."""
        for person, seen in people.items():
            region = seen.region
            self.frames.append(frame)
            self.people.append(person)
            self.keypoints.append(seen.keypoints)
            self.confidence.append(seen.confidence)
            self.regions.append(np.array([region.x, region.y, region.size, region.angle, region.sure]))
        self.times.append(time)  # the last: rows of a frame whose time is not there were interrupted

    def write(self, path: Path, joints: int) -> None:
        """Write all frames that are done."""
        rows = sum(frame < len(self.times) for frame in self.frames)
        arrays = {
            "times": np.array(self.times),
            "frames": np.array(self.frames[:rows], np.int64),
            "people": np.array(self.people[:rows], np.int64),
            "keypoints": np.array(self.keypoints[:rows], np.float32).reshape(-1, joints, 2),
            "confidence": np.array(self.confidence[:rows], np.float32).reshape(-1, joints),
            "regions": np.array(self.regions[:rows]).reshape(-1, 5),
            "whole": np.array(self.whole),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        write_npz(path, arrays)

    @classmethod
    def read(cls, path: Path) -> Watched:
        with reading(path):
            arrays = read_npz(path)
            rows = len(arrays["frames"]) if arrays.get("frames", np.array(0)).ndim else -1
            axes = {"times": 1, "frames": 1, "people": 1, "keypoints": 3, "confidence": 2, "regions": 2, "whole": 0}
            fits = all(name in arrays and arrays[name].ndim == count for name, count in axes.items())
            if not fits or any(len(arrays[name]) != rows for name in ("people", "keypoints", "confidence", "regions")):
                raise ValueError(f"{shown(path)} is not what was seen of a video, or damaged; remove it")
            if not all(arrays[name].dtype.kind in "fiub" and np.isfinite(arrays[name]).all() for name in axes):
                raise ValueError(f"{shown(path)} holds other things than finite numbers: it is damaged; remove it")
            parts = {name: list(arrays[name]) for name in ("keypoints", "confidence", "regions")}
            numbers = {name: arrays[name].tolist() for name in ("times", "frames", "people")}
            return cls(**numbers, **parts, whole=bool(arrays["whole"]))

    def tracker(self, detector: Detector, fps: float) -> Tracker:
        """A tracker that goes on after the last frame that is done."""
        last = {person: row for row, person in enumerate(self.people)}
        people = [
            Followed(person, Region(*map(float, self.regions[row])), self.frames[row]) for person, row in last.items()
        ]
        return Tracker(detector, fps, people, max(self.people, default=0))


def watch(path: Path, detector: str = "blazepose", keep_in: Path | None = None) -> list[KeypointTrack]:
    """The keypoints of everybody in a video, at a steady frame rate.

    Args:
        path: The video.
        detector: A name of :data:`~pygpose.video.DETECTORS`.
        keep_in: Folder in which what is seen is kept, by the content of the video and the detector. An interrupted call
            goes on from there, and a further one does not look at the video again. Not given: nothing is kept.

    Raises:
        FileNotFoundError, ValueError: As :func:`~pygpose.video.frames.video_facts`, for an unknown detector, and where
            nobody is found.
    """
    facts = video_facts(path)
    kept = None if keep_in is None else keep_in / f"{path.stem}.{detector}.{content_key(path)}.seen.npz"
    watched = Watched.read(kept) if kept is not None and kept.is_file() else Watched()
    make = DETECTORS[detector]
    skeleton = make.skeleton  # pyright: ignore[reportFunctionMemberAccess]: a class's
    if not watched.whole:
        _go_on(path, watched, make(), facts, kept)
    return _tracks(path.stem, watched, skeleton, facts)


def _go_on(path: Path, watched: Watched, detector: Detector, facts: VideoFacts, kept: Path | None) -> None:
    tracker, done = watched.tracker(detector, facts.fps), len(watched.times)
    joints = get_skeleton(detector.skeleton).num_joints
    written = clock.monotonic()
    try:
        with progress(f"detecting people in {path.name}", facts.frames or None, done) as advance:
            for frame, (time, picture) in enumerate(video_frames(path, done), done):
                watched.add(frame, time, tracker.step(frame, picture))
                advance()
                if kept is not None and clock.monotonic() - written > KEEP_EVERY:
                    watched.write(kept, joints)
                    written = clock.monotonic()
        watched.whole = True
    finally:
        if kept is not None and watched.times:
            watched.write(kept, joints)


def _tracks(video: str, watched: Watched, skeleton: str, facts: VideoFacts) -> list[KeypointTrack]:
    """Everybody who was seen for long enough, at a steady frame rate."""
    times, frames, people = np.array(watched.times), np.array(watched.frames), np.array(watched.people)
    if not len(frames):
        raise ValueError(
            f"{video}: nobody is found in its {len(times)} frames; people must be a tenth of the picture high or more, "
            "or try another detector"
        )
    steps = np.diff(times)
    fps = 1 / float(np.median(steps)) if len(steps) else facts.fps
    steady = not len(steps) or bool((np.abs(steps * fps - 1) <= STEADY).all())
    if steady and len(steps):
        fps = len(steps) / float(times[-1] - times[0])
    notes = () if steady else (f"The video's frames come unevenly; keypoints are brought to {fps:.4g} frames/s.",)
    found, left_out = [], 0
    for person in sorted(set(people.tolist())):
        rows = np.flatnonzero(people == person)
        first, last = int(frames[rows[0]]), int(frames[rows[-1]])
        shape = (last - first + 1, get_skeleton(skeleton).num_joints)
        keypoints, confidence = np.zeros((*shape, 2)), np.zeros(shape)
        keypoints[frames[rows] - first] = np.stack([watched.keypoints[row] for row in rows])
        confidence[frames[rows] - first] = np.stack([watched.confidence[row] for row in rows])
        brief = times[last] - times[first] < SHORTEST and len(times) > 1
        sure = confidence[confidence > 0]
        if brief or not len(sure) or sure.mean() < FAINT:
            left_out += 1
            continue
        if not steady:
            keypoints, confidence = _evenly(times[first : last + 1], fps, keypoints, confidence)
            first = round(float(times[first]) * fps)
        track = KeypointTrack(
            keypoints, confidence, skeleton, video, str(person),
            fps=fps, size=facts.size, first_frame=first, notes=notes,
        )  # fmt: skip
        found.append(track)
    if not found:
        raise ValueError(f"{video}: {left_out} people are seen, all of them faintly or for less than {SHORTEST:g} s")
    return found


def _evenly(
    times: np.ndarray, fps: float, keypoints: np.ndarray, confidence: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints at even times (:func:`~pygpose.frames.keypoints_at_times`)."""
    wanted = times[0] + np.arange(int((times[-1] - times[0]) * fps + 1e-6) + 1) / fps
    places = torch.from_numpy(np.interp(wanted, times, np.arange(len(times))))
    found = keypoints_at_times(torch.from_numpy(keypoints)[None], torch.from_numpy(confidence)[None], places)
    return found[0][0].numpy(), found[1][0].numpy()
