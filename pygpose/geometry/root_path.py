"""The path of the root joint, solved from the pose, the keypoints and the camera, without a network."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from pygpose.geometry.camera import Camera, undistort_points

NARROWEST = 1e-7  # of keypoints from their middle, as rays x / z: less than a thousandth of a pixel


def solve_root_path(
    pose: Float[Tensor, "*batch frames joints 3"],
    keypoints_px: Float[Tensor, "*batch frames joints 2"],
    camera: Camera | Float[Tensor, "*views 9"],
    confidence: Float[Tensor, "*batch frames joints"] | None = None,
    smoothness: float = 0.0,
) -> Float[Tensor, "*batch frames 3"]:
    r"""Path of the root joint that puts every joint onto the ray of its keypoint, by linear least squares.

    A joint at :math:`\mathbf{P}_{t,j} + \mathbf{r}_t` lies on the ray :math:`\mathbf{u}_{t,j}` of its (undistorted)
    keypoint where :math:`\mathbf{P}^{xy} + \mathbf{r}^{xy} = \mathbf{u}\,(P^z + r^z)`, which is linear in the root:

    .. math:: \min_{\mathbf{r}} \sum_{t,j} c_{t,j} \left\lVert \mathbf{r}_t^{xy} - \mathbf{u}_{t,j} r_t^z
        - (\mathbf{u}_{t,j} P_{t,j}^z - \mathbf{P}_{t,j}^{xy}) \right\rVert^2
        + \lambda \sum_t \lVert \mathbf{r}_{t+1} - \mathbf{r}_t \rVert^2

    with the Laplacian of the path graph over frames in its second term. The normal equations couple only neighbouring
    frames; block cyclic reduction solves them in :math:`O(T)` work and :math:`O(\log T)` steps. (No paper of the five
    has it: VideoPose3D trains a network for the path.)

    Args:
        pose: Joints relative to the root joint, metres.
        keypoints_px: Keypoints of these joints in the unit of the intrinsics, which is pixels for a camera.
        camera: One camera for all, or intrinsics ``[B, 9]`` for a batch ``[B, T, J, 3]``.
        confidence: Weight :math:`c` of each keypoint; 0 where the keypoint is missing, whatever its value. Not given:
            1.
        smoothness: :math:`\lambda`. A smoothness of 1 makes up for missing frames and little else. In depth, the noise
            of predicted poses is drawn out over some :math:`\sqrt{10 \lambda}` frames.

    Returns:
        The path in metres, camera frame, in the precision of ``pose``. All arithmetic is float64.

    Raises:
        ValueError: For values that are NaN or infinite, weights below 0, a frame in which fewer than two keypoints
            are seen, or all lie on one pixel (unless ``smoothness`` takes it from its neighbours), a solution with a
            joint behind the camera, and pixels outside what the lens can show.
    """
    if not 0 <= smoothness < math.inf:
        raise ValueError(f"smoothness must be finite and not negative, got {smoothness}")
    weight = torch.ones_like(keypoints_px[..., 0]) if confidence is None else confidence
    seen = weight > 0
    _check(pose, keypoints_px, weight, seen)
    if smoothness == 0 or not (seen.sum(-1) >= 2).any(-1).all():
        _need_keypoints(seen)
    rays = undistort_points(keypoints_px.double(), camera, seen)
    _need_spread(rays, weight.double(), smoothness)
    root = fit_path_to_rays(pose.double(), rays, weight.double(), smoothness)
    depth = (pose[..., 2] + root[..., 2:]).detach().amin(-1)
    behind = ~(depth > 0)
    if behind.any():
        where = behind.nonzero()[0].tolist()
        raise ValueError(
            f"root path: {int(behind.sum())} of {depth.numel()} frames come out at or behind the camera, first "
            f"frame {where[-1]} (depth {depth[tuple(where)].item():.2f} m); pose and keypoints do not belong together, "
            "or the pose is mirrored in depth"
        )
    return root.to(pose.dtype)


def fit_path_to_rays(
    pose: Float[Tensor, "*batch frames joints 3"],
    rays: Float[Tensor, "*batch frames joints 2"],
    weight: Float[Tensor, "*batch frames joints"],
    smoothness: float = 0.0,
    ridge: float = 0.0,
) -> Float[Tensor, "*batch frames 3"]:
    """The least squares of :func:`solve_root_path` for rays :math:`(x, y) / z`, without its checks: for training.

    ``ridge`` weighs the root's distance from the camera, so that a frame in which nothing is seen has a solution.
    """
    # min sum c |A r - b|^2 with A = [[1, 0, -u], [0, 1, -v]] and b = u P^z - P^xy, as A'A r = A'b.
    u, v = rays.unbind(-1)
    offset = rays * pose[..., 2:] - pose[..., :2]
    total, mean_u, mean_v = (value.sum(-1) for value in (weight, weight * u, weight * v))
    zero = torch.zeros_like(total)
    normal = [total, zero, -mean_u, zero, total, -mean_v, -mean_u, -mean_v, (weight * (u * u + v * v)).sum(-1)]
    matrix = torch.stack(normal, -1).unflatten(-1, (3, 3)) + ridge * torch.eye(3, dtype=pose.dtype, device=pose.device)
    right = torch.cat([offset, -(rays * offset).sum(-1, keepdim=True)], -1)
    return _solve(matrix, (weight[..., None] * right).sum(-2), smoothness)


def _solve(matrix: Tensor, right: Tensor, smoothness: float) -> Tensor:
    if smoothness == 0 or matrix.size(-3) == 1:
        return torch.linalg.solve(matrix, right)
    frames = matrix.size(-3)
    ends = torch.full((frames,), 2.0, dtype=matrix.dtype, device=matrix.device)
    ends[0] = ends[-1] = 1.0
    eye = torch.eye(3, dtype=matrix.dtype, device=matrix.device)
    links = -smoothness * eye.expand(*matrix.shape[:-3], frames - 1, 3, 3)
    return solve_block_tridiagonal(matrix + smoothness * ends[:, None, None] * eye, links, right)


def solve_block_tridiagonal(
    blocks: Float[Tensor, "*batch n k k"], links: Float[Tensor, "*batch m k k"], right: Float[Tensor, "*batch n k"]
) -> Float[Tensor, "*batch n k"]:
    r"""Solve a symmetric positive definite system with blocks on the diagonal and links beside it.

    .. math:: L_{i-1}^\top x_{i-1} + D_i x_i + L_i x_{i+1} = b_i

    Every other unknown is eliminated at once (block cyclic reduction), which leaves a system of half the size of the
    same form.

    Shapes:
        - **blocks:** :math:`(*, N, K, K)`, each symmetric
        - **links:** :math:`(*, N - 1, K, K)`
        - **right:** :math:`(*, N, K)`
    """
    size, width = right.shape[-2:]
    if size == 1:
        return torch.linalg.solve(blocks, right)
    spare = 1 - size % 2  # the last odd unknown has no even one after it
    before, after = links[..., 0::2, :, :], _grow(links[..., 1::2, :, :], 0, spare)
    columns = torch.cat([before.mT, after, right[..., 1::2, :, None]], -1)
    to_before, to_after, rest = torch.linalg.solve(blocks[..., 1::2, :, :], columns).split((width, width, 1), -1)
    # Each even unknown takes over what stands for its odd neighbours, the one behind and the one ahead of it.
    behind, ahead = (lambda x: _grow(x, 1, -spare)), (lambda x: _grow(x, 0, 1 - spare))
    found = solve_block_tridiagonal(
        blocks[..., 0::2, :, :] - ahead(before @ to_before) - behind(after.mT @ to_after),
        -_grow(before @ to_after, 0, -spare),
        (right[..., 0::2, :, None] - ahead(before @ rest) - behind(after.mT @ rest)).squeeze(-1),
    )
    evens = _grow(found[..., None], 0, spare)
    odds = rest - to_before @ evens[..., :-1, :, :] - to_after @ evens[..., 1:, :, :]
    pairs = torch.cat([evens[..., :-1, :, :], odds], -1).mT.flatten(-3, -2)
    return torch.cat([pairs, evens[..., -1:, :, 0]], -2)[..., :size, :]


def _grow(x: Tensor, front: int, end: int) -> Tensor:
    """Zeros before the first and after the last of a row of matrices; below 0, some are cut off."""
    return F.pad(x, (0, 0, 0, 0, front, end))


def _check(pose: Tensor, keypoints: Tensor, weight: Tensor, seen: Tensor) -> None:
    if pose.shape[:-1] != keypoints.shape[:-1] or weight.shape != keypoints.shape[:-1]:
        raise ValueError(
            f"root path: pose {list(pose.shape)}, keypoints {list(keypoints.shape)} and confidence "
            f"{list(weight.shape)} do not belong together; nothing is broadcast here"
        )
    keypoints = torch.where(seen[..., None], keypoints, 0.0)
    for name, value in (("pose", pose), ("keypoints", keypoints), ("confidence", weight)):
        bad = ~torch.isfinite(value)
        if bad.any():
            raise ValueError(f"root path: {int(bad.sum())} values of {name} are NaN or infinite")
    if (weight < 0).any():
        raise ValueError(f"root path: {int((weight < 0).sum())} values of confidence are negative")


def _need_keypoints(seen: Tensor) -> None:
    few = seen.sum(-1) < 2
    if few.any():
        raise ValueError(
            f"root path: {int(few.sum())} of {few.numel()} frames have fewer than two keypoints of confidence above 0, "
            f"first frame {few.nonzero()[0, -1].item()}; give a smoothness above 0 to take them from their neighbours, "
            "or leave them out"
        )


def _need_spread(rays: Tensor, weight: Tensor, smoothness: float) -> None:
    """Keypoints on one pixel do not tell how far away somebody is."""
    share = weight[..., None] / weight.sum(-1)[..., None, None].clamp(min=1e-300)
    middle = (share * rays).sum(-2, keepdim=True)
    one_pixel = (share * (rays - middle).square()).sum((-2, -1)) < NARROWEST**2
    lost = one_pixel.all(-1) if smoothness else one_pixel
    if lost.any():
        raise ValueError(
            f"root path: in {int(one_pixel.sum())} of {one_pixel.numel()} frames all keypoints that are seen lie on "
            f"one pixel, first in frame {one_pixel.nonzero()[0, -1].item()}, which does not tell a distance; leave "
            "those frames out, or give a smoothness above 0 to take them from their neighbours"
        )
