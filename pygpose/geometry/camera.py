"""Pinhole cameras with lens distortion, and the frames that positions are in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
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
        orientation: Unit quaternion (w, x, y, z) that turns camera axes into world axes. None: nobody knows it.
        position: Camera centre in the world, metres. None: nobody knows it.
        id: Name in the data set.
    """

    focal: tuple[float, float]
    center: tuple[float, float]
    size: tuple[int, int]
    radial: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tangential: tuple[float, float] = (0.0, 0.0)
    orientation: tuple[float, float, float, float] | None = None
    position: tuple[float, float, float] | None = None
    id: str = "camera"

    def __post_init__(self) -> None:
        if min(self.focal) <= 0 or min(self.size) <= 0:
            raise ValueError(f"camera '{self.id}': focal {self.focal} and size {self.size} must be positive")
        norm = 1.0 if self.orientation is None else _length(self.orientation)
        if abs(norm - 1) > 1e-3:
            raise ValueError(
                f"camera '{self.id}': orientation {self.orientation} is no unit quaternion (norm {norm:g})"
            )

    @classmethod
    def of_view(cls, degrees: float, size: tuple[int, int], *, id: str = "camera") -> Camera:
        """A camera without calibration: its horizontal field of view is stated, its lens does not distort, and where it
        stands in the world nobody knows.

        Raises:
            ValueError: For a field of view that does not lie between 0 and 180 degrees.
        """
        if not 0 < degrees < 180:
            raise ValueError(f"camera '{id}': a field of view of {degrees} degrees; give one between 0 and 180")
        focal = size[0] / 2 / math.tan(math.radians(degrees) / 2)
        return cls((focal, focal), (size[0] / 2, size[1] / 2), size, id=id)

    def intrinsics(self, like: Tensor) -> Float[Tensor, " 9"]:
        """Focal lengths, principal point, k1, k2, k3 and the tangential pair, in pixels, on the device of ``like``."""
        return like.new_tensor((*self.focal, *self.center, *self.radial, *self.tangential))

    def screen_intrinsics(self, like: Tensor) -> Float[Tensor, " 9"]:
        """The intrinsics for normalised screen coordinates in the place of pixels."""
        width, height = self.size
        focal, center = (tuple(part * 2 / width for part in pair) for pair in (self.focal, self.center))
        return like.new_tensor((*focal, center[0] - 1, center[1] - height / width, *self.radial, *self.tangential))

    @property
    def placed(self) -> bool:
        """Whether it is known how the camera is turned and where it stands."""
        return self.orientation is not None and self.position is not None

    def extrinsics(self, like: Tensor) -> Float[Tensor, " 7"]:
        """Orientation and position, on the device of ``like``.

        Raises:
            ValueError: For a camera that is not :attr:`placed`: nothing that it sees has a place in the world.
        """
        if self.orientation is None or self.position is None:
            raise ValueError(
                f"camera '{self.id}' does not say how it is turned and where it stands, so nothing that it sees has a "
                "place in the world; give Camera its orientation and position, or stay in the camera's frame"
            )
        norm = _length(self.orientation)
        return like.new_tensor((*(part / norm for part in self.orientation), *self.position))


def _length(vector: tuple[float, ...]) -> float:
    return sum(part**2 for part in vector) ** 0.5


def world_to_camera(
    points: Float[Tensor, "*points 3"], camera: Camera | Float[Tensor, "*views 7"]
) -> Float[Tensor, "*points 3"]:
    """World positions (z up) in the camera's frame (x right, y down, z forward). Metres.

    ``camera`` may be extrinsics, one row for each of the first axes of ``points``.

    Raises:
        ValueError: For a camera of which nobody knows how it is turned and where it stands.
    """
    rotation, position = _pose(camera, points)
    return ((points - position).unsqueeze(-2) @ rotation).squeeze(-2)


def camera_to_world(
    points: Float[Tensor, "*points 3"], camera: Camera | Float[Tensor, "*views 7"]
) -> Float[Tensor, "*points 3"]:
    """Inverse of :func:`world_to_camera`, and refuses what that refuses. Metres."""
    rotation, position = _pose(camera, points)
    return (points.unsqueeze(-2) @ rotation.mT).squeeze(-2) + position


