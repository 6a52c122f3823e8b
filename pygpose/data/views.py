"""Views of a person by cameras without number: what is drawn of a camera before it is known where the person is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

HEIGHT = (0.4, 3.0)  # metres above the ground
DISTANCE = (2.0, 8.0)  # metres from the person's middle, along the ground
FIELD = (35.0, 95.0)  # degrees, horizontally
LONG_FIELD = 100.0  # degrees: the most along the longer side of a portrait picture
ROLL = 12.0  # degrees, at most, to either side
CENTER = 0.03  # principal point: at most this share of the picture's width and height off the middle
BEND = (-0.10, 0.04)  # how far the lens moves the picture's corners, as a share of their distance from the middle
PLACE = (0.6, 0.4)  # where the person's middle is seen: at most these shares of half the picture off the middle
SIZES = (  # pixels, of videos and cameras that people have
    (1920, 1080),
    (1280, 720),
    (1000, 1000),
    (640, 480),
    (1080, 1920),
    (720, 1280),
    (1080, 1440),
    (1440, 1080),
)


@dataclass(frozen=True)
class Views:
    """Cameras about a person, one in each place of the first axis; :func:`~pygpose.data.aiming.look` puts them into the
    world.

    The camera stands in the direction ``yaw`` from the person's middle, and is turned so that this middle is seen at
    ``place``: height, distance, place and roll give its pitch. Lengths are metres, angles degrees.

    Args:
        yaw: Direction from the person to the camera, about the vertical axis.
        height: Height above the ground that the person's clip stands on.
        distance: Distance from the person's middle, along the ground. A camera that would not see the whole person
            stands back.
        roll: Turn of the camera about its axis.
        field: Horizontal field of view, without the bend of the lens.
        size: Width and height of the picture, pixels.
        center: Principal point off the picture's middle, as a share of its width and height.
        bend: Radial distortion, as the share by which the lens moves the corners of a centred picture.
        place: Where the person's middle is seen, from -1 to 1 across the picture and from -1 to 1 down it.
    """

    yaw: Float[Tensor, " views"]
    height: Float[Tensor, " views"]
    distance: Float[Tensor, " views"]
    roll: Float[Tensor, " views"]
    field: Float[Tensor, " views"]
    size: Float[Tensor, "views 2"]
    center: Float[Tensor, "views 2"]
    bend: Float[Tensor, " views"]
    place: Float[Tensor, "views 2"]

    def __len__(self) -> int:
        return len(self.yaw)

    @property
    def aspect(self) -> Float[Tensor, " views"]:
        """Height of the pictures by their width: the edges of a picture are -1 and 1, and -aspect and aspect."""
        return self.size[:, 1] / self.size[:, 0]

    @property
    def half(self) -> Float[Tensor, "views 2"]:
        """Half width and height of the pictures in screen coordinates: 1 and the aspect."""
        return torch.stack([torch.ones_like(self.aspect), self.aspect], -1)

    @property
    def focal(self) -> Float[Tensor, " views"]:
        """Focal length in screen coordinates."""
        return 1 / torch.tan(torch.deg2rad(self.field) / 2)

    @property
    def reach(self) -> Float[Tensor, " views"]:
        """How far from the axis a ray :math:`(x, y) / z` may lie that the picture shows; no lens turns back so near."""
        return 1.2 * self.half.norm(dim=-1) / self.focal

    @property
    def principal(self) -> Float[Tensor, "views 2"]:
        """Principal point in screen coordinates."""
        return 2 * self.center * self.half

    @property
    def intrinsics(self) -> Float[Tensor, "views 9"]:
        """As in :mod:`pygpose.keys`, in screen coordinates."""
        focal = self.focal[:, None]
        k1 = self.bend[:, None] * focal**2 / self.half.square().sum(-1, keepdim=True)
        return torch.cat([focal, focal, self.principal, k1, torch.zeros_like(focal).expand(-1, 4)], -1)

    def take(self, places: Int[Tensor, " some"] | slice) -> Views:
        """Some of the views."""
        return Views(**{field.name: getattr(self, field.name)[places] for field in fields(self)})

    def to(self, like: Tensor) -> Views:
        """The views in the precision and on the device of ``like``."""
        return Views(**{field.name: getattr(self, field.name).to(like) for field in fields(self)})


def draw_views(count: int, draw: torch.Generator) -> Views:
    """Views drawn at random, in double precision: angles evenly, distances evenly on a logarithmic scale, pictures of
    :data:`SIZES`.

    The longer side of a portrait picture sees at most :data:`LONG_FIELD` degrees.
    """
    uniform = torch.rand(count, 11, generator=draw, dtype=torch.float64)
    chosen = torch.tensor(SIZES, dtype=torch.float64)[(uniform[:, 0] * len(SIZES)).long().clamp(max=len(SIZES) - 1)]
    tall = (chosen[:, 1] / chosen[:, 0]).clamp(min=1)
    widest = torch.rad2deg(2 * torch.atan(math.tan(math.radians(LONG_FIELD) / 2) / tall)).clamp(max=FIELD[1])
    low, high = (math.log(end) for end in DISTANCE)
    return Views(
        yaw=360 * uniform[:, 1] - 180,
        height=HEIGHT[0] + (HEIGHT[1] - HEIGHT[0]) * uniform[:, 2],
        distance=torch.exp(low + (high - low) * uniform[:, 3]),
        roll=ROLL * _bell(uniform[:, 4]),
        field=FIELD[0] + (widest - FIELD[0]) * uniform[:, 5],
        size=chosen,
        center=CENTER * (2 * uniform[:, 6:8] - 1),
        bend=BEND[0] + (BEND[1] - BEND[0]) * uniform[:, 8],
        place=(2 * uniform[:, 9:11] - 1) * uniform.new_tensor(PLACE),
    )


def _bell(uniform: Tensor) -> Tensor:
    """From a number in [0, 1) one in (-1, 1) that is mostly small: cameras are mostly held upright."""
    centred = 2 * uniform - 1
    return centred * centred.abs()


def views_to_plain(views: Views) -> list[dict[str, Any]]:
    """Each view as its numbers, rounded to four decimals."""
    rows = {field.name: getattr(views, field.name).tolist() for field in fields(views)}
    return [{name: _rounded(values[place]) for name, values in rows.items()} for place in range(len(views))]


def views_from_plain(rows: Sequence[Mapping[str, Any]]) -> Views:
    """The views that :func:`views_to_plain` gave, in double precision."""
    names = [field.name for field in fields(Views)]
    return Views(**{name: torch.tensor([row[name] for row in rows], dtype=torch.float64) for name in names})


def _rounded(value: float | list[float]) -> float | list[float]:
    return [round(part, 4) for part in value] if isinstance(value, list) else round(value, 4)
