"""Bones that keep their lengths, and averages over time."""

import torch

from graphs import get_skeleton
from pygpose.nn import BoneDecoding, average_over_time

SKELETON = get_skeleton("h36m17")
PARENTS = [max(parent, 0) for parent in SKELETON.parents]


def bones(x):
    return (x - x[:, :, PARENTS])[:, :, 1:]


def test_directions_stay_and_lengths_are_averages():
    torch.manual_seed(0)
    x = torch.randn(2, 60, 17, 3, dtype=torch.float64)
    y = BoneDecoding(SKELETON, frames=5.0)(x)
    torch.testing.assert_close(y[:, :, 0], x[:, :, 0])
    before, after = bones(x), bones(y)
    torch.testing.assert_close(
        torch.cosine_similarity(before, after, dim=-1), torch.ones(2, 60, 16, dtype=torch.float64)
    )
    steps = torch.arange(60, dtype=torch.float64)
    weights = (-0.5 * ((steps[:, None] - steps) / 5).square()).exp() * ((steps[:, None] - steps).abs() <= 15)
    expected = weights @ before.norm(dim=-1) / weights.sum(1)[:, None]
    torch.testing.assert_close(after.norm(dim=-1), expected, rtol=1e-6, atol=0)


def test_a_body_whose_bones_keep_their_lengths_stays_as_it_is():
    torch.manual_seed(0)
    steps = torch.nn.functional.normalize(torch.randn(1, 30, 17, 3, dtype=torch.float64), dim=-1) * torch.rand(17, 1)
    places = [steps[:, :, 0]]
    for joint in range(1, 17):
        places.append(places[SKELETON.parents[joint]] + steps[:, :, joint])
    x = torch.stack(places, 2)
    torch.testing.assert_close(BoneDecoding(SKELETON)(x), x)
    assert torch.autograd.gradcheck(BoneDecoding(SKELETON).double(), x[:, :3].clone().requires_grad_())


def test_a_length_of_zero_is_no_division_by_it():
    x = torch.zeros(1, 9, 17, 3, requires_grad=True)
    y = BoneDecoding(SKELETON)(x)
    y.sum().backward()
    assert y.isfinite().all() and x.grad.isfinite().all()


def test_averages_are_zero_where_nothing_has_weight():
    found = average_over_time(torch.zeros(1, 20, 2), torch.zeros(1, 20), 3.0)
    assert torch.equal(found, torch.zeros(1, 20, 2))
