"""The views that models are scored on: a fixed list of them, stored by their numbers."""

from __future__ import annotations

import json
import zlib
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

import roma
import torch

from pygpose.data.aiming import look
from pygpose.data.recording import Recording
from pygpose.data.views import Views, draw_views, views_from_plain
from pygpose.geometry import Camera

Protocol = Literal["any", "detector", "crop"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
SEED, COUNT = 20_240_601, 32  # of the stored views
OF_A_CLIP = 4  # views that a clip is seen by
FILE = "views_any.json"


def drawn_views() -> Views:
    """The views of the stored list, drawn again."""
    return draw_views(COUNT, torch.Generator().manual_seed(SEED))


@cache
def stored_views() -> Views:
    """The stored list of views: :func:`drawn_views`, as it was drawn once and written by
    :func:`~pygpose.data.views.views_to_plain`."""
    return views_from_plain(json.loads(files("pygpose.data").joinpath(FILE).read_text()))


def clip_cameras(motion: Recording) -> list[Camera]:
    """The four cameras of the stored list that see a clip, chosen by its name and put up around it.

    A camera stands still, at its height above the lowest joint of all frames, and so far back that the person is in its
    picture in all frames, if 10 m are far enough. Its id is ``any0`` to ``any3``.
    """
    stored, chosen = stored_views(), zlib.crc32(motion.clip.encode())
    step = len(stored) // OF_A_CLIP
    views = stored.take(torch.tensor([(chosen + step * place) % len(stored) for place in range(OF_A_CLIP)]))
    world = torch.from_numpy(motion.positions).double()
    ground = world[..., 2].min().expand(OF_A_CLIP)
    seen = look(views, world.expand(OF_A_CLIP, *world.shape), ground)
    orientation = roma.quat_xyzw_to_wxyz(roma.rotmat_to_unitquat(seen.rotation.mT))
    half = views.size[:, :1] / 2
    focal = (views.focal * half[:, 0]).tolist()
    center = (views.principal + views.half) * half
    return [
        Camera(
            focal=(focal[i], focal[i]),
            center=tuple(center[i].tolist()),
            size=(int(views.size[i, 0]), int(views.size[i, 1])),
            radial=(float(views.intrinsics[i, 4]), 0.0, 0.0),
            orientation=tuple(orientation[i].tolist()),
            position=tuple(seen.position[i].tolist()),
            id=f"any{i}",
        )
        for i in range(OF_A_CLIP)
    ]
