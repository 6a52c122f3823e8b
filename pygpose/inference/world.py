"""Motion before a camera, put into a world whose z points up."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import Skeleton
from pygpose.refine.contacts import Floor

STRAIGHT = 0.93
"""How long a straight leg is from hip to ankle, as a share of its two bones."""
IN_LINE = 0.87
"""The cosine of the angle between trunk and legs of somebody who stands."""
UPRIGHT = 0.64
"""The cosine of the angle between a standing body and the way up in the picture: cameras look down by 50 degrees at
most."""
ENOUGH = 10
"""Frames in which somebody has to stand, before their body says where up is."""
DEEP, RISE = 0.015, 0.1
"""Metres that a foot may lie under the floor, and seconds in which a body that lies lower is raised and let down."""
ANKLE = 0.08
"""Metres from the ground to the ankle of a foot that stands."""


def way_up_of_body(
    positions: Float[Tensor, "frames joints 3"], skeleton: Skeleton, cameras: Float[Tensor, "3"]
) -> Float[Tensor, "3"] | None:
    """The way up by a body that stands or walks: the mean direction from the ankles to the shoulders, over the frames
    in which a leg is straight and in line with the trunk; None where there are few such frames.

    Args:
        positions: Metres, before a camera that does not move.
        skeleton: With hips, knees, feet and shoulders; of another, None.
        cameras: The way up in the picture. A straight body far from it lies.
    """
    parts = [_sides(skeleton, name) for name in ("Shoulder", "Hip", "Knee")]
    ankles = _sides(skeleton, "Ankle") or _sides(skeleton, "Foot")
    if ankles is None or any(part is None for part in parts):
        return None
    shoulders, hips, knees, ankles = (positions[:, list(part)] for part in (*parts, ankles) if part is not None)
    legs = (hips - ankles).norm(dim=-1) / ((hips - knees).norm(dim=-1) + (knees - ankles).norm(dim=-1)).clamp(min=1e-6)
    trunk = shoulders.mean(1) - hips.mean(1)
    below = hips.mean(1) - ankles.mean(1)
    ways = torch.nn.functional.normalize(shoulders.mean(1) - ankles.mean(1), dim=-1)
    stands = (legs.amax(1) > STRAIGHT) & (torch.cosine_similarity(trunk, below, dim=-1) > IN_LINE)
    stands &= ways @ cameras.to(ways) > UPRIGHT
    if stands.sum() < ENOUGH:
        return None
    return torch.nn.functional.normalize(ways[stands].mean(0), dim=0)


def _sides(skeleton: Skeleton, name: str) -> tuple[int, int] | None:
    """The left and the right joint of a kind, by names as ``LKnee``."""
    pair = (f"L{name}", f"R{name}")
    return (skeleton.joints.index(pair[0]), skeleton.joints.index(pair[1])) if {*pair} <= {*skeleton.joints} else None


def likely_way_up(
    positions: Float[Tensor, "frames joints 3"], skeleton: Skeleton, cameras: Float[Tensor, "3"]
) -> Float[Tensor, "3"]:
    """The way up by the body, where it stands; otherwise the camera's, which people hold more or less level."""
    body = way_up_of_body(positions, skeleton, cameras)
    return cameras.to(positions) if body is None else body


def standing_height(positions: Float[Tensor, "frames joints 3"], skeleton: Skeleton) -> float:
    """How tall a person is who stands straight, metres: the bones of the trunk up to its end and of the legs down to
    the ankles, by their medians over the clip, and a foot.

    Raises:
        ValueError: For a skeleton whose root is not between two hips.
    """
    hips = _sides(skeleton, "Hip")
    if hips is None or not skeleton.feet or {skeleton.parents[hip] for hip in hips} != {skeleton.root}:
        raise ValueError(
            f"skeleton '{skeleton.name}' does not hang on a pelvis, so nothing says how tall its person is; leave the "
            "height out"
        )
    parents = torch.tensor(skeleton.parents).clamp(min=0)
    lengths = (positions - positions[:, parents]).norm(dim=-1).median(0).values
    lengths[list(hips)] = 0.0  # aside, not down
    ways = torch.from_numpy(skeleton.ways).to(lengths) @ lengths
    trunk = [joint for joint in range(skeleton.num_joints) if joint not in {*skeleton.left, *skeleton.right}]
    return (ways[trunk].max() + ways[list(skeleton.feet)].mean()).item() + ANKLE


def world_axes(up: Float[Tensor, "3"]) -> Float[Tensor, "3 3"]:
    """Rows: the axes of the world in those of the camera. z is up, y the way that the camera looks, x to its right."""
    z = up / up.norm()
    ahead = z.new_tensor([0.0, 0.0, 1.0])
    y = ahead - (ahead @ z) * z
    y = y / y.norm()
    return torch.stack([torch.linalg.cross(y, z), y, z])


def common_way_up(floors: Sequence[Floor | None], stood: Sequence[int], ways: Sequence[Tensor]) -> Float[Tensor, "3"]:
    """The way up of a camera before which several people move: the mean of their floors' normals, by how long they
    stood; of what is likely for each, where no floor was found."""
    found = [
        (count or 1) * floor.normal.to(way)
        for floor, count, way in zip(floors, stood, ways, strict=True)
        if floor is not None
    ]
    total = torch.stack(found or list(ways)).sum(0)
    return total / total.norm()


def ground_of(
    world: Float[Tensor, "frames joints 3"], contacts: Bool[Tensor, "frames feet"], skeleton: Skeleton
) -> Float[Tensor, ""]:
    """The height at which a person's feet stand: the median of feet in contact, or else nearly the lowest."""
    feet = list(skeleton.feet) or list(range(skeleton.num_joints))
    heights = world[:, feet, 2]
    if contacts.any():
        return heights[contacts].median()
    return heights.amin(1).quantile(0.05)


def raised(world: Float[Tensor, "frames joints 3"], skeleton: Skeleton, fps: float) -> Float[Tensor, "frames joints 3"]:
    """A motion over a floor at z = 0, raised smoothly around the frames in which a foot lies under the floor by more
    than :data:`DEEP`: the whole body by one height in each frame, and not at all in frames farther from those than
    twice :data:`RISE`."""
    if not skeleton.feet:
        return world
    deep = (-DEEP - world[:, list(skeleton.feet), 2].amin(1)).clamp(min=0)
    reach = max(1, round(RISE * fps))
    wide = torch.nn.functional.max_pool1d(deep[None, None], 2 * reach + 1, 1, reach)
    bump = torch.hann_window(2 * reach + 1, periodic=False, dtype=world.dtype, device=world.device)
    held = torch.nn.functional.pad(wide, (reach, reach), mode="replicate")
    rise = torch.nn.functional.conv1d(held, (bump / bump.sum())[None, None])[0, 0]
    return world + rise[:, None, None] * world.new_tensor([0.0, 0.0, 1.0])
