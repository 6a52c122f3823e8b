"""Data before a model: the tensor that it lifts, the graph that it convolves over, and the cuts that it does not
cross."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch_geometric.data import Data

from graphs import MotionGraph, Skeleton, clip_facts

Call = Callable[[Tensor, MotionGraph | None, bool], Tensor]
"""What is made of frames, their motion graph, and whether the frames come with their context."""


def data_input(
    data: Data, skeleton: Skeleton, graph_name: str, field: str, frame_shape: tuple[int, ...]
) -> tuple[Tensor, MotionGraph]:
    """The frames ``[B, T, ...]`` that a model lifts of data, and their motion graph.

    Args:
        data: A clip, PyG's batch of clips of one length, or a batch of windows.
        skeleton: The joints of the model.
        graph_name: The kinds of edges that the model was built with.
        field: The field of the data that the model lifts.
        frame_shape: The shape of one frame of that field.

    Raises:
        ValueError: For data of another skeleton, without the field that the model lifts or with another number of
            frames in it, and for what :meth:`MotionGraph.of_data` refuses.
        TypeError: For anything else than PyG's data.
    """
    if not isinstance(data, Data):
        raise TypeError(f"a model takes a torch tensor or a SkeletonSequence, got {type(data).__name__}")
    graph = MotionGraph.of_data(data, graph_name)
    facts = clip_facts(data)
    if facts.skeleton.name != skeleton.name:
        raise ValueError(
            f"model of skeleton '{skeleton.name}' got clips of {facts.skeleton.name}; map their joints first, or "
            "build a model of "
            "their skeleton"
        )
    if field not in data:
        raise ValueError(f"model of skeleton '{skeleton.name}' lifts '{field}', which the clips do not have")
    frames, rows = data[field], frame_shape[:-1]
    if frames.dim() < len(frame_shape) + 2:  # clips lie one after the other; windows come apart already
        clips = facts.num_clips
        wanted = (clips * graph.num_frames * math.prod(rows), frame_shape[-1])
        if tuple(frames.shape) != wanted:
            raise ValueError(
                f"'{field}' is {list(frames.shape)}, expected {list(wanted)} for {clips} clips of {graph.num_frames} "
                f"frames of skeleton '{skeleton.name}'; make num_frames and '{field}' fit"
            )
        frames = frames.unflatten(0, (clips, graph.num_frames, *rows))
    return frames, graph


def data_confidence(data: Data, keypoints: Tensor) -> Tensor | None:
    """The confidence ``[B, T, J]`` of the keypoints of data; None where the data have none.

    Raises:
        ValueError: For another number of values than keypoints.
    """
    if "confidence" not in data:
        return None
    confidence = data["confidence"]
    if confidence.numel() != keypoints.shape[:-1].numel():
        raise ValueError(
            f"'confidence' is {list(confidence.shape)}, expected {keypoints.shape[:-1].numel()} values, one for each "
            "keypoint"
        )
    return confidence.view(keypoints.shape[:-1])


def check_confidence(confidence: Tensor, keypoints: Tensor) -> None:
    """
    Raises:
        ValueError: For confidence of another shape than the keypoints, and values that do not lie in [0, 1].
    """
    if confidence.shape != keypoints.shape[:-1]:
        raise ValueError(
            f"confidence is {list(confidence.shape)}, expected {list(keypoints.shape[:-1])}, a number for each keypoint"
        )
    bad = ~((confidence >= 0) & (confidence <= 1))
    if bad.any():
        where = bad.nonzero()[0].tolist()
        raise ValueError(
            f"{int(bad.sum())} values of confidence are NaN or outside [0, 1], the first at [clip, frame, joint] "
            f"{where}: {confidence[tuple(where)].item():g}; give 0 for a missing keypoint and at most 1"
        )


def check_graph(graph: MotionGraph, frames: int, joints: int, clips: int) -> None:
    """Refuse a graph of another size than that of the frames which a model lifts.

    Raises:
        ValueError: For a graph of other frames, joints or clips.
        TypeError: For anything else than a motion graph.
    """
    if not isinstance(graph, MotionGraph):
        raise TypeError(f"graph must be a MotionGraph, such as MotionGraph.of_data(clip), got {type(graph).__name__}")
    if (graph.num_frames, graph.num_joints) != (frames, joints) or graph.num_clips not in (1, clips):
        raise ValueError(
            f"the graph has {graph.num_clips} clips of {graph.num_frames} frames of {graph.num_joints} joints, the "
            f"input {frames} frames of {joints} joints in {clips} clips; give the graph of the input"
        )


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


def over_stretches(
    call: Call, frames: Tensor, graph: MotionGraph, with_context: bool, skeleton: Skeleton, graph_name: str
) -> Tensor:
    """What ``call`` makes of frames and their graph, stretch by stretch where the graph has cuts.

    Raises:
        ValueError: For cuts in frames that come with their context, and for a graph with cuts of another size than that
            of the frames.
    """
    if graph.has_all_next_frames:
        return call(frames, graph, with_context)
    if with_context:
        raise ValueError(
            "edge_index cuts the clip, and frames that come with their context are lifted in one piece; call the model "
            "without with_context"
        )
    check_graph(graph, frames.size(1), skeleton.num_joints, len(frames))
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
        parts = graph.parts([(0, *place[1:]) for place in alike] if shared else alike)
        found = call(seen, parts.as_skeletons(skeleton, graph_name), False)
        if whole is None:
            whole = found.new_zeros(*frames.shape[:2], *found.shape[2:])
        for (clip, start, stop), lifted in zip(alike, found, strict=True):
            whole[clip, start:stop] = lifted
    assert whole is not None  # every clip has a frame
    return whole
