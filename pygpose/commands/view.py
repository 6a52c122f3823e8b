"""``pygpose view``: motion shown in the browser."""

from __future__ import annotations

import json
import tempfile
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import tyro

from graphs import get_skeleton
from pygpose.console import say
from pygpose.io.motion import MOTION_FORMATS, choose_joint_map, read_motion
from pygpose.io.recognition import recognising
from pygpose.io.writers import PeopleMotion, PersonMotion
from pygpose.safe.arrays import read_npz


@dataclass(frozen=True)
class View:
    """Show motion in the browser: turn it, play it, step through it.

    pygpose view motion/                              # what pygpose lift wrote
    pygpose view motions.npz --fps 50 --clip S01/01_01
    pygpose view walk.bvh --unit cm --up y
    """

    motion: Annotated[Path, tyro.conf.Positional]
    """Folder that pygpose lift wrote, a viewer.html, or a motion file: npz of positions, BVH, C3D."""
    clip: str = ""
    """Of an npz: name of the array to show. Not given: the first twenty."""
    fps: float | None = None
    """Of an npz: frames per second. Not given: what the .json beside it says, or 50."""
    skeleton: str = "h36m17"
    """Registered name of the skeleton to show; of an npz, that of its positions."""
    unit: str | None = None
    """Of BVH and C3D: length of one unit of the file, where the file does not say it."""
    up: str | None = None
    """Of BVH and C3D: the axis of the file that points up, where the file does not say it."""
    joint_map: str | None = None
    """Of BVH and C3D: name of a known joint map, or a JSON file with one."""
    out: Path | None = None
    """File for the page. Not given: a temporary one."""
    open: bool = True
    """Open the page in the browser; --no-open tells where it is, and no more."""


MOST = 20
"""Arrays of a file that are shown together at most."""


def run_view(options: View) -> int:
    """Find or make the page, and open it; gives the exit code."""
    page = _page(options.motion) if options.motion.is_dir() else options.motion
    if page.suffix != ".html":
        if options.out is not None and options.out.suffix != ".html":
            raise ValueError(f"--out is {options.out}; give a name that ends in .html")
        people, source = _people(options), page
        page = options.out or Path(tempfile.mkdtemp(prefix="pygpose-")) / f"{source.stem}.html"
        people.save(page)
    elif options.out is not None:
        raise ValueError(f"{page} is a page already; --out is for motion files")
    elif not page.is_file():
        raise FileNotFoundError(f"no file {page}; give a folder that pygpose lift wrote, or a motion file")
    say(f"{page}")
    if options.open and not webbrowser.open(page.resolve().as_uri()):
        say("No browser could be opened here; open the file above in one.")
    return 0


def _page(folder: Path) -> Path:
    """The page of a folder that pygpose lift wrote: of all people, or else of the only one."""
    if (folder / "viewer.html").is_file():
        return folder / "viewer.html"
    pages = sorted(folder.glob("*/viewer.html"))
    if len(pages) == 1:
        return pages[0]
    if pages:
        raise ValueError(f"{folder} holds {len(pages)} pages; name one, as {pages[0]}")
    motions = sorted(folder.rglob("motion.npz"))
    hint = f"; give {motions[0]} with --fps" if motions else ""
    raise FileNotFoundError(f"{folder} holds no viewer.html{hint}")


def _fps_beside(motion: Path) -> float:
    """Frames per second by the file that pygpose lift wrote beside the positions; 50 without it."""
    try:
        return float(json.loads(motion.with_suffix(".json").read_text(encoding="utf-8"))["fps"])
    except (OSError, ValueError, KeyError, TypeError):
        return 50.0


def _people(options: View) -> PeopleMotion:
    skeleton = get_skeleton(options.skeleton)
    if not options.motion.is_file():
        raise FileNotFoundError(f"no file or folder {options.motion}; give motion that exists")
    found: dict[str, torch.Tensor] = {}
    fps = options.fps or _fps_beside(options.motion)
    if recognising(options.motion, MOTION_FORMATS):
        motion = read_motion(options.motion, unit=options.unit, up=options.up)
        joints = choose_joint_map(motion, options.skeleton, options.joint_map).apply(motion)
        found, fps = {motion.name: torch.from_numpy(joints)}, motion.fps
    else:
        arrays = read_npz(options.motion)
        if options.clip and options.clip not in arrays:
            raise ValueError(f"{options.motion} has no array '{options.clip}'; it has {', '.join(list(arrays)[:8])}")
        names = [options.clip] if options.clip else list(arrays)[:MOST]
        for name in names:
            if arrays[name].dtype.kind != "f":
                raise ValueError(f"{options.motion}: '{name}' holds no positions ({arrays[name].dtype}); is it motion?")
        found = {name: torch.from_numpy(arrays[name]) for name in names}
    people = []
    for name, positions in found.items():
        if positions.shape[1:] != (skeleton.num_joints, 3) or not len(positions):
            raise ValueError(
                f"{options.motion}: '{name}' is {list(positions.shape)}, expected [T, {skeleton.num_joints}, 3] of "
                f"skeleton '{skeleton.name}'; name another with --skeleton"
            )
        sure, none = torch.ones(positions.shape[:2]), torch.zeros(len(positions), 0, dtype=torch.bool)
        people.append(PersonMotion(name, positions.double(), sure, none, [], fps, skeleton))
    if not people:
        raise ValueError(f"{options.motion} holds no motion")
    return PeopleMotion(people)
