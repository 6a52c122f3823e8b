"""A motion near another one whose bones keep their lengths, whose feet stand still, and that goes through given
points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import MotionGraph, Skeleton, laplacian
from pygpose.refine.banded import BlockCholesky, blocks_of
from pygpose.refine.contacts import Floor
from pygpose.refine.energy import laplacian_bands

Pins = Mapping[tuple[int, int], Tensor]
"""Positions that joints must have, by frame and joint."""
STILL = 1e-4
"""Metres: rounds end when no joint moves farther from one to the next."""


@dataclass(frozen=True)
class Spreads:
    """How far each kind of term lets a motion go, in the unit of the term. A term counts with one over the square of
    its spread; a spread of infinity leaves the term out."""

    shape: float = 0.005
    """Metres: differential coordinates of joints against the wanted ones."""
    place: float = 0.03
    """Metres: a joint's place beside the root against the wanted one."""
    path: float = 0.2
    """Metres: the place of the root against the wanted one."""
    bone: float = 0.0015
    """Metres: the length of a bone against its own length."""
    contact: float = 0.0014
    """Metres: a foot in contact against its place in the other frames of the contact, and the floor."""


@dataclass
class Targets:
    """What a motion is drawn to.

    Shapes:
        - **wanted:** :math:`(T, J, 3)`, metres
        - **shape:** :math:`(T, J, 3)`, differential coordinates
        - **lengths:** :math:`(J)`, of the bone from each joint's parent; None where bones may change
        - **contacts:** :math:`(T, F)` of the joints ``feet``: how firmly each stands, in [0, 1]
        - **under:** :math:`(T, J)`, joints that are to be lifted onto the floor where they are under it
        - **precision:** :math:`(T, J, 3)`, one over the square of the spread of each place beside the root, the same
          along x and y, in the place of ``Spreads.place``
    """

    wanted: Tensor
    shape: Tensor
    lengths: Tensor | None = None
    feet: list[int] = field(default_factory=list)
    contacts: Tensor | None = None
    floor: Floor | None = None
    under: Tensor | None = None
    precision: Tensor | None = None
    pins: Pins = field(default_factory=dict)


def find_consistent(
    targets: Targets, graph: MotionGraph, skeleton: Skeleton, spreads: Spreads, rounds: int
) -> tuple[Float[Tensor, "frames joints 3"], list[float]]:
    r"""The least of

    .. math:: \frac{\lVert L P - \delta \rVert^2}{\sigma_\text{shape}^2}
        + \sum_{t,j} \frac{\lVert P_{t,j} - P_{t,0} - (\hat P_{t,j} - \hat P_{t,0}) \rVert^2}{\sigma_\text{place}^2}
        + \sum_t \frac{\lVert P_{t,0} - \hat P_{t,0} \rVert^2}{\sigma_\text{path}^2}
        + \sum_{t,b} \frac{(\lVert b_t \rVert - \ell_b)^2}{\sigma_\text{bone}^2}
        + \sum_{t,f} \frac{\lVert P_{t,f} - \bar P_f \rVert^2}{\sigma_\text{contact}^2}

    (and, with the last spread, of joints under the floor from it) with pins kept exactly. Bones and contacts are
    projected (Bouaziz et al., SIGGRAPH 2014): in each round a bone is drawn to its length in the direction that it has,
    and a foot in contact to its mean place in that contact, on the floor. What is left is linear, with one matrix for
    all rounds, which is factored once.

    Returns:
        The motion, and how far a joint moved at most in each round, metres.
    """
    x, root = targets.wanted, skeleton.root
    weight = {name: value**-2 for name, value in vars(spreads).items()}
    shape_bands, matrix = laplacian_bands(graph, x.dtype)
    place = x.new_full(x.shape, weight["place"]) if targets.precision is None else targets.precision
    place = torch.where(torch.arange(x.size(1), device=x.device)[:, None] == root, 0.0, place)

    right = weight["shape"] * (matrix.t() @ targets.shape.flatten(0, 1)).view_as(x)
    away = place * (x - x[:, root, None])
    right = right + away
    right[:, root] += weight["path"] * x[:, root] - away.sum(1)

    projected = _Projected(targets, skeleton, weight["bone"], weight["contact"])
    same = projected.matrix()
    same[:, root, root] += weight["path"]
    for band in shape_bands:
        band *= weight["shape"]
    # Axes along which places are held alike have one matrix.
    groups = [[0, 1, 2]] if targets.precision is None else [[0, 1], [2, 2]]
    stars = [_links(place[..., axes[0]], [root] * x.size(1)) for axes in groups]
    matrices = [[shape_bands[0] + same + star, *shape_bands[1:]] for star in stars]
    del shape_bands, band, stars, same  # the system of a long clip is large
    system = _System(matrices, groups, targets.pins, x)

    found, moves = x, []
    for _ in range(rounds):
        new = system.solve(right + projected.right(found))
        moves.append((new - found).norm(dim=-1).max().item())
        found = new
        if moves[-1] < STILL:
            break
    return found, moves


