"""Rows summed in bags are a matrix product."""

import pytest
import torch

from graphs import partition_edges
from pygpose.nn import SharedGraph, shared_operator
from pygpose.nn.shared_graph import RowSum


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("channels", [1, 7, 300])
def test_row_sums_are_a_product(dtype, channels):
    torch.manual_seed(0)
    matrix = torch.randn(5, 8) * (torch.rand(5, 8) < 0.4)
    matrix[2] = 0  # takes nothing
    x = torch.randn(8, channels, dtype=dtype)
    out = RowSum(matrix)(x)
    assert out.dtype == dtype and not out[2].any()
    exact = matrix.to(dtype).double() @ x.double()
    torch.testing.assert_close(out.double(), exact, rtol=torch.finfo(dtype).eps, atol=4 * torch.finfo(dtype).eps)


def test_own_loops_need_no_gathering(skeleton):
    spatial, uniform = (
        SharedGraph(*partition_edges(skeleton, kind), partitions, skeleton.num_joints)
        for kind, partitions in (("spatial", 3), ("uniform", 1))
    )
    assert spatial.own_loops and spatial.num_gathered == 2
    assert not uniform.own_loops and uniform.num_gathered == 1
    operator = shared_operator(*partition_edges(skeleton, "spatial"), 3, skeleton.num_joints)
    assert torch.equal(operator[0], torch.eye(skeleton.num_joints))
    assert not list(spatial.parameters()) and not spatial.state_dict()
