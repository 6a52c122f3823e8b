"""Laplacian motion correction: any system's motion made consistent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import MotionGraph, Skeleton, get_skeleton
from pygpose.geometry import Camera, undistort_shown
from pygpose.refine.bones import deviation_mm, usual_lengths, with_lengths
from pygpose.refine.calming import calm
from pygpose.refine.consistent import Spreads, Targets, differential
from pygpose.refine.contacts import Floor, find_contacts, find_floor, firmness
from pygpose.refine.pieces import find_in_pieces
from pygpose.refine.pins import GivenPins, places_of

SURE = 0.003
"""Metres: no place beside the root is held more tightly while bones get their lengths."""


@dataclass(frozen=True)
class CorrectionOptions:
    """How a motion is corrected. A weight of 0 leaves its term out."""

    smoothing: float = 0.5
    """Weight of small accelerations, against positions and keypoints; 0 smooths nothing."""
    reprojection: float = 1.0
    """Weight of the keypoints, where they are given."""
    shape: float = 1.0
    """Weight of the differential coordinates, which keep a joint near its neighbours while others are moved."""
    bones: float = 1.0
    """Weight of the lengths of bones."""
    contact: float = 1.0
    """Weight of feet that stand still."""
    rigid: bool = True
    """Give bones their lengths exactly in the end."""
    rounds: int = 16
    """Rounds of the search, at most."""

    def __post_init__(self) -> None:
        weights = {name: value for name, value in vars(self).items() if name not in ("rigid", "rounds")}
        for name, value in weights.items():
            if not 0 <= value < math.inf:
                raise ValueError(f"CorrectionOptions.{name} must be 0 or more, got {value}")
        if self.shape == 0:
            raise ValueError("CorrectionOptions.shape must be above 0: nothing else holds a joint to its neighbours")
        if self.smoothing == self.bones == self.contact == 0:
            raise ValueError("CorrectionOptions weighs neither smoothing nor bones nor contact: nothing to correct")
        if self.rounds < 1:
            raise ValueError(f"CorrectionOptions.rounds must be at least 1, got {self.rounds}")


@dataclass(frozen=True)
class Correction:
    """A corrected motion, and what is to be known of it.

    Shapes:
        - **positions:** :math:`(T, J, 3)`, metres, in the frame and precision of those that were given
        - **contacts:** :math:`(T, F)`, whether each joint of ``feet`` stands
        - **filled:** :math:`(T, J)`, positions that were missing
    """

    positions: Tensor
    contacts: Tensor
    feet: list[str]
    filled: Tensor
    floor: Floor | None = None
    residuals: dict[str, float] = field(default_factory=dict)
    """In millimetres: ``moved`` on average; ``bones``, the mean deviation of their lengths over time; ``under``, how
    far the lowest joint is under the floor, on average; ``pins``, the farthest that a pinned joint is from its
    place."""
    moves: list[float] = field(default_factory=list)
    """How far a joint moved at most in each round of the search, metres."""


def correct_motion(
    positions: Float[Tensor, "frames joints 3"],
    fps: float,
    skeleton: str | Skeleton = "h36m17",
    *,
    confidence: Float[Tensor, "frames joints"] | None = None,
    keypoints: Float[Tensor, "frames joints 2"] | None = None,
    camera: Camera | Float[Tensor, " 9"] | None = None,
    keypoint_confidence: Float[Tensor, "frames joints"] | None = None,
    shape: Float[Tensor, "frames joints 3"] | None = None,
    bone_lengths: Float[Tensor, " joints"] | None = None,
    up: Sequence[float | int] | Float[Tensor, "3"] | None = None,
    floor: Floor | None = None,
    pins: GivenPins | None = None,
    graph: MotionGraph | None = None,
    options: CorrectionOptions | None = None,
) -> Correction:
    r"""A motion near the given one that is calm, whose bones keep their lengths and whose feet stand still.

    First the motion that is most likely behind the noise of positions and keypoints
    (:func:`~pygpose.refine.calming.most_likely`), then the nearest one with its differential coordinates, constant
    bones and standing feet (:func:`~pygpose.refine.consistent.find_consistent`); "Laplacian motion" is what CVM-Net's
    authors propose at the end of their paper, without saying how.

    Args:
        positions: Where joints are, metres, in the camera's frame where keypoints are given. Relative to a root that
            never moves, no foot stands, and contacts are left out. NaN: missing, and filled.
        fps: Frames per second.
        skeleton: Registered name, or the skeleton itself.
        confidence: Of every position, in [0, 1]; 0: it does not count.
        keypoints: In the unit of the camera's intrinsics, for joints that are to lie on their rays.
        camera: Of the keypoints: a calibration in pixels, or intrinsics in the unit of the keypoints.
        keypoint_confidence: Of every keypoint, in [0, 1]. Not given: 1.
        shape: Positions whose differential coordinates are wanted, of another system whose motion is better than its
            places. Not given: those of the calmed motion.
        bone_lengths: Of the bone from each joint's parent, metres. Not given: medians over the clip.
        up: The way up in the frame of the positions, roughly. Not given: no floor is looked for.
        floor: The floor, where it is known.
        pins: Places that joints must have in some frames, exactly; bones are then held to their lengths as nearly as
            the pins let them.
        graph: A motion graph of this clip with other edges. Not given: the skeleton's.
        options: Weights of the terms.

    Raises:
        ValueError: For positions of another shape, too few of them to fill the others, confidence outside [0, 1],
            keypoints without a camera, pins that name what is not there, a frame rate that is not positive, a ``floor``
            on which no foot ever stands, and what :class:`~graphs.MotionGraph` refuses.
    """
    options = options or CorrectionOptions()
    skeleton = get_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    check_motion(positions, fps, skeleton, confidence)
    x = positions.detach().double()
    filled = ~x.isfinite().all(-1)
    trust = torch.ones_like(x[..., 0]) if confidence is None else confidence.double()
    trust = torch.where(filled, 0.0, trust)
    x = _fill(x, trust > 0)

    calmed, places = x, None
    if options.smoothing and len(x) > 2:
        rays = seen = None
        if keypoints is not None and options.reprojection:
            rays, seen = _rays(keypoints, camera, keypoint_confidence, x)
        weights = {"smoothing": options.smoothing, "reprojection": options.reprojection}
        calmed, places = calm(x, trust, fps, rays=rays, seen=seen, **weights)
        places = None if rays is None else places.clamp(max=SURE**-2)

    feet = list(skeleton.feet)
    floor, contacts = _footing(x, calmed, trust, feet, skeleton.root, fps, floor, up)

    lengths = None
    if options.bones:
        lengths = usual_lengths(calmed, skeleton) if bone_lengths is None else bone_lengths.to(x)
    graph = graph or MotionGraph.of_skeleton(skeleton, len(x))
    form = calmed if shape is None else _fill(shape.detach().double(), shape.isfinite().all(-1))
    standing = firmness(contacts, fps) if options.contact and contacts.any() else None
    under = floor.above(calmed) < 0 if floor is not None and options.contact else None
    found, moves = calmed, []
    fixed = {} if pins is None else places_of(pins, x, skeleton)
    if fixed or any(part is not None for part in (lengths, standing, under, shape)):
        targets = Targets(calmed, differential(form, graph), lengths, feet, standing, floor, under, places, fixed)
        found, moves = find_in_pieces(targets, graph, skeleton, _spreads(options), options.rounds)
        if lengths is not None and options.rigid and not fixed:
            found = with_lengths(found, lengths, skeleton)
    residuals = {"moved": 1000 * (found - x).norm(dim=-1).mean().item(), "bones": deviation_mm(found, skeleton)}
    if floor is not None:
        residuals["under"] = -1000 * floor.above(found).amin(1).clamp(max=0).mean().item()
    if fixed:
        residuals["pins"] = 1000 * max((found[place] - where).norm().item() for place, where in fixed.items())
    names = [skeleton.joints[joint] for joint in feet]
    return Correction(found.to(positions.dtype), contacts, names, filled, floor, residuals, moves)


def _footing(
    x: Tensor,
    calmed: Tensor,
    trust: Tensor,
    feet: list[int],
    root: int,
    fps: float,
    floor: Floor | None,
    up: Sequence[float | int] | Tensor | None,
) -> tuple[Floor | None, Bool[Tensor, "frames feet"]]:
    """The floor, found where none is given, and when feet stand on it; beside a root that never moves, none does."""
    if not feet or (x[:, root] - x[:1, root]).abs().max() <= 1e-6:
        return floor, torch.zeros(len(x), len(feet), dtype=torch.bool, device=x.device)
    given = floor is not None
    if floor is None and up is not None:
        floor = find_floor(calmed, feet, fps, torch.as_tensor(up, dtype=x.dtype, device=x.device), trust)
    contacts = find_contacts(calmed, feet, fps, floor, trust)
    if given and not contacts.any():
        raise ValueError(
            "no foot ever stands on the floor that is given; check its height and its frame, or leave it out"
        )
    return floor, contacts


def _spreads(options: CorrectionOptions) -> Spreads:
    default = Spreads()
    return Spreads(
        shape=default.shape / options.shape**0.5,
        bone=default.bone / options.bones**0.5 if options.bones else math.inf,
        contact=default.contact / options.contact**0.5 if options.contact else math.inf,
    )


def _rays(
    keypoints: Tensor, camera: Camera | Tensor | None, confidence: Tensor | None, like: Tensor
) -> tuple[Float[Tensor, "frames joints 2"], Float[Tensor, "frames joints"]]:
    if camera is None:
        raise ValueError("keypoints need the camera that they were seen by; give its calibration or intrinsics")
    if keypoints.shape[:-1] != like.shape[:-1]:
        raise ValueError(f"keypoints are {list(keypoints.shape)}, expected {[*like.shape[:-1], 2]}")
    weight = like.new_ones(like.shape[:-1]) if confidence is None else confidence.to(like)
    seen = (weight > 0) & keypoints.isfinite().all(-1)
    rays, shown = undistort_shown(torch.where(seen[..., None], keypoints.to(like), 0.0), camera, seen)
    return rays, weight * shown


def _fill(x: Float[Tensor, "frames joints 3"], known: Bool[Tensor, "frames joints"]) -> Tensor:
    """Positions with those that are not known on the straight line between the frames where they are."""
    if known.all():
        return x
    never = (~known.any(0)).nonzero().flatten().tolist()
    if never:
        raise ValueError(
            f"joints {never} have no position that counts in any frame, so nothing says where they are; leave them out"
        )
    frames = torch.arange(len(x), device=x.device)
    before = torch.where(known, frames[:, None], -1).cummax(0).values
    after = torch.where(known, frames[:, None], len(x)).flip(0).cummin(0).values.flip(0)
    before, after = torch.where(before < 0, after, before), torch.where(after == len(x), before, after)
    share = (frames[:, None] - before) / (after - before).clamp(min=1)
    joints = torch.arange(x.size(1), device=x.device)
    safe = torch.where(known[..., None], x, 0.0)
    return torch.lerp(safe[before, joints], safe[after, joints], share.to(x.dtype)[..., None])


def check_motion(positions: Tensor, fps: float, skeleton: Skeleton, confidence: Tensor | None) -> None:
    """
    Raises:
        ValueError: For positions of another shape than the skeleton's or that are no floating point, a frame rate that
            is not positive, and confidence that does not fit or lie in [0, 1].
    """
    if positions.dim() != 3 or positions.shape[1:] != (skeleton.num_joints, 3) or not len(positions):
        raise ValueError(
            f"positions are {list(positions.shape)}, expected [T, {skeleton.num_joints}, 3] of skeleton "
            f"'{skeleton.name}', metres"
        )
    if not positions.is_floating_point():
        raise ValueError(f"positions are {positions.dtype}; give metres as floating point")
    if not 0 < fps < math.inf:
        raise ValueError(f"fps must be positive and finite, got {fps}")
    if confidence is not None:
        if confidence.shape != positions.shape[:2]:
            raise ValueError(f"confidence is {list(confidence.shape)}, expected {list(positions.shape[:2])}")
        if not ((confidence >= 0) & (confidence <= 1)).all():
            raise ValueError("confidence must lie in [0, 1]; give 0 for a position that does not count")
