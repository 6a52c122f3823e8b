"""Motion edited by hand: joints are pinned in some frames, and the rest follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import MotionGraph, Skeleton, get_skeleton
from pygpose.refine.bones import deviation_mm, lengths_of, with_lengths
from pygpose.refine.consistent import Spreads, Targets, differential, find_consistent
from pygpose.refine.correction import Correction, check_motion

PIN_REACH = 0.005
"""Metres by which bones may miss their lengths before a pin counts as out of reach."""


def edit_motion(
    positions: Float[Tensor, "frames joints 3"],
    pins: Mapping[tuple[int, int | str], Sequence[float | int] | Tensor],
    skeleton: str | Skeleton = "h36m17",
    *,
    keep_bones: bool = True,
    graph: MotionGraph | None = None,
    rounds: int = 50,
) -> Correction:
    r"""A motion in which joints are put to other places in some frames, and the rest follows.

    Of all motions through the pins it is the one whose differential coordinates, and farther away also places, are most
    like those that were given; with ``keep_bones``, bones keep their lengths. A pin of some centimetres moves nothing
    by a millimetre fifty frames away.

    Args:
        positions: Metres.
        pins: Places by frame and joint (its number or name), metres.
        skeleton: Registered name, or the skeleton itself.
        keep_bones: Whether bones keep their lengths. A pin that they do not reach is then missed, and
            ``residuals["pins"]`` says by how much.
        graph: A motion graph of this clip with other edges. Not given: the skeleton's.
        rounds: Rounds of the search, at most.

    Raises:
        ValueError: For no pins, frames and joints that are not there, places that are not finite, and NaN positions.
    """
    skeleton = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    check_motion(positions, 1.0, skeleton, None)
    if not positions.isfinite().all():
        raise ValueError("positions hold NaN or infinite values; fill them first (pygpose.refine.correct_motion)")
    x = positions.detach().double()
    fixed = {place: where.to(x) for place, where in _places(pins, x, skeleton).items()}
    graph = graph or MotionGraph.of_skeleton(skeleton, len(x))
    spreads = Spreads(place=0.06, path=0.06)
    usual = lengths_of(x, skeleton).median(0).values if keep_bones else None
    targets = Targets(x, differential(x, graph), usual, pins=fixed)
    found, moves = find_consistent(targets, graph, skeleton, spreads, rounds)
    if usual is not None:
        stretched = (lengths_of(found, skeleton) - usual).abs()[:, 1:].max().item()
        if stretched > PIN_REACH:
            found = with_lengths(found, usual, skeleton)
    missed = max((found[place] - where).norm().item() for place, where in fixed.items())
    residuals = {
        "moved": 1000 * (found - x).norm(dim=-1).mean().item(),
        "bones": deviation_mm(found, skeleton),
        "pins": 1000 * missed,
    }
    none = torch.zeros(len(x), 0, dtype=torch.bool, device=x.device)
    filled = torch.zeros(x.shape[:2], dtype=torch.bool, device=x.device)
    return Correction(found.to(positions.dtype), none, [], filled, None, residuals, moves)


def _places(
    pins: Mapping[tuple[int, int | str], Sequence[float | int] | Tensor], x: Tensor, skeleton: Skeleton
) -> dict[tuple[int, int], Tensor]:
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
