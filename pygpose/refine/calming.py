"""The motion most likely behind noisy positions and keypoints: each joint by itself, strongly where it moves calmly."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from pygpose.refine.banded import solve_banded
from pygpose.refine.energy import difference_bands
from pygpose.refine.smoothing import Gaussian

ACCELERATION = 8.0
"""Metres per second squared along each axis: how joints of people usually accelerate."""
LEAST_ACCELERATION = 1.0
"""The same for joints at rest."""
LOCAL = 0.12
"""Seconds, the standard deviation of the Gaussian over which a joint's own acceleration is averaged."""
OUTLIER = 0.1
"""Metres from where motion would have a joint: farther away positions and keypoints count less and less."""
ROUNDS = 4
LEAST_NOISE, LEAST_RAY_NOISE = 0.004, 1e-4
"""Metres, and shares of the depth: positions and rays are not trusted more than that."""
DOUBT = 0.4
"""Metres by which a keypoint of confidence 0 may be wrong, and in between in proportion: a detector's errors last for
many frames, so that no differences show them."""
NEAREST = 0.1
"""Metres: no joint is taken to be nearer to the camera."""
WITH_RAYS, BESIDE_DOUBT = 0.03, 0.008
"""Metres: the same for positions beside sure keypoints, which know better, and beside doubtful ones."""
SURE_RAY = 0.003
"""Metres of doubt about a keypoint at which positions are trusted twice as much as beside a sure one."""


def noise_of(values: Float[Tensor, "frames joints axes"], least: float) -> Float[Tensor, " joints"]:
    r"""The standard deviation of white noise in each joint's coordinates, by its third differences, which motion hardly
    has: :math:`1.48 \operatorname{median} \lvert \Delta^3 x \rvert / \sqrt{20}`, and at least ``least``."""
    if len(values) < 4:
        return values.new_full(values.shape[1:2], least)
    steps = values.diff(n=3, dim=0).abs().transpose(0, 1).flatten(1)
    return (1.4826 * steps.median(1).values / 20**0.5).clamp(min=least)


def calmed(
    wanted: Float[Tensor, "frames joints axes"],
    weight: Float[Tensor, "frames joints axes"],
    acceleration: Float[Tensor, "steps joints"],
) -> Float[Tensor, "frames joints axes"]:
    r"""The least of :math:`\sum_t w_t (x_t - \hat x_t)^2 + \sum_t v_t (\Delta^2 x)_t^2`, for every joint and axis.

    Args:
        wanted: :math:`\hat x`.
        weight: :math:`w`.
        acceleration: :math:`v`, for the same axes.
    """
    links = difference_bands(acceleration.T[:, None].expand(-1, wanted.size(2), -1), 2)
    links[0] = links[0] + weight.permute(1, 2, 0)
    bands = [band[..., None, None] for band in links]
    found = solve_banded(bands, (weight * wanted).permute(1, 2, 0)[..., None, None])
    return found[..., 0, 0].permute(2, 0, 1)


def acceleration_weights(
    positions: Float[Tensor, "frames joints 3"], fps: float, strength: float | Tensor
) -> Float[Tensor, "steps joints"]:
    """Weights of second differences, by how much each joint accelerates around each frame: where it really does, little
    is smoothed away."""
    squares = (fps**2 * positions.diff(n=2, dim=0)).square().mean(-1)
    local = Gaussian(LOCAL)(squares[..., None].expand(-1, -1, 3).contiguous(), fps)[..., 0]
    return strength * fps**4 / (LEAST_ACCELERATION**2 + local)


