"""Joints of a body model, moved by the SMPL parameters that AMASS's files hold."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import roma
import torch

from pygpose.frames import check_finite, check_frames
from pygpose.safe.text import listed
from pygpose.smpl.body import Body, load_body

# The body is the same 22 joints in SMPL, SMPL-H and SMPL-X; what follows (hands, jaw, eyes) differs.
BODY_JOINTS = 22
ROTATIONS = {24: "SMPL", 52: "SMPL-H", 55: "SMPL-X"}
NUM_SHAPES = 10
PARAMETERS = ("poses", "trans", "betas")


@lru_cache(maxsize=1)
def open_body(path: Path) -> Body:
    """The :class:`~pygpose.smpl.Body` of a body model file; the last one is kept for all clips of a folder.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is no body model, or none of SMPL's family.
    """
    body = load_body(path, dtype=torch.float64)
    if body.tree_size not in ROTATIONS:
        known = ", ".join(f"{count} ({model})" for count, model in ROTATIONS.items())
        raise ValueError(f"{path} has {body.tree_size} joints; bodies that AMASS's parameters move have {known}")
    return body


def pose_joints(arrays: dict[str, np.ndarray], body_path: Path, path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """Joints ``[T, 24, 3]`` of a body of 24 joints, ``[T, 22, 3]`` of others, and sentences about them.

    Where file and body differ in their hands, the 22 joints of the body move and the others stay at rest.

    Raises:
        FileNotFoundError: Where there is no body model file.
        ValueError: For parameters that are missing, of another shape or NaN.
    """
    body = open_body(body_path)
    missing = [name for name in PARAMETERS if name not in arrays]
    if missing:
        raise ValueError(f"{path} lacks '{missing[0]}'; it has: {listed(arrays)}")
    poses, trans, betas = arrays["poses"], arrays["trans"], arrays["betas"]
    count = poses.shape[-1] // 3 if poses.ndim else 0
    if count not in ROTATIONS:
        known = ", ".join(f"{3 * count} ({model})" for count, model in ROTATIONS.items())
        raise ValueError(f"{path}: 'poses' is {list(poses.shape)}; known are [T, N] with N = {known}")
    poses = check_frames(poses, (3 * count,), f"{path}, 'poses'").reshape(-1, count, 3)
    trans = check_frames(trans, (3,), f"{path}, 'trans'")
    if len(trans) != len(poses):
        raise ValueError(f"{path}: {len(poses)} frames of 'poses', {len(trans)} of 'trans'")
    if betas.dtype.kind != "f" or betas.ndim != 1 or len(betas) < NUM_SHAPES:
        raise ValueError(f"{path}: 'betas' is {betas.dtype} {list(betas.shape)}, expected {NUM_SHAPES} numbers or more")
    betas = betas[:NUM_SHAPES].astype(np.float64)
    for name, array in (("poses", poses), ("trans", trans), ("betas", betas)):
        check_finite(array, np.ones(len(array), bool), f"{path}, '{name}'")
    moved = count if count == body.tree_size else BODY_JOINTS
    rotations = torch.eye(3, dtype=torch.float64).repeat(len(poses), body.tree_size, 1, 1)
    rotations[:, :moved] = roma.rotvec_to_rotmat(torch.from_numpy(poses[:, :moved]))
    joints = body.tree_joints(rotations, torch.from_numpy(betas).expand(len(poses), -1)).numpy() + trans[:, None]
    at_rest = "" if moved == count else f" Its {count - moved} joints beside the body's {moved} are left out."
    return joints[:, : 24 if body.tree_size == 24 else BODY_JOINTS], (
        f"Joints of the body model {body_path.name}, {ROTATIONS[body.tree_size]}, moved by {ROTATIONS[count]}'s "
        f"parameters.{at_rest}",
    )
