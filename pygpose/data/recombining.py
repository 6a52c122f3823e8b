"""New motions out of two: the legs of one, and the trunk, head and arms of the other."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton

UPRIGHT = 0.75
"""Share of the hips' axis that is horizontal in every frame of motions that are recombined: where somebody lies on a
side, it does not say where they face."""


class Recombiner:
    r"""Gives motions the upper body of another motion.

    The upper body is all that hangs on the root by another joint than a hip. With :math:`\psi` the direction of the
    axis from the right hip to the left one, about the vertical axis, the joints :math:`j` of the upper body of a motion
    :math:`\mathbf{x}` become, frame by frame, those of :math:`\mathbf{x}'`,

    .. math:: \mathbf{x}_\text{root} + R_z(\psi - \psi')\, (\mathbf{x}'_j - \mathbf{x}'_\text{root})

    Args:
        skeleton: Gives the bones.

    Raises:
        ValueError: For a skeleton whose root has no left and right hip, or nothing beside them.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        hips = [joint for joint, parent in enumerate(skeleton.parents) if parent == skeleton.root]
        left, right = ([joint for joint in hips if joint in side] for side in (skeleton.left, skeleton.right))
        legs = {joint for joint in range(skeleton.num_joints) if skeleton.ways[joint, [*left, *right]].any()}
        self._upper = [joint for joint in range(skeleton.num_joints) if joint not in legs | {skeleton.root}]
        if len(left) != 1 or len(right) != 1 or not self._upper:
            raise ValueError(f"skeleton '{skeleton.name}' has no trunk between a left and a right hip at its root")
        self._left, self._right, self._root = left[0], right[0], skeleton.root

    def give(
        self, positions: Float[Tensor, "motions frames joints 3"], share: float, draw: torch.Generator
    ) -> Float[Tensor, "motions frames joints 3"]:
        """Motions, a share of which have the upper body of the motion before them; metres, z up."""
        axis = positions[:, :, self._left] - positions[:, :, self._right]
        level = axis[..., :2].norm(dim=-1)
        upright = (level >= UPRIGHT * axis.norm(dim=-1)).all(1)
        chosen = (torch.rand(len(positions), generator=draw) < share).to(upright.device)
        chosen = (chosen & upright & upright.roll(1)).nonzero().flatten()
        if not len(chosen):
            return positions
        east, north = (axis[..., :2] / level.clamp(min=1e-6)[..., None]).unbind(-1)
        other = chosen - 1  # of the first motion: the last
        cosine = (east[chosen] * east[other] + north[chosen] * north[other])[..., None]
        sine = (north[chosen] * east[other] - east[chosen] * north[other])[..., None]
        x, y, z = (positions[other][:, :, self._upper] - positions[other][:, :, self._root, None]).unbind(-1)
        turned = torch.stack([cosine * x - sine * y, sine * x + cosine * y, z], -1)
        own = positions[chosen]
        own[:, :, self._upper] = own[:, :, self._root, None] + turned
        recombined = positions.clone()
        recombined[chosen] = own
        return recombined
