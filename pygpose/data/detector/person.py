"""The person in the picture: their size, the lines along which joints are mistaken, and joints that are not seen.

Places are given as planes here, all x before all y: ``[2, B, T, J]``.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import Skeleton
from pygpose.data.detector.joint_errors import joint_kinds

Places = Float[Tensor, "2 batch frames joints"]
Seen = Bool[Tensor, "batch frames joints"]


def person_size(places: Places, seen: Seen) -> Float[Tensor, " batch"]:
    """Size of the person: the longer side of the box around the seen joints, the median over the frames that have
    any."""
    box = places.where(seen, -torch.inf).amax(3) - places.where(seen, torch.inf).amin(3)
    return box.amax(0).where(seen.any(2), torch.nan).nanmedian(1).values


def trunk(places: Places, seen: Seen, skeleton: Skeleton) -> Float[Tensor, "2 batch frames 1"]:
    """The vector from the middle of the hips to the middle of the shoulders; 0 where no hip or no shoulder is seen."""
    kinds = joint_kinds(skeleton)
    wanted = places.new_tensor([[kind == "hip", kind == "shoulder"] for kind in kinds])
    count = seen.to(places.dtype) @ wanted
    middles = (places * seen) @ wanted / count.clamp(min=1)
    return ((middles[..., 1] - middles[..., 0]) * (count > 0).all(-1))[..., None]


def fill_unseen(places: Places, seen: Seen) -> Places:
    """Unseen joints interpolated linearly over time and held at a window's ends, as readers of keypoint files do
    (:func:`pygpose.io.keypoints.fill_missing`); one that is never seen lies in the middle of those that are."""
    frames = places.shape[2]
    frame = torch.arange(frames, device=places.device)[:, None]
    before = frame.where(seen, -1).cummax(1).values
    after = frame.where(seen, frames).flip(1).cummin(1).values.flip(1)
    first = before.where(before >= 0, after).clamp(max=frames - 1)
    last = after.where(after < frames, before).clamp(min=0)
    way = (frame - first).to(places.dtype) / (last - first).clamp(min=1)
    start, stop = (places.gather(2, index.expand_as(places)) for index in (first, last))
    filled = torch.lerp(start, stop, way.clamp(0, 1))
    ever = seen.any(1)[:, None]
    middle = (filled * ever).sum(3, keepdim=True) / ever.sum(2, keepdim=True).clamp(min=1)
    return filled.where(ever, middle)
