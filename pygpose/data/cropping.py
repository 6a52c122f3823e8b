"""Pictures cropped so that the legs or an arm of a person are outside."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import Skeleton

LEGS = (0.3, 0.9)  # how much of the legs is cut: 0 nothing, 1 all up to the hips
ARM = (0.1, 0.7)  # where an arm is cut: 0 at the shoulder, 1 at the wrist
KEPT = 0.9  # share of the frames in which the trunk stays in the picture


class Cropper:
    """Crops pictures at the bottom, where the legs are, or at the side of the arm that reaches out farther.

    The edge is the same in all frames. The trunk stays in the picture in :data:`KEPT` of them; so of a person who walks
    across the picture no arm is cut, and the legs are taken in its place.

    Raises:
        ValueError: For a skeleton without joints named after ankles (or feet), knees, hips, shoulders, elbows and
            wrists, left and right.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        def pair(*endings: str) -> list[int]:
            sides = [*skeleton.left, *skeleton.right]
            found = [j for j in sides if skeleton.joints[j].lower().endswith(endings)]
            if len(found) < 2:
                raise ValueError(
                    f"skeleton '{skeleton.name}' has no joints whose names end in {' or '.join(endings)}, left and "
                    "right; pictures of it cannot be cropped at limbs"
                )
            return [found[0], found[len(found) // 2]]

        self._legs = [pair("ankle", "foot"), pair("knee"), pair("hip")]
        self._arms = [pair("shoulder"), pair("elbow"), pair("wrist", "hand")]
        self._trunk = [*self._legs[2], *self._arms[0]]

    def edges(
        self, x: Float[Tensor, "views frames joints 2"], aspect: Float[Tensor, " views"], draw: Float[Tensor, "views 2"]
    ) -> Float[Tensor, "views 4"]:
        """Left, top, right and bottom edge of the cropped pictures, in the screen coordinates of the whole ones.

        Args:
            x: Where joints are seen.
            aspect: Height of the whole pictures by their width.
            draw: Numbers in [0, 1) that say what is cut: legs below 0.6, an arm above; and where.
        """
        one = torch.ones_like(aspect)
        bottom, legs = self._below_legs(x, draw[:, 1])
        side, edge, arm = self._beside_arm(x, draw[:, 1])
        of_arm = (draw[:, 0] > 0.6) & (arm > 0.3) | (legs < 0.1)
        bottom = torch.where(of_arm, aspect, torch.minimum(bottom, aspect))
        right = torch.where(of_arm & (side > 0), torch.minimum(edge, one), one)
        left = -torch.where(of_arm & (side < 0), torch.minimum(edge, one), one)
        return torch.stack([left, -aspect, right, bottom], -1)

    def _below_legs(self, x: Tensor, draw: Tensor) -> tuple[Tensor, Tensor]:
        """The edge, and in which share of the frames feet are below it."""
        foot, knee, hip = (x[:, :, pair, 1].mean((1, 2)) for pair in self._legs)
        amount = LEGS[0] + (LEGS[1] - LEGS[0]) * draw
        low = foot + (knee - foot) * (2 * amount).clamp(max=1) + (hip - knee) * (2 * amount - 1).clamp(min=0)
        edge = torch.maximum(low, _kept(x[:, :, self._legs[2], 1].amax(-1)))
        return edge, (x[:, :, self._legs[0], 1] > edge[:, None, None]).float().mean((1, 2))

    def _beside_arm(self, x: Tensor, draw: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The side (-1 left, 1 right), its edge as distance from the middle, and the share of frames with the wrist
        beyond."""
        trunk = x[:, :, self._trunk, 0].mean((1, 2))
        shoulder, elbow, wrist = (x[:, :, pair, 0].mean(1) for pair in self._arms)  # [views, 2]
        off = (elbow + wrist) / 2 - trunk[:, None]
        arm = off.abs().argmax(-1, keepdim=True)
        side = torch.where(off.gather(-1, arm) < 0, -1.0, 1.0).to(x)
        at = shoulder + (wrist - shoulder) * (ARM[0] + (ARM[1] - ARM[0]) * draw)[:, None]
        edge = torch.maximum(
            (side * at.gather(-1, arm))[:, 0], _kept((side[..., None] * x[:, :, self._trunk, 0]).amax(-1))
        )
        hands = x[:, :, self._arms[2], 0].gather(-1, arm[:, None].expand(-1, x.size(1), -1))[..., 0]
        return side[:, 0], edge, (side * hands > edge[:, None]).float().mean(1)


def _kept(values: Float[Tensor, "views frames"]) -> Float[Tensor, " views"]:
    """What at most :data:`KEPT` of the frames stay below."""
    count = max(1, math.ceil((1 - KEPT) * values.size(1)))
    return values.topk(count, 1).values[:, -1]


def crop(
    x: Float[Tensor, "views frames joints 2"], intrinsics: Float[Tensor, "views 9"], edges: Float[Tensor, "views 4"]
) -> tuple[Tensor, Tensor, Bool[Tensor, "views frames joints"]]:
    """Screen coordinates and intrinsics of pictures of which only what lies between these edges is left, and which
    joints are."""
    low, high = edges[:, :2], edges[:, 2:]
    middle, scale = (low + high) / 2, 2 / (high - low)[:, :1]
    left = ((x >= low[:, None, None]) & (x <= high[:, None, None])).all(-1)
    focal, center, lens = intrinsics.split((2, 2, 5), -1)
    return (
        (x - middle[:, None, None]) * scale[:, None, None],
        torch.cat([focal * scale, (center - middle) * scale, lens], -1),
        left,
    )
