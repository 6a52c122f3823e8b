"""``pygpose view``: motion shown in the browser."""

from __future__ import annotations

import json
import tempfile
import webbrowser
from pathlib import Path

import torch

from graphs import get_skeleton
from pygpose.console import say
from pygpose.flags import View
from pygpose.io.motion import MOTION_FORMATS, choose_joint_map, read_motion
from pygpose.io.recognition import recognising
from pygpose.io.writers import PeopleMotion, PersonMotion
from pygpose.safe.arrays import read_npz

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
