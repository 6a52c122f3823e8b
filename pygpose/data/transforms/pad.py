"""Clips made longer."""

from __future__ import annotations

import torch

from graphs import MotionGraph
from pygpose import keys
from pygpose.data.sequence import SkeletonSequence


def pad_sequence(sequence: SkeletonSequence, num_frames: int) -> SkeletonSequence:
    """The sequence itself, or lengthened to ``num_frames`` by repeating its last frame."""
    missing = num_frames - sequence.num_frames
    if missing <= 0:
        return sequence
    padded = SkeletonSequence(**sequence.to_dict())
    joints = sequence.num_joints
    for names, rows in ((keys.PER_NODE, joints), (keys.PER_FRAME, 1)):
        for name in names:
            if name in sequence:
                value = sequence[name]
                padded[name] = torch.cat([value, *[value[-rows:]] * missing])
    padded.num_frames = num_frames
    padded.num_nodes = num_frames * joints
    graph = MotionGraph.of_data(sequence).lengthened(num_frames)
    padded.edge_index, padded.edge_type = graph.edge_index, graph.edge_type
    return padded
