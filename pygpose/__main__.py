"""From 2D keypoints to 3D motion, and motion edited by hand.

pygpose lift keypoints.json --fps 30 --size 1920 1080
pygpose edit motion/VIDEO_1/motion.npz --pin 120 LWrist 0.1 0.2 1.4 --out edited.npz
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import tyro

from graphs import get_skeleton
from pygpose.console import console
from pygpose.inference.lift_file import SUFFIXES, lift_file
from pygpose.refine import edit_motion
from pygpose.safe.arrays import read_npz
from pygpose.safe.atomic import write_npz


@dataclass(frozen=True)
class Lift:
    """Turn a file of 2D keypoints into 3D motion: metres, z up, feet at z = 0.

    Everybody in the file gets a folder in OUT with motion.npz (an array [T, J, 3] under the person's name) and
    motion.csv (a row for each frame and joint, with its confidence). What had to be assumed is printed.
    """

    keypoints: Annotated[Path, tyro.conf.Positional]
    """File of keypoints in any known format (python -m pygpose.data check FILE names it), or OpenPose's folder."""
    out: Path = Path("motion")
    """Folder for the motion."""
    weights: str = "default"
    """Weights that lift: default, small, a run folder, or a model file."""
    fps: float | None = None
    """Frames per second, where the file does not say them."""
    size: tuple[int, int] | None = None
    """Width and height of the picture in pixels, where the file does not say them."""
    fov: float | None = None
    """Degrees that the camera sees across the picture's width. Not given: the file's camera, or else 55 degrees."""
    format: str | None = None
    """Name of the file's format. Not given: it is recognised."""
    correct: bool = True
    """Correct the motion: calm, with bones that keep their lengths and feet that stand still."""
    overwrite: bool = False
    """Replace motion of an earlier call."""


@dataclass(frozen=True)
class Edit:
    """Put joints to other places in some frames, and let the rest of the motion follow smoothly.

    Bones keep their lengths, and pins that the body reaches are met exactly; fifty frames away hardly anything moves.
    """

    motion: Annotated[Path, tyro.conf.Positional]
    """File of motion (.npz) with arrays [T, J, 3], metres, as pygpose lift writes it."""
    pin: tuple[tuple[int, str, float, float, float], ...] = ()
    """Frame, joint, and its place x y z in metres; give --pin again for every further pin."""
    out: Path = Path("edited.npz")
    """File for the edited motion."""
    clip: str = ""
    """Name of the array to edit, where the file holds several."""
    skeleton: str = "h36m17"
    """Registered name of the motion's skeleton."""
    keep_bones: bool = True
    """Let bones keep their lengths."""


def run_lift(options: Lift) -> None:
    people = lift_file(
        options.keypoints,
        weights=options.weights,
        size=options.size,
        fps=options.fps,
        field_of_view=options.fov,
        format=options.format,
        correct=options.correct,
    )
    for person in people:
        folder = options.out / _as_folder(person.name)
        files = [folder / f"motion{suffix}" for suffix in SUFFIXES]
        there = [file for file in files if file.exists()]
        if there and not options.overwrite:
            raise FileExistsError(f"{there[0]} exists; give --overwrite, or another folder with --out")
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            person.save(file)
        stands = f", feet on the ground in {person.contacts.any(1).float().mean():.0%} of them" if person.feet else ""
        sure = person.confidence.mean().item()
        _say(f"{person.name}: {len(person.positions)} frames at {person.fps:g} frames/s{stands}, confidence {sure:.2f}")
        for note in person.notes:
            _say(f"  {note}")
        _say(f"  {folder}")


def run_edit(options: Edit) -> None:
    arrays = read_npz(options.motion)
    name = options.clip or next(iter(arrays), "")
    if name not in arrays or (len(arrays) > 1 and not options.clip):
        raise ValueError(f"{options.motion} holds {', '.join(arrays) or 'nothing'}; name one of these with --clip")
    pins: dict[tuple[int, int | str], tuple[float, float, float]] = {}
    for frame, joint, x, y, z in options.pin:
        if (frame, joint) in pins:
            raise ValueError(f"--pin names frame {frame} and joint {joint} twice; give one place")
        pins[frame, joint] = (x, y, z)
    found = edit_motion(
        torch.from_numpy(arrays[name]), pins, get_skeleton(options.skeleton), keep_bones=options.keep_bones
    )
    write_npz(options.out, arrays | {name: found.positions.numpy()})
    _say(f"{options.out}: {name}, {len(pins)} pins, missed by at most {found.residuals['pins']:.1f} mm; other joints")
    _say(f"moved by {found.residuals['moved']:.1f} mm on average over all frames")


def _as_folder(name: str) -> str:
    """The name of a person as the name of a folder."""
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)
    return kept.strip(".") or "person"


def _say(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def main(argv: Sequence[str] | None = None) -> int:
    """The program; gives its exit code: 0 done, 2 what was given cannot be used."""
    commands = Annotated[Lift, tyro.conf.subcommand("lift")] | Annotated[Edit, tyro.conf.subcommand("edit")]
    words = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    config = (tyro.conf.UseAppendAction,)
    options = tyro.cli(commands, args=words, prog="pygpose", description=__doc__, config=config)
    try:
        run_lift(options) if isinstance(options, Lift) else run_edit(options)
    except (ValueError, OSError) as error:
        console.print(f"error: {error}", markup=False, highlight=False, soft_wrap=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
