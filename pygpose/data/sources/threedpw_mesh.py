"""The joints on which 3DPW is scored: means of the vertices of a body in a person's pose, shape and place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import roma
import torch

from pygpose.frames import check_finite, check_frames
from pygpose.smpl.body import Body, load_body

PARAMETERS = ("poses", "betas", "trans")
NUM_SHAPES = 10
AT_ONCE = 64  # frames whose meshes are in memory together


def open_lsp_body(path: Path, joint_regressor: Path) -> Body:
    """The :class:`~pygpose.smpl.Body` that gives LSP's joints.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For files that are no body model of SMPL, or no regressor of such joints.
    """
    body = load_body(path, joint_regressor, skeleton="lsp15")
    if body.tree_size != 24:
        raise ValueError(f"{path} has {body.tree_size} joints; 3DPW's poses move the 24 of SMPL")
    return body


def regressed_joints(
    body: Body, parameters: Mapping[str, Any], frames: int, known: np.ndarray, where: str
) -> np.ndarray:
    """World positions ``[T, 15, 3]``, metres, of one person's ``poses``, ``betas`` and ``trans``; NaN where not known.

    Raises:
        ValueError: For parameters of another shape, or that are NaN in a known frame.
    """
    poses = check_frames(parameters["poses"], (72,), f"{where}, 'poses'")
    trans = check_frames(parameters["trans"], (3,), f"{where}, 'trans'")
    betas = parameters["betas"]
    for name, array in (("poses", poses), ("trans", trans)):
        if len(array) != frames:
            raise ValueError(f"{where}: {len(array)} frames of '{name}', {frames} of 'cam_poses'")
        check_finite(array, known, f"{where}, '{name}'")
    if not isinstance(betas, np.ndarray) or betas.dtype.kind != "f" or betas.ndim != 1 or len(betas) < NUM_SHAPES:
        raise ValueError(f"{where}, 'betas': expected {NUM_SHAPES} numbers of shape or more")
    check_finite(betas, np.ones(len(betas), bool), f"{where}, 'betas'")
    joints = np.full((frames, 15, 3), np.nan)
    shape = torch.tensor(betas[:NUM_SHAPES], dtype=torch.float32)
    rows = np.flatnonzero(known)
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        rotations = roma.rotvec_to_rotmat(torch.from_numpy(poses[part]).view(-1, 24, 3)).float()
        joints[part] = body(rotations, shape.expand(len(part), -1)).joints.numpy() + trans[part, None]
    return joints
