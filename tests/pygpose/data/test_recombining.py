"""Recombined motions: legs of one, upper body of another, which faces the same way."""

import math

import pytest
import torch

from graphs import get_skeleton
from pygpose.data.recombining import Recombiner
from pygpose.data.synthetic.motion import synthetic_motion

H36M = get_skeleton("h36m17")
LEGS = [0, 1, 2, 3, 4, 5, 6]


@pytest.fixture(scope="module")
def motions():
    actions = ("Walking", "Greeting", "Sitting")
    return torch.stack(
        [torch.as_tensor(synthetic_motion("S1", action, num_frames=60, seed=0)).float() for action in actions]
    )


def lengths(positions):
    return torch.stack([(positions[..., b, :] - positions[..., a, :]).norm(dim=-1) for a, b in H36M.bones], -1)


def turned(positions, angle):
    c, s = math.cos(angle), math.sin(angle)
    return positions @ positions.new_tensor([[c, s, 0], [-s, c, 0], [0, 0, 1]])


def test_legs_are_ones_own_and_bones_of_the_upper_body_the_others(motions):
    found = Recombiner(H36M).give(motions, 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(found[:, :, LEGS], motions[:, :, LEGS])
    upper = [place for place, (_, child) in enumerate(H36M.bones) if child not in LEGS]
    assert len(upper) == 10
    torch.testing.assert_close(lengths(found)[..., upper], lengths(motions.roll(1, 0))[..., upper])
    heights = found[..., 2] - found[:, :, :1, 2]
    others = motions.roll(1, 0)[..., 2] - motions.roll(1, 0)[:, :, :1, 2]
    torch.testing.assert_close(heights[..., 7:], others[..., 7:])


def test_a_motion_recombined_with_itself_turned_is_the_same(motions):
    pair = torch.stack([motions[0], turned(motions[0], 1.3)])
    found = Recombiner(H36M).give(pair, 1.0, torch.Generator().manual_seed(0))
    torch.testing.assert_close(found, pair, atol=1e-5, rtol=1e-5)


def test_a_share_is_recombined_and_the_given_motions_stay(motions):
    before = motions.clone()
    many = motions[torch.arange(600) % 3]
    found = Recombiner(H36M).give(many, 0.3, torch.Generator().manual_seed(0))
    changed = (found != many).flatten(1).any(1)
    assert changed.float().mean().item() == pytest.approx(0.3, abs=0.06)
    assert torch.equal(motions, before)
    assert Recombiner(H36M).give(motions, 0.0, torch.Generator()) is motions


def test_who_lies_on_a_side_is_left_alone(motions):
    lying = motions.clone()
    lying[1] = lying[1][..., [2, 1, 0]]
    axis = lying[1, :, 4] - lying[1, :, 1]
    assert not (axis[:, :2].norm(dim=-1) >= 0.75 * axis.norm(dim=-1)).all()
    found = Recombiner(H36M).give(lying, 1.0, torch.Generator().manual_seed(0))
    assert torch.equal(found[1:], lying[1:]) and not torch.equal(found[0], lying[0])


def test_a_skeleton_without_hips_at_its_root_is_refused():
    with pytest.raises(ValueError, match="no trunk between a left and a right hip"):
        Recombiner(get_skeleton("coco17"))
