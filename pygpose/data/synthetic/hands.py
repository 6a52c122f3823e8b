r"""The motion of the upper body: postures of an action, drawn one after another, each held for a while."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pygpose.data.synthetic.actions import ANCHORS, HANG, Action, Reach
from pygpose.data.synthetic.steps import SIDES
from pygpose.data.synthetic.timing import Glide, pulses, sines


@dataclass(frozen=True)
class Arm:
    """Where one wrist goes over time, in arm lengths, with y to the body's left."""

    anchors: Float[np.ndarray, "frames 4"]
    """Weights of the joints from which the wrist is measured; they add up to 1."""
    offsets: Float[np.ndarray, "frames 4 3"]
    """Offset from each joint, times its weight."""
    elbow: Float[np.ndarray, "frames 3"]
    """Direction in which the elbow bends."""
    swing: Float[np.ndarray, " frames"]
    """Share of a walker's arm swing that the arm keeps."""


@dataclass(frozen=True)
class Performance:
    """``bends`` are lean, dip and nod (see ``Posture``) and the turn of the head; ``arms`` are left, right."""

    bends: Float[np.ndarray, "frames 4"]
    arms: list[Arm]


def perform(
    rng: np.random.Generator,
    times: Float[np.ndarray, " frames"],
    action: Action,
    presence: Float[np.ndarray, " frames"],
) -> Performance:
    """Draw postures until the clip ends; as ``presence`` falls from 1 to 0 they give way to hanging arms."""
    fidget = [sines(rng, times, action.tempo, 3) for _ in SIDES]
    leading = rng.integers(2)
    haste = rng.uniform(0.85, 1.2)
    size = rng.uniform(0.7, 1.15)  # a person's gestures are large or small as a whole
    delay = rng.uniform(0.0, 0.15, 2)  # no one moves both hands at the same instant

    clock, posture = -rng.uniform(0, 5), action.postures[0]
    start, stop, bends, holds = [], [], [], ([], [])
    while clock < times[-1] + 3:
        others = [p for p in action.postures if p is not posture] or [posture]
        posture = others[rng.integers(len(others))]
        bend = rng.uniform(0.75, 1.2)
        bends.append([bend * posture.lean, bend * posture.dip, bend * posture.nod, action.look * rng.uniform(-1, 1)])
        hand = leading if rng.random() >= action.switch else 1 - leading
        for side in range(2):
            reach = posture.lead if side == hand else posture.other
            place = reach.offset + rng.uniform(-1, 1, 3) * reach.spread
            holds[side].append(reach._replace(offset=tuple(place)))
        clock += haste * rng.uniform(*posture.seconds)
        start.append(clock)
        clock += haste * rng.uniform(0.5, 0.8)
        stop.append(clock)
    begin, end = np.array(start[:-1]), np.array(stop[:-1])
    arms = [
        _arm(
            times,
            Glide(begin + delay[side], end + delay[side]),
            holds[side],
            size * fidget[side],
            presence,
            SIDES[side],
        )
        for side in range(2)
    ]
    return Performance(Glide(begin, end).weights(times) * presence[:, None] @ np.array(bends), arms)


def _arm(
    times: np.ndarray, glide: Glide, holds: list[Reach], fidget: np.ndarray, presence: np.ndarray, side: float
) -> Arm:
    """Blend the holds of one hand; targets are mixed, not angles, so hands go straight as people's hands do."""
    rows = [*holds, HANG]
    weights = np.column_stack([glide.weights(times) * presence[:, None], 1 - presence])
    anchor = np.array([[name == row.anchor for name in ANCHORS] for row in rows], dtype=float)
    place, beat = np.array([row.offset for row in rows]), np.array([row.beat for row in rows])
    held = weights @ anchor
    offsets = np.einsum("tk,ka,kc->tac", weights, anchor, place)
    offsets += np.einsum("tk,ka,kc->tac", weights, anchor, beat) * fidget[:, None]
    # Long moves bow forward and out, round the trunk and the shoulder rather than through them.
    travel = np.linalg.norm(np.diff((place + anchor @ np.array(list(ANCHORS.values())))[:-1], axis=0), axis=1)
    bow = pulses(times, glide.start, glide.stop) @ travel * presence
    offsets += bow[:, None, None] * held[..., None] * np.array([0.32, 0.22, 0.0])
    mirror = np.array([1.0, side, 1.0])
    elbow = weights @ np.array([row.elbow for row in rows])
    return Arm(held, offsets * mirror, elbow * mirror, weights @ np.array([row.swing for row in rows]))
