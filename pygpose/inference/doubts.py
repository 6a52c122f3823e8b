"""What is unlike training in a clip that is to be lifted, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from pygpose.data.sequence import SkeletonSequence
from pygpose.inference.lift import SAME_RATE
from pygpose.models import Lifter, frame_keypoints, has_confidence

VIEWS = (30.0, 100.0)
"""Degrees across the picture's width that training has, and a little more."""
DISTANCES = (1.5, 12.0)
"""Metres from the camera that training has, and a little more."""
RATES = (12.0, 250.0)
"""Frames per second at which keypoints can be brought to the model's rate without loss."""


def find_doubts(model: Lifter, clip: SkeletonSequence, detected: bool | None = None) -> list[str]:
    """Sentences on what the model has not seen in its training and this clip has: keypoints that are missing or a
    detector's, a view, a distance or a frame rate of another kind. No sentence means nothing was found, not that all is
    well.

    Args:
        model: Whose framing tells how far away the person seems to be.
        clip: Of the model's skeleton.
        detected: Whether the keypoints are a detector's. None: where a confidence lies between 0 and 1.
    """
    doubts = []
    seen = clip.confidence.view(clip.num_frames, -1) > 0
    never = clip.unseen_joints()
    if never:
        doubts.append(
            f"{', '.join(never)} {'is' if len(never) == 1 else 'are'} never seen and filled in from the others"
        )
    missing = 1 - seen.float().mean().item()
    if missing > 0.5:
        doubts.append(f"{missing:.0%} of the keypoints are missing; the pose is mostly guessed")
    if detected is None:
        detected = bool(((clip.confidence > 0) & (clip.confidence < 1)).any())
    if model.exact and detected:
        doubts.append(
            "the keypoints are a detector's, and the model was trained on exact ones: its error is larger than the "
            "report of its training says"
        )
    if model.fps is not None and abs(model.fps / clip.fps - 1) > SAME_RATE:
        doubts.append(
            f"{clip.fps:g} frames/s, which are brought to the {model.fps:g} frames/s of the model's training and back"
        )
    if not RATES[0] <= clip.fps <= RATES[1]:
        doubts.append(f"{clip.fps:g} frames/s; what lies between frames is guessed below {RATES[0]:g} frames/s")
    if "intrinsics" in clip and has_confidence(model.framing):
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
        outside = int((seen & (frames[0, ..., 2] == 0)).sum())
        if outside:
            doubts.append(f"{outside} keypoints lie where the lens cannot show anything, and are not looked at")
        if 1 / zoom.max().item() < DISTANCES[0]:
            doubts.append(f"the person comes nearer than {DISTANCES[0]:g} m, where perspective is stronger")
        if 1 / zoom.min().item() > DISTANCES[1]:
            doubts.append(f"the person is farther away than {DISTANCES[1]:g} m, and the keypoints are coarse for that")
    return doubts


def doubts_of(model: Lifter, clips: Sequence[SkeletonSequence], detected: bool | None = None) -> list[str]:
    """A sentence for each kind of doubt about clips, with the clips of which it is true."""
    kinds: dict[str, list[str]] = {}
    for clip in clips:
        for doubt in find_doubts(model, clip, detected):
            kinds.setdefault(doubt, []).append(f"{clip.clip} ({clip.subject}, {clip.camera})")
    return [
        f"Unlike training: {doubt} (in {len(names)} of {len(clips)} clips, the first {names[0]})."
        for doubt, names in kinds.items()
    ]
