"""Cameras turned towards a person, and put so far back that the person is in the picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from pygpose.data.views import Views

NEAR = 0.7  # metres: no joint comes closer to a camera
FAR = 10.0  # metres along the ground: no camera stands back farther
MARGIN = 0.95  # share of the half picture that the person is to lie in
CENTRED = 0.6  # factor of the place of somebody who would not be in the picture otherwise


@dataclass(frozen=True)
class Look:
    """Where the cameras of :class:`Views` stand, and what they have before them.

    Shapes:
        - **points:** :math:`(B, T, J, 3)`, metres, camera frame: x right, y down, z forward
        - **rotation:** :math:`(B, 3, 3)`, from world axes to camera axes
        - **position:** :math:`(B, 3)`, metres, world
    """

    points: Float[Tensor, "views frames joints 3"]
    rotation: Float[Tensor, "views 3 3"]
    position: Float[Tensor, "views 3"]


def look(
    views: Views,
    positions: Float[Tensor, "views frames joints 3"],
    ground: Float[Tensor, " views"],
    *,
    rounds: int = 3,
    every: int = 4,
) -> Look:
    """Put every camera into its world and see from there.

    A camera is turned so that the middle of the box about all joints in all frames is seen where the view says. Where
    the view leaves joints outside the picture or nearer than :data:`NEAR`, the person's middle is moved towards that of
    the picture, and the camera stands farther back in the same direction, at the same height, as far as is needed
    then. Some rounds of that bring all joints into the picture, unless the person moves too far for the farthest camera
    (:data:`FAR`).

    Args:
        views: The cameras.
        positions: World positions, metres, z up, of what each camera is to see.
        ground: Height of the ground, metres.
        rounds: How often a camera may be moved.
        every: How many frames apart those are that tell how far it has to be moved.
    """
    flat = positions.flatten(1, 2)
    middle = (flat.amin(1) + flat.amax(1)) / 2
    some = positions[:, :: max(1, min(every, positions.size(1) // 8))].flatten(1, 2).mT.contiguous()
    for _ in range(rounds):
        back = _back(some, views, middle, ground)
        views = replace(views, place=torch.where(back[:, None] > 0, CENTRED * views.place, views.place))
        back = _back(some, views, middle, ground)
        views = replace(views, distance=torch.maximum(views.distance, (views.distance + back).clamp(max=FAR)))
    rotation, position = aim(views, middle, ground)
    points = flat @ rotation.mT - (rotation @ position[..., None]).mT
    back = (NEAR - points[..., 2].amin(1)).clamp(min=0)
    points = points + torch.stack([torch.zeros_like(back), torch.zeros_like(back), back], -1)[:, None]
    return Look(points.view_as(positions), rotation, position - back[:, None] * rotation[:, 2])


def aim(
    views: Views, middle: Float[Tensor, "views 3"], ground: Float[Tensor, " views"]
) -> tuple[Float[Tensor, "views 3 3"], Float[Tensor, "views 3"]]:
    r"""Rotation (world to camera axes) and position of cameras that see ``middle`` at the place of each view.

    With :math:`\mathbf{n}` the unit ray of that place, the roll undone, and :math:`\mathbf{d}` the unit direction from
    camera to middle, the pitch solves :math:`-n_y \cos\theta + n_z \sin\theta = d_z`, and the yaw makes up the rest. A
    place under which the middle cannot be seen without a tilt of more than a quarter turn is met in yaw only.

    Raises no error: every view has such a camera.
    """
    yaw, roll = torch.deg2rad(views.yaw), torch.deg2rad(views.roll)
    across = views.distance * torch.cos(yaw), views.distance * torch.sin(yaw)
    position = torch.stack([middle[:, 0] + across[0], middle[:, 1] + across[1], ground + views.height], -1)
    seen = (views.place * views.half - views.principal) / views.focal[:, None]
    cos, sin = torch.cos(roll), torch.sin(roll)
    ray = torch.stack([cos * seen[:, 0] - sin * seen[:, 1], sin * seen[:, 0] + cos * seen[:, 1], torch.ones_like(cos)])
    nx, ny, nz = ray / ray.norm(dim=0)
    direction = torch.nn.functional.normalize(middle - position, dim=-1)
    upright = torch.hypot(ny, nz)
    pitch = torch.atan2(ny, nz) + torch.asin((direction[:, 2] / upright).clamp(-1, 1))
    ahead = ny * torch.sin(pitch) + nz * torch.cos(pitch)
    heading = torch.atan2(direction[:, 1], direction[:, 0]) + torch.atan2(nx, ahead)
    return _axes(heading, pitch, cos, sin), position


def _axes(heading: Tensor, pitch: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """World to camera axes: rows right, down, forward; ``cos`` and ``sin`` are those of the roll."""
    cy, sy, cp, sp = torch.cos(heading), torch.sin(heading), torch.cos(pitch), torch.sin(pitch)
    right = torch.stack([sy, -cy, torch.zeros_like(cy)], -1)
    down = torch.stack([cy * sp, sy * sp, -cp], -1)
    forward = torch.stack([cy * cp, sy * cp, sp], -1)
    cos, sin = cos[:, None], sin[:, None]
    return torch.stack([cos * right + sin * down, cos * down - sin * right, forward], 1)


def _back(
    planes: Float[Tensor, "views 3 points"],
    views: Views,
    middle: Float[Tensor, "views 3"],
    ground: Float[Tensor, " views"],
) -> Float[Tensor, " views"]:
    r"""How far each camera has to go back along its line of sight until all world positions lie in its picture.

    A step :math:`b` back moves a point by :math:`b` times the ray of the person's middle, which is seen at
    :math:`m`. The point is seen left of an edge :math:`e` as soon as :math:`f x - (e - c) z \le b (e - m)`; the other
    edges and the least depth are alike. Each is linear in the position: one product gives all of them.
    """
    rotation, position = aim(views, middle, ground)
    half = views.half
    at, center, edge, focal = views.place * half, views.principal, MARGIN * half, views.focal
    none, depth = torch.zeros_like(focal), -torch.ones_like(focal)
    rows = [torch.stack([none, none, depth], -1)]
    room = [-depth]
    for axis in (0, 1):
        for sign in (1, -1):
            row = [none, none, sign * center[:, axis] - edge[:, axis]]
            row[axis] = sign * focal
            rows.append(torch.stack(row, -1))
            room.append(edge[:, axis] - sign * at[:, axis])
    beyond = torch.stack(rows, 1) @ rotation
    most = (beyond @ planes).amax(-1) - (beyond @ position[..., None])[..., 0]
    most[:, 0] += NEAR
    return (most / torch.stack(room, -1)).amax(-1).clamp(min=0)
