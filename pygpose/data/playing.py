"""Stretches of recordings, played from any moment and at any speed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pygpose.data.recording import Recording
from pygpose.data.windows import window_starts
from pygpose.frames import cubic

SPEED = (0.75, 1.35)  # a motion is played slower and faster, evenly on a logarithmic scale


@dataclass(frozen=True)
class Stretch:
    """Frames of some windows with their context.

    Shapes:
        - **positions:** :math:`(B, L, J, 3)`, metres, world; beyond the ends of a clip its first and last frame again
        - **frames:** :math:`(B, L)`, which of the :math:`L` frames each frame repeats: itself inside a clip
        - **there:** :math:`(B, L)`, whether a frame is one of the clip, and not of the context beyond its ends
    """

    positions: Float[Tensor, "windows long joints 3"]
    frames: Int[Tensor, "windows long"]
    there: Bool[Tensor, "windows long"]


class Player:
    """Plays windows out of recordings that lie in memory one after the other, each over the origin and on the ground.

    Windows stand ``stride`` frames apart at the windows' rate, as those of :class:`~pygpose.data.WindowDataset`; each
    is moved by less than a stride when it is drawn. A clip that is too short for a window at its speed is played more
    slowly, and its last frame repeated where the slowest speed does not do.

    Args:
        motions: Of one skeleton.
        num_frames: Frames of a window.
        stride: Frames between windows.
        context: Frames before and after a window.
        fps: Frames per second of the windows.
        root: The root joint.
        device: Where positions are kept and computed.
    """

    def __init__(
        self,
        motions: Sequence[Recording],
        num_frames: int,
        stride: int,
        context: tuple[int, int],
        fps: float,
        root: int,
        device: torch.device,
    ) -> None:
        self.num_frames, self.context, self.stride = num_frames, context, stride
        self.device = device
        self.positions = torch.cat([_grounded(motion.positions, root) for motion in motions]).to(device)
        frames = torch.tensor([motion.num_frames for motion in motions])
        rates = torch.tensor([motion.fps / fps for motion in motions])
        starts = []
        for motion in motions:
            long = max(num_frames, motion.frames_at(fps))
            starts.append(torch.tensor(window_starts(long, num_frames, stride), dtype=torch.float32))
        clips = torch.arange(len(motions)).repeat_interleave(torch.tensor([len(part) for part in starts]))
        self._first = (frames.cumsum(0) - frames)[clips]
        self._last = self._first + frames[clips] - 1
        self._rate = rates[clips]
        self._start = torch.cat(starts)

    def __len__(self) -> int:
        return len(self._start)

    def play(self, windows: Int[Tensor, " windows"], draw: torch.Generator) -> Stretch:
        """The windows with their context, each at a speed and from a moment that are drawn."""
        (before, after), count = self.context, len(windows)
        move, fast = torch.rand(2, count, generator=draw)
        length = (self._last - self._first)[windows].float()
        steps, rate = max(self.num_frames - 1, 1), self._rate[windows]
        low, high = (math.log(end) for end in SPEED)
        fitting = (length / (steps * rate)).clamp(min=SPEED[0])
        step = rate * torch.minimum(torch.exp(low + (high - low) * fast), fitting)
        # Moments count frames from the first of the clip.
        begin = (self._start[windows] + self.stride * move) * rate
        begin = torch.minimum(begin, length - steps * step).clamp(min=0)
        own = begin / step + 1e-3  # how many frames the clip has before the window; it is to have no other by rounding
        left = own.floor().long().clamp(max=before)
        right = ((length - begin) / step + 1e-3).floor().long()
        every = torch.arange(-before, self.num_frames + after)
        frames = torch.minimum(torch.maximum(every, -left[:, None]), right[:, None])
        there = (frames == every) | ((every >= 0) & (every < self.num_frames))
        moments = torch.minimum((begin[:, None] + frames * step[:, None]).clamp(min=0), length[:, None])
        positions = self._between(moments, self._first[windows], self._last[windows])
        return Stretch(positions, (frames + before).to(self.device), there.to(self.device))

    def _between(
        self, moments: Float[Tensor, "windows long"], first: Int[Tensor, " windows"], last: Int[Tensor, " windows"]
    ) -> Float[Tensor, "windows long joints 3"]:
        """Positions between frames (:func:`~pygpose.frames.cubic`). A clip goes on straight before its first frame and
        after its last one."""
        whole = moments.floor().long()
        begins, ends = (
            place[..., None, None].to(self.device) for place in (whole == 0, whole + 2 > (last - first)[:, None])
        )
        share = (moments - whole)[..., None, None].to(self.device)
        whole = whole + first[:, None]
        before, here, after, beyond = (
            self.positions[torch.minimum(torch.maximum(whole + k, first[:, None]), last[:, None]).to(self.device)]
            for k in (-1, 0, 1, 2)
        )
        before = torch.where(begins, 2 * here - after, before)
        beyond = torch.where(ends, 2 * after - here, beyond)
        return cubic(before, here, after, beyond, share)


def _grounded(positions: np.ndarray, root: int) -> Tensor:
    """Moved so that the root's mean position is over the origin and the lowest joint of all frames on the ground."""
    world = np.asarray(positions, dtype=np.float64)
    shift = [*world[:, root, :2].mean(0), world[..., 2].min()]
    return torch.from_numpy((world - shift).astype(np.float32))
