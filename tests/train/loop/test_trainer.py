"""The learning rate that waits for better validations."""

import pytest

from train.loop.trainer import stalls


@pytest.mark.parametrize(
    "errors, expected",
    [
        ([], 0),
        ([5.0, 4.0, 3.0, 2.0, 1.0], 0),
        ([5.0, 5.0], 0),
        ([5.0, 5.0, 6.0], 1),
        ([5.0, 6.0, 4.0, 6.0, 5.0, 4.5], 1),  # a better one starts the wait anew
        ([5.0, 6.0, 6.0, 4.9, 6.0, 6.0, 6.0, 6.0], 3),
    ],
)
def test_it_falls_after_two_in_a_row_that_were_no_better(errors, expected):
    assert stalls([{"epoch": float(i), "val_mpjpe_mm": error} for i, error in enumerate(errors)], 2) == expected


def test_epochs_without_validation_do_not_count():
    log = [{"val_mpjpe_mm": 5.0}, {"epoch": 1.0}, {"epoch": 2.0}, {"val_mpjpe_mm": 6.0}]
    assert stalls(log, 2) == 0
