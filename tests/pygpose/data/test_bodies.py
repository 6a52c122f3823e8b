"""Other bodies move alike: bones have other lengths and the same directions."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs import get_skeleton, list_skeletons
from pygpose.data.bodies import BONE, GIRDLE, SIZE, TRUNK, Bodies
from pygpose.data.synthetic.motion import synthetic_motion

H36M = get_skeleton("h36m17")


@pytest.fixture(scope="module")
def walk():
    motion = torch.as_tensor(synthetic_motion("S1", "Walking", num_frames=60, seed=0)).float()
    return motion - torch.tensor([0.0, 0.0, 1.0]) * motion[..., 2].min()


def bones(positions):
    return torch.stack([positions[..., child, :] - positions[..., parent, :] for parent, child in H36M.bones], -2)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=20)
def test_bones_have_their_factors_and_directions(walk, seed):
    bodies, draw = Bodies(H36M, walk), torch.Generator().manual_seed(seed)
    factors = bodies.draw(8, draw)
    assert torch.equal(factors, factors[:, list(H36M.flip)])  # both sides alike
    given, own = bodies.give(walk.expand(8, -1, -1, -1), factors), bones(walk)
    children = [child for _, child in H36M.bones]
    torch.testing.assert_close(bones(given), own * factors[:, None, children, None], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(given[:, :, 0], walk[:, 0] * factors[:, :1, None])
    assert given[..., 2].amin((1, 2)).abs().max() < 0.1  # feet stay on the ground


def test_spreads_are_those_stated():
    factors = Bodies(H36M, torch.rand(5, 17, 3)).draw(20000, torch.Generator().manual_seed(0)).log()
    for joint, spread in (("LKnee", BONE), ("LWrist", BONE), ("Head", TRUNK), ("RHip", GIRDLE), ("LShoulder", GIRDLE)):
        expected = (SIZE**2 + spread**2) ** 0.5
        assert factors[:, H36M.index(joint)].std().item() == pytest.approx(expected, rel=0.05)
    assert factors.mean(0).abs().max() < 0.01


def test_a_body_of_factors_1_is_the_same(walk):
    same = Bodies(H36M, walk).give(walk[None], torch.ones(1, 17))
    torch.testing.assert_close(same[0], walk, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", list_skeletons())
def test_every_skeleton_has_bodies(name):
    skeleton, draw = get_skeleton(name), torch.Generator().manual_seed(0)
    motion = torch.rand(2, 5, skeleton.num_joints, 3, generator=draw)
    bodies = Bodies(skeleton, motion[0])
    assert bodies.give(motion, bodies.draw(2, draw)).isfinite().all()
