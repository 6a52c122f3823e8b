r"""Walking: a smooth closed course, footholds beside it at an even cadence, and a pelvis that goes along it."""

import numpy as np
from jaxtyping import Float

from pygpose.data.synthetic.body import SyntheticBody
from pygpose.data.synthetic.steps import LOOK_AHEAD, SIDES, Foot, Footwork, ahead_of, foothold, left_of


def _course(rng: np.random.Generator, eight: bool) -> np.ndarray:
    """A closed course: rows of distance walked, x, y and heading."""
    angle = np.linspace(0.0, 2 * np.pi, 2048)
    across, lobes = (rng.uniform(0.75, 0.95), 2) if eight else (rng.uniform(1.2, 1.6), 1)
    x, y = rng.uniform(1.3, 1.65) * np.cos(angle), across * rng.choice(SIDES) * np.sin(lobes * angle)
    turn = rng.uniform(0, 2 * np.pi)
    place = x[:, None] * ahead_of(turn) + y[:, None] * left_of(turn) + rng.uniform(-0.3, 0.3, 2)
    tangent = np.gradient(place, axis=0)
    tangent[[0, -1]] = place[1] - place[-2]  # the course is closed
    heading = np.unwrap(np.arctan2(tangent[:, 1], tangent[:, 0]))
    walked = np.append(0.0, np.linalg.norm(np.diff(place, axis=0), axis=1).cumsum())
    return np.stack([walked, *place.T, heading])


def walk(
    rng: np.random.Generator, times: Float[np.ndarray, " frames"], body: SyntheticBody, speed: tuple[float, float]
) -> Footwork:
    """Walk round an ellipse or a figure of eight, about 3 m across, at an even cadence; ``speed`` range in m/s."""
    eight = bool(rng.random() < 0.4)
    pace = rng.uniform(*speed) * np.sqrt(body.leg / 0.9) * (0.85 if eight else 1.0)  # slower in the tighter bends
    step = (0.28 + 0.26 * pace) * body.leg / 0.9 * rng.uniform(0.93, 1.07)
    step_time = step / pace
    walked, *course = _course(rng, eight)
    first, surge, rate, when = rng.uniform([0, 0, 0.05, 0], [walked[-1], 0.12, 0.15, 2 * np.pi])

    def place(time: np.ndarray) -> np.ndarray:
        """Rows of x, y and heading; the speed rises and falls slowly by the share ``surge``."""
        distance = first + pace * time + pace * surge / (2 * np.pi * rate) * np.sin(2 * np.pi * rate * time + when)
        laps, rest = np.divmod(distance, walked[-1])
        x, y, heading = (np.interp(rest, walked, values) for values in course)
        return np.stack([x, y, heading + laps * (course[2][-1] - course[2][0])], axis=-1)

    beat = rng.uniform(0, 2 * step_time)  # a moment when the right foot stands under the body
    width, toe_out = body.hip * rng.uniform(0.45, 0.7), rng.uniform(0.05, 0.2)
    rest = 0.44 * step_time  # half the time for which an ankle stays put in each stride
    feet = []
    for side, lag in zip(SIDES, (step_time, 0.0), strict=True):
        middle = np.arange(beat + lag - 6 * step_time, times[-1] + 4 * step_time, 2 * step_time)
        holds = [foothold(stance, side, width, toe_out) for stance in place(middle)]
        foot = Foot(holds, list(middle[:-1] + rest), list(middle[1:] - rest))
        feet.append(foot.follow(times, rng.uniform(0.10, 0.14)))
    ankles = np.stack(feet, axis=1)
    now = place(times)
    cycle = np.pi * (times - beat) / step_time
    support, swing = -np.cos(cycle), np.sin(cycle)
    sway = support * width * rng.uniform(0.3, 0.6)
    seat = np.zeros((len(times), 4))
    bob = 0.018 * np.cos(2 * cycle)  # highest over the standing foot
    seat[:, 0] = body.ankle + body.leg * (rng.uniform(0.952, 0.970) + bob)
    return Footwork(
        centre=now[:, :2] + sway[:, None] * left_of(now[:, 2]),
        facing=now[:, 2],
        gaze=place(times + LOOK_AHEAD)[:, 2],
        ankles=ankles[..., :3] + [0.0, 0.0, body.ankle],
        toes=ankles[..., 3],
        support=support,
        stride=np.column_stack([-swing, swing]),
        seat=seat,
        stoop=np.zeros(len(times)),
    )
