"""From 2D keypoints to 3D motion, to look at and to edit.

Examples:
    pygpose lift keypoints.json --fps 30 --size 1920 1080
    pygpose lift clip.mp4
    pygpose view motion/
    pygpose check FILE
    pygpose convert DIR OUT --unit cm --up y
    pygpose edit motion.npz --pin 120 LWrist 0.1 0.2 1.4
    pygpose detector install
"""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

import tyro

from pygpose.console import show_error
from pygpose.flags import Check, Convert, DetectorFiles, Edit, Lift, View

FLAGS = {"field_of_view": "fov", "calibration": "camera", "pitch": "camera-pitch", "roll": "camera-roll"}
FLAGS |= {"height": "camera-height"}
"""Of what the library calls otherwise."""

Command = (
    Annotated[Lift, tyro.conf.subcommand("lift")]
    | Annotated[View, tyro.conf.subcommand("view")]
    | Annotated[Check, tyro.conf.subcommand("check")]
    | Annotated[Convert, tyro.conf.subcommand("convert")]
    | Annotated[Edit, tyro.conf.subcommand("edit")]
    | Annotated[DetectorFiles, tyro.conf.subcommand("detector")]
)


def run(options: Lift | View | Check | Convert | Edit | DetectorFiles) -> int:
    """The exit code of a command."""
    gc.disable()  # while modules are imported: it looks through their objects again and again, a sixth of that time
    try:
        work = work_of(options)
    finally:
        gc.enable()
    return work()


def work_of(options: Lift | View | Check | Convert | Edit | DetectorFiles) -> Callable[[], int]:
    """What does the work of a command. Its module is imported here: torch takes seconds, which ``--help`` does not
    need."""
    if isinstance(options, Lift):
        from pygpose.commands.lift import run_lift

        return partial(run_lift, options)
    if isinstance(options, View):
        from pygpose.commands.view import run_view

        return partial(run_view, options)
    if isinstance(options, DetectorFiles):
        from pygpose.commands.detector import run_detector

        return partial(run_detector, options)
    if isinstance(options, Edit):
        from pygpose.commands.edit import run_edit

        return partial(run_edit, options)
    from pygpose.data.commands import run_command

    return partial(run_command, options)


def main(argv: Sequence[str] | None = None) -> int:
    """The program; gives its exit code: 0 done, 1 not all could be used, 2 what was given cannot be used."""
    words = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    try:
        options = tyro.cli(
            Command, args=words, prog="pygpose", description=__doc__, config=(tyro.conf.UseAppendAction,)
        )
        return run(options)
    except KeyboardInterrupt:
        show_error("stopped; what is done of a video is kept, and the same command goes on from there")
        return 130
    except (ValueError, OSError) as error:
        show_error(_flagged(str(error)))
        return 2


def _flagged(text: str) -> str:
    """The library names what can be stated as ``StatedCamera.pitch`` and ``Stated.joint_map``; here those are flags."""

    def flag(match: re.Match[str]) -> str:
        return "--" + FLAGS.get(match[1], match[1]).replace("_", "-")

    return re.sub(r"\b(?:Stated|StatedCamera)\.(\w+)", flag, text)


if __name__ == "__main__":
    sys.exit(main())
