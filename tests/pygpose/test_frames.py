"""What a file holds for each frame: numbers of frames, flags, values that no recording has, and stretches."""

import numpy as np
import pytest
import torch

from pygpose.frames import (
    at_times,
    check_finite,
    check_flags,
    check_frames,
    frame_number,
    frame_numbers,
    keypoints_at_times,
    named_frames,
    stretches,
)


@pytest.mark.parametrize(
    ("value", "number"), [(7, 7), ("29.jpg", 29), ("a25fps_000012.png", 12), ("frame_3", 3), ("v1.0_2.jpg", 2)]
)
def test_frame_numbers(value, number):
    assert frame_number(value, "here") == number


@pytest.mark.parametrize("value", ["image.jpg", "", None, 1.5, True, "9" * 5000, 10**20, ["1"]])
def test_what_is_no_frame_number(value):
    with pytest.raises(ValueError, match="here: .* gives no frame number"):
        frame_number(value, "here")


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["0.jpg", "10.jpg", "2.jpg"], [0, 10, 2]),
        (["00000_rgb_1080p.jpg", "00001_rgb_1080p.jpg"], [0, 1]),
        (["D:\\S01\\cam2\\00007.png", "D:\\S01\\cam2\\00008.png"], [7, 8]),
        (["shot2.0001.png", "shot2.0002.png"], [1, 2]),
        ([3, "4.jpg", 5.0], [3, 4, 5]),
        (["5.jpg", "5.jpg"], [5, 5]),
    ],
)
def test_the_digits_that_differ_number_frames(names, numbers):
    assert frame_numbers(names, "here") == numbers


def test_recordings_by_name():
    assert named_frames(["walk_0001.json", "walk_0002.json", "7.json"], "here") == [("walk", 1), ("walk", 2), ("", 7)]


@pytest.mark.parametrize("names", [["out0.000.jpg", "out0.033.jpg", "out0.066.jpg"], ["out0.9.jpg", "out1.0.jpg"]])
def test_times_are_no_frame_numbers(names):
    with pytest.raises(ValueError, match="here: names such as 'out.*' give times with decimals, .*; number the frames"):
        frame_numbers(names, "here")


def test_checked_frames():
    assert check_frames(np.ones((3, 2), np.float32), (2,), "here").dtype == np.float64
    with pytest.raises(ValueError, match=r"here: \[3, 2\] given, expected \[frames, 4\]"):
        check_frames(np.ones((3, 2)), (4,), "here")
    with pytest.raises(ValueError, match="here: expected an array of floating-point numbers"):
        check_frames(np.ones((3, 2), int), (2,), "here")


def test_flags():
    assert check_flags([[1], [0]], 2, "here").tolist() == [True, False]
    for given in ([1, 2], [1, 0, 1], [[1], [0, 1]]):
        with pytest.raises(ValueError, match="here: .*expected 0 or 1 for each"):
            check_flags(given, 2, "here")


def test_values_that_no_recording_has():
    array = np.array([[0.0], [np.nan], [1e9]])
    check_finite(array, np.array([True, False, False]), "here")
    with pytest.raises(ValueError, match="here: NaN, infinite or huge value, first in frame 2"):
        check_finite(array, np.array([True, False, True]), "here")


def test_stretches():
    assert stretches(np.array([0, 1, 1, 0, 2, 2, 3])) == [(1, 3), (4, 6), (6, 7)]


class TestBetweenFrames:
    def test_frames_and_straight_lines_are_exact(self):
        x = torch.randn(2, 7, 3, 2, dtype=torch.float64)
        times = torch.tensor([3.0, 0.0, 6.0, 1.0])
        assert torch.equal(at_times(x, times), x[:, [3, 0, 6, 1]])
        line = torch.arange(7, dtype=torch.float64)[None, :, None] * torch.tensor([1.0, -0.3]) + 2
        times = torch.linspace(0, 6, 50, dtype=torch.float64)  # up to both ends
        expected = times[:, None] * torch.tensor([1.0, -0.3]) + 2
        torch.testing.assert_close(at_times(line, times)[0], expected, rtol=0, atol=1e-12)

    def test_a_parabola_is_exact_between_four_frames(self):
        x = torch.arange(7, dtype=torch.float64).square()[None]
        times = torch.linspace(1, 5, 41, dtype=torch.float64)
        torch.testing.assert_close(at_times(x, times)[0], times.square(), rtol=0, atol=1e-12)

    def test_beyond_the_ends_is_the_last_frame(self):
        x = torch.randn(1, 4, 2)
        times = torch.tensor([-3.0, -0.1, 3.2, 99.0])
        assert torch.equal(at_times(x, times), x[:, [0, 0, 3, 3]])
        assert torch.equal(at_times(x[:, :1], times), x[:, [0, 0, 0, 0]])

    def test_what_is_not_seen_is_not_looked_at(self):
        x, seen = torch.randn(2, 8, 3, 2, dtype=torch.float64), torch.ones(2, 8, 3, dtype=torch.bool)
        seen[0, 2, 1] = seen[1, 6, 0] = False
        times = torch.linspace(0, 7, 29, dtype=torch.float64)
        wild = torch.where(seen[..., None], x, 1e6)
        found, expected = at_times(wild, times, seen), at_times(x, times, seen)
        near = torch.zeros(2, 29, 3, dtype=torch.bool)
        near[0, 5:12, 1] = near[1, 21:28, 0] = True  # between the frame and those beside it
        assert torch.equal(found[~near], expected[~near])
        assert torch.equal(at_times(x, times, torch.ones(2, 8, 1, dtype=torch.bool)), at_times(x, times))
        line = torch.arange(8, dtype=torch.float64)[None, :, None, None].expand(2, 8, 3, 2)
        torch.testing.assert_close(
            at_times(torch.where(seen[..., None], line, -50.0), times, seen)[~near],
            times[None, :, None, None].expand(2, 29, 3, 2)[~near],
            rtol=0,
            atol=1e-12,
        )

    def test_gradcheck(self):
        x = torch.randn(1, 5, 2, dtype=torch.float64, requires_grad=True)
        times = torch.linspace(0, 4, 9, dtype=torch.float64)
        assert torch.autograd.gradcheck(lambda x: at_times(x, times), (x,))


def test_keypoints_between_frames():
    keypoints = torch.arange(5.0)[None, :, None, None].expand(1, 5, 2, 2) * torch.tensor([1.0, -2.0])
    confidence = torch.tensor([0.4, 0.8, 0.0, 0.6, 1.0])[None, :, None].repeat(1, 1, 2)
    times = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.5, 3.25, 4.0], dtype=torch.float64)
    places, sure = keypoints_at_times(keypoints, confidence, times)
    torch.testing.assert_close(sure[0, :, 0], torch.tensor([0.4, 0.6, 0.8, 0.0, 0.0, 0.7, 1.0]))
    seen = sure[0, :, 0] > 0
    torch.testing.assert_close(places[0, seen, 1], times[seen, None].float() * torch.tensor([1.0, -2.0]))