class _Projected:
    """Bones, contacts and joints under the floor: terms that are drawn to what is nearest in each round."""

    def __init__(self, targets: Targets, skeleton: Skeleton, bone: float, contact: float) -> None:
        like = targets.wanted
        self.targets = targets
        self.parents = [max(parent, 0) for parent in skeleton.parents]
        self.bones = like.new_zeros(like.shape[:2])
        if targets.lengths is not None:
            self.bones[:, [joint for joint, parent in enumerate(skeleton.parents) if parent >= 0]] = bone
        self.standing, self.lifted = like.new_zeros(like.shape[:2]), like.new_zeros(like.shape[:2])
        if targets.contacts is not None:
            self.standing[:, targets.feet] = contact * targets.contacts.to(like.dtype)
        if targets.under is not None and targets.floor is not None:
            self.lifted = contact * (targets.under & (self.standing == 0)).to(like.dtype)

    def matrix(self) -> Float[Tensor, "frames joints joints"]:
        """What the terms add to the matrix of each frame, the same in all rounds."""
        return _links(self.bones, self.parents) + torch.diag_embed(self.standing + self.lifted)

    def right(self, found: Float[Tensor, "frames joints 3"]) -> Float[Tensor, "frames joints 3"]:
        """What the terms add to the right side, given where joints are now."""
        targets, drawn = self.targets, torch.zeros_like(found)
        if targets.lengths is not None:
            ways = torch.nn.functional.normalize(found - found[:, self.parents], dim=-1)
            goal = self.bones[..., None] * targets.lengths[:, None] * ways
            drawn = (drawn + goal).index_add(1, torch.tensor(self.parents, device=found.device), -goal)
        if targets.contacts is not None:
            stood = _stood(found[:, targets.feet], targets.contacts > 0, targets.floor)
            drawn[:, targets.feet] += self.standing[:, targets.feet, None] * stood
        if targets.floor is not None:
            low = targets.floor.above(found).clamp(max=0)
            drawn += self.lifted[..., None] * (found - low[..., None] * targets.floor.normal.to(found))
        return drawn


