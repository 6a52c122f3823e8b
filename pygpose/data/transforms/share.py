"""A share of every clip, for training with fewer 3D targets."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from torch_geometric.transforms import BaseTransform

from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.transform import TRANSFORMS


@TRANSFORMS.register("share")
class Share(BaseTransform):
    """Keep a share of every clip, in one piece: the same frames for all cameras, wherever and whenever a clip is drawn.

    Raises:
        ValueError: For a share outside (0, 1].
    """

    def __init__(self, share: float = 0.5) -> None:
        if not 0 < share <= 1:
            raise ValueError(f"Share.share must lie in (0, 1], got {share}")
        self.share = share

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:  # pyright: ignore[reportIncompatibleMethodOverride]
        frames = max(1, round(self.share * data.num_frames))
        name = f"{data.subject}/{data.action}/{data.clip}"
        start = zlib.crc32(name.encode()) % (data.num_frames - frames + 1)
        return data.window(start, start + frames)


def share_of(clips: Sequence[SkeletonSequence], share: float) -> list[SkeletonSequence]:
    """:class:`Share` of every clip; the clips themselves where all of them are used."""
    return list(clips) if share == 1 else [Share(share)(clip) for clip in clips]
