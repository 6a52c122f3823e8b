"""World motion in pictures that end at their edges: what lies outside has confidence 0."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import get_skeleton
from pygpose.data.aiming import NEAR
from pygpose.data.cropping import Cropper
from pygpose.data.detector import Detector
from pygpose.data.pictures import reach_of, show
from pygpose.data.recording import Recording, check_recording
from pygpose.data.rendering import numbers_of, seen_clip
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.noise import DetectorNoise, detect
from pygpose.frames import stretches
from pygpose.geometry import Camera, world_to_camera


def film(
    motion: Recording,
    cameras: Sequence[Camera],
    skeleton: str,
    noise: DetectorNoise,
    *,
    crop: bool = False,
    detector: bool = False,
) -> tuple[list[SkeletonSequence], int]:
    """The motion in the pictures of each camera, and the number of frames that are left out.

    Frames in which a joint is closer than 0.7 m, or fewer than half of the joints are inside the picture, are left out.
    What remains on either side becomes a clip of its own. Joints outside the picture have confidence 0 and a finite
    place.

    Args:
        motion: Positions in the world.
        cameras: Which see it.
        skeleton: Registered name.
        noise: Errors of all keypoints.
        crop: Whether pictures are cropped so that legs or an arm are outside (:mod:`pygpose.data.cropping`). This
            leaves no further frames out.
        detector: Whether a detector sees the pictures (:mod:`pygpose.data.detector`). What it and a crop do depends on
            the names of clip and camera alone.

    Raises:
        ValueError: For positions that are not those of the skeleton or not finite, and a lens that cannot be inverted.
    """
    check_recording(motion, skeleton)
    world = torch.from_numpy(np.ascontiguousarray(motion.positions, dtype=np.float32))
    sequences, left_out = [], 0
    for camera in cameras:
        pose = world_to_camera(world, camera)
        apart = pose[..., 2].amin(1) >= NEAR
        _, within = _shown(torch.where(apart[:, None, None], pose, pose.new_tensor((0.0, 0.0, 1.0))), camera)
        kept = apart & (within.sum(1) * 2 >= within.size(1))
        left_out += int((~kept).sum())
        for part, (start, stop) in enumerate(stretches(kept.numpy())):
            clip = motion.clip if part == 0 else f"{motion.clip}#{part}"
            seen, pictures = pose[start:stop], camera
            draw = torch.Generator().manual_seed(zlib.crc32(f"{clip}/{camera.id}".encode()))
            if crop:
                pictures = _cropped(camera, seen, skeleton, draw)
            x, confidence = _keypoints(seen, pictures, skeleton, motion.fps, draw if detector else None)
            if noise.pixels or noise.dropped:
                pixels, left = detect(x * pictures.size[0] / 2, skeleton, noise, numbers_of(clip, camera, noise))
                x, confidence = pixels * 2 / pictures.size[0], confidence * left
            sequences.append(seen_clip(x, seen, confidence, motion, clip, pictures, skeleton))
    return sequences, left_out


def _shown(
    pose: Float[Tensor, "frames joints 3"], camera: Camera
) -> tuple[Float[Tensor, "frames joints 2"], Bool[Tensor, "frames joints"]]:
    """Screen coordinates, and what is inside the picture."""
    width, height = camera.size
    intrinsics, reach = camera.screen_intrinsics(pose)[None], pose.new_tensor([reach_of(camera)])
    x, within = show(pose[None], intrinsics, pose.new_tensor([height / width]), reach)
    return x[0], within[0]


def _keypoints(
    pose: Float[Tensor, "frames joints 3"], camera: Camera, skeleton: str, fps: float, draw: torch.Generator | None
) -> tuple[Float[Tensor, "frames joints 2"], Float[Tensor, "frames joints"]]:
    """Keypoints and confidence, exact or as a detector that draws its errors has them."""
    x, within = _shown(pose, camera)
    confidence = within.to(x.dtype)
    if draw is None or not within.any():
        return x, confidence
    seen = Detector().see(x[None], confidence[None], skeleton=get_skeleton(skeleton), fps=fps, draw=draw)
    return seen[0][0], seen[1][0]


def _cropped(camera: Camera, pose: Float[Tensor, "frames joints 3"], skeleton: str, draw: torch.Generator) -> Camera:
    """The camera with a smaller picture, of whole pixels."""
    width, height = camera.size
    x, _ = _shown(pose, camera)
    cropper, aspect = Cropper(get_skeleton(skeleton)), x.new_tensor([height / width])
    edges = cropper.edges(x[None], aspect, torch.rand(1, 2, generator=draw))[0].tolist()
    left, top, right, bottom = (
        (edge + middle) * width / 2 for edge, middle in zip(edges, (1, height / width) * 2, strict=True)
    )
    left, top = max(0, math.floor(left)), max(0, math.floor(top))
    size = min(width, math.ceil(right)) - left, min(height, math.ceil(bottom)) - top
    return replace(camera, size=size, center=(camera.center[0] - left, camera.center[1] - top))