class _System:
    """The linear part of a search, factored once: a matrix for each group of axes, in which pins are eliminated."""

    def __init__(self, matrices: list[list[Tensor]], groups: list[list[int]], pins: Pins, like: Tensor) -> None:
        self.groups, (self.frames, self.joints) = groups, like.shape[:2]
        self.size = max(len(matrices[0]) - 1, 1)  # frames of a block
        self.fixed, self.places = _pinned(pins, like)
        self.moved, bands = [], []
        for matrix, axes in zip(matrices, groups, strict=True):
            left, moved = _without(matrix, self.fixed, self.places[..., axes])
            bands.append(left)
            self.moved.append(moved)
        # A batch of matrices is factored and solved at once.
        stacked = [both[0][None] if len(both) == 1 else torch.stack(both) for both in zip(*bands, strict=True)]
        matrices.clear()
        del bands, matrix, left
        self.factor = BlockCholesky(*blocks_of(stacked))

    def solve(self, right: Float[Tensor, "frames joints 3"]) -> Float[Tensor, "frames joints 3"]:
        wanted = [
            torch.where(self.fixed[..., None], self.places[..., axes], right[..., axes] - moved)
            for axes, moved in zip(self.groups, self.moved, strict=True)
        ]
        columns = torch.nn.functional.pad(torch.stack(wanted), (0, 0, 0, 0, 0, -self.frames % self.size))
        columns = self.factor.solve(columns.view(len(wanted), -1, self.size * self.joints, columns.size(-1)))
        parts = columns.view(len(wanted), -1, self.joints, columns.size(-1))[:, : self.frames].unbind()
        return torch.cat(parts, -1)[..., :3]


def differential(positions: Float[Tensor, "frames joints 3"], graph: MotionGraph) -> Float[Tensor, "frames joints 3"]:
    """Differential coordinates :math:`L P`, with the Laplacian of a motion graph."""
    matrix = laplacian(graph.edge_index, graph.edge_type, graph.num_nodes, dtype=positions.dtype)
    return (matrix @ positions.flatten(0, 1)).view_as(positions)


def _links(weights: Float[Tensor, "frames joints"], other: list[int]) -> Float[Tensor, "frames joints joints"]:
    """Of the weighted squares of each joint's distance from another joint."""
    joints = weights.size(1)
    found = torch.diag_embed(weights)
    for joint in range(joints):
        if other[joint] != joint:
            found[:, other[joint], other[joint]] += weights[:, joint]
            found[:, joint, other[joint]] -= weights[:, joint]
            found[:, other[joint], joint] -= weights[:, joint]
        else:
            found[:, joint, joint] -= weights[:, joint]
    return found


def _stood(
    feet: Float[Tensor, "frames feet 3"], contacts: Bool[Tensor, "frames feet"], floor: Floor | None
) -> Float[Tensor, "frames feet 3"]:
    """The mean place of each foot in each of its contacts, on the floor."""
    number = torch.cumsum((contacts & ~torch.cat([torch.zeros_like(contacts[:1]), contacts[:-1]])).int(), 0) * contacts
    found = feet.clone()
    for foot in range(feet.size(1)):
        which = number[:, foot].long()
        count = which.bincount().clamp(min=1)
        total = feet.new_zeros(len(count), 3).index_add(0, which, feet[:, foot])
        mean = total / count[:, None]
        if floor is not None:
            mean = mean - floor.above(mean)[:, None] * floor.normal.to(mean)
        found[:, foot] = mean[which]
    return found


def _pinned(pins: Pins, like: Tensor) -> tuple[Tensor, Tensor]:
    fixed = torch.zeros(like.shape[:2], dtype=torch.bool, device=like.device)
    places = torch.zeros_like(like)
    for (frame, joint), place in pins.items():
        fixed[frame, joint], places[frame, joint] = True, place.to(like)
    return fixed, places


def _without(bands: list[Tensor], fixed: Tensor, places: Tensor) -> tuple[list[Tensor], Tensor]:
    """The system without the unknowns that are fixed, which become ones of their own, and what goes to the other
    side."""
    frames = len(fixed)
    moved = torch.zeros_like(places)
    if not fixed.any():
        return bands, moved
    free = (~fixed).to(places.dtype)
    kept = []
    for distance, band in enumerate(bands):
        later = slice(distance, frames)
        used = band[: frames - distance]
        moved[: frames - distance] += used @ places[later]
        if distance:
            moved[later] += used.mT @ places[: frames - distance]
        left = torch.zeros_like(band)
        left[: frames - distance] = used * free[: frames - distance, :, None] * free[later, None, :]
        kept.append(left)
    kept[0] = kept[0] + torch.diag_embed(fixed.to(places.dtype))
    return kept, moved
