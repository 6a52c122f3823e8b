"""Ends of clips, for networks that look at frames before and after a window."""

from __future__ import annotations

import copy

import torch

from pygpose.data.batches import Windows
from pygpose.frames import reflected


def end_some(windows: Windows, share: float, *, reflect: bool = True) -> Windows:
    """Windows that are the first or the last of their clip, as far as the network can see.

    Few windows lie at an end of their clip, and every clip that is lifted has two ends. Context in which nothing is
    seen, from the outside inwards, lies beyond an end. In its place the network gets what it gets when a clip is lifted
    (:attr:`~pygpose.models.Lifter.beyond`).

    Args:
        windows: A batch.
        share: Of the windows that lose the context before them, and of those that lose the context after them.
        reflect: Whether the frames inside stand for those beyond, in reverse; otherwise their confidence is 0.
    """
    before, after = windows.context
    if not before and not after:
        return windows
    x, confidence = windows["x"], windows["confidence"]
    count, long = confidence.shape[:2]
    lost = torch.rand(2, count, device=x.device) < share
    seen = confidence.any(2)
    places = torch.arange(long, device=x.device)
    first = torch.where(seen, places, before)[:, : before + 1].amin(1)
    last = torch.where(seen, places, long - after - 1)[:, long - after - 1 :].amax(1)
    first = torch.where(lost[0], before, first)[:, None]
    last = torch.where(lost[1], long - after - 1, last)[:, None]
    ended = copy.copy(windows)
    if reflect:
        inside = reflected(places, first, last)[..., None]
        ended["x"] = x.gather(1, inside[..., None].expand_as(x))
        ended["confidence"] = confidence.gather(1, inside.expand_as(confidence))
    else:
        ended["confidence"] = confidence * ((places >= first) & (places <= last))[..., None]
    return ended
