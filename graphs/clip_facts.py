"""Whose clips data hold, how many, and of how many frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from graphs.skeleton import Skeleton, get_skeleton


@dataclass(frozen=True)
class ClipFacts:
    """What all clips of a batch have alike, and their number; a clip alone is a batch of one."""

    skeleton: Skeleton
    num_frames: int
    num_clips: int


def clip_facts(data: Any) -> ClipFacts:
    """The facts of a clip, of a batch of windows that share one graph, or of PyG's ``Batch`` of clips of one length.

    Raises:
        ValueError: For data without ``num_frames`` or ``skeleton``, and clips of different skeletons or lengths.
    """
    for name in ("num_frames", "skeleton"):
        if name not in data:
            raise ValueError(f"the data have no '{name}', which a motion graph is read from; add it")
    names = {data["skeleton"]} if isinstance(data["skeleton"], str) else set(data["skeleton"])
    try:
        lengths = {int(frames) for frames in torch.as_tensor(data["num_frames"]).flatten()}
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"num_frames must be a whole number for each clip, got {data['num_frames']!r}") from error
    if len(names) > 1 or len(lengths) > 1:
        differ = ", ".join(sorted(names)) if len(names) > 1 else f"{sorted(lengths)} frames"
        raise ValueError(f"clips of {differ} in one batch; pass clips of one skeleton and one length")
    clips = int(getattr(data, "num_graphs", 1)) if hasattr(data, "ptr") else 1
    return ClipFacts(get_skeleton(names.pop()), lengths.pop(), clips)
