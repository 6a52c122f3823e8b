"""AMASS-style npz files: joints over time with a frame rate.

AMASS itself holds parameters of body models, which give joints only with the user's licensed model files. Files that
people make with those models hold the joints, and are read without them: ``joints`` or ``Jtr`` ``[T, K, 3]`` beside
AMASS's frame rate.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from graphs import get_skeleton
from pygpose.io.motion.formats import MOTION_FORMATS, MotionFile, MotionFormat
from pygpose.io.motion.smpl_parameters import BODY_JOINTS, pose_joints
from pygpose.io.motion.units import parse_unit, parse_up, to_metres_z_up
from pygpose.safe.arrays import read_npz
from pygpose.safe.text import listed

JOINTS = ("joints", "Jtr")
FRAME_RATE = ("mocap_framerate", "mocap_frame_rate", "fps")
PARAMETERS = ("poses", "trans")
FAMILY = {22: "the body of SMPL", 24: "SMPL", 52: "SMPL-H", 55: "SMPL-X", 127: "SMPL-X with landmarks"}


def recognises(path: Path) -> bool:
    """An npz with joints or SMPL parameters over time, or one that cannot be opened. Our own keypoint files, which name
    a skeleton, are not."""
    try:
        if path.suffix.lower() != ".npz" or not path.is_file():
            return False
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
        return "skeleton" not in names and (not names.isdisjoint(JOINTS) or names.issuperset(PARAMETERS))
    except Exception:  # a damaged archive fails in many ways; read() says which
        return path.is_file()


def read(path: Path, *, unit: str | float | None = None, up: str | None = None, body: Path | None = None) -> MotionFile:
    """Joints by SMPL's names, or by those in ``joint_names``. Metres and z up, as AMASS has them, unless stated.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For damaged files and pickled objects; where joints, their names or the frame rate are missing; for
            NaN; and for files of SMPL parameters alone, unless a ``body`` model file is given.
    """
    if path.is_file() and not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is no npz archive, or cut short; copy or download it again")
    arrays = read_npz(path)
    given, said_of_body = next((name for name in JOINTS if name in arrays), None), ()
    if given is None and all(name in arrays for name in PARAMETERS):
        if body is None:
            raise ValueError(
                f"{path} holds SMPL parameters only; convert it with a body: the licensed body model file of your own "
                "(and pip install 'pygpose[smpl]')"
            )
        arrays["joints"], said_of_body = pose_joints(arrays, body, path)
        given = "joints"
    rate = next((name for name in FRAME_RATE if name in arrays), None)
    if given is None or rate is None:
        raise ValueError(
            f"{path} lacks {' or '.join(JOINTS if given is None else FRAME_RATE)}; it has: {listed(arrays)}"
        )
    joints, fps = arrays[given], arrays[rate]
    if fps.size != 1 or fps.dtype.kind not in "iuf" or joints.dtype.kind not in "iuf":
        raise ValueError(
            f"{path}: '{given}' and '{rate}' must be numbers, the latter one; got {joints.dtype}, {fps.shape}"
        )
    if joints.ndim != 3 or joints.shape[2] != 3:
        raise ValueError(f"{path}: '{given}' is {list(joints.shape)}, expected [T, K, 3]")
    if np.isnan(joints).any():
        frame, joint, _ = np.argwhere(np.isnan(joints))[0]
        raise ValueError(f"{path}: '{given}' is NaN in frame {frame}, joint {joint}; mend or cut the clip")
    names, note = _names(arrays, joints.shape[1], path)
    unit, up, said = unit or "m", up or "z", "as stated" if unit and up else "as AMASS has it where not stated"
    with np.errstate(over="ignore", invalid="ignore"):  # absurd numbers become infinite, which MotionFile refuses
        positions = to_metres_z_up(joints[:, : len(names)].astype(np.float64), unit, up)
    positions[np.isnan(positions)] = np.inf
    notes = (*said_of_body, note, f"AMASS-style: one unit is {parse_unit(unit):g} m and {parse_up(up)} is up, {said}.")
    return MotionFile(path.stem.removesuffix("_poses"), names, positions, float(fps.reshape(())), notes)


def _names(arrays: dict[str, np.ndarray], count: int, path: Path) -> tuple[tuple[str, ...], str]:
    if "joint_names" in arrays:
        names = arrays["joint_names"]
        if names.dtype.kind != "U" or names.shape != (count,):
            raise ValueError(f"{path}: 'joint_names' is {names.dtype} {list(names.shape)}, expected {count} strings")
        return tuple(names.tolist()), "Joints by the names in the file."
    if count not in FAMILY:
        raise ValueError(
            f"{path} has {count} joints without names; known without 'joint_names': "
            + ", ".join(f"{number} ({model})" for number, model in FAMILY.items())
        )
    smpl = get_skeleton("smpl24").joints
    names = smpl if count == len(smpl) else smpl[:BODY_JOINTS]
    dropped = f"; {count - len(names)} of hands and face are dropped" if count > len(names) else ""
    return names, f"The {count} joints are taken for those of {FAMILY[count]}{dropped}."


MOTION_FORMATS.register("amass")(
    MotionFormat(recognises, read, "AMASS-style npz with joints over time", takes_body=True)
)
