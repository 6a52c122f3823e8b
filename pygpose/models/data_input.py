"""Data before a model: the tensor that it lifts, the graph that it convolves over, and the cuts that it does not
cross."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphs import MotionGraph, Skeleton

Call = Callable[[Tensor, MotionGraph, bool], Tensor]
"""What is made of frames, their motion graph, and whether the frames come with their context."""


def data_input(data: Data, skeleton: Skeleton, field: str, frame_shape: tuple[int, ...]) -> tuple[Tensor, MotionGraph]:
    """The frames ``[B, T, ...]`` that a model lifts of data, and their motion graph.

    Args:
        data: A clip, PyG's batch of clips of one length, or a batch of windows.
        skeleton: The joints of the model.
        field: The field of the data that the model lifts.
        frame_shape: The shape of one frame of that field.

    Raises:
        ValueError: For data of another skeleton, without the field that the model lifts, and for what
            :meth:`MotionGraph.of_data` refuses.
        TypeError: For anything else than PyG's data.
    """
    if not isinstance(data, Data):
        raise TypeError(f"a model takes a torch tensor or a SkeletonSequence, got {type(data).__name__}")
    names = {data.skeleton} if isinstance(data.skeleton, str) else set(data.skeleton)
    if names != {skeleton.name}:
        raise ValueError(f"model of skeleton '{skeleton.name}' got clips of {', '.join(sorted(names))}")
    if field not in data:
        raise ValueError(f"model of skeleton '{skeleton.name}' lifts '{field}', which the clips do not have")
    graph, frames = MotionGraph.of_data(data), data[field]
    if frames.dim() < len(frame_shape) + 2:  # clips lie one after the other; windows come apart already
        frames = frames.unflatten(0, (-1, graph.num_frames, *frame_shape[:-1]))
    return frames, graph


def check_uncut(graph: MotionGraph) -> None:
    """Refuse a graph with cuts for what looks over all frames at once.

    Raises:
        ValueError: For a graph in which next-frame edges are missing.
    """
    if not graph.has_all_next_frames:
        raise ValueError(
            "edge_index has no next-frame edges between some frames, and this call looks over all frames at once; give "
            "the stretches between such cuts one by one"
        )


def over_stretches(call: Call, frames: Tensor, graph: MotionGraph, with_context: bool) -> Tensor:
    """What ``call`` makes of frames and their graph, stretch by stretch where the graph has cuts.

    Raises:
        ValueError: For cuts in frames that come with their context.
    """
    if graph.has_all_next_frames:
        return call(frames, graph, with_context)
    if with_context:
        raise ValueError("edge_index has cuts, and frames with context have none; call the model without with_context")
    places = [
        (clip, start, stop)
        for clip, found in enumerate(graph.stretches * (len(frames) if graph.num_clips == 1 else 1))
        for start, stop in found
    ]
    whole: Tensor | None = None
    for length in sorted({stop - start for _, start, stop in places}):
        alike = [place for place in places if place[2] - place[1] == length]
        seen = torch.stack([frames[clip, start:stop] for clip, start, stop in alike])
        shared = graph.num_clips == 1 and len(frames) > 1
        found = call(seen, graph.parts([(0, *place[1:]) for place in alike] if shared else alike), False)
        if whole is None:
            whole = found.new_zeros(*frames.shape[:2], *found.shape[2:])
        for (clip, start, stop), lifted in zip(alike, found, strict=True):
            whole[clip, start:stop] = lifted
    assert whole is not None  # every clip has a frame
    return whole
