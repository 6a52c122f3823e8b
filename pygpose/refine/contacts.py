"""The floor under a motion, and when its feet stand on it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pygpose.refine.smoothing import Gaussian

SLOW, FAST = 0.6, 0.9
"""Metres per second: a foot that is slower comes into contact, and one that is faster has left it."""
NEAR, AWAY = 0.1, 0.16
"""Metres above the floor: the same for heights."""
CALM = 0.03
"""Seconds, the standard deviation of the Gaussian through which feet are looked at."""
RAMP = 0.06
"""Seconds in which a foot comes to stand, and begins to leave."""
SPREAD = 0.03
"""Metres: feet that stand lie about so far from the floor."""
TILT = 0.1
"""How steep a floor may well be: the tangent of its angle to what is told of the way up."""
SURE = 0.3
"""Confidence from which a foot's position says that the foot stands: a place between two others, where nothing was
seen, looks like a foot at rest."""
LEAST = 10
"""Frames of slow feet that a floor needs."""


@dataclass(frozen=True)
class Floor:
    """The plane on which foot joints stand: :math:`\\mathbf{n} \\cdot \\mathbf{x} = h`. It lies as high above the
    ground as the joints of a standing foot do.

    Shapes:
        - **normal:** :math:`(3)`, a unit vector that points up
        - **height:** scalar, metres
    """

    normal: Tensor
    height: Tensor

    def above(self, points: Float[Tensor, "*points 3"]) -> Float[Tensor, "*points"]:
        """Heights above the floor, metres; below 0 under it."""
        return points @ self.normal.to(points) - self.height.to(points)


def find_floor(
    positions: Float[Tensor, "frames joints 3"],
    feet: list[int],
    fps: float,
    up: Float[Tensor, "3"],
    confidence: Float[Tensor, "frames joints"] | None = None,
) -> Floor | None:
    r"""The floor that fits the places where feet are slow, by reweighted least squares (Geman-McClure); None where too
    few of them are.

    With :math:`\mathbf{e}_1, \mathbf{e}_2` across ``up`` :math:`\mathbf{u}`, a floor is :math:`\mathbf{u} \cdot
    \mathbf{x} = a\, \mathbf{e}_1 \cdot \mathbf{x} + b\, \mathbf{e}_2 \cdot \mathbf{x} + c` with a small slope.

    Args:
        positions: In a frame that does not move, metres.
        feet: Joints.
        fps: Frames per second.
        up: The way up, at least roughly.
        confidence: Of positions. A foot of less than :data:`SURE` tells nothing. Not given: 1.
    """
    calm = Gaussian(CALM)(positions[:, feet], fps)
    slow = _speeds(calm, fps) < SLOW
    points = calm[slow if confidence is None else slow & (confidence[:, feet] >= SURE)]
    if len(points) < LEAST:
        return None
    up = up / up.norm()
    aside = torch.eye(3, dtype=up.dtype, device=up.device)[int(up.abs().argmin())]
    first = torch.linalg.cross(up, aside)
    first = first / first.norm()
    axes = torch.stack([first, torch.linalg.cross(up, first)])
    heights, middle = points @ up, points.mean(0)
    rows = torch.cat([(points - middle) @ axes.T, torch.ones_like(heights)[:, None]], 1)
    slope = rows.new_zeros(3)
    slope[2] = heights.quantile(0.3)
    prior = torch.diag(rows.new_tensor([len(points) * SPREAD**2 / TILT**2] * 2 + [1e-9])) / SPREAD**2
    for width in (4.0, 2.0, 1.0, 1.0, 1.0, 1.0):
        off = heights - rows @ slope
        weight = 1 / (1 + (off / (width * SPREAD)).square()).square() / SPREAD**2
        slope = torch.linalg.solve((rows * weight[:, None]).T @ rows + prior, (rows * weight[:, None]).T @ heights)
    normal = up - slope[0] * axes[0] - slope[1] * axes[1]
    scale = normal.norm()
    height = (slope[2] - slope[0] * (middle @ axes[0]) - slope[1] * (middle @ axes[1])) / scale
    return Floor(normal / scale, height)


def find_contacts(
    positions: Float[Tensor, "frames joints 3"],
    feet: list[int],
    fps: float,
    floor: Floor | None = None,
    confidence: Float[Tensor, "frames joints"] | None = None,
) -> Bool[Tensor, "frames feet"]:
    """When feet stand: slow and, where there is a floor, near it. A contact begins where a foot is slow and near, and
    ends where it is fast or away (:data:`SLOW`, :data:`FAST`, :data:`NEAR`, :data:`AWAY`). It begins in no frame in
    which the confidence of the foot's position is below :data:`SURE`, and may go on through such frames."""
    calm = Gaussian(CALM)(positions[:, feet], fps)
    speeds = _speeds(calm, fps)
    begins, goes_on = speeds < SLOW, speeds < FAST
    if confidence is not None:
        begins = begins & (confidence[:, feet] >= SURE)
    if floor is not None:
        above = floor.above(calm)
        begins, goes_on = begins & (above < NEAR), goes_on & (above < AWAY)
    # A stretch of frames in which contact may go on is one where it begins somewhere.
    number = torch.cumsum(goes_on.diff(dim=0, prepend=~goes_on[:1]).int(), 0)
    found = torch.zeros_like(begins)
    for foot in range(begins.size(1)):
        touched = torch.zeros(int(number[:, foot].max()) + 1, dtype=torch.bool, device=begins.device)
        touched[number[:, foot][begins[:, foot]]] = True
        found[:, foot] = touched[number[:, foot]] & goes_on[:, foot]
    return found


def firmness(contacts: Bool[Tensor, "frames feet"], fps: float) -> Float[Tensor, "frames feet"]:
    r"""How firmly a foot stands, in [0, 1]: :math:`(d / r)^2` with the time :math:`d` to the nearer end of its contact,
    and 1 from :math:`r` on (:data:`RAMP`). A foot that comes to a stop from one frame to the next would be a jerk; a
    contact that the clip's ends cut is firm there.
    """
    frames = torch.arange(len(contacts), device=contacts.device)[:, None].expand_as(contacts)
    before = torch.where(contacts, -len(contacts), frames).cummax(0).values  # the last frame without contact
    after = torch.where(contacts, 2 * len(contacts), frames).flip(0).cummin(0).values.flip(0)
    distance = torch.minimum(frames - before, after - frames).double()
    return (distance / max(1.0, RAMP * fps)).clamp(max=1) ** 2 * contacts


def _speeds(points: Float[Tensor, "frames feet 3"], fps: float) -> Float[Tensor, "frames feet"]:
    if len(points) == 1:
        return points.new_zeros(points.shape[:2])
    return fps * torch.gradient(points, dim=0)[0].norm(dim=-1)
