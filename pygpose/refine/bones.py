"""Lengths of bones: what they usually are, how much they change, and motions that have them."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton


def lengths_of(positions: Float[Tensor, "frames joints 3"], skeleton: Skeleton) -> Float[Tensor, "frames joints"]:
    """The length of the bone from each joint's parent, metres; 0 for the root."""
    return (positions - positions[:, [max(parent, 0) for parent in skeleton.parents]]).norm(dim=-1)


def usual_lengths(positions: Float[Tensor, "frames joints 3"], skeleton: Skeleton) -> Float[Tensor, " joints"]:
    """The median length over the frames of the bone from each joint's parent."""
    return lengths_of(positions, skeleton).median(0).values


def deviation_mm(positions: Float[Tensor, "frames joints 3"], skeleton: Skeleton) -> float:
    """How much the lengths of bones change over the frames, on average: standard deviation, mm."""
    return 1000 * lengths_of(positions, skeleton).std(0, correction=0).mean().item()


def with_lengths(
    positions: Float[Tensor, "frames joints 3"], lengths: Float[Tensor, " joints"], skeleton: Skeleton
) -> Float[Tensor, "frames joints 3"]:
    """The same directions of bones, with these lengths exactly: from the root outwards."""
    parents = [max(parent, 0) for parent in skeleton.parents]
    bones = lengths[:, None] * torch.nn.functional.normalize(positions - positions[:, parents], dim=-1)
    return positions[:, skeleton.root, None] + torch.from_numpy(skeleton.ways).to(positions) @ bones
