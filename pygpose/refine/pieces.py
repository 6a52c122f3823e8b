"""Long motions in pieces, so that memory does not grow with their length."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from graphs import MotionGraph, Skeleton
from pygpose.refine.consistent import Spreads, Targets, find_consistent

PIECE, OVERLAP = 6000, 400
"""Frames of a piece, and frames that two pieces share: what is done in one frame is not felt a hundred frames away."""


def find_in_pieces(
    targets: Targets, graph: MotionGraph, skeleton: Skeleton, spreads: Spreads, rounds: int
) -> tuple[Float[Tensor, "frames joints 3"], list[float]]:
    """:func:`~pygpose.refine.consistent.find_consistent`, of motions longer than :data:`PIECE` frames in pieces that
    overlap; where two overlap, the first fades into the second. Motions over graphs with other edges than the
    skeleton's are never cut."""
    x, frames = targets.wanted, len(targets.wanted)
    if frames <= PIECE or not graph.is_skeletons:
        return find_consistent(targets, graph, skeleton, spreads, rounds)
    count = -(-(frames - OVERLAP) // (PIECE - OVERLAP))
    length = -(-(frames + (count - 1) * OVERLAP) // count)  # of pieces that overlap by no more than they should
    starts = torch.linspace(0, frames - length, count).round().long().tolist()
    total, weight, moves = torch.zeros_like(x), x.new_zeros(frames, 1, 1), [0.0] * rounds
    for start in starts:
        part = slice(start, start + length)
        own = MotionGraph.of_skeleton(skeleton, length)
        found, moved = find_consistent(_cut(targets, part), own, skeleton, spreads, rounds)
        ramp = x.new_ones(length)
        fade = (torch.arange(1, OVERLAP + 1) / (OVERLAP + 1)).to(x)
        if start > 0:
            ramp[:OVERLAP] = fade
        if start + length < frames:
            ramp[-OVERLAP:] = torch.minimum(ramp[-OVERLAP:], fade.flip(0))
        total[part] += ramp[:, None, None] * found
        weight[part] += ramp[:, None, None]
        moves = [max(both) for both in zip(moves, [*moved, *[0.0] * (rounds - len(moved))], strict=True)]
    found = total / weight
    for (frame, joint), place in targets.pins.items():
        found[frame, joint] = place.to(found)  # to the last digit, which the mean of two pieces rounds
    return found, [move for move in moves if move > 0]


def _cut(targets: Targets, part: slice) -> Targets:
    pins = {
        (frame - part.start, joint): place
        for (frame, joint), place in targets.pins.items()
        if part.start <= frame < part.stop
    }

    def cut(values: Tensor | None) -> Tensor | None:
        return None if values is None else values[part]

    return replace(
        targets,
        wanted=targets.wanted[part],
        shape=targets.shape[part],
        contacts=cut(targets.contacts),
        under=cut(targets.under),
        precision=cut(targets.precision),
        pins=pins,
    )
