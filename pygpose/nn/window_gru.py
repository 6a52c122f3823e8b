"""A recurrent network that starts anew in the window around every frame."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn


class WindowGRU(nn.GRU):
    r"""``nn.GRU`` over the window of ``W`` frames around each of ``T`` frames, its first state zero in every window.

    .. math:: r, z = \sigma(W_i x + W_h h), \quad n = \tanh(W_i x + r \odot W_h h), \quad h \leftarrow (1 - z) n + z h

    Weights, names and numbers are those of ``nn.GRU`` on every window by itself. But windows that overlap hold the same
    frames: what the first layer makes of a frame before it meets a state is computed once and not ``W`` times, all
    windows go on together, and no step is taken that the asked state does not need.

    Args of a call:
        x: All frames; the window of frame t are the frames t to t + W - 1 of it.
        order: Offsets in the window that are visited, in this order; a second direction visits them backwards.
        at: The offset whose state is asked for.
        frames: T.

    Shapes:
        - **x:** :math:`(B, T + W - 1, C)`
        - **output:** :math:`(B, T, D H)`, for :math:`D` directions; the state after the offset ``at``
    """

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]: of windows, not of a sequence
        self, x: Float[Tensor, "batch long channels"], order: Sequence[int], at: int, frames: int
    ) -> Float[Tensor, "batch frames states"]:
        below: dict[int, Tensor] = {}
        for layer in range(self.num_layers):
            top = layer == self.num_layers - 1
            directions = []
            for direction in range(2 if self.bidirectional else 1):
                visited = order[::-1] if direction else order
                needed = visited[: visited.index(at) + 1] if top else visited
                directions.append(self._states(x, below, layer, direction, needed, frames))
            offsets = [at] if top else order
            below = {offset: torch.cat([states[offset] for states in directions], -1) for offset in offsets}
        return below[at]

    def _states(
        self, x: Tensor, below: dict[int, Tensor], layer: int, direction: int, order: Sequence[int], frames: int
    ) -> dict[int, Tensor]:
        """States of one layer in one direction, by offset; ``below`` are those of the layer under it."""
        suffix = f"l{layer}{'_reverse' if direction else ''}"
        of_input, of_state, input_bias, state_bias = (
            getattr(self, f"{name}_{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        shared = F.linear(x, of_input, input_bias) if layer == 0 else x
        state = x.new_zeros(x.size(0), frames, self.hidden_size)
        states = {}
        for offset in order:
            seen = shared[:, offset : offset + frames] if layer == 0 else F.linear(below[offset], of_input, input_bias)
            state = states[offset] = _step(seen, F.linear(state, of_state, state_bias), state)
        return states


def _step(from_input: Tensor, from_state: Tensor, state: Tensor) -> Tensor:
    gates = 2 * state.size(-1)
    reset, update = torch.sigmoid(from_input[..., :gates] + from_state[..., :gates]).chunk(2, -1)
    new = torch.tanh(from_input[..., gates:] + reset * from_state[..., gates:])
    return new + update * (state - new)  # float32 under autocast, as the first state is
