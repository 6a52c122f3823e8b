"""``pygpose view``: motion shown in the browser."""

from __future__ import annotations

import json
import tempfile
import webbrowser
from pathlib import Path

import numpy as np
import torch

from graphs import get_skeleton
from pygpose import viewer as viewer  # registers the writer of pages
from pygpose.console import say
from pygpose.flags import View
from pygpose.io.motion import MOTION_FORMATS, unread_form
from pygpose.io.motion.clips import Joints, read_joints
from pygpose.io.motion.plausibility import check_places
from pygpose.io.motion.resampling import fill_all
from pygpose.io.motion.units import to_metres_z_up
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


def _read_motion(options: View) -> Joints:
    """The joints of a motion capture file; what was assumed and what is doubted is said."""
    stated = {"unit": options.unit, "up": options.up, "source_fps": options.fps, "joint_map": options.joint_map}
    joints = read_joints(options.motion, skeleton=options.skeleton, **stated)
    for sentence in (*joints.notes, *(f"Doubt: {doubt}" for doubt in joints.doubts)):
        say(sentence)
    return joints


def _read_arrays(options: View) -> dict[str, np.ndarray]:
    """The arrays of an npz, metres, z up, after what is stated."""
    unread = unread_form(options.motion)
    if unread is not None:
        raise ValueError(f"{options.motion} {unread}")
    arrays = read_npz(options.motion)
    if options.clip and options.clip not in arrays:
        raise ValueError(f"{options.motion} has no array '{options.clip}'; it has {', '.join(list(arrays)[:8])}")
    skeleton, found = get_skeleton(options.skeleton), {}
    for name in [options.clip] if options.clip else list(arrays)[:MOST]:
        positions = arrays[name]
        if positions.dtype.kind != "f":
            raise ValueError(f"{options.motion}: '{name}' holds no positions ({positions.dtype}); is it motion?")
        if positions.shape[1:] != (skeleton.num_joints, 3) or not len(positions):
            raise ValueError(
                f"{options.motion}: '{name}' is {list(positions.shape)}, expected [T, {skeleton.num_joints}, 3] of "
                f"skeleton '{skeleton.name}'; name another with --skeleton"
            )
        found[name] = to_metres_z_up(positions.astype(np.float64), options.unit or "m", options.up or "z")
        check_places(fill_all(found[name]), skeleton.name)
    return found


def _people(options: View) -> PeopleMotion:
    skeleton = get_skeleton(options.skeleton)
    if not options.motion.is_file():
        raise FileNotFoundError(f"no file or folder {options.motion}; give motion that exists")
    if recognising(options.motion, MOTION_FORMATS):
        joints = _read_motion(options)
        found, fps = {options.motion.stem: joints.positions}, joints.fps
    else:
        found, fps = _read_arrays(options), options.fps or _fps_beside(options.motion)
    people = []
    for name, positions in found.items():
        sure = torch.from_numpy(np.isfinite(positions).all(-1)).float()
        filled, none = torch.from_numpy(fill_all(positions)), torch.zeros(len(positions), 0, dtype=torch.bool)
        people.append(PersonMotion(name, filled, sure, none, [], fps, skeleton))
    if not people:
        raise ValueError(f"{options.motion} holds no motion")
    return PeopleMotion(people)
