r"""Standing and sitting: planted feet, weight shifts, turns in small steps, and seats."""

import numpy as np
from jaxtyping import Float

from pygpose.data.synthetic.body import SyntheticBody
from pygpose.data.synthetic.steps import LOOK_AHEAD, SIDES, Foot, Footwork, ahead_of, foothold, left_of
from pygpose.data.synthetic.timing import Glide, pulses, sines


def _seat(rng: np.random.Generator, body: SyntheticBody, kind: str) -> np.ndarray:
    """Row of ``Footwork.seat`` for somebody who stands or sits on a chair or on the floor."""
    if kind == "stand":
        return np.array([body.ankle + body.leg * rng.uniform(0.975, 0.988), 0.0, 0.0, 0.0])
    if kind == "chair":
        height = body.ankle + body.shin * rng.uniform(0.98, 1.06)
        return np.array([height, body.thigh * rng.uniform(0.85, 1.0), rng.uniform(0.05, 0.25), 1.0])
    return np.array([0.9 * body.hip, body.leg * rng.uniform(0.6, 0.75), rng.uniform(0.2, 0.4), 1.0])


def stand(
    rng: np.random.Generator,
    times: Float[np.ndarray, " frames"],
    body: SyntheticBody,
    pause: tuple[float, float],
    sit: str,
) -> Footwork:
    """Stay at one place, shift the weight, and turn in small steps, 1.4 radians at most.

    ``pause`` is the range of seconds between steps. ``sit`` is "never", "always" (on a chair that does not turn) or
    "between": sit down on a chair or the floor after each turn, and stand up again.
    """
    width, toe_out = body.hip * rng.uniform(0.8, 1.2), rng.uniform(0.1, 0.35)
    upright = _seat(rng, body, "chair" if sit == "always" else "stand")
    place = np.append(rng.uniform(-0.8, 0.8, 2), rng.uniform(-np.pi, np.pi))
    slack = np.array([0.12, 0.06, 0.2] if sit == "always" else [0.05, 0.03, 0.12])  # forward, outward, heading

    shift, rock = sines(rng, times, (0.04, 0.25), 2).T
    home, places, seats = place[:2], [place], [upright]
    moves, sits, pushes = [], [], []

    def foot_at(place: np.ndarray, side: float) -> np.ndarray:
        forward, outward, heading = slack * rng.uniform(-1, 1, 3)
        hold = foothold(place, side, width + outward, toe_out + heading)
        hold[:2] += forward * ahead_of(place[2])
        return hold

    feet = [Foot([foot_at(place, side)]) for side in SIDES]
    time = -rng.uniform(0, 8)
    while time < times[-1] + 1:
        time += rng.uniform(*pause)
        begin, angle = time, rng.choice(SIDES) * rng.uniform(0.4, 1.4)
        goal = place if sit == "always" else np.append(home + rng.uniform(-0.3, 0.3, 2), place[2] + angle)
        steps = int(np.ceil(max(abs(angle) / 0.7, np.linalg.norm((goal - place)[:2]) / 0.25, 1)))
        first = 0 if angle > 0 else 1  # the foot on the inner side of a turn goes first, so that legs do not cross
        for waypoint in np.linspace(place, goal, steps + 1)[1:]:
            for which in (first,) if sit == "always" else (first, 1 - first):
                length = rng.uniform(0.45, 0.65)
                feet[which].swing(time, time + length, foot_at(waypoint, SIDES[which]))
                pushes.append((time - 0.3, time + length + 0.25, -SIDES[which]))
                time += length + rng.uniform(0.05, 0.15)
        moves.append((begin, time))
        places.append(goal)
        place = goal
        if sit == "between":
            time += rng.uniform(0.4, 1.5)
            for seat in (_seat(rng, body, "floor" if rng.random() < 0.35 else "chair"), upright):
                length = rng.uniform(1.3, 2.0)
                sits.append((time, time + length))
                seats.append(seat)
                time += length + (rng.uniform(2.0, 6.0) if seat is not upright else 0.0)

    def course(times: np.ndarray) -> np.ndarray:
        return Glide(*np.array(moves).T).weights(times) @ np.array(places)

    now = course(times)
    start, stop, side = np.array(pushes).T
    seat = np.tile(upright, (len(times), 1))
    stoop = np.zeros(len(times))
    if sits:
        start_sit, stop_sit = np.array(sits).T
        seat = Glide(start_sit, stop_sit).weights(times) @ np.array(seats)
        stoop = pulses(times, start_sit - 0.2, stop_sit + 0.2).sum(axis=1)
    support = (1 - seat[:, 3]) * (0.6 * shift + 0.7 * pulses(times, start, stop) @ side)
    sway, forward = 0.8 * width * support, 0.02 * (1 - seat[:, 3]) * rock
    ankles = np.stack([foot.follow(times, 0.04 if sit == "always" else 0.10) for foot in feet], axis=1)
    return Footwork(
        centre=now[:, :2] + sway[:, None] * left_of(now[:, 2]) + forward[:, None] * ahead_of(now[:, 2]),
        facing=now[:, 2],
        gaze=course(times + LOOK_AHEAD)[:, 2],
        ankles=ankles[..., :3] + [0.0, 0.0, body.ankle],
        toes=ankles[..., 3],
        support=support,
        stride=np.zeros((len(times), 2)),
        seat=seat,
        stoop=stoop,
    )
