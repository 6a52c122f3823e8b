"""Clips at another frame rate."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from graphs import MotionGraph
from pygpose import keys
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.transform import TRANSFORMS, ClipTransform
from pygpose.io.motion.resampling import resample

NEAREST = ("valid", "activity")  # labels, of which no mean is taken


@TRANSFORMS.register("resample")
class Resample(ClipTransform):
    """A clip at another frame rate: frames are taken as they are where the rates have an integer ratio, else
    interpolated linearly (:func:`~pygpose.io.motion.resampling.resample`).

    Labels of frames are those of the nearest frame, and the clip keeps the edges that it has in every frame. SMPL's
    parameters are rotations, of which no linear mean is taken: the clip loses them unless frames are taken as they are.

    Args:
        fps: Frames per second.

    Raises:
        ValueError: For a frame rate that is not positive, and for clips whose edges are not the same in every frame.
    """

    def __init__(self, fps: float = 25.0) -> None:
        if not 0 < fps < math.inf:
            raise ValueError(f"Resample.fps must be positive, got {fps}")
        self.fps = fps

    def of_clip(self, clip: SkeletonSequence) -> SkeletonSequence:
        edges = MotionGraph.of_data(clip).frame_edges
        if edges is None:
            raise ValueError(f"{clip.describe()} has other edges in some frames; resample it before edges are changed")
        changed, joints = SkeletonSequence(**clip.to_dict()), clip.num_joints
        for name in (*keys.PER_NODE, *keys.PER_FRAME):
            if name in clip:
                rows = joints if name in keys.PER_NODE else 1
                changed[name] = self._of_rate(clip[name], rows, clip.fps, nearest=name in NEAREST)
        step = clip.fps / self.fps
        if "smpl" in clip and abs(step - round(step)) > 1e-9 * step:
            del changed["smpl"]
        frames = len(changed["x"]) // joints
        changed.num_frames, changed.num_nodes, changed.fps = frames, frames * joints, self.fps
        changed.edge_index, changed.edge_type = edges.over(frames)
        return changed

    def _of_rate(self, values: Tensor, rows: int, fps: float, *, nearest: bool) -> Tensor:
        frames = values.reshape(-1, rows, math.prod(values.shape[1:]))
        if nearest:
            place = np.rint(resample(np.arange(len(frames), dtype=float)[:, None, None], fps, self.fps)).astype(int)
            return values[torch.from_numpy(place.flatten())]
        made = torch.from_numpy(np.ascontiguousarray(resample(frames.numpy(), fps, self.fps))).to(values.dtype)
        return made.reshape(-1, *values.shape[1:])
