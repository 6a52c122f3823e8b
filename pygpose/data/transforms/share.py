"""A share of every clip, for training with fewer 3D targets."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from pygpose.data.sequence import SkeletonSequence


def share_of(clips: Sequence[SkeletonSequence], share: float) -> list[SkeletonSequence]:
    """A contiguous part of every clip, the same frames for all cameras, wherever and whenever it is drawn."""
    if share == 1:
        return list(clips)
    parts = []
    for clip in clips:
        frames = max(1, round(share * clip.num_frames))
        name = f"{clip.subject}/{clip.action}/{clip.clip}"
        start = zlib.crc32(name.encode()) % (clip.num_frames - frames + 1)
        parts.append(clip.window(start, start + frames))
    return parts
