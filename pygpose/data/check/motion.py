"""Motion capture files of every registered format, alone or in folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from pygpose.data.check.forms import FORMS, Findings, Form, Problem, Progress, Stated
from pygpose.data.check.tally import Tally, listed
from pygpose.io.motion import MOTION_FORMATS
from pygpose.io.motion.clips import MotionClip, compare, find_motion_files, read_clips
from pygpose.io.recognition import recognising
from pygpose.safe.arrays import npz_names
from pygpose.safe.text import shown

REMEDY = "copy or export the file again"
# What the user can state, and the words with which a reader asks for it.
FACTS = {"unit": "unit", "up": "up axis", "fps": "frame rate", "joint_map": "joint map", "skeleton": "skeleton"}


def recognises(path: Path) -> bool:
    """A file of a motion format, or a folder with such a file in it. A damaged npz alone is no sign of motion."""
    if path.is_dir():
        return any(recognises(file) for file in path.rglob("*") if file.is_file())
    return bool(recognising(path, MOTION_FORMATS)) and (path.suffix.lower() != ".npz" or bool(npz_names(path)))


def check(path: Path, stated: Stated, progress: Progress) -> list[Findings]:
    tally, clips, problems, notes, doubts = Tally(), {}, [], {}, {}
    try:
        files, others = find_motion_files(path, stated.format)
    except ValueError as error:
        return [Findings("motion capture", {}, (Problem.of(error, path, "give motion capture files"),))]
    for file in progress(files):
        try:
            made, remarks, doubted = read_clips(
                file,
                path,
                skeleton=stated.wanted_skeleton,
                format=stated.format,
                unit=stated.unit,
                up=stated.up,
                source_fps=stated.fps,
                joint_map=stated.joint_map,
            )
            compare(made, clips.values())
        except FileNotFoundError:
            raise
        except (ValueError, OSError) as error:
            asked = [fact for fact, word in FACTS.items() if word in str(error)]
            problems.append(Problem.of(error, file, REMEDY, asked))
            continue
        for clip in made:
            _add(tally, clip, stated.wanted_skeleton)
            clips[clip.key] = replace(clip, positions=clip.positions[:0])
        for note in remarks:
            notes.setdefault(note, []).append(shown(Path(file.name)))
        for doubt in doubted:
            doubts.setdefault(doubt, []).append(shown(Path(file.name)))
    facts = tally.facts() | {"units": "metres, z up, after what is stated or in the file"}
    facts["cameras"] = "none; converted, as the data set 'mocap', the motion is seen by cameras that its options choose"
    facts["notes"] = [
        f"{note} ({'all files' if len(names) == len(files) else listed(names, 5)})" for note, names in notes.items()
    ]
    if others:
        facts["left aside"] = f"{len(others)} other files: {listed(others, 5)}"
    kinds = (
        [stated.format] if stated.format else sorted({n for file in files for n in recognising(file, MOTION_FORMATS)})
    )
    title = f"motion capture, {len(files)} files: {', '.join(MOTION_FORMATS[kind].description for kind in kinds)}"
    doubtful = tuple(f"{doubt} ({listed(names, 3)})" for doubt, names in doubts.items())
    return [Findings(title, facts, tuple(problems), doubtful, tally.stills())]


def _add(tally: Tally, clip: MotionClip, skeleton: str) -> None:
    """Count a clip, whose pose is drawn as seen along y."""
    values = {f"{axis}, metres": clip.positions[..., index] for index, axis in enumerate("xyz")}
    values["body along its bones, metres"] = np.array([clip.size])
    pose = np.stack([clip.positions[..., 0], -clip.positions[..., 2], clip.positions[..., 1]], -1)
    tally.add(clip.subject, clip.key, skeleton, clip.source_fps, values=values, pose=pose)


FORMS.register("motion")(
    Form(
        "motion capture, a file or a folder of: "
        + ", ".join(MOTION_FORMATS[name].description for name in MOTION_FORMATS),
        recognises,
        check,
        ("format", *FACTS),
    )
)
