"""Framing: how the keypoints of a clip are laid before a network, and how its poses are brought back.

The pixels of a person say as much about the camera as about the person: the lens, where in the picture the person
stands, and how far away. A virtual camera takes that out: it looks at the person, fills its picture with them, and its
rotation is undone afterwards.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton
from pygpose.geometry import undistort_shown
from pygpose.nn import average_over_time

FramingName = Literal["person", "turned", "box", "screen", "plain"]
FRAMINGS: tuple[FramingName, ...] = get_args(FramingName)

ASSUMED_VIEW = 55.0
"""Degrees across the picture's width that are assumed of a camera which nobody knows."""
AIM_FRAMES, ZOOM_FRAMES = 25.0, 40.0
"""Standard deviations, in frames, of the Gaussian weights over which the virtual camera's aim and zoom are averaged: a
virtual camera that followed every frame would shake with the detector."""
LIMBS = 0.05
"""Weight of a joint of the limbs in the aim, beside 1 for a joint of the trunk: the camera follows no waving hand."""
WIDEST = 4.0
"""Framed keypoints are kept within this distance from the middle; the person measures about 1 to 2."""


@dataclass(frozen=True)
class Framed:
    """Keypoints as a network takes them, and the virtual camera that saw them.

    Shapes:
        - **features:** :math:`(B, T, J, 3)`: x, y, confidence; x and y are 0 where the confidence is 0
        - **rays:** :math:`(B, T, J, 3)`: the rays :math:`(x, y) / z` of the keypoints in the virtual camera's axes, and
          the confidence; 0 for keypoints outside the virtual picture
        - **turn:** :math:`(B, T, 3, 3)`, from the camera's axes to the virtual camera's
        - **aim:** :math:`(B, T, 3)`, the ray through the middle of the virtual picture, in its axes
        - **zoom:** :math:`(B, T, 1)`, how long a metre at the person's place appears to the camera, as a share of the
          focal length: about 1 / depth
    """

    features: Tensor
    rays: Tensor | None = None
    turn: Tensor | None = None
    aim: Tensor | None = None
    zoom: Tensor | None = None

    def turned_back(self, points: Float[Tensor, "*outputs batch frames points 3"]) -> Tensor:
        """Points in the virtual camera's axes, in the camera's."""
        return points if self.turn is None else points @ self.turn.to(points.dtype)

    def window(self, start: int, frames: int) -> Framed:
        """The same of some of its frames."""
        shown = slice(start, start + frames)
        parts = (self.rays, self.turn, self.aim, self.zoom)
        return Framed(self.features[:, shown], *(None if part is None else part[:, shown] for part in parts))

    def placed(self, points: Float[Tensor, "*outputs batch frames 1 3"]) -> Tensor:
        r"""The root in the camera's frame, metres, of what a network says about it:
        :math:`\mathbf{r} = R^\top (\mathbf{a} + \mathbf{o}) / z`, with the aim :math:`\mathbf{a}`, the zoom :math:`z`
        and the network's three numbers :math:`\mathbf{o}`, in tenths."""
        assert self.aim is not None and self.zoom is not None
        aim, zoom = self.aim.to(points.dtype)[:, :, None], self.zoom.to(points.dtype)[:, :, None]
        return self.turned_back((aim + 0.1 * points) / zoom)


def has_confidence(framing: FramingName) -> bool:
    """Whether the network gets the confidence of keypoints, and looks at no keypoint whose confidence is 0."""
    return framing != "plain"


def rays_of(
    x: Float[Tensor, "batch frames joints 2"],
    confidence: Float[Tensor, "batch frames joints"],
    intrinsics: Float[Tensor, "batch 9"] | None,
) -> Float[Tensor, "batch frames joints 3"]:
    r"""Rays :math:`(x, y) / z` of normalised screen coordinates, and the confidence beside them; 0 where it is 0.

    A pixel that the lens cannot show is a detector's mistake, and not looked at either.

    Without ``intrinsics`` the camera is assumed to see :data:`ASSUMED_VIEW` degrees across the picture's width, around
    its middle.

    Raises:
        ValueError: Where the lens cannot show half of the pixels (:func:`~pygpose.geometry.undistort_shown`).
    """
    seen = confidence > 0
    if intrinsics is None:
        rays = x * math.tan(math.radians(ASSUMED_VIEW) / 2)
    elif intrinsics[:, 4:].any():
        rays, seen = undistort_shown(x, intrinsics, seen)
        confidence = confidence * seen
    else:
        lens = intrinsics.to(x)[:, None, None]
        rays = (x - lens[..., 2:4]) / lens[..., :2]
    return torch.cat([torch.where(seen[..., None], rays, 0.0), confidence[..., None]], -1)


