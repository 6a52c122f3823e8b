"""Another motion graph for a clip."""

from __future__ import annotations

import copy

from graphs import MotionGraph, get_skeleton, graph_name
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.transform import TRANSFORMS, ClipTransform


@TRANSFORMS.register("edges")
class SetEdges(ClipTransform):
    """Give a clip the motion graph of its skeleton with these kinds of edges, for a model that was built with them: the
    edges that the clip had are replaced.

    Args:
        graph: ``bones``, or further kinds of edges after it, as ``bones+mirror`` (:func:`graphs.parse_graph`).

    Raises:
        ValueError: For unknown kinds of edges.
    """

    def __init__(self, graph: str = "bones") -> None:
        self.graph = graph_name(graph)

    def of_clip(self, clip: SkeletonSequence) -> SkeletonSequence:
        made = MotionGraph.of_skeleton(get_skeleton(clip.skeleton), clip.num_frames, self.graph)
        changed = copy.copy(clip)
        changed.edge_index, changed.edge_type = made.for_data()
        return changed
