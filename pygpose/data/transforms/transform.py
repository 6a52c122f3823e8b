"""The registry of the changes of clips."""

from __future__ import annotations

from typing import Any

from torch_geometric.data import Batch
from torch_geometric.transforms import BaseTransform

from graphs import Registry
from pygpose.data.sequence import SkeletonSequence


class ClipTransform(BaseTransform):
    """A PyG transform of a :class:`~pygpose.data.SkeletonSequence`, or of every clip of PyG's batch. It gives a new
    clip and leaves the given clip as it is.

    A subclass is built without arguments or from some with defaults, and defines :meth:`of_clip`.
    """

    def of_clip(self, clip: SkeletonSequence) -> SkeletonSequence:
        raise NotImplementedError(f"{type(self).__name__} must define of_clip(clip)")

    def forward(self, data: Any) -> Any:
        if isinstance(data, Batch):
            return Batch.from_data_list([self.of_clip(clip) for clip in data.clips()])  # pyright: ignore
        return self.of_clip(data)


TRANSFORMS: Registry[type[ClipTransform]] = Registry("transform")