def frame_keypoints(
    frames: Float[Tensor, "batch frames joints 3"],
    framing: FramingName,
    skeleton: Skeleton,
    bone_lengths: Float[Tensor, " joints"],
    causal: bool = False,
) -> Framed:
    r"""Rays and confidence in a framing.

    ``screen`` leaves them as they are. ``box`` moves the person into the middle and to one size, as a box around them
    would; ``turned`` turns the camera until it looks at the person; ``person`` turns and zooms: a virtual camera.

    The aim is the mean of the rays (of their unit vectors, where the camera turns) weighted by confidence, trunk before
    limbs; the zoom compares how long the bones appear with how long they are on average, weighted by the confidence
    :math:`c_b` of both ends,

    .. math:: z = \frac{\sum_b c_b \lVert \mathbf{u}_{b} - \mathbf{u}_{p(b)} \rVert}{\sum_b c_b \ell_b}

    so that neither depends on which joints are missing. Both are averaged over time with Gaussian weights.

    Args:
        frames: Rays :math:`(x, y) / z` and confidence.
        framing: ``person``, ``turned``, ``box`` or ``screen``.
        skeleton: Its joints and bones.
        bone_lengths: The mean length of the bone from each joint's parent to the joint, metres; the root's is not used.
        causal: Whether no frame may depend on a later frame.
    """
    rays, confidence = frames[..., :2], frames[..., 2]
    if framing == "screen":
        return Framed(frames, frames)
    trunk = confidence * _aim_weights(skeleton).to(rays)
    ways = F.pad(rays, (0, 1), value=1.0)
    if framing != "box":  # of unit vectors, the mean turns with the camera
        ways = F.normalize(ways, dim=-1)
    ahead = average_over_time((trunk[..., None] * ways).sum(2), trunk.sum(2), AIM_FRAMES, causal)
    ahead = torch.where(ahead[..., 2:] > 0, ahead, rays.new_tensor([0.0, 0.0, 1.0]))
    turn = _turn_to(ahead) if framing in ("person", "turned") else None
    if turn is None:
        aim = ahead / ahead[..., 2:]
        framed = rays - aim[:, :, None, :2]
    else:
        directions = F.pad(rays, (0, 1), value=1.0) @ turn.mT
        framed = directions[..., :2] / directions[..., 2:].clamp(min=0.05)
        aim = rays.new_tensor([0.0, 0.0, 1.0]).expand(*rays.shape[:2], 3)
        rays = framed
    zoom = _zoom(framed, confidence, skeleton, bone_lengths.to(rays), causal)
    if framing != "turned":
        framed = framed / zoom[:, :, None]
    inside = confidence * (framed.abs() < WIDEST).all(-1)
    rays = torch.cat([rays, inside[..., None]], -1)
    framed = torch.where(confidence[..., None] > 0, framed.clamp(-WIDEST, WIDEST), 0.0)
    return Framed(torch.cat([framed, frames[..., 2:]], -1), rays, turn, aim, zoom)


def _zoom(framed: Tensor, confidence: Tensor, skeleton: Skeleton, bone_lengths: Tensor, causal: bool) -> Tensor:
    child = [joint for joint, parent in enumerate(skeleton.parents) if parent >= 0]
    parent = [skeleton.parents[joint] for joint in child]
    both = confidence[:, :, child] * confidence[:, :, parent]
    step = framed[:, :, child] - framed[:, :, parent]
    appear = (step.square().sum(-1) + 1e-12).sqrt() * both
    known = both @ bone_lengths[child]
    zoom = average_over_time(appear.sum(-1, keepdim=True), known, ZOOM_FRAMES, causal)
    return torch.where(zoom > 1e-6, zoom, 1.0)


def _turn_to(ahead: Float[Tensor, "batch frames 3"]) -> Float[Tensor, "batch frames 3 3"]:
    """Rotations that bring the rays to the axis, first about the vertical axis, then about the horizontal one."""
    ahead = F.normalize(ahead, dim=-1)
    x, y, z = ahead.unbind(-1)
    level, none = (x.square() + z.square()).sqrt(), torch.zeros_like(x)
    right = torch.stack([z / level, none, -x / level], -1)
    down = torch.stack([-x * y / level, level, -z * y / level], -1)
    return torch.stack([right, down, ahead], -2)


@lru_cache
def _aim_weights(skeleton: Skeleton) -> Tensor:
    """1 for the joints of the middle line and those next to them in the tree, :data:`LIMBS` for all others."""
    with torch.inference_mode(False):
        paired = {*skeleton.left, *skeleton.right}
        weights = torch.full((skeleton.num_joints,), LIMBS, dtype=torch.float64)
        for joint, parent in enumerate(skeleton.parents):
            if joint not in paired or parent < 0 or parent not in paired:
                weights[joint] = 1.0
        return weights
