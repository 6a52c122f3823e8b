"""Joints that must be at given places in given frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from graphs import Skeleton

GivenPins = Mapping[tuple[int, int | str], Sequence[float | int] | Tensor]
"""Places by frame and joint (its number or name), metres."""


def places_of(pins: GivenPins, x: Tensor, skeleton: Skeleton) -> dict[tuple[int, int], Tensor]:
    """Pins by frame and number of the joint, in the precision of the positions ``[T, J, 3]``.

    Raises:
        ValueError: For no pins, frames and joints that are not there, places that are not finite, and two places of one
            joint in one frame.
    """
    if not pins:
        raise ValueError("no pins are given: {(frame, joint): (x, y, z)} says which joint is to be where")
    found: dict[tuple[int, int], Tensor] = {}
    for (frame, joint), place in pins.items():
        if not 0 <= frame < len(x):
            raise ValueError(f"a pin names frame {frame}; frames are 0..{len(x) - 1}")
        if isinstance(joint, str) and joint not in skeleton.joints:
            raise ValueError(f"a pin names joint '{joint}'; joints are {', '.join(skeleton.joints)}")
        number = skeleton.joints.index(joint) if isinstance(joint, str) else joint
        if not 0 <= number < skeleton.num_joints:
            raise ValueError(f"a pin names joint {joint}; joints are 0..{skeleton.num_joints - 1}")
        where = torch.as_tensor(place, dtype=x.dtype, device=x.device)
        if where.shape != (3,) or not where.isfinite().all():
            raise ValueError(
                f"the pin of frame {frame} and joint {joint} is {place}; give three finite numbers, metres"
            )
        if (frame, number) in found and not torch.equal(found[frame, number], where):
            raise ValueError(f"joint {skeleton.joints[number]} is pinned to two places in frame {frame}; give one")
        found[frame, number] = where
    return found
