"""Resampling against numpy's interpolation, and gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpose.io.motion.resampling import complete_stretches, fill_gaps, resample


def motion(frames, points=2):
    return np.random.default_rng(frames).normal(size=(frames, points, 3))


@settings(max_examples=50)
@given(frames=st.integers(1, 60), source=st.sampled_from([24.0, 29.97, 50.0, 100.0, 120.0]), fps=st.floats(5, 240))
def test_equals_numpy_at_exact_times(frames, source, fps):
    positions = motion(frames)
    found = resample(positions, source, fps)
    times = np.arange(len(found)) / fps
    last = (frames - 1) / source
    assert times[-1] <= last + 1e-6 and times[-1] + 1 / fps > last - 1e-6  # as many as fit, none beyond the end
    for point in range(2):
        for axis in range(3):
            expected = np.interp(times, np.arange(frames) / source, positions[:, point, axis])
            assert np.allclose(found[:, point, axis], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("source", "fps", "every"), [(100.0, 50.0, 2), (50.0, 50.0, 1), (120.0, 24.0, 5), (120.0, 120.0, 1)]
)
def test_integer_factors_take_frames(source, fps, every):
    positions = motion(31)
    assert np.array_equal(resample(positions, source, fps), positions[::every])


def test_as_many_frames_as_the_same_clip_elsewhere():
    assert len(resample(motion(329), 120.0, 50.0)) == 137  # 07_02 without the T pose


def test_straight_lines_stay_exact_and_there_is_no_rate_of_zero():
    times = np.arange(13)[:, None, None] / 120.0
    line = times * np.ones((1, 1, 3))
    assert np.allclose(resample(line, 120.0, 50.0)[:, 0, 0], np.arange(6) / 50.0)
    for rates in ((0.0, 50.0), (50.0, 0.0), (50.0, float("nan"))):
        with pytest.raises(ValueError, match="both must be positive"):
            resample(line, *rates)


def test_short_gaps_are_filled_and_long_ones_stay():
    positions = np.arange(12.0)[:, None, None] * np.ones((1, 2, 3))
    broken = positions.copy()
    broken[[0, 3, 4], 0] = np.nan  # an end, and two frames
    broken[[5, 6, 7], 1] = np.nan  # three
    filled, count = fill_gaps(broken, 2)
    assert count == 2 and np.array_equal(filled[1:, 0], positions[1:, 0])
    assert np.isnan(filled[0, 0]).all() and np.isnan(filled[5:8, 1]).all()
    assert np.isnan(broken[3, 0]).all()  # the input is untouched
    assert complete_stretches(filled) == [slice(1, 5), slice(8, 12)]


def test_nothing_seen():
    nothing = np.full((4, 2, 3), np.nan)
    assert fill_gaps(nothing, 3)[1] == 0
    assert complete_stretches(nothing) == [] == complete_stretches(nothing[:0])
    assert complete_stretches(motion(4)) == [slice(0, 4)]
