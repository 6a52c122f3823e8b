"""The weak-perspective camera that SMPL's networks predict, which projects joints into the crop of a person."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

FOCAL = 5000.0  # pixels of the crop: nearly parallel rays
CROP = 224.0  # pixels


def project_crop(
    joints: Float[Tensor, "batch joints 3"], camera: Float[Tensor, "batch 3"]
) -> Float[Tensor, "batch joints 2"]:
    r"""Perspective projection with the scale and shift of a predicted camera :math:`(s, t_x, t_y)`.

    .. math:: \mathbf{x} = \frac{f}{112} \left(\frac{X + t_x}{Z + t_z}, \frac{Y + t_y}{Z + t_z}\right),
        \quad t_z = \frac{2 f}{224 s + 10^{-9}}, \quad f = 5000

    (HMR's weak perspective in the form of SPIN, VIBE and TCMR.) A joint at depth 0 of the body lands at
    :math:`s (X + t_x, Y + t_y)`.

    Shapes:
        - **joints:** :math:`(B, J, 3)`, metres, as the body gives them
        - **camera:** :math:`(B, 3)`
        - **output:** :math:`(B, J, 2)`, the crop's width and height map to [-1, 1]
    """
    scale, shift = camera[:, :1], camera[:, 1:]
    depth = 2 * FOCAL / (CROP * scale + 1e-9)
    placed = joints + torch.cat([shift, depth], dim=-1)[:, None]
    return FOCAL / (CROP / 2) * placed[..., :2] / placed[..., 2:]
