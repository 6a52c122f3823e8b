"""What a file holds for each frame: numbers of frames, flags, values that no recording has, and stretches."""

import numpy as np
import pytest

from pygpose.frames import check_finite, check_flags, check_frames, frame_number, stretches


@pytest.mark.parametrize(
    ("value", "number"), [(7, 7), ("29.jpg", 29), ("a25fps_000012.png", 12), ("frame_3", 3), ("v1.0_2.jpg", 2)]
)
def test_frame_numbers(value, number):
    assert frame_number(value, "here") == number


@pytest.mark.parametrize("value", ["image.jpg", "", None, 1.5, True, "9" * 5000, 10**20, ["1"]])
def test_what_is_no_frame_number(value):
    with pytest.raises(ValueError, match="here: .* gives no frame number"):
        frame_number(value, "here")


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