def calm(
    positions: Float[Tensor, "frames joints 3"],
    trust: Float[Tensor, "frames joints"],
    fps: float,
    *,
    smoothing: float | Tensor,
    rays: Float[Tensor, "frames joints 2"] | None = None,
    seen: Float[Tensor, "frames joints"] | None = None,
    reprojection: float | Tensor = 1.0,
) -> tuple[Float[Tensor, "frames joints 3"], Float[Tensor, "frames joints 3"]]:
    """The motion that is most likely (:func:`most_likely`), with spreads that are measured in the clip.

    Args:
        positions: Metres, in the camera's frame where there are rays.
        trust: Confidence of every position.
        fps: Frames per second.
        smoothing: Weight of small accelerations; gradients reach it.
        rays: :math:`(x, y) / z`.
        seen: Confidence of every ray.
        reprojection: Weight of the rays; gradients reach it.
    """
    ray_precision = None
    if rays is not None and seen is not None:
        doubt = DOUBT * (1 - seen.clamp(max=1)) / positions[..., 2].clamp(min=NEAREST)
        ray_precision = reprojection * seen / (noise_of(rays, LEAST_RAY_NOISE) ** 2 + doubt**2)
    noise = noise_of(positions, LEAST_NOISE).expand_as(trust)
    if rays is not None and seen is not None:
        floor = WITH_RAYS / (1 + DOUBT * (1 - seen.clamp(max=1)) / SURE_RAY)
        noise = torch.maximum(noise, floor.clamp(min=BESIDE_DOUBT))
    precision = trust.clamp(min=1e-3) / noise**2
    return most_likely(positions, precision, fps, strength=smoothing, rays=rays, ray_precision=ray_precision)


def most_likely(
    positions: Float[Tensor, "frames joints 3"],
    precision: Float[Tensor, "frames joints"],
    fps: float,
    *,
    strength: float | Tensor = 1.0,
    rays: Float[Tensor, "frames joints 2"] | None = None,
    ray_precision: Float[Tensor, "frames joints"] | None = None,
) -> tuple[Float[Tensor, "frames joints 3"], Float[Tensor, "frames joints 3"]]:
    r"""Positions between those that are given, the rays of their keypoints and calm motion, and the weight that each
    axis has in them.

    A joint's acceleration is taken to be normal, with a spread that is its own over a quarter of a second: it is found
    out round by round. A ray counts across itself, at the depth that the joint has in the round before. Positions and
    rays far from where the round before has the joint count little, by Geman and McClure's weights.

    Args:
        positions: Metres, in the camera's frame where there are rays.
        precision: One over the square of their spread.
        fps: Frames per second.
        strength: What accelerations are weighted by.
        rays: :math:`(x, y) / z`.
        ray_precision: One over the square of their spread; 0 where there is no ray.
    """
    weight = precision[..., None].expand(-1, -1, 3).clone()
    if len(positions) < 3:
        return positions, weight
    found, own = positions, precision[..., None]
    across = None if rays is None or ray_precision is None else _across(found, ray_precision)
    links = strength * found.new_full((len(positions) - 2, positions.size(1)), fps**4 / ACCELERATION**2)
    for _ in range(ROUNDS):
        wanted, weight = positions.clone(), own.expand(-1, -1, 3).clone()
        if rays is not None and across is not None:
            on_ray = rays * found[..., 2:]
            wanted[..., :2] = (own * positions[..., :2] + across * on_ray) / (own + across)
            weight[..., :2] = own + across
        found = calmed(wanted, weight, links)
        links = acceleration_weights(found, fps, strength)
        own = precision[..., None] * _belief(positions - found)
        if rays is not None and ray_precision is not None:
            depth = found[..., 2:].clamp(min=NEAREST)
            across = _across(found, ray_precision) * _belief(rays * depth - found[..., :2])
    return found, weight


def _across(positions: Tensor, ray_precision: Tensor) -> Tensor:
    """One over the square of the spread, in metres, of joints across their rays."""
    return ray_precision[..., None] / positions[..., 2:].clamp(min=NEAREST).square()


def _belief(away: Float[Tensor, "frames joints axes"]) -> Float[Tensor, "frames joints 1"]:
    """Geman and McClure's weight of a joint that is so far from where it was found."""
    return (1 + away.square().sum(-1, keepdim=True) / OUTLIER**2) ** -2
