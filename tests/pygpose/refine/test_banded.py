"""Banded systems against dense ones."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pygpose.refine.banded import BlockCholesky, blocks_of, solve_banded


def system(frames, width, reach, batch=(), seed=0):
    """Bands of a random symmetric positive definite matrix, and the matrix."""
    draw = torch.Generator().manual_seed(seed)
    size = frames * width
    dense = torch.zeros(*batch, size, size, dtype=torch.float64)
    rows = torch.randn(*batch, 3 * size, size, generator=draw, dtype=torch.float64)
    for k in range(3 * size):  # each row of the root of the matrix touches reach + 1 frames in a row
        start = (k % frames) * width
        rows[..., k, :start] = 0
        rows[..., k, start + (reach + 1) * width :] = 0
    dense = rows.mT @ rows + 0.1 * torch.eye(size, dtype=torch.float64)
    bands = []
    for distance in range(reach + 1):
        band = torch.randn(*batch, frames, width, width, generator=draw, dtype=torch.float64)
        for t in range(frames - distance):
            cell = dense[..., t * width : (t + 1) * width, (t + distance) * width : (t + distance + 1) * width]
            band[..., t, :, :] = cell
        bands.append(band)
    return bands, dense


@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 3), st.integers(0, 2**31))
@settings(deadline=None, max_examples=40)
def test_the_solution_is_that_of_the_dense_system(frames, width, reach, seed):
    bands, dense = system(frames, width, reach, seed=seed)
    right = torch.randn(frames, width, 2, dtype=torch.float64)
    expected = torch.linalg.solve(dense, right.flatten(0, 1)).view_as(right)
    torch.testing.assert_close(solve_banded(bands, right), expected, rtol=1e-8, atol=1e-9)


def test_a_batch_is_each_system_alone():
    bands, dense = system(7, 3, 2, batch=(4,))
    right = torch.randn(4, 7, 3, 3, dtype=torch.float64)
    together = solve_banded(bands, right)
    for i in range(4):
        torch.testing.assert_close(together[i], solve_banded([band[i] for band in bands], right[i]))


@pytest.mark.parametrize("frames", [1, 4, 5])
def test_gradients(frames):
    bands, _ = system(frames, 2, 2, batch=(2,))
    right = torch.randn(2, frames, 2, 3, dtype=torch.float64)
    leaves = [band.requires_grad_() for band in bands]

    def solve(first, second, third, right):
        return solve_banded([(first + first.mT) / 2, second, third], right)

    assert torch.autograd.gradcheck(solve, (*leaves, right.requires_grad_()), atol=1e-6)


def test_what_has_no_unique_solution_is_refused():
    bands, _ = system(6, 2, 2)
    bands[0][4:] = 0
    with pytest.raises(ValueError, match="no unique solution: block 2 of 3 is not positive definite"):
        BlockCholesky(*blocks_of(bands))
