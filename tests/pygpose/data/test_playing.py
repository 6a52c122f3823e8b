"""Recordings played from any moment at any speed: what is between frames, and what is beyond the ends."""

import numpy as np
import pytest
import torch

from pygpose.data.playing import SPEED, Player
from pygpose.data.recording import Recording, check_recording


def recording(frames, fps=50.0, path=lambda seconds: seconds, name="k"):
    """Joints stand about a root that goes along x as the path says."""
    positions = np.random.default_rng(0).random((1, 17, 3)).repeat(frames, 0)
    positions[:, :, 0] += path(np.arange(frames) / fps)[:, None]
    return Recording(positions.astype(np.float32), "A", "walk", name, fps)


def player(motions, num_frames=20, stride=10, context=(4, 3)):
    return Player(motions, num_frames, stride, context, fps=50.0, root=0, device=torch.device("cpu"))


def play(player, seed=0, repeat=200):
    windows = torch.arange(len(player)).repeat(repeat)
    return windows, player.play(windows, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("fps", [25.0, 50.0, 120.0])
def test_speeds_are_those_of_the_range(fps):
    _, stretch = play(player([recording(400, fps)]))
    own = stretch.positions[:, 4:-3, 0, 0].double()
    steps = own.diff(dim=1)
    speed = steps.mean(1) * 50
    torch.testing.assert_close(steps, steps[:, :1].expand_as(steps), atol=2e-5, rtol=0)
    assert SPEED[0] - 1e-3 < speed.min() < 0.8 and 1.3 < speed.max() < SPEED[1] + 1e-3


def test_motion_between_frames_is_smooth():
    clip = player([recording(300, 25.0, lambda seconds: np.sin(4 * seconds))])
    windows, stretch = play(clip)
    x = stretch.positions[:, 4:-3, 0, 0].double() - clip.positions[0, 0, 0]
    rates = x.diff(dim=1) * 50
    assert rates.abs().max() < 4 * SPEED[1] * 1.01  # the sine's own, played fast
    # At any speed v, a sine has -(4 v)^2 times its place as acceleration.
    speed = (rates.diff(dim=1) * 50 / -x[:, 1:-1]).clamp(min=0).nanmedian(1).values.sqrt() / 4
    assert (speed > SPEED[0] - 0.05).all() and (speed < SPEED[1] + 0.05).all()


def test_windows_stay_inside_their_clips():
    motions = [recording(60), recording(90, path=lambda seconds: 1000 + seconds, name="l")]
    clip = player(motions)
    windows, stretch = play(clip)
    x = stretch.positions[:, 4:-3, 0, 0]
    first, second = x[windows < 5], x[windows >= 5]
    length = 59 / 50
    assert first.min() >= clip.positions[0, 0, 0] - 1e-5 and first.max() <= clip.positions[59, 0, 0] + 1e-5
    assert (first.amax(1) - first.amin(1)).max() < length + 1e-5
    assert second.max() <= clip.positions[-1, 0, 0] + 1e-4


def test_beyond_the_ends_frames_are_repeated_and_not_there():
    clip = player([recording(200)])
    windows, stretch = play(clip)
    for place in range(len(windows)):
        frames, there = stretch.frames[place], stretch.there[place]
        assert there[4:-3].all()
        assert torch.equal(frames == torch.arange(27), there)
        assert torch.equal(stretch.positions[place], stretch.positions[place][frames])
    edge = ~stretch.there
    assert edge[windows == 0, :4].any() and edge[windows == len(clip) - 1, -3:].any()
    assert not edge[windows == len(clip) // 2].any()


def test_short_clips_are_played_slowly_and_then_repeat_their_last_frame():
    clip = player([recording(18), recording(6, name="l")], num_frames=20, stride=10)
    windows, stretch = play(clip, repeat=50)
    assert len(clip) == 2
    slow, short = (stretch.positions[windows == place][:, 4:-3, 0, 0] for place in (0, 1))
    assert (slow.diff(dim=1) > 0).all() and slow[0, 0] == clip.positions[0, 0, 0]
    steps = short.diff(dim=1) * 50
    assert (steps[:, :6] > 0.5).all() and (steps[:, 8:] == 0).all()
    assert stretch.there[windows == 1][:, 4:-3].all() and not stretch.there[windows == 1][:, -3:].any()


def test_recordings_are_checked():
    motion = recording(20)
    assert motion.window(3, 8).num_frames == 5 and motion.frames_at(25.0) == 10
    check_recording(motion, "h36m17")
    motion.positions[7, 3, 1] = np.nan
    with pytest.raises(ValueError, match="clip 'k': NaN or infinite position, first in frame 7, joint 3"):
        check_recording(motion, "h36m17")
    with pytest.raises(ValueError, match=r"positions are \[20, 17, 3\], expected \[T, 15, 3\]"):
        check_recording(motion, "humaneva15")
