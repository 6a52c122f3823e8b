"""What is unlike training in a clip that is to be lifted, in sentences."""

from __future__ import annotations

import math

import torch

from graphs import get_skeleton
from pygpose.data.sequence import SkeletonSequence
from pygpose.models import Lifter, frame_keypoints, has_confidence

VIEWS = (30.0, 100.0)
"""Degrees across the picture's width that training has, and a little more."""
DISTANCES = (1.5, 12.0)
"""Metres from the camera that training has, and a little more."""
RATES = (12.0, 250.0)
"""Frames per second at which keypoints can be brought to the model's rate without loss."""


def unseen_joints(clip: SkeletonSequence) -> tuple[str, ...]:
    """Names of the joints that are missing in every frame: a model fills them in from the others."""
    seen = (clip.confidence.view(clip.num_frames, -1) > 0).any(0)
    return tuple(
        name for name, there in zip(get_skeleton(clip.skeleton).joints, seen.tolist(), strict=True) if not there
    )


def find_doubts(model: Lifter, clip: SkeletonSequence) -> list[str]:
    """Sentences on what the model has not seen in its training and this clip has: keypoints that are missing, a view,
    a distance or a frame rate of another kind. No sentence means nothing was found, not that all is well.

    Args:
        model: Whose framing tells how far away the person seems to be.
        clip: Of the model's skeleton.
    """
    doubts = []
    seen = clip.confidence.view(clip.num_frames, -1) > 0
    never = unseen_joints(clip)
    if never:
        doubts.append(
            f"{', '.join(never)} {'is' if len(never) == 1 else 'are'} never seen and filled in from the others"
        )
    missing = 1 - seen.float().mean().item()
    if missing > 0.5:
        doubts.append(f"{missing:.0%} of the keypoints are missing; the pose is mostly guessed")
    if not RATES[0] <= clip.fps <= RATES[1]:
        doubts.append(f"{clip.fps:g} frames/s; what lies between frames is guessed below {RATES[0]:g} frames/s")
    if "intrinsics" in clip:
        view = math.degrees(2 * math.atan(1 / clip.intrinsics[0, 0].item()))
        if not VIEWS[0] <= view <= VIEWS[1]:
            doubts.append(
                f"the camera sees {view:.0f} degrees across its picture; training had {VIEWS[0]:g} to {VIEWS[1]:g}"
            )
    if has_confidence(model.framing) and model.framing != "screen" and seen.any():
        with torch.no_grad():
            lens = clip.intrinsics if "intrinsics" in clip else None
            frames = model.frames(clip.keypoints()[None], clip.confidence.view(1, clip.num_frames, -1), lens)
            zoom = frame_keypoints(frames, model.framing, model.skeleton, model.bone_lengths).zoom
        assert zoom is not None
        nearest, farthest = 1 / zoom.max().item(), 1 / zoom.min().item()
        if nearest < DISTANCES[0] or farthest > DISTANCES[1]:
            doubts.append(
                f"the person seems to be {nearest:.1f} to {farthest:.1f} m away; training had {DISTANCES[0]:g} to "
                f"{DISTANCES[1]:g} m, so sizes and depths may be wrong"
            )
    return doubts
