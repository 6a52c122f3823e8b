"""``pygpose edit``: joints of a motion put to other places by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import tyro

from graphs import get_skeleton
from pygpose.console import say
from pygpose.refine import edit_motion
from pygpose.safe.arrays import read_npz
from pygpose.safe.atomic import write_npz


@dataclass(frozen=True)
class Edit:
    """Put joints to other places in some frames, and let the rest of the motion follow smoothly.

    pygpose edit motion/VIDEO_1/motion.npz --pin 120 LWrist 0.1 0.2 1.4 --out edited.npz

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


def run_edit(options: Edit) -> int:
    """Edit, write and tell; gives the exit code."""
    arrays = read_npz(options.motion)
    name = options.clip or next(iter(arrays), "")
    if name not in arrays or (len(arrays) > 1 and not options.clip):
        names = f"{', '.join(arrays)}; name one of these with --clip" if arrays else "no arrays; give a file of motion"
        raise ValueError(f"{options.motion} holds {names}")
    if arrays[name].dtype.kind != "f":
        raise ValueError(
            f"{options.motion}: '{name}' holds no positions ({arrays[name].dtype}); name another with --clip"
        )
    pins: dict[tuple[int, int | str], tuple[float, float, float]] = {}
    for frame, joint, x, y, z in options.pin:
        if (frame, joint) in pins:
            raise ValueError(f"--pin names frame {frame} and joint {joint} twice; give one place")
        pins[frame, joint] = (x, y, z)
    found = edit_motion(
        torch.from_numpy(arrays[name]), pins, get_skeleton(options.skeleton), keep_bones=options.keep_bones
    )
    write_npz(options.out, arrays | {name: found.positions.numpy()})
    say(f"{options.out}: {name}, {len(pins)} pins, missed by at most {found.residuals['pins']:.1f} mm")
    say(f"Other joints moved by {found.residuals['moved']:.1f} mm on average over all frames.")
    return 0
