"""Look at data, and convert them.

pygpose check DIR_OR_FILE
pygpose convert DIR OUT_DIR --unit cm --up y
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.progress import track

from graphs import get_skeleton
from pygpose.data.check import Findings, Problem, Stated, check_data, known_forms
from pygpose.data.check.drawing import Still, draw
from pygpose.data.check.tally import STILLS, listed, spread
from pygpose.data.keypoints import known_fact, save_keypoints
from pygpose.flags import Check, Convert
from pygpose.io.keypoints import KEYPOINT_FORMATS, doubts, read_tracks
from pygpose.io.motion import MOTION_FORMATS
from pygpose.io.motion.convert import convert_motion
from pygpose.io.motion.frame_rates import parse_rate
from pygpose.io.motion.units import parse_unit, parse_up
from pygpose.io.recognition import recognising
from pygpose.kept_help import keep_help
from pygpose.safe.text import shown

LINES = 10  # of one fact
FILE_FORMATS = (*KEYPOINT_FORMATS, *MOTION_FORMATS)


def _check_words(unit: str | None, up: str | None, *skeletons: str | None) -> None:
    if unit is not None:
        parse_unit(unit)
    if up is not None:
        parse_up(up)
    for skeleton in skeletons:
        if skeleton is not None:
            get_skeleton(skeleton)


def _check_positive(size: tuple[int, int] | None, fps: float | None) -> None:
    if size is not None and min(size) < 1:
        raise ValueError(f"--size is {size[0]} {size[1]}; width and height must be positive")
    if fps is not None and not 0 < fps <= 10000:
        raise ValueError(f"--fps is {fps:g}; it must lie in 0..10000")


def run_check(options: Check) -> int:
    """Print what was found. 0 where it is usable, 1 where not."""
    _check_words(options.unit, options.up, options.skeleton, options.joints)
    _check_positive(size=options.size, fps=options.fps)
    known = dict.fromkeys([*known_forms(), *FILE_FORMATS])
    if options.format is not None and options.format not in known:
        raise ValueError(f"unknown --format '{options.format}'; known: {', '.join(known)}")
    format = options.format if options.format in FILE_FORMATS else None
    form = options.format if format is None else "keypoints" if format in KEYPOINT_FORMATS else "motion"
    stated = Stated(
        size=options.size,
        fps=options.fps,
        unit=options.unit,
        up=options.up,
        joints=options.joints,
        joint_map=options.joint_map,
        skeleton=options.skeleton,
        format=format,
    )
    everything = check_data(options.path, stated, form=form, progress=partial(_progress, what="checking"))
    for findings in everything:
        _print_findings(findings)
    _draw([still for findings in everything for still in findings.stills], options.pictures)
    problems = _grouped([problem for findings in everything for problem in findings.problems])
    for number, (where, what, remedy) in enumerate(problems, 1):
        _print(f"problem {number}: {where}: {what}")
        _print(f"    what would mend it: {_flagged(remedy)}")
    _print(f"not usable: {len(problems)} problem{'s' * (len(problems) > 1)}" if problems else "usable")
    return 1 if problems else 0


def _print_findings(findings: Findings) -> None:
    _print(f"form: {findings.format}")
    for name, value in findings.facts.items():
        lines = [value] if isinstance(value, str) else value
        more = [f"... and {len(lines) - LINES} more"] if len(lines) > LINES else []
        for index, line in enumerate([*lines[:LINES], *more]):
            _print(f"  {'' if index else name:<12}{line}")
    for doubt in findings.doubts:
        _print(f"  doubt       {doubt}")


def _grouped(problems: Sequence[Problem]) -> list[tuple[str, str, str]]:
    """Where, what and remedy of each problem. The same problem in several places is one."""
    places: dict[tuple[str, str], dict[str, None]] = {}
    for problem in problems:
        places.setdefault((problem.what, problem.remedy), {})[problem.where] = None
    return [(listed(where, 5), what, remedy) for (what, remedy), where in places.items()]


def _draw(stills: Sequence[Still], folder: Path) -> None:
    if not stills:
        return
    path = folder / "check.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draw(spread(stills, STILLS)).savefig(path, dpi=130)
    except OSError as error:
        _print(f"no picture: {shown(path)} cannot be written ({error.strerror}); give another folder with --pictures")
    else:
        _print(f"picture: {shown(path)}")


def run_convert(options: Convert) -> int:
    """Convert, and print what was done. 1 where a file could not be read."""
    _check_words(options.unit, options.up, options.skeleton, options.joints)
    _check_positive(size=options.size, fps=options.fps)
    if options.source_fps is not None:
        parse_rate(options.source_fps)
    if options.drop_first < 0:
        raise ValueError(f"--drop-first is {options.drop_first}; it must not be negative")
    if options.format is not None and options.format not in FILE_FORMATS:
        raise ValueError(f"unknown --format '{options.format}'; known: {', '.join(FILE_FORMATS)}")
    if not options.source.exists():
        raise FileNotFoundError(f"no file or folder {shown(options.source)}; give data that exist")
    if options.format is None:
        keypoints = bool(recognising(options.source, KEYPOINT_FORMATS))
    else:
        keypoints = options.format in KEYPOINT_FORMATS
    kind = "keypoints" if keypoints else "motion capture"
    foreign = "skeleton source_fps unit up joint_map body action val drop_first skip_bad".split()
    for name in foreign if keypoints else ("size", "joints"):
        if getattr(options, name) != getattr(Convert, name):
            raise ValueError(f"--{name.replace('_', '-')} says nothing about {kind}, as {shown(options.source)} is")
    try:
        lines = _convert_keypoints(options) if keypoints else _convert_motion(options)
    except ValueError as error:
        complain(error if keypoints else _with_flags(error))
        return 1
    for line in lines:
        _print(line)
    return 0


def _with_flags(error: ValueError) -> ValueError:
    """The error, and the flags with which what it asks for can be stated."""
    flags = {"unit": "--unit", "up axis": "--up", "frame rate": "--source-fps", "joint map": "--joint-map"}
    asked = [flag for word, flag in flags.items() if word in str(error)]
    return ValueError(f"{error} (see {', '.join(asked)})") if asked else error


def _convert_keypoints(options: Convert) -> Sequence[str]:
    tracks = read_tracks(
        options.source, format=options.format, size=options.size, fps=options.fps, joints=options.joints
    )
    path = options.out_dir / "keypoints.npz"
    for one in tracks:
        known_fact("size", one, one.size)
        known_fact("fps", one, one.fps)
    options.out_dir.mkdir(parents=True, exist_ok=True)
    save_keypoints(path, tracks)
    frames = sum(len(one.keypoints) for one in tracks)
    notes = dict.fromkeys(note for one in tracks for note in (*one.notes, *doubts(one)))
    return (
        f"{len(tracks)} people, {frames} frames, joints of {tracks[0].skeleton}.",
        *notes,
        f"Written: {shown(path)}",
    )


def _convert_motion(options: Convert) -> Sequence[str]:
    summary = convert_motion(
        options.source,
        options.out_dir,
        skeleton=options.skeleton,
        fps=options.fps or 50.0,
        format=options.format,
        unit=options.unit,
        up=options.up,
        source_fps=options.source_fps,
        joint_map=options.joint_map,
        body=options.body,
        action=options.action,
        val=options.val,
        drop_first=options.drop_first,
        skip_bad=options.skip_bad,
        progress=partial(_progress, what="converting"),
    )
    return summary.lines


def _progress(items: Sequence[Any], what: str) -> Iterable[Any]:
    """The items, with a progress bar that goes away when they are done; without a bar where there is no terminal."""
    console = Console(stderr=True)
    return track(items, what, console=console, transient=True, disable=not console.is_terminal)


def _print(text: str, file=None) -> None:
    """Print a line. Text from files may hold what would command a terminal; it is spelled out."""
    text = "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text)
    print(text, file=file)


def complain(error: Exception) -> None:
    """Print an error as a sentence, in the words of the flags."""
    _print(f"error: {_flagged(str(error))}", sys.stderr)


def _flagged(text: str) -> str:
    """The library names what can be stated as ``Stated.joint_map``; here it is ``--joint-map``."""
    return re.sub(r"\bStated\.(\w+)", lambda match: "--" + match[1].replace("_", "-"), text)


def main(argv: Sequence[str] | None = None) -> int:
    """The program; gives its exit code."""
    commands = Annotated[Check, tyro.conf.subcommand("check")] | Annotated[Convert, tyro.conf.subcommand("convert")]
    try:
        with keep_help():
            options = tyro.cli(commands, args=argv, prog="python -m pygpose.data", description=__doc__)
        return run_command(options)
    except (ValueError, OSError) as error:
        complain(error)
        return 2


def run_command(options: Check | Convert) -> int:
    """The exit code of a command: 0, or 1 for data that are not usable."""
    return run_check(options) if isinstance(options, Check) else run_convert(options)
