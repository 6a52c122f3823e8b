"""Frame rates that printed digits and times tell."""

import numpy as np
import pytest

from pygpose.io.motion.frame_rates import USUAL, parse_rate, rate_of_frame_time, rate_of_times


@pytest.mark.parametrize("rate", USUAL)
@pytest.mark.parametrize("digits", range(3, 11))
def test_a_usual_rate_however_its_frame_time_is_printed(rate, digits):
    """Rounded or cut. With few digits, the nearest whole rate: 59.94 is told from 60 by six digits."""
    for printed in (f"{1 / rate:.{digits}f}", f"{1 / rate:.12f}"[: 2 + digits]):
        found = rate_of_frame_time(printed)
        if rate.is_integer():
            assert found == rate, printed
        else:
            assert found in (rate, np.ceil(rate)) and (digits < 7 or found == rate), printed


@pytest.mark.parametrize(("printed", "rate"), [("0.0125", 80), ("0.2", 5), ("0.0066667", 150), ("0.0344828", 29)])
def test_other_rates(printed, rate):
    assert rate_of_frame_time(printed) == pytest.approx(rate)


@pytest.mark.parametrize("printed", ["", "0", "-0.01", "nan", "inf", "5", "1e-9", "fast", "1e999999999", "0.01 s"])
def test_no_frame_times(printed):
    with pytest.raises(ValueError, match="frame time"):
        rate_of_frame_time(printed)


@pytest.mark.parametrize("rate", [*USUAL, 33.7])
def test_times_that_are_rounded(rate):
    assert rate_of_times(np.round(5 + np.arange(400) / rate, 3)) == pytest.approx(rate, rel=1e-3 if rate == 33.7 else 0)


def test_stated_rates():
    assert parse_rate("29.97") == 29.97 and parse_rate(60.0) == 60
    for word in ("0", "nan", "-1", "1e9", "fast", ""):
        with pytest.raises(ValueError, match="is no frame rate; expected 1 to 10000"):
            parse_rate(word)
