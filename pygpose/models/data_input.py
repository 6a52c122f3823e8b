"""Data before a model: the tensor that it lifts, the graph that it convolves over, and the cuts that it does not
cross."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphs import MotionGraph

if TYPE_CHECKING:
    from pygpose.models.lifter import Lifter

Call = Callable[[Tensor, MotionGraph, bool], Tensor]


def data_input(model: Lifter, data: Data) -> tuple[Tensor, MotionGraph]:
    """The frames ``[B, T, ...]`` that a model lifts of data, and their motion graph.

    Raises:
        ValueError: For data of another skeleton, without the field that the model lifts, and for what
            :meth:`MotionGraph.of_data` refuses.
        TypeError: For anything else than PyG's data.
    """
    if not isinstance(data, Data):
        raise TypeError(f"a model takes a torch tensor or a SkeletonSequence, got {type(data).__name__}")
    names = {data.skeleton} if isinstance(data.skeleton, str) else set(data.skeleton)
    if names != {model.skeleton.name}:
        raise ValueError(f"model of skeleton '{model.skeleton.name}' got clips of {', '.join(sorted(names))}")
    if model.input not in data:
        raise ValueError(
            f"model of skeleton '{model.skeleton.name}' lifts '{model.input}', which the clips do not have"
        )
    graph = MotionGraph.of_data(data)
    frames, of_frame = data[model.input], model.input_shape
    if frames.dim() < len(of_frame) + 2:  # clips lie one after the other; windows come apart already
        frames = frames.unflatten(0, (-1, graph.num_frames, *of_frame[:-1]))
    return frames, graph


def uncut_input(model: Lifter, data: Data) -> tuple[Tensor, MotionGraph]:
    """:func:`data_input` of data without cuts.

    Raises:
        ValueError: For data in which next-frame edges are missing, beside what :func:`data_input` refuses.
    """
    frames, graph = data_input(model, data)
    if not graph.has_all_next_frames:
        raise ValueError(
            "edge_index has no next-frame edges between some frames, and training would look over such cuts; train on "
            "the stretches between them"
        )
    return frames, graph


def over_stretches(model: Lifter, data: Data, with_context: bool, call: Call) -> Tensor:
    """What ``call`` gives of frames, graph and ``with_context``, stretch by stretch where data have cuts.

    Raises:
        ValueError: For cuts in data that come with their context, beside what :func:`data_input` refuses.
    """
    frames, graph = data_input(model, data)
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
