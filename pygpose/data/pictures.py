"""What a picture shows of points before a camera: where they are seen, and which of them lie inside its edges."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pygpose.geometry import Camera, distort_points, undistort_points


def show(
    points: Float[Tensor, "views frames joints 3"],
    intrinsics: Float[Tensor, "views 9"],
    aspect: Float[Tensor, " views"],
    reach: Float[Tensor, " views"],
) -> tuple[Float[Tensor, "views frames joints 2"], Bool[Tensor, "views frames joints"]]:
    """Normalised screen coordinates of points, and whether they lie inside the picture.

    A ray farther from the axis than ``reach`` is moved in to it, so that what lies outside is finite and never bent
    back into the picture by the lens.

    Args:
        points: Camera-frame positions with positive depth, metres.
        intrinsics: In screen coordinates.
        aspect: Height of the picture by its width.
        reach: The largest distance :math:`\\lVert(x, y)\\rVert / z` of rays that the picture can show.
    """
    rays = points[..., :2] / points[..., 2:]
    far, limit = rays.norm(dim=-1), reach[:, None, None]
    x = distort_points(rays * (limit / far.clamp(min=1e-9)).clamp(max=1)[..., None], intrinsics)
    return x, inside(x, aspect) & (far <= limit)


def inside(
    x: Float[Tensor, "views frames joints 2"], aspect: Float[Tensor, " views"]
) -> Bool[Tensor, "views frames joints"]:
    """Whether screen coordinates lie inside pictures."""
    return (x[..., 0].abs() <= 1) & (x[..., 1].abs() <= aspect[:, None, None])


def reach_of(camera: Camera) -> float:
    """The largest distance from the axis of a ray that the camera's picture shows: that of one of its corners.

    Raises:
        ValueError: For a lens whose distortion cannot be inverted at the corners of the picture.
    """
    width, height = camera.size
    corners = torch.tensor([(0, 0), (width, 0), (0, height), (width, height)], dtype=torch.float64)
    return undistort_points(corners, camera).norm(dim=-1).max().item()
