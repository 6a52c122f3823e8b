"""The registry of the changes of clips."""

from torch_geometric.transforms import BaseTransform

from graphs import Registry

TRANSFORMS: Registry[type[BaseTransform]] = Registry("transform")
"""PyG transforms of a :class:`~pygpose.data.SkeletonSequence`: each gives a new clip and leaves the given one as it
is."""
