"""Clips made longer."""

from __future__ import annotations

import torch

from graphs import MotionGraph
from pygpose import keys
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.transform import TRANSFORMS, ClipTransform


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
    padded.edge_index, padded.edge_type = graph.for_data()
    return padded


@TRANSFORMS.register("pad")
class Pad(ClipTransform):
    """Lengthen shorter clips to ``num_frames`` by repeating their last frame.

    Raises:
        ValueError: For fewer than 1 frame.
    """

    def __init__(self, num_frames: int = 96) -> None:
        if num_frames < 1:
            raise ValueError(f"Pad.num_frames must be at least 1, got {num_frames}")
        self.num_frames = num_frames

    def of_clip(self, clip: SkeletonSequence) -> SkeletonSequence:
        return pad_sequence(clip, self.num_frames)