def _pose(camera: Camera | Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Camera-to-world rotation matrices and positions, shaped to be broadcast over ``points``."""
    extrinsics = camera.extrinsics(points) if isinstance(camera, Camera) else _spread(camera, points)
    w, x, y, z = extrinsics[..., :4].unbind(-1)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return torch.stack([torch.stack(row, -1) for row in rows], -2), extrinsics[..., 4:]


def project_points(
    points: Float[Tensor, "*points 3"], camera: Camera | Float[Tensor, "*views 9"]
) -> Float[Tensor, "*points 2"]:
    r"""Camera-frame positions to pixels, with lens distortion.

    .. math::
        \mathbf{u} &= (x, y) / z, \quad r^2 = \lVert\mathbf{u}\rVert^2 \\
        \mathbf{u}' &= \mathbf{u}\,(1 + k_1 r^2 + k_2 r^4 + k_3 r^6 + \mathbf{p} \cdot \mathbf{u}) + \mathbf{p}\, r^2 \\
        \text{pixel} &= \mathbf{f}\, \mathbf{u}' + \mathbf{c}

    as VideoPose3D projects with Human3.6M's calibration; OpenCV's model has :math:`2\,\mathbf{p} \cdot \mathbf{u}`.

    Shapes:
        - **points:** :math:`(*, 3)`, metres, camera frame
        - **camera:** one for all, or intrinsics :math:`(B, 9)` for points :math:`(B, *, 3)`
        - **output:** :math:`(*, 2)`, in the unit of the intrinsics: pixels of a :class:`Camera`

    Raises:
        ValueError: For a point at or behind the camera (depth not positive), and one that is NaN or infinite.
    """
    if not torch.isfinite(points).all():
        bad = int((~torch.isfinite(points)).any(-1).sum())
        raise ValueError(f"{_name(camera)}: {bad} points have coordinates that are NaN or infinite; leave those out")
    depth = points[..., 2:]
    if (depth <= 0).any():
        raise ValueError(
            f"{_name(camera)}: {int((depth <= 0).sum())} of {depth.numel()} points lie at or behind the camera "
            f"(smallest depth {depth.min().item():.3f} m); leave those frames out"
        )
    return distort_points(points[..., :2] / depth, camera)


def distort_points(
    rays: Float[Tensor, "*points 2"], camera: Camera | Float[Tensor, "*views 9"]
) -> Float[Tensor, "*points 2"]:
    """Where rays :math:`(x, y) / z` meet the image: :func:`project_points` without its division."""
    focal, center, radial, tangential = _lens(camera, rays)
    square = rays.square().sum(-1, keepdim=True)
    return focal * (rays * _scale(rays, square, radial, tangential) + tangential * square) + center


def undistort_points(
    pixels: Float[Tensor, "*points 2"],
    camera: Camera | Float[Tensor, "*views 9"],
    seen: Bool[Tensor, "*points"] | None = None,
) -> Float[Tensor, "*points 2"]:
    r"""Rays :math:`(x, y) / z` of pixels: the inverse of :func:`distort_points`, by Newton's method.

    The gradient is that of the inverse function, :math:`\partial \mathbf{u} / \partial \mathbf{u}' = J^{-1}`; it does
    not go through the iterations.

    Shapes:
        - **pixels:** :math:`(*, 2)`, in the unit of the intrinsics
        - **seen:** :math:`(*)`; a pixel that is not seen, whatever it holds, gets the ray of the principal point
        - **output:** :math:`(*, 2)`

    Raises:
        ValueError: For a pixel that no ray reaches. Such pixels lie far outside the image of a lens whose distortion
            turns back on itself.
    """
    rays, lost = _undistort(pixels, camera, seen)
    if lost.any():
        where = ", ".join(f"{value:.4g}" for value in pixels[lost][0].tolist())
        raise ValueError(
            f"{_name(camera)}: {int(lost.sum())} of {lost.numel()} points, first ({where}), lie where its lens "
            "distortion cannot be inverted; check the calibration, or leave out points so far outside the image"
        )
    return rays


def undistort_shown(
    pixels: Float[Tensor, "*points 2"], camera: Camera | Float[Tensor, "*views 9"], seen: Bool[Tensor, "*points"]
) -> tuple[Float[Tensor, "*points 2"], Bool[Tensor, "*points"]]:
    """Rays of the pixels that are seen and that the lens can show (:func:`undistort_points`), and which those are: a
    detector now and then finds a joint far outside the picture.

    Shapes:
        - **pixels, rays:** :math:`(*, 2)`; every other pixel gets the ray of the principal point
        - **seen, shown:** :math:`(*)`

    Raises:
        ValueError: Where the lens cannot show half of the pixels that are seen: the calibration is another camera's.
    """
    rays, lost = _undistort(pixels, camera, seen)
    if 2 * int(lost.sum()) > int(seen.sum()):
        where = ", ".join(f"{value:.4g}" for value in pixels[lost][0].tolist())
        raise ValueError(
            f"{_name(camera)}: {int(lost.sum())} of {int(seen.sum())} points, first ({where}), lie where its lens "
            "distortion cannot be inverted; check that the calibration is that of this camera and of its picture's size"
        )
    return rays, seen & ~lost


def _undistort(pixels: Tensor, camera: Camera | Tensor, seen: Tensor | None) -> tuple[Tensor, Tensor]:
    """Rays, and which pixels have none: they get the ray of the principal point."""
    focal, center, radial, tangential = _lens(camera, pixels)
    if seen is not None:
        pixels = torch.where(seen[..., None], pixels, center)
    with torch.no_grad():
        target = (pixels - center) / focal
        slack = 100 * torch.finfo(pixels.dtype).eps * (1 + target.abs())
        rays, lost = target, torch.ones_like(target[..., 0], dtype=torch.bool)
        for _ in range(50):
            moved = _newton(rays, target, radial, tangential)
            rays, lost = moved, ~((moved - rays).abs() <= slack).all(-1)
            if not lost.any():
                break
        lost |= _folded(rays, radial)
    if lost.any():
        pixels, rays = torch.where(lost[..., None], center, pixels), torch.where(lost[..., None], 0.0, rays)
    # One more step, with gradient: it does not move the solution, and its derivative is that of the inverse.
    return _newton(rays, (pixels - center) / focal, radial, tangential), lost


def _newton(rays: Tensor, target: Tensor, radial: Tensor, tangential: Tensor) -> Tensor:
    """The next step of Newton's method towards the rays that the lens bends to ``target``."""
    square = rays.square().sum(-1, keepdim=True)
    scale = _scale(rays, square, radial, tangential)
    rx, ry = (target - (rays * scale + tangential * square)).unbind(-1)
    with torch.no_grad():
        k1, k2, k3 = (radial[..., i, None] for i in range(3))
        gx, gy = (rays * 2 * (k1 + square * (2 * k2 + square * 3 * k3)) + tangential).unbind(-1)  # of the scale
        (x, y), (px, py), scale = rays.unbind(-1), tangential.unbind(-1), scale.squeeze(-1)
        a, b = scale + x * gx + 2 * px * x, x * gy + 2 * px * y
        c, d = y * gx + 2 * py * x, scale + y * gy + 2 * py * y
        determinant = a * d - b * c
    return rays + torch.stack([d * rx - b * ry, a * ry - c * rx], -1) / determinant.unsqueeze(-1)


def _folded(rays: Tensor, radial: Tensor) -> Tensor:
    """Whether radial distortion turns back on itself on the way from the axis to a ray. Several rays then meet the same
    pixel, and the ray that was found need not be the one that the lens shows."""
    if not radial.any():
        return torch.zeros_like(rays[..., 0], dtype=torch.bool)
    square = rays.square().sum(-1)
    k1, k2, k3 = (radial[..., i, None] for i in range(3))
    axes = [axis for axis in range(square.dim()) if radial.dim() == 1 or radial.size(axis) == 1]
    farthest = square.amax(axes, keepdim=True) if axes else square
    way = farthest[..., None] * torch.linspace(0, 1, 257, dtype=rays.dtype, device=rays.device)[1:]
    back = 1 + way * (3 * k1 + way * (5 * k2 + way * 7 * k3)) <= 0
    turning = torch.where(back, way, torch.inf).amin(-1)
    return square >= turning


def _name(camera: Camera | Tensor) -> str:
    return f"camera '{camera.id}'" if isinstance(camera, Camera) else "a camera"


def _scale(rays: Tensor, square: Tensor, radial: Tensor, tangential: Tensor) -> Tensor:
    k1, k2, k3 = (radial[..., i, None] for i in range(3))
    return 1 + square * (k1 + square * (k2 + square * k3)) + (tangential * rays).sum(-1, keepdim=True)


def _lens(camera: Camera | Tensor, points: Tensor) -> tuple[Tensor, ...]:
    """Focal lengths, principal point, radial and tangential distortion, shaped to be broadcast over ``points``."""
    intrinsics = camera.intrinsics(points) if isinstance(camera, Camera) else _spread(camera, points)
    return intrinsics.split((2, 2, 3, 2), -1)


def _spread(cameras: Tensor, points: Tensor) -> Tensor:
    """One camera for each of the first axes of ``points``: ``[B, K]`` to ``[B, 1, ..., K]``."""
    if cameras.shape[:-1] != points.shape[: cameras.dim() - 1]:
        raise ValueError(f"{list(cameras.shape)} cameras for points {list(points.shape)}: give one for each first axis")
    axes = points.dim() - cameras.dim()
    return cameras.to(points).reshape(*cameras.shape[:-1], *[1] * axes, cameras.size(-1))


def normalize_screen(pixels: Float[Tensor, "*points 2"], size: tuple[int, int]) -> Float[Tensor, "*points 2"]:
    """Pixels to screen coordinates: the width maps to [-1, 1], the aspect ratio is kept (x/w*2-1, y/w*2-h/w)."""
    width, height = size
    return pixels * (2 / width) - pixels.new_tensor((1.0, height / width))
