"""Rotations as SMPL's networks and files write them: six numbers, or vectors, beside matrices."""

from __future__ import annotations

import roma
import torch
from jaxtyping import Float
from torch import Tensor

from pygpose.smpl.files import NUM_SHAPES


def rot6d_to_rotmat(numbers: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation matrices of two columns each, made orthonormal (Zhou et al., CVPR 2019).

    The columns interleave, as in the weights of SPIN, VIBE and TCMR: x1, x2, y1, y2, z1, z2.
    """
    columns = numbers.unflatten(-1, (3, 2))
    return roma.special_gramschmidt(columns, epsilon=1e-12)  # pyright: ignore[reportArgumentType]: any number >= 0


def rotmat_to_rot6d(rotations: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 6"]:
    """The first two columns, interleaved: the inverse of :func:`rot6d_to_rotmat`."""
    return rotations[..., :2].flatten(-2)


def split_parameters(
    parameters: Float[Tensor, "*batch numbers"],
) -> tuple[Float[Tensor, "*batch joints 3 3"], Float[Tensor, "*batch 10"]]:
    """Rotations and shape out of SMPL's parameters ``smpl``, see :mod:`pygpose.keys`."""
    vectors, shape = parameters[..., :-NUM_SHAPES], parameters[..., -NUM_SHAPES:]
    return roma.rotvec_to_rotmat(vectors.unflatten(-1, (-1, 3))), shape


def join_parameters(
    rotations: Float[Tensor, "*batch joints 3 3"], shape: Float[Tensor, "*batch 10"]
) -> Float[Tensor, "*batch numbers"]:
    """SMPL's parameters: rotation vectors, radians, then shape; the inverse of :func:`split_parameters`."""
    vectors: Tensor = roma.rotmat_to_rotvec(rotations)  # pyright: ignore[reportAssignmentType]: roma has no type hints
    return torch.cat([vectors.flatten(-2), shape], dim=-1)
