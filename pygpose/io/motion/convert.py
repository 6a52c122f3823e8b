"""Motion capture files into the form of the data set ``mocap``: ``motions.npz`` and ``index.json``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphs import get_skeleton
from pygpose.io.motion.clips import MotionClip, compare, find_motion_files, read_clips
from pygpose.io.motion.frame_rates import parse_rate
from pygpose.io.motion.smpl_parameters import open_body
from pygpose.safe.atomic import write_all, write_arrays


@dataclass(frozen=True)
class Summary:
    """The result of a conversion."""

    clips: int
    bad: tuple[str, ...]
    """Files that could not be read, each with the reason."""
    lines: tuple[str, ...]
    """Sentences on what was found, dropped and assumed."""

    def __str__(self) -> str:
        return "\n".join(self.lines)


def convert_motion(
    source: str | Path,
    out_dir: str | Path,
    *,
    skeleton: str = "h36m17",
    fps: float = 50.0,
    format: str | None = None,
    unit: str | float | None = None,
    up: str | None = None,
    source_fps: float | None = None,
    joint_map: str | Path | Mapping[str, Any] | None = None,
    body: str | Path | None = None,
    action: str = "motion",
    val: Sequence[str] = (),
    drop_first: int = 0,
    skip_bad: bool = False,
    progress: Callable[[Sequence[Path]], Iterable[Path]] = iter,
) -> Summary:
    """Convert motion capture files (BVH, C3D, TRC, CSV or npy of points, AMASS-style npz) to the data set ``mocap``.

    Writes ``motions.npz`` (float32 positions ``[T, J, 3]``, metres, z up) and ``index.json`` into ``out_dir``, whole or
    not at all. A clip's subject is the first folder below ``source``; for a file that lies in no folder, its name
    before the first underscore.

    Args:
        source: A file, or a folder that is searched with its subfolders.
        out_dir: Folder to write to. Made where it does not exist; files of an earlier conversion are replaced.
        skeleton: Registered name of the skeleton to write.
        fps: Frames per second to write. Frames are taken as they are, or interpolated linearly.
        format: A name of ``MOTION_FORMATS`` for files that look like several, and to leave files of other formats
            aside. Recognised where not given.
        unit: Length of one unit of the files: m, cm, mm, inch, inch/0.45, or a number of metres. Needed where files do
            not say it, as BVH. Stated, it counts for all files, whatever they say, so convert files in different units
            apart; the same is true of ``up`` and ``source_fps``.
        up: Axis of the files that points up: y, z, -x, ... Needed where files do not say it, as BVH.
        source_fps: Frames per second of the recordings, where the files do not say them or say others.
        joint_map: Name of a known map; name of the skeleton whose joints the points are, by name or in order; or a
            JSON file that gives for each joint a point of the files, a list of points (their mean) or points with
            weights. Not given: the first known map whose points are all there. Needed for markers on the skin.
        body: Body model file of SMPL's family, the user's own, for AMASS's files of SMPL parameters.
        action: Name of the action in all clips.
        val: Names of the subjects to hold out of training. Not given: every fifth.
        drop_first: Number of frames to leave out at the start of every file. The public BVH conversions of CMU's
            recordings begin with a T pose: give 1 for them.
        skip_bad: Whether to go on where a file cannot be read, and to list the file.
        progress: Gives the files one by one and shows the progress.

    Raises:
        FileNotFoundError: Where ``source``, the joint map or the body model file does not exist.
        ValueError: For a file that cannot be read, naming it, unless ``skip_bad``; where no clip is left; for options
            that mean nothing.
    """
    source, out_dir = Path(source), Path(out_dir)
    get_skeleton(skeleton)
    if source_fps is not None:
        parse_rate(source_fps)
    if not 0 < fps <= 10000 or drop_first < 0:
        raise ValueError(f"fps must lie in 0..10000 and drop_first must not be negative, got {fps} and {drop_first}")
    paths, others = find_motion_files(source, format)
    body = None if body is None else Path(body)
    if body is not None:
        open_body(body)  # what is wrong with it is wrong with no motion file
    clips: dict[str, MotionClip] = {}
    notes: dict[str, list[str]] = {}
    bad: list[str] = []
    for path in progress(paths):
        try:
            made, remarks, doubts = read_clips(
                path,
                source,
                skeleton=skeleton,
                fps=fps,
                format=format,
                unit=unit,
                up=up,
                source_fps=source_fps,
                joint_map=joint_map,
                body=body,
                drop_first=drop_first,
            )
            compare(made, clips.values())
        except ValueError as error:
            reason = _printable(str(error) if str(path) in str(error) else f"{path}: {error}")
            if not skip_bad:
                raise ValueError(f"{reason} (skip_bad goes on without such files)") from error
            bad.append(reason)
            continue
        clips |= {clip.key: clip for clip in made}
        for remark in (*remarks, *doubts):
            notes.setdefault(remark, []).append(path.name)
    if not clips:
        raise ValueError(f"{source}: no clip is left of {len(paths)} files" + (f"; first: {bad[0]}" if bad else ""))
    subjects = sorted({clip.subject for clip in clips.values()})
    held_out = _held_out(subjects, val)
    read = len(paths) - len(bad)
    minutes = sum(len(clip.positions) for clip in clips.values()) / fps / 60
    who = ", ".join(sorted(held_out)) + ("" if val else " (every fifth, as none was named)")
    if not held_out:
        who = "nobody, and training needs a held-out person: put another person's files into a folder of their own"
    lines = (
        f"{len(clips)} clips of {len(subjects)} subjects ({', '.join(subjects)}), {minutes:.1f} minutes at {fps:g} "
        f"frames/s, skeleton {skeleton}, from {read} of {len(paths)} motion files.",
        f"Subjects are the first folder, or the file's name before the first underscore; held out: {who}.",
        f"Action of all clips: {action}.",
        *(f"{note} ({_those(files, read)})" for note, files in notes.items()),
        *(f"Not read: {reason}" for reason in bad),
        *([f"Left aside: {_printable(_those(others, 0))}."] if others else []),
    )
    _write(out_dir, clips, skeleton, fps, action, held_out, lines)
    return Summary(len(clips), tuple(bad), (*lines, f"Written: {out_dir / 'motions.npz'} and index.json."))


def _held_out(subjects: list[str], val: Sequence[str]) -> set[str]:
    unknown = sorted(set(val) - set(subjects))
    if unknown:
        raise ValueError(f"val names subject '{unknown[0]}'; known: {', '.join(subjects)}")
    return set(val or subjects[4::5] or subjects[1:][-1:])


def _printable(text: str) -> str:
    """File names that are no UTF-8, with their bytes spelled out."""
    return text.encode(errors="backslashreplace").decode()


def _those(files: list[str], everything: int) -> str:
    if len(files) == everything:
        return "all files"
    return ", ".join(files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")


def _write(
    out_dir: Path,
    clips: dict[str, MotionClip],
    skeleton: str,
    fps: float,
    action: str,
    held_out: set[str],
    lines: Sequence[str],
) -> None:
    index = {
        "skeleton": skeleton,
        "joints": list(get_skeleton(skeleton).joints),
        "units": "metres",
        "up": "+Z",
        "fps": fps,
        "notes": list(lines),
        "clips": [
            {
                "key": clip.key,
                "subject": clip.subject,
                "action": action,
                "frames": len(clip.positions),
                "fps": fps,
                "source": clip.source,
                "source_fps": clip.source_fps,
                "split": "val" if clip.subject in held_out else "train",
            }
            for clip in clips.values()
        ],
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    arrays = {key: clip.positions for key, clip in clips.items()}
    write_all(
        {
            out_dir / "motions.npz": lambda part: write_arrays(part, arrays),
            out_dir / "index.json": lambda part: part.write_text(json.dumps(index, indent=1), encoding="utf-8"),
        }
    )
