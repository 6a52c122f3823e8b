"""Motion edited by hand: joints are pinned in some frames, and the rest follows."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import MotionGraph, Skeleton, get_skeleton
from pygpose.refine.bones import deviation_mm, lengths_of, with_lengths
from pygpose.refine.consistent import Spreads, Targets, differential
from pygpose.refine.correction import Correction, check_motion
from pygpose.refine.pieces import find_in_pieces
from pygpose.refine.pins import GivenPins, places_of

PIN_REACH = 0.005
"""Metres by which bones may miss their lengths before a pin counts as out of reach."""


def edit_motion(
    positions: Float[Tensor, "frames joints 3"],
    pins: GivenPins,
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
    fixed = places_of(pins, x, skeleton)
    graph = graph or MotionGraph.of_skeleton(skeleton, len(x))
    spreads = Spreads(place=0.06, path=0.06)
    usual = lengths_of(x, skeleton).median(0).values if keep_bones else None
    targets = Targets(x, differential(x, graph), usual, pins=fixed)
    found, moves = find_in_pieces(targets, graph, skeleton, spreads, rounds)
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
