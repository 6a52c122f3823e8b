"""A share of every clip, for training with fewer 3D targets."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

from pygpose.data.recording import Recording
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.transform import TRANSFORMS, ClipTransform


@TRANSFORMS.register("share")
class Share(ClipTransform):
    """Keep a share of every clip, in one piece: the same frames for all cameras, wherever and whenever a clip is drawn.

    Raises:
        ValueError: For a share outside (0, 1].
    """

    def __init__(self, share: float = 0.5) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"Share.share must lie in (0, 1], got {share}")
        self.share = share

    def of_clip(self, clip: SkeletonSequence) -> SkeletonSequence:
        return _part(clip, self.share)


Clip = TypeVar("Clip", SkeletonSequence, Recording)


def share_of(clips: Sequence[Clip], share: float) -> list[Clip]:
    """:class:`Share` of every clip or recording; the clips themselves where all of them are used."""
    return list(clips) if share == 1 else [_part(clip, share) for clip in clips]


def _part(clip: Clip, share: float) -> Clip:
    frames = max(1, round(share * clip.num_frames))
    name = f"{clip.subject}/{clip.action}/{clip.clip}"
    start = zlib.crc32(name.encode()) % (clip.num_frames - frames + 1)
    return clip.window(start, start + frames)
