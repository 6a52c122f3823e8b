"""Biovision hierarchies (.bvh): a tree of joints with offsets, then one line of channel values for each frame.

The description of the format fits on two pages, so files are read here, without a package. A file says neither its unit
nor which axis is up: both have to be stated.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from pathlib import Path

import numpy as np

from pygpose.io.motion.formats import FRAME_RATES, MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.forward_kinematics import Joint, forward_kinematics
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
        return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(b"HIERARCHY")


def read(path: Path, *, unit: str | float | None = None, up: str | None = None) -> MotionFile:
    """Positions of all joints and end sites, the latter called ``PARENT_End``.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: Where unit or up axis is not stated; for a file that is cut short, is no UTF-8 text, has several
            roots, unknown or missing channels, or frames with another number of values, NaN, or none at all.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a BVH file that exists")
    if unit is None or up is None:
        raise ValueError(f"{path}: a BVH file says neither its unit nor its up axis; state unit ('cm') and up ('y')")
    if not _begins_well(path):
        raise ValueError(f"{path} does not begin with HIERARCHY: it is no BVH file")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no UTF-8 text (byte {error.start}); save it as UTF-8") from error
    head, *body = re.split(r"^[ \t]*MOTION[ \t\r]*$", text, maxsplit=1, flags=re.MULTILINE | re.IGNORECASE)
    if not body:
        raise ValueError(f"{path} has no MOTION part; cut short?")
    joints = _read_hierarchy(head, path)
    frames, fps, notes = _read_motion(body[0], joints, path)
    root = joints[0]
    if any(root.offset or ()) and any(kind == "position" for kind, _ in root.channels or ()):
        notes.append(f"The root's position channels take the place of its OFFSET {root.offset}.")
    with np.errstate(over="ignore", invalid="ignore"):  # absurd numbers become infinite, which MotionFile refuses
        positions = to_metres_z_up(forward_kinematics(joints, frames), unit, up)
    positions[np.isnan(positions)] = np.inf
    notes.append(f"BVH: one unit is {parse_unit(unit):g} m and {parse_up(up)} is up, as stated.")
    return MotionFile(path.stem, tuple(joint.name for joint in joints), positions, fps, tuple(notes))


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
                    f"{path}: '{line[:40]}' is out of place; a hierarchy has one ROOT with all joints inside, "
                    "split files of several people"
                )
            name = f"{here.name}_End" if keyword == "END" and here is not None else rest
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


def _read_motion(text: str, joints: list[Joint], path: Path) -> tuple[np.ndarray, float, list[str]]:
    """Values ``[T, C]``, frames per second, notes."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    head = re.fullmatch(r"Frames *: *(\S+) Frame Time *: *(\S+)", " ".join(sum(lines[:2], [])), re.IGNORECASE)
    if head is None:
        raise ValueError(f"{path}: 'Frames: N' and 'Frame Time: SECONDS' must be the lines after MOTION; cut short?")
    announced, frame_time = head.groups()
    if announced != str(len(lines) - 2):
        raise ValueError(f"{path} announces {announced[:12]} frames and holds {len(lines) - 2}; cut short?")
    if len(lines) == 2:
        raise ValueError(f"{path} has no frames; export it again")
    names = [(joint.name, axis, kind) for joint in joints for kind, axis in joint.channels or ()]
    for frame, line in enumerate(lines[2:]):
        if len(line) != len(names):
            raise ValueError(
                f"{path}: frame {frame} has {len(line)} values, the hierarchy has {len(names)} channels; cut short?"
            )
    try:
        frames = np.array(lines[2:], dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"{path}: a value of a frame is no number ({error}); decimals need points") from error
    if not np.isfinite(frames).all():
        frame, column = np.argwhere(~np.isfinite(frames))[0]
        joint, axis, kind = names[column]
        raise ValueError(f"{path}: NaN or infinite {'xyz'[axis]} {kind} of '{joint}' in frame {frame}; mend the file")
    fps = _frame_rate(frame_time, path)
    return frames, fps, [f"BVH: Frame Time {frame_time} s is taken as {fps:g} frames/s."]


def _frame_rate(printed: str, path: Path) -> float:
    """Frames per second of a printed frame time: .0083333 is 120, the one whole number that its digits allow."""
    seconds = _numbers([printed], 1, f"{path}: Frame Time")[0]
    if not 1 / FRAME_RATES[1] <= seconds <= 1 / FRAME_RATES[0]:
        raise ValueError(
            f"{path}: Frame Time is {seconds:g} s; expected {1 / FRAME_RATES[1]:g} to {1 / FRAME_RATES[0]:g}"
        )
    last_digit = 10.0 ** int(Decimal(printed).as_tuple().exponent)
    lowest, highest = 1 / (seconds + last_digit), 1 / max(seconds - last_digit / 2, 1e-9)
    whole = math.ceil(lowest)
    return float(whole) if whole <= highest < whole + 1 else 1 / seconds


def _numbers(words: list[str], count: int, where: str) -> tuple[float, ...]:
    try:
        values = tuple(float(word) for word in words)
    except ValueError:
        values = ()
    if len(values) != count or not all(map(math.isfinite, values)):
        raise ValueError(f"{where} is '{' '.join(words)[:60]}'; expected {count} finite numbers")
    return values


MOTION_FORMATS.register("bvh")(MotionFormat(recognises, read, "BVH (.bvh), unit and up axis stated"))
