"""What a 2D detector adds to exact projections."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from graphs import get_skeleton


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


def detect(
    pixels: Float[Tensor, "frames joints 2"], skeleton: str, noise: DetectorNoise, draw: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Pixels and confidence as a detector would give them; places of missing joints are interpolated over time."""
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


def input_name(noise: DetectorNoise, *, detector: bool = False, crop: bool = False) -> str:
    """What tables call the 2D keypoints: the truth (GT), and what was done to it."""
    errors = {"detector": detector, "noise": bool(noise.pixels or noise.dropped), "crop": crop}
    return " + ".join(["GT", *(name for name, there in errors.items() if there)])


def noise_note(noise: DetectorNoise, *, detector: bool = False) -> str:
    """A sentence for the report about the 2D input."""
    if not (noise.pixels or noise.dropped):
        return f"2D input is the {'projection with the errors of a detector' if detector else 'exact projection (GT)'}."
    return (
        f"2D input is the projection with {'the errors of a detector, ' if detector else ''}Gaussian noise of "
        f"{noise.pixels:g} px (wrists and ankles twice that) and {noise.dropped:.1%} of joints missing, interpolated "
        "over time."
    )
