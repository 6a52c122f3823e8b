"""Other bodies for the same motion: larger or smaller, with other limbs, shoulders and hips, in another posture."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton

SIZE = 0.08  # spread of the logarithm of the overall size; the spreads that follow come on top of it
BONE = 0.06  # of every pair of bones
TRUNK = 0.08  # of bones in the body's middle
GIRDLE = 0.15  # of bones from the body's middle to a side: hips and shoulders, of which laboratories differ most
POSTURE = 0.07  # radians: spread of the angles about each axis by which a bone is turned
LIMIT = 2.5  # spreads: no factor is farther from 1


class Bodies:
    r"""Draws bodies and gives motions to them.

    A body has a factor for the length of each bone, the same on both sides. With :math:`s_j` the factor of the bone
    that ends in joint :math:`j` and :math:`P(j)` the joints on the way from the root to :math:`j`,

    .. math:: \mathbf{x}'_j = \bar{s}\, \mathbf{x}_\text{root}
        + \sum_{k \in P(j)} s_k\, (\mathbf{x}_k - \mathbf{x}_{\text{parent}(k)})

    where :math:`\bar{s}` is the factor of the legs, so that longer legs take longer steps and stand on the same ground.
    Somebody's posture turns each bone by the same small angle in all frames: a rotation :math:`R_k` before
    :math:`\mathbf{x}_k - \mathbf{x}_{\text{parent}(k)}`.

    Args:
        skeleton: Gives the bones.
        typical: Positions in some frames, z up, that say which bones carry the root: those on the way to the joints
            that are lowest.

    Shapes:
        - **typical:** :math:`(F, J, 3)`, metres
    """

    def __init__(self, skeleton: Skeleton, typical: Float[Tensor, "frames joints 3"]) -> None:
        joints = range(skeleton.num_joints)
        self._parents = [max(parent, 0) for parent in skeleton.parents]
        self._root = skeleton.root
        self._flip = list(skeleton.flip)
        self._way = torch.from_numpy(skeleton.ways).float()
        paired = {*skeleton.left, *skeleton.right}
        spread = [BONE] * len(joints)
        for joint, parent in enumerate(skeleton.parents):
            if joint not in paired:
                spread[joint] = TRUNK
            elif parent >= 0 and parent not in paired:
                spread[joint] = GIRDLE
        self._spread = torch.tensor(spread)
        height = typical[..., 2].mean(0).cpu().float()
        lowest = int(height.argmin())
        drop = self._way[lowest] * (height[self._parents] - height).clamp(min=0)
        drop = drop if drop.sum() > 0 else torch.ones_like(drop)  # where the root itself is lowest
        self._legs = drop / drop.sum()

    def draw(self, count: int, draw: torch.Generator) -> Float[Tensor, "bodies joints"]:
        """Factors of the lengths of bones, at the joint where the bone ends; the root's is the factor of its path."""
        size = torch.randn(count, 1, generator=draw).clamp(-LIMIT, LIMIT)
        bones = torch.randn(count, len(self._spread), generator=draw).clamp(-LIMIT, LIMIT)
        # Either side has its own draw, and a pair of bones the mean of both: its spread is that of one.
        pair = torch.where(torch.tensor(self._flip) == torch.arange(len(self._flip)), 2.0, 2.0**0.5)
        bones = (bones + bones[:, self._flip]) / pair
        factors = torch.exp(SIZE * size + self._spread * bones)
        factors[:, self._root] = factors @ self._legs
        return factors

    def draw_postures(self, count: int, draw: torch.Generator) -> Float[Tensor, "bodies joints 3 3"]:
        """Rotations of bones, at the joint where the bone ends."""
        angles = POSTURE * torch.randn(count, len(self._spread), 3, generator=draw).clamp(-LIMIT, LIMIT)
        x, y, z = angles.unbind(-1)
        none = torch.zeros_like(x)
        return torch.linalg.matrix_exp(torch.stack([none, -z, y, z, none, -x, -y, x, none], -1).unflatten(-1, (3, 3)))

    def give(
        self,
        positions: Float[Tensor, "bodies frames joints 3"],
        factors: Float[Tensor, "bodies joints"],
        postures: Float[Tensor, "bodies joints 3 3"] | None = None,
    ) -> Float[Tensor, "bodies frames joints 3"]:
        """The same motion of other bodies, and in other postures where those are given: metres, z up, ground at z =
        0."""
        factors = factors.to(positions)[:, None, :, None]
        root = positions[:, :, self._root, None]
        bones = (positions - positions[:, :, self._parents]) * factors
        if postures is not None:
            bones = torch.einsum("bjxy,btjy->btjx", postures.to(positions), bones)
        return root * factors[:, :, self._root, None] + self._way.to(positions) @ bones
