"""Ends of clips, for networks that look at frames before and after a window."""

from __future__ import annotations

import copy

import torch

from pygpose.data.batches import Windows


def hide_some(windows: Windows, share: float) -> Windows:
    """Windows whose context is missing, as it is at an end of a clip: before the window, after it, or on both sides.

    Few windows lie at an end of their clip, and every clip that is lifted has two ends. A network that does not get the
    confidence of keypoints sees no difference.

    Args:
        windows: A batch.
        share: Of the windows that lose the context before them, and of those that lose the context after them.
    """
    before, after = windows.context
    if not before and not after:
        return windows
    hidden = copy.copy(windows)
    confidence = windows["confidence"].clone()
    lost = torch.rand(len(confidence), 2, 1, 1, device=confidence.device) < share
    own = slice(before, confidence.size(1) - after)
    confidence[:, : own.start] *= ~lost[:, 0]
    confidence[:, own.stop :] *= ~lost[:, 1]
    hidden["confidence"] = confidence
    return hidden
