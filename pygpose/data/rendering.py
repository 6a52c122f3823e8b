"""World motion seen by cameras: the 2D keypoints that a detector would see, and the 3D pose to be found."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from graphs import get_skeleton
from pygpose.data.sequence import SkeletonSequence, make_sequence
from pygpose.geometry import Camera, normalize_screen, project_points, world_to_camera

MIN_DEPTH = 1.0  # metres: closer than this, a person does not fit into the picture


@dataclass(frozen=True)
class DetectorNoise:
    """Errors of a 2D detector, added to exact projections."""

    pixels: float = 0.0
    """Standard deviation of the Gaussian noise on the keypoints, in pixels. Wrists and ankles get twice as much."""
    dropped: float = 0.0
    """Share of the keypoints that are missing, in [0, 1). A missing keypoint has confidence 0, and its position is
    interpolated over time."""
    seed: int = 0
    """Seed of the noise. Every clip and camera draws its own noise from it."""

    def __post_init__(self) -> None:
        if not 0 <= self.pixels < math.inf or not 0 <= self.dropped < 1 or self.seed < 0:
            raise ValueError(
                "DetectorNoise.pixels must be finite and at least 0, DetectorNoise.dropped must lie in [0, 1) and "
                f"DetectorNoise.seed must be at least 0; got {self.pixels}, {self.dropped} and {self.seed}"
            )


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
        pixels, confidence = _detect(pixels, skeleton, noise, draw)
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


def _detect(
    pixels: Float[Tensor, "frames joints 2"], skeleton: str, noise: DetectorNoise, draw: np.random.Generator
) -> tuple[Tensor, Tensor]:
    names = get_skeleton(skeleton).joints
    hard = [name.lower().endswith(("wrist", "ankle", "foot")) for name in names]
    spread = noise.pixels * torch.where(torch.tensor(hard), 2.0, 1.0)
    noisy = pixels + spread[:, None] * torch.from_numpy(draw.standard_normal(pixels.shape, dtype=np.float32))
    seen = draw.random(pixels.shape[:2]) >= noise.dropped
    filled = noisy.numpy()
    frames = np.arange(len(filled))
    for joint in range(len(names)):
        known = seen[:, joint]
        if known.any() and not known.all():
            for axis in range(2):
                filled[~known, joint, axis] = np.interp(frames[~known], frames[known], filled[known, joint, axis])
    return torch.from_numpy(filled), torch.from_numpy(seen.astype(np.float32))


def input_name(noise: DetectorNoise) -> str:
    """What tables call the 2D keypoints: the truth (GT), with noise or without."""
    return "GT + noise" if noise.pixels or noise.dropped else "GT"


def noise_note(noise: DetectorNoise) -> str:
    """A sentence for the report about the 2D input."""
    if input_name(noise) == "GT":
        return "2D input is the exact projection (GT)."
    return (
        f"2D input is the projection with Gaussian noise of {noise.pixels:g} px (wrists and ankles twice that) and "
        f"{noise.dropped:.1%} of joints missing, interpolated over time."
    )


def _runs(mask: Tensor) -> list[tuple[int, int]]:
    """(start, stop) of every stretch of true values."""
    padded = torch.nn.functional.pad(mask.int(), (1, 1))
    steps = padded.diff()
    return list(zip((steps == 1).nonzero().flatten().tolist(), (steps == -1).nonzero().flatten().tolist(), strict=True))
