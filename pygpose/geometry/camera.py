"""Pinhole cameras with lens distortion, and normalised screen coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Camera:
    """Intrinsics, and where they are known the pose of the camera in the world.

    Args:
        focal: Focal lengths, pixels.
        center: Principal point, pixels.
        size: Image width and height, pixels.
        radial: Radial distortion k1, k2, k3.
        tangential: Tangential distortion, first what moves x: Human3.6M's and OpenCV's (p2, p1).
        orientation: Unit quaternion (w, x, y, z) that turns camera axes into world axes.
        position: Camera centre in the world, metres.
        id: Name in the data set.
    """

    focal: tuple[float, float]
    center: tuple[float, float]
    size: tuple[int, int]
    radial: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tangential: tuple[float, float] = (0.0, 0.0)
    orientation: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    position: tuple[float, float, float] = (0.0, 0.0, 0.0)
    id: str = "camera"

    def __post_init__(self) -> None:
        if min(self.focal) <= 0 or min(self.size) <= 0:
            raise ValueError(f"camera '{self.id}': focal {self.focal} and size {self.size} must be positive")
        norm = sum(part**2 for part in self.orientation) ** 0.5
        if abs(norm - 1) > 1e-3:
            raise ValueError(
                f"camera '{self.id}': orientation {self.orientation} is no unit quaternion (norm {norm:g})"
            )

    def rotation(self, like: Tensor) -> Float[Tensor, "3 3"]:
        """Camera-to-world rotation matrix, on the device and in the precision of ``like``."""
        w, x, y, z = (part / sum(p**2 for p in self.orientation) ** 0.5 for part in self.orientation)
        rows = (
            (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
            (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
            (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
        )
        return torch.tensor(rows, dtype=like.dtype, device=like.device)


def world_to_camera(points: Float[Tensor, "*points 3"], camera: Camera) -> Float[Tensor, "*points 3"]:
    """World positions (z up) in the camera's frame (x right, y down, z forward). Metres."""
    return (points - points.new_tensor(camera.position)) @ camera.rotation(points)


def camera_to_world(points: Float[Tensor, "*points 3"], camera: Camera) -> Float[Tensor, "*points 3"]:
    """Inverse of :func:`world_to_camera`. Metres."""
    return points @ camera.rotation(points).T + points.new_tensor(camera.position)


def project_points(points: Float[Tensor, "*points 3"], camera: Camera) -> Float[Tensor, "*points 2"]:
    r"""Camera-frame positions to pixels, with lens distortion.

    .. math::
        \mathbf{u} &= (x, y) / z, \quad r^2 = \lVert\mathbf{u}\rVert^2 \\
        \mathbf{u}' &= \mathbf{u}\,(1 + k_1 r^2 + k_2 r^4 + k_3 r^6 + \mathbf{p} \cdot \mathbf{u}) + \mathbf{p}\, r^2 \\
        \text{pixel} &= \mathbf{f}\, \mathbf{u}' + \mathbf{c}

    as VideoPose3D projects with Human3.6M's calibration; OpenCV's model has :math:`2\,\mathbf{p} \cdot \mathbf{u}`.

    Shapes:
        - **points:** :math:`(*, 3)`, metres, camera frame
        - **output:** :math:`(*, 2)`, pixels

    Raises:
        ValueError: For a point at or behind the camera (depth not positive).
    """
    depth = points[..., 2:]
    if (depth <= 0).any():
        raise ValueError(
            f"camera '{camera.id}': {int((depth <= 0).sum())} of {depth.numel()} points lie at or behind the camera "
            f"(smallest depth {depth.min().item():.3f} m); leave those frames out"
        )
    screen = points[..., :2] / depth
    square = screen.square().sum(-1, keepdim=True)
    k1, k2, k3 = camera.radial
    tangential = points.new_tensor(camera.tangential)
    scale = 1 + square * (k1 + square * (k2 + square * k3)) + (tangential * screen).sum(-1, keepdim=True)
    return points.new_tensor(camera.focal) * (screen * scale + tangential * square) + points.new_tensor(camera.center)


def normalize_screen(pixels: Float[Tensor, "*points 2"], size: tuple[int, int]) -> Float[Tensor, "*points 2"]:
    """Pixels to screen coordinates: the width maps to [-1, 1], the aspect ratio is kept (x/w*2-1, y/w*2-h/w)."""
    width, height = size
    return pixels * (2 / width) - pixels.new_tensor((1.0, height / width))
