"""World motion seen by cameras: the 2D keypoints that a detector would see, and the 3D pose to be found."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pygpose.data.recording import Recording, check_recording
from pygpose.data.sequence import SkeletonSequence, make_sequence
from pygpose.data.transforms.noise import DetectorNoise, detect
from pygpose.frames import stretches
from pygpose.geometry import Camera, normalize_screen, project_points, world_to_camera

MIN_DEPTH = 1.0  # metres: closer than this, a person does not fit into the picture


def render(
    motion: Recording, cameras: Sequence[Camera], skeleton: str, noise: DetectorNoise
) -> tuple[list[SkeletonSequence], int]:
    """The motion as each camera sees it, and the number of frames that are left out. Cameras see all around here; what
    lies outside a picture is left out by :func:`~pygpose.data.filming.film`.

    Frames in which a joint is closer to a camera than 1 m, or behind it, are left out. What remains on either side
    becomes a clip of its own, so that no velocity is ever measured across the gap.

    Raises:
        ValueError: For positions that are not ``[T, J, 3]`` of the skeleton, or hold NaN or infinite values.
    """
    check_recording(motion, skeleton)
    world = torch.from_numpy(np.ascontiguousarray(motion.positions, dtype=np.float32))
    sequences, left_out = [], 0
    for camera in cameras:
        pose = world_to_camera(world, camera)
        visible = (pose[..., 2] >= MIN_DEPTH).all(1)
        left_out += int((~visible).sum())
        for part, (start, stop) in enumerate(stretches(visible.numpy())):
            clip = motion.clip if part == 0 else f"{motion.clip}#{part}"
            sequences.append(_see(pose[start:stop], motion, clip, camera, skeleton, noise))
    return sequences, left_out


def _see(
    pose: Float[Tensor, "frames joints 3"],
    motion: Recording,
    clip: str,
    camera: Camera,
    skeleton: str,
    noise: DetectorNoise,
) -> SkeletonSequence:
    pixels = project_points(pose, camera)
    confidence = None
    if noise.pixels or noise.dropped:
        pixels, confidence = detect(pixels, skeleton, noise, numbers_of(clip, camera, noise))
    return seen_clip(normalize_screen(pixels, camera.size), pose, confidence, motion, clip, camera, skeleton)


def numbers_of(clip: str, camera: Camera, noise: DetectorNoise) -> np.random.Generator:
    """The random numbers of a clip and camera."""
    return np.random.default_rng([noise.seed, zlib.crc32(f"{clip}/{camera.id}".encode())])


def seen_clip(
    x: Float[Tensor, "frames joints 2"],
    pose: Float[Tensor, "frames joints 3"],
    confidence: Float[Tensor, "frames joints"] | None,
    motion: Recording,
    clip: str,
    camera: Camera,
    skeleton: str,
) -> SkeletonSequence:
    """A clip with the facts of its recording.

    Args:
        x: Keypoints, in screen coordinates.
        pose: Positions, camera frame, metres.
        confidence: 1 everywhere where it is not given.
        motion: The recording.
        clip: Name of the clip.
        camera: Which has seen it.
        skeleton: Registered name.
    """
    return make_sequence(
        x,
        pose,
        confidence=confidence,
        skeleton=skeleton,
        subject=motion.subject,
        action=motion.action,
        camera=camera.id,
        clip=clip,
        fps=motion.fps,
        calibration=camera,
    )
