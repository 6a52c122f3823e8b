"""Joints and clips of a registered skeleton out of motion capture files: mapped, gaps cut, frames resampled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from graphs import get_skeleton
from pygpose.io.motion import MOTION_FORMATS, choose_joint_map, read_motion, unread_form
from pygpose.io.motion.plausibility import body_size, doubts
from pygpose.io.motion.resampling import complete_stretches, fill_gaps, resample
from pygpose.io.recognition import recognising

SAME_PERSON = 1.5  # clips of one subject differ less in size
LONGEST_FILLED = 0.1  # seconds of a marker that are interpolated
SHORTEST_KEPT = 0.2  # seconds between longer gaps that are worth a clip


@dataclass(frozen=True)
class MotionClip:
    """A stretch of a motion capture file in which all joints of a skeleton are there."""

    key: str
    """``SUBJECT/CLIP``."""
    positions: np.ndarray
    """``[T, J, 3]``, metres, z up."""
    source: str
    source_fps: float
    size: float

    @property
    def subject(self) -> str:
        return self.key.split("/")[0]


@dataclass(frozen=True)
class Joints:
    """The joints of a skeleton as one file has them."""

    positions: np.ndarray
    """``[T, J, 3]``, metres, z up; NaN in gaps that are too long to interpolate."""
    fps: float
    size: float
    """The body along its bones, metres."""
    notes: tuple[str, ...]
    doubts: tuple[str, ...]


def read_joints(
    path: Path,
    *,
    skeleton: str,
    format: str | None = None,
    unit: str | float | None = None,
    up: str | None = None,
    source_fps: float | None = None,
    joint_map: str | Path | Mapping[str, Any] | None = None,
    body: Path | None = None,
    drop_first: int = 0,
) -> Joints:
    """The joints in one file. The arguments are those of :func:`~pygpose.io.motion.convert.convert_motion`.

    Raises:
        FileNotFoundError: Where the joint map does not exist.
        ValueError: For a file that cannot be read, in which the joints are never all there, or in which the body has no
            person's size.
    """
    motion = read_motion(path, format=format, unit=unit, up=up, fps=source_fps, body=body)
    chosen = choose_joint_map(motion, skeleton, joint_map)
    notes = [*motion.notes, f"Joint map '{chosen.name}'.", *chosen.notes]
    joints = chosen.apply(motion)[drop_first:]
    if drop_first:
        notes.append(f"The first {drop_first} frames of every file are left out.")
    joints, filled = fill_gaps(joints, int(LONGEST_FILLED * motion.fps))
    if filled:
        notes.append(f"{filled} joint positions in gaps of up to {LONGEST_FILLED:g} s are interpolated.")
    complete = joints[np.isfinite(joints).all((1, 2))]
    if not len(complete):
        raise ValueError(f"there is no frame with all joints among its {len(joints)} frames{_lost(joints, skeleton)}")
    size = body_size(complete, skeleton)
    return Joints(joints, motion.fps, size, tuple(notes), tuple(doubts(joints, skeleton, motion.fps)))


def _lost(joints: np.ndarray, skeleton: str) -> str:
    """The joints that no frame has, as the end of a sentence."""
    seen = np.flatnonzero(np.isfinite(joints).all(-1).any(0))
    lost = [joint for place, joint in enumerate(get_skeleton(skeleton).joints) if place not in seen]
    return f"; {', '.join(lost)} are missing in all of them: map other points to them" if lost and len(joints) else ""


def read_clips(
    path: Path, source: Path, *, skeleton: str, fps: float | None = None, **options: Any
) -> tuple[list[MotionClip], list[str], list[str]]:
    """Clips of one file at ``fps`` (not given: as recorded), sentences about them, and doubts.

    The options are those of :func:`read_joints`.

    Raises:
        FileNotFoundError: Where the joint map does not exist.
        ValueError: For a file that cannot be read, or in which the body has no person's size.
    """
    found = read_joints(path, skeleton=skeleton, **options)
    stretches, notes = _stretches(found)
    positions = [resample(joints, found.fps, fps or found.fps).astype(np.float32) for joints in stretches]
    clips = [
        MotionClip(key, joints, path.name, found.fps, found.size)
        for key, joints in zip(_keys(path, source, len(stretches)), positions, strict=True)
    ]
    if fps not in (None, found.fps):
        notes.append(f"Resampled from {found.fps:g} frames/s.")
    return clips, notes, list(found.doubts)


def find_motion_files(source: Path, format: str | None = None) -> tuple[list[Path], list[str]]:
    """Motion files of one format, or of any where it is not given, and the names of other files.

    Raises:
        FileNotFoundError: Where there is no such file or folder.
        ValueError: For an unknown format, and where none of a folder's files is a motion file.
    """
    if source.is_file():
        return [source], []
    if not source.is_dir():
        raise FileNotFoundError(f"no file or folder {source}; give motion capture files that exist")
    files = sorted(path for path in source.rglob("*") if path.is_file())
    if format is None:
        found = [path for path in files if recognising(path, MOTION_FORMATS)]
    else:
        found = [path for path in files if MOTION_FORMATS[format].recognises(path)]
    if not found:
        kind = f" of format {format}" if format else ""
        unread = next((f": {path.name} {said}" for path in files if (said := unread_form(path))), "")
        raise ValueError(f"{source} holds no motion capture files{kind} among its {len(files)} files{unread}")
    return found, [path.name for path in sorted(set(files) - set(found))]


def _stretches(found: Joints) -> tuple[list[np.ndarray], list[str]]:
    """Joints ``[T, J, 3]`` of every stretch of a file in which all are there, and sentences about them."""
    joints, notes = found.positions, list(found.notes)
    complete = complete_stretches(joints)
    kept = [joints[part] for part in complete if part.stop - part.start >= SHORTEST_KEPT * found.fps]
    kept = kept or [joints[part] for part in complete if part == slice(0, len(joints))]  # a whole file may be short
    if not kept:
        raise ValueError(f"all joints are never there for {SHORTEST_KEPT:g} s in its {len(joints)} frames")
    lost = len(joints) - sum(map(len, kept))
    if lost:
        notes.append(f"{lost} of {len(joints)} frames lack a joint and are left out; each stretch between is a clip.")
    return kept, notes


def _keys(path: Path, source: Path, count: int) -> list[str]:
    """``SUBJECT/CLIP`` for each of a file's clips."""
    inside = Path(path.name) if path == source else path.relative_to(source)
    name = inside.with_suffix("").as_posix()
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"the file's name {name!r} is no UTF-8; rename it") from error
    key = name if "/" in name else f"{name.split('_')[0] or name}/{name}"
    return [key, *(f"{key}.part{number}" for number in range(1, count))]


def compare(made: list[MotionClip], clips: Iterable[MotionClip]) -> None:
    """Check that one subject has one size, and that one clip comes from one file.

    Raises:
        ValueError: Where that is not so for the clips ``made`` of one file, among the clips of the files before it.
    """
    for clip in clips:
        if any(clip.key == one.key for one in made):
            raise ValueError(f"clip '{clip.key}' comes from {clip.source} already; rename one of the two files")
        ratio = made[0].size / clip.size
        if clip.subject == made[0].subject and not 1 / SAME_PERSON < ratio < SAME_PERSON:
            raise ValueError(
                f"subject '{clip.subject}' measures {made[0].size:.3g} m here and {clip.size:.3g} m in {clip.source}; "
                "are the files in different units? convert them apart"
            )
