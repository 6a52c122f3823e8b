"""World motion seen by cameras: the 2D keypoints that a detector would see, and the 3D pose to be found."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from graphs import get_skeleton
from pygpose.data.sequence import SkeletonSequence, make_sequence
from pygpose.data.transforms.noise import DetectorNoise, detect
from pygpose.geometry import Camera, normalize_screen, project_points, world_to_camera

MIN_DEPTH = 1.0  # metres: closer than this, a person does not fit into the picture


@dataclass(frozen=True)
class Recording:
    """One recording: world positions ``[T, J, 3]``, metres, z up, with its facts."""

    positions: np.ndarray
    subject: str
    action: str
    clip: str
    fps: float


def render(
    motion: Recording, cameras: Sequence[Camera], skeleton: str, noise: DetectorNoise
) -> tuple[list[SkeletonSequence], int]:
    """The motion as each camera sees it, and the number of frames that are left out.

    Frames in which a joint is closer to a camera than 1 m, or behind it, are left out. What remains on either side
    becomes a clip of its own, so that no velocity is ever measured across the gap.

    Raises:
        ValueError: For positions that are not ``[T, J, 3]`` of the skeleton, or hold NaN or infinite values.
    """
    joints = get_skeleton(skeleton).num_joints
    if motion.positions.ndim != 3 or motion.positions.shape[1:] != (joints, 3) or len(motion.positions) < 1:
        raise ValueError(
            f"clip '{motion.clip}': positions are {list(motion.positions.shape)}, expected [T, {joints}, 3] "
            f"for skeleton '{skeleton}', T at least 1"
        )
    if not np.isfinite(motion.positions).all():
        frame, joint, _ = np.argwhere(~np.isfinite(motion.positions))[0]
        raise ValueError(f"clip '{motion.clip}': NaN or infinite position, first in frame {frame}, joint {joint}")
    world = torch.from_numpy(np.ascontiguousarray(motion.positions, dtype=np.float32))
    sequences, left_out = [], 0
    for camera in cameras:
        pose = world_to_camera(world, camera)
        visible = (pose[..., 2] >= MIN_DEPTH).all(1)
        left_out += int((~visible).sum())
        for part, (start, stop) in enumerate(_runs(visible)):
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
        draw = np.random.default_rng([noise.seed, zlib.crc32(f"{clip}/{camera.id}".encode())])
        pixels, confidence = detect(pixels, skeleton, noise, draw)
    return make_sequence(
        normalize_screen(pixels, camera.size),
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


def _runs(mask: Tensor) -> list[tuple[int, int]]:
    """(start, stop) of every stretch of true values."""
    padded = torch.nn.functional.pad(mask.int(), (1, 1))
    steps = padded.diff()
    return list(zip((steps == 1).nonzero().flatten().tolist(), (steps == -1).nonzero().flatten().tolist(), strict=True))
