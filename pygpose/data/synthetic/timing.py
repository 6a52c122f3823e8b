r"""How synthetic motion moves through time: minimum-jerk moves between holds, bumps, and band-limited noise."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


def _phase(times: np.ndarray, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    return np.clip((times[:, None] - start) / (stop - start), 0.0, 1.0)


@dataclass(frozen=True)
class Glide:
    r"""K + 1 holds with K moves between them, each of minimum jerk (Flash & Hogan 1985, eq. 2).

    .. math:: s(u) = 10u^3 - 15u^4 + 6u^5

    ``weights(times) @ values`` is ``values[0]`` until ``start[0]``, ``values[1]`` from ``stop[0]``, and so on; between
    moves one weight is exactly 1 and the others 0, so what is held does not move at all. Times are seconds.
    """

    start: Float[np.ndarray, " moves"]
    stop: Float[np.ndarray, " moves"]

    def weights(self, times: Float[np.ndarray, " frames"]) -> Float[np.ndarray, "frames holds"]:
        u = _phase(times, self.start, self.stop)
        done = u**3 * (10 - 15 * u + 6 * u**2)
        edge = np.ones((len(times), 1))
        return np.hstack([edge, done]) - np.hstack([done, 0 * edge])


def pulses(
    times: Float[np.ndarray, " frames"], start: Float[np.ndarray, " k"], stop: Float[np.ndarray, " k"]
) -> Float[np.ndarray, "frames k"]:
    r"""A bump :math:`(4u(1-u))^3` from 0 to 1 and back over each interval of seconds."""
    u = _phase(times, start, stop)
    return (4 * u * (1 - u)) ** 3


def sines(
    rng: np.random.Generator, times: Float[np.ndarray, " frames"], band: tuple[float, float], channels: int
) -> Float[np.ndarray, "frames channels"]:
    """Smooth noise in [-1, 1]: in each channel four sines with frequencies in ``band`` (Hz) and random phases."""
    frequency = rng.uniform(*band, (4, channels))
    phase = rng.uniform(0, 2 * np.pi, (4, channels))
    share = rng.dirichlet(np.ones(4), channels).T
    return (share * np.sin(2 * np.pi * frequency * times[:, None, None] + phase)).sum(axis=1)
