"""AMASS-style npz files: joints over time with a frame rate.

AMASS itself holds parameters of body models, which give joints only with the user's licensed model files. Files that
people make with those models hold the joints, and are read without them: ``joints`` or ``Jtr`` ``[T, K, 3]`` beside
AMASS's frame rate. Arrays of other names stay unread.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from graphs import get_skeleton
from pygpose.io.motion.formats import MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.frame_rates import parse_rate
from pygpose.io.motion.missing import mark_missing
from pygpose.io.motion.smpl_parameters import BODY_JOINTS, PARAMETERS, pose_joints
from pygpose.io.motion.stated import stated_or_read
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up
from pygpose.safe.arrays import npz_names, read_npz
from pygpose.safe.text import listed

JOINTS = ("joints", "Jtr")
FRAME_RATE = ("mocap_framerate", "mocap_frame_rate", "fps", "frame_rate", "framerate")
FAMILY = {22: "the body of SMPL", 24: "SMPL", 52: "SMPL-H", 55: "SMPL-X", 127: "SMPL-X with landmarks"}


def recognises(path: Path) -> bool:
    """An npz with joints or SMPL parameters over time, or one that cannot be opened. Our own keypoint files, which name
    a skeleton, are not."""
    try:
        if path.suffix.lower() != ".npz" or not path.is_file():
            return False
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
        return "skeleton" not in names and (not names.isdisjoint(JOINTS) or names.issuperset(("poses", "trans")))
    except Exception:  # a damaged archive fails in many ways; read() says which
        return path.is_file()


def read(
    path: Path,
    *,
    unit: str | float | None = None,
    up: str | None = None,
    fps: float | None = None,
    body: Path | None = None,
) -> MotionFile:
    """Joints by SMPL's names, or by those in ``joint_names``. Metres and z up, as AMASS has them, unless stated.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For damaged files; for pickled objects in arrays that are needed; where joints or their names are
            missing, or the frame rate is neither there nor stated; and for files of SMPL parameters alone, unless a
            ``body`` model file is given.
    """
    if path.is_file() and not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is no npz archive, or cut short; copy or download it again")
    there = npz_names(path)
    given, said_of_body = next((name for name in JOINTS if name in there), None), ()
    arrays = read_npz(path, only=(given, *FRAME_RATE) if given else (*PARAMETERS, *FRAME_RATE))
    if given is None and {"poses", "trans"} <= there:
        if body is None:
            raise ValueError(
                f"{path} holds SMPL parameters only; convert it with a body: the licensed body model file of your own "
                "(and pip install 'pygpose[smpl]')"
            )
        arrays["joints"], said_of_body = pose_joints(arrays, body, path)
        said_of_body = (*said_of_body, f"Gender in the file: {_gender(path)}.")
        given = "joints"
    if given is None:
        raise ValueError(f"{path} lacks {' or '.join(JOINTS)}; it has: {listed(sorted(there))}")
    joints = arrays[given]
    if joints.dtype.kind not in "iuf" or joints.ndim != 3 or joints.shape[2] != 3:
        raise ValueError(f"{path}: '{given}' is {joints.dtype} {list(joints.shape)}, expected numbers [T, K, 3]")
    rate, rate_note = _frame_rate(arrays, fps)
    names, note = _names(path, there, joints.shape[1])
    unit, up, said = unit or "m", up or "z", "as stated" if unit and up else "as AMASS has it where not stated"
    positions, missing = mark_missing(joints[:, : len(names)].astype(np.float64), names, relative=True)
    positions = to_metres_z_up(positions, unit, up)
    notes = (*said_of_body, note, f"AMASS-style: one unit is {parse_unit(unit):g} m and {parse_up(up)} is up, {said}.")
    return MotionFile(
        path.stem.removesuffix("_poses"), names, positions, rate, (*notes, f"AMASS-style: {rate_note}.", *missing)
    )


def _frame_rate(arrays: dict[str, np.ndarray], fps: float | None) -> tuple[float, str]:
    """The frame rate that is stated, or else that of the file, and a sentence."""
    field = next((name for name in FRAME_RATE if name in arrays), ", ".join(FRAME_RATE))
    rate = arrays.get(field, np.zeros(0))
    if rate.size > 1 or rate.dtype.kind not in "iufSU":
        raise ValueError(f"'{field}' is {rate.dtype} {list(rate.shape)}, expected one number")
    word = ", ".join(cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in rate.ravel().tolist())
    return stated_or_read("frame rate", field, word, fps, parse_rate)


def _gender(path: Path) -> str:
    """What the file says of the body's gender, where that is plain text: nothing depends on it."""
    try:
        gender = read_npz(path, only=("gender",))["gender"].ravel().tolist()
    except (ValueError, KeyError):
        return "not stated"
    return " ".join(word.decode("latin-1") if isinstance(word, bytes) else str(word) for word in gender)[:40]


def _names(path: Path, there: set[str], count: int) -> tuple[tuple[str, ...], str]:
    if "joint_names" in there:
        names = read_npz(path, objects=True, only=("joint_names",))["joint_names"].ravel().tolist()
        names = [name.decode("utf-8", "replace") if isinstance(name, bytes) else name for name in names]
        if len(names) != count or not all(isinstance(name, str) for name in names):
            raise ValueError(f"{path}: 'joint_names' holds {len(names)} names, expected text for {count} joints")
        return tuple(names), "Joints by the names in the file."
    if count not in FAMILY:
        note = f"The {count} joints have no names in the file and are called 0 to {count - 1}; a joint map names them."
        return tuple(map(str, range(count))), note
    smpl = get_skeleton("smpl24").joints
    names = smpl if count == len(smpl) else smpl[:BODY_JOINTS]
    dropped = f"; {count - len(names)} of hands and face are dropped" if count > len(names) else ""
    return names, f"The {count} joints are taken for those of {FAMILY[count]}{dropped}."


MOTION_FORMATS.register("amass")(
    MotionFormat(recognises, read, "AMASS-style npz with joints over time", takes_body=True)
)
