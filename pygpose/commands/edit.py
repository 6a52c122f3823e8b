"""``pygpose edit``: joints of a motion put to other places by hand."""

from __future__ import annotations

import torch

from graphs import get_skeleton
from pygpose.console import say
from pygpose.flags import Edit
from pygpose.refine import edit_motion
from pygpose.safe.arrays import read_npz
from pygpose.safe.atomic import write_npz


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
