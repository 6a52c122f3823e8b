"""Biovision hierarchies (.bvh): a tree of joints with offsets, then one line of channel values for each frame.

The description of the format fits on two pages, so files are read here, without a package. A file says neither its unit
nor which axis is up: both have to be stated.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from pygpose.io.motion.bvh_frames import read_frames
from pygpose.io.motion.formats import MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.forward_kinematics import Joint, forward_kinematics
from pygpose.io.motion.text_files import read_text, with_decimal_points
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up

CHANNELS = {f"{axis}{kind}": (kind, "xyz".index(axis)) for axis in "xyz" for kind in ("position", "rotation")}
MAX_JOINTS = 1000  # bodies with all fingers and face have 200; more is a damaged file


def recognises(path: Path) -> bool:
    """A file that is named ``.bvh``, or begins with ``HIERARCHY``."""
    try:
        return path.is_file() and (path.suffix.lower() == ".bvh" or _begins_well(path))
    except (OSError, ValueError):
        return False


def _begins_well(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(64).replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").upper().startswith(b"HIERARCHY")


def read(path: Path, *, unit: str | float | None = None, up: str | None = None, fps: float | None = None) -> MotionFile:
    """Positions of all joints and end sites, the latter called ``PARENT_End``, ``PARENT_End2``, ...

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: Where unit or up axis is not stated; for a file that is cut short, has several roots, unknown or
            missing channels, or frames with another number of values, NaN, or none at all.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a BVH file that exists")
    if unit is None or up is None:
        raise ValueError("a BVH file says neither its unit nor its up axis; state unit ('cm') and up ('y')")
    text, notes = read_text(path)
    if not text.lstrip().upper().startswith("HIERARCHY"):
        raise ValueError(f"{path} does not begin with HIERARCHY: it is no BVH file")
    text, commas = with_decimal_points(text)
    head, *body = re.split(r"^[ \t]*MOTION[ \t]*$", text, maxsplit=1, flags=re.MULTILINE | re.IGNORECASE)
    if not body:
        raise ValueError(f"{path} has no MOTION part; cut short?")
    joints = _read_hierarchy(head, path)
    frames, rate, said = read_frames(body[0], joints, fps)
    notes = [*notes, *commas, *said]
    root = joints[0]
    if any(root.offset or ()) and any(kind == "position" for kind, _ in root.channels or ()):
        notes.append("The root's position channels take the place of its OFFSET.")
    with np.errstate(over="ignore", invalid="ignore"):  # absurd numbers become infinite, which MotionFile refuses
        positions = to_metres_z_up(forward_kinematics(joints, frames), unit, up)
    positions[np.isnan(positions)] = np.inf
    notes.append(f"BVH: one unit is {parse_unit(unit):g} m and {parse_up(up)} is up, as stated.")
    return MotionFile(path.stem, tuple(joint.name for joint in joints), positions, rate, tuple(notes))


def _read_hierarchy(text: str, path: Path) -> list[Joint]:
    joints: list[Joint] = []
    open_joints: list[int] = []  # from the root to the joint whose braces are open
    expects_brace = False
    lines = text.strip().replace("{", "\n{\n").replace("}", "\n}\n").splitlines()[1:]
    for line in filter(None, map(str.strip, lines)):
        keyword, rest = (*line.split(maxsplit=1), "")[:2]
        keyword = keyword.upper()
        here = joints[open_joints[-1]] if open_joints else None
        if expects_brace != (keyword == "{"):
            raise ValueError(f"{path}: '{{' must follow the name of a joint and nothing else, found '{line[:40]}'")
        expects_brace = False
        if keyword == "{":
            open_joints.append(len(joints) - 1)
        elif keyword == "}" and here is not None:
            _check_joint(here, path)
            open_joints.pop()
        elif keyword in ("ROOT", "JOINT", "END"):
            if (keyword == "ROOT") != (not open_joints) or (keyword == "ROOT" and joints):
                raise ValueError(
                    f"{path}: '{line[:40]}' is out of place, as a hierarchy has one ROOT with all joints inside; split "
                    "files of several people into a file for each"
                )
            name = _end_name(joints, open_joints[-1]) if keyword == "END" and here is not None else rest
            if not name or len(joints) == MAX_JOINTS:
                raise ValueError(f"{path}: joint {len(joints)} has no name, or there are over {MAX_JOINTS} joints")
            joints.append(
                Joint(name, open_joints[-1] if open_joints else -1, channels=[] if keyword == "END" else None)
            )
            expects_brace = True
        elif keyword == "OFFSET" and here is not None and here.offset is None:
            here.offset = _numbers(rest.split(), 3, f"{path}: OFFSET of '{here.name}'")
        elif keyword == "CHANNELS" and here is not None and here.channels is None:
            here.channels = _read_channels(rest.split(), f"{path}: CHANNELS of '{here.name}'")
        else:
            raise ValueError(f"{path}: cannot read '{line[:40]}' in the hierarchy; it is damaged, or no BVH file")
    if open_joints or expects_brace or not joints:
        raise ValueError(f"{path}: the hierarchy ends inside '{joints[-1].name if joints else 'nothing'}'; cut short?")
    column = 0
    for joint in joints:
        joint.columns = list(range(column, column := column + len(joint.channels or ())))
    return joints


def _end_name(joints: list[Joint], parent: int) -> str:
    ends = sum(joint.parent == parent and joint.name.startswith(f"{joints[parent].name}_End") for joint in joints)
    return f"{joints[parent].name}_End{ends + 1 if ends else ''}"


def _check_joint(joint: Joint, path: Path) -> None:
    for keyword, value in (("OFFSET", joint.offset), ("CHANNELS", joint.channels)):
        if value is None:
            raise ValueError(
                f"{path}: joint '{joint.name}' has no {keyword} line; add it ('CHANNELS 0': it never moves)"
            )


def _read_channels(words: list[str], where: str) -> list[tuple[str, int]]:
    count, names = words[:1], [word.lower() for word in words[1:]]
    if count != [str(len(names))]:
        raise ValueError(f"{where} announces {' '.join(count) or 'no number of'} channels and names {len(names)}")
    unknown = [name for name in names if name not in CHANNELS]
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"{where} names {' '.join(unknown) or 'a channel twice'}; known: {', '.join(CHANNELS)}")
    return [CHANNELS[name] for name in names]


def _numbers(words: list[str], count: int, where: str) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in words)
    except ValueError:
        values = ()
    if len(values) != count or not all(map(math.isfinite, values)):
        raise ValueError(f"{where} is '{' '.join(words)[:60]}'; expected {count} finite numbers")
    return values


MOTION_FORMATS.register("bvh")(MotionFormat(recognises, read, "BVH (.bvh), unit and up axis stated"))
