"""TCMR's temporal encoders: what all frames of a window say of its middle one, and what the others forecast of it."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pygpose.nn.window_gru import WindowGRU


class ForecastEncoder(nn.Module):
    r"""Temporal features of every frame, each from the window around it (TCMR, sections 3.1 to 3.3).

    .. math::
        g_\text{all} = \overleftrightarrow{\mathcal G}_\text{all}(f_0, \dots, f_{W-1})_m, \quad
        g_\text{past} = \mathcal G_\text{past}(f_0, \dots, f_{m-1}), \quad
        g_\text{future} = \mathcal G_\text{future}(f_{W-1}, \dots, f_{m+1})

    .. math:: g'_k = W_k \max(g_k, 0) + b_k, \quad g'_\text{int} = \sum_k a_k g'_k, \quad a = \text{softmax}(\dots)

    Frames are counted from 0 here. The middle frame, the paper's current frame, is :math:`m = \lfloor W/2 \rfloor`: of
    16 frames that with index 8, which has 8 frames before it and 7 after it, as in the published code. The paper's text
    counts from 1 and has the frame of number :math:`\lfloor T/2 \rfloor`, which is the one with index 7.

    The attention's layers are those of the published code, with a hyperbolic tangent after each of them: the paper says
    "several fully connected layers".

    Args:
        channels: Of the static features.
        hidden: Of a state in one direction.
        layers: Of every GRU; 1 in the paper, 2 in its published configurations.
        window: Frames W.
        residual: Add the middle frame's static feature to :math:`g'_\text{all}`, as the systems before TCMR do.
        forecast: Whether there are past and future at all (PoseForecast).
        see_current: Let past and future end with the middle frame, and not beside it.

    Shapes:
        - **input:** :math:`(B, T + W - 1, C)` static features
        - **output:** :math:`(K, B, T, C)`: integrated, and with ``forecast`` past and future
    """

    def __init__(
        self,
        channels: int,
        hidden: int,
        layers: int = 1,
        window: int = 16,
        *,
        residual: bool = False,
        forecast: bool = True,
        see_current: bool = False,
    ) -> None:
        super().__init__()
        self.window, self.middle, self.residual = window, window // 2, residual
        self.all = WindowGRU(channels, hidden, layers, bidirectional=True)
        self.out_all = nn.Linear(2 * hidden, channels)
        self.past = self.future = None
        if forecast:
            self.past_order = range(self.middle + see_current)
            self.future_order = range(window - 1, self.middle - see_current, -1)
            self.past, self.out_past = WindowGRU(channels, hidden, layers), nn.Linear(hidden, channels)
            self.future, self.out_future = WindowGRU(channels, hidden, layers), nn.Linear(hidden, channels)
            self.attention = ForecastAttention(channels)

    def forward(self, x: Float[Tensor, "batch long channels"]) -> Float[Tensor, "outputs batch frames channels"]:
        frames = x.size(1) - self.window + 1
        current = self.out_all(self.all(x, range(self.window), self.middle, frames).relu())
        if self.residual:
            current = current + x[:, self.middle : self.middle + frames]
        if self.past is None or self.future is None:
            return current[None]
        past = self.out_past(self.past(x, self.past_order, self.past_order[-1], frames).relu())
        future = self.out_future(self.future(x, self.future_order, self.future_order[-1], frames).relu())
        each = torch.stack([past, current, future])
        weights = self.attention(each).movedim(-1, 0)
        return torch.stack([(weights[..., None] * each).sum(0), past, future])


class ForecastAttention(nn.Module):
    """How much past, current and future weigh in a frame's integrated feature (TCMR, section 3.3).

    Shapes:
        - **input:** :math:`(3, B, T, C)`
        - **output:** :math:`(B, T, 3)`, each at least 0, their sum 1
    """

    def __init__(self, channels: int, width: int = 256) -> None:
        super().__init__()
        self.reduce = nn.Linear(channels, width)
        self.score = nn.Sequential(
            nn.Linear(3 * width, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 3), nn.Tanh()
        )

    def forward(self, each: Float[Tensor, "3 batch frames channels"]) -> Float[Tensor, "batch frames 3"]:
        rows = self.reduce(each).movedim(0, -2).flatten(-2)
        return self.score(rows).softmax(-1)
