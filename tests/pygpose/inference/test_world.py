"""Motion before a camera, put into a world whose z points up."""

import math

import pytest
import torch

from graphs import get_skeleton
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.geometry import h36m_cameras, world_to_camera
from pygpose.inference.world import (
    common_way_up,
    ground_of,
    likely_way_up,
    raised,
    standing_height,
    way_up_of_body,
    world_axes,
)
from pygpose.refine.contacts import Floor

SKELETON = get_skeleton("h36m17")


@pytest.fixture(scope="module")
def walk():
    return torch.as_tensor(synthetic_motion("S1", "Walking", num_frames=60, seed=0)).double()


def turned(degrees):
    angle = math.radians(degrees)
    turn = [[1, 0, 0], [0, math.cos(angle), -math.sin(angle)], [0, math.sin(angle), math.cos(angle)]]
    return torch.tensor(turn).double()


def off(way, up):
    return math.degrees(math.acos(float((way @ up / way.norm() / up.norm()).clamp(-1, 1))))


@pytest.mark.parametrize("pitch", [0, 20, 45])
def test_a_body_that_walks_says_where_up_is(walk, pitch):
    turn = turned(pitch)
    way = way_up_of_body(walk @ turn.T, SKELETON, torch.tensor([0.0, 0.0, 1.0]))
    assert way is not None and off(way, turn @ torch.tensor([0.0, 0.0, 1.0]).double()) < 6


def test_a_body_that_sits_or_has_no_feet_does_not(walk):
    sitting = walk.clone()
    sitting[:, [2, 5]] = sitting[:, [1, 4]] + torch.tensor([0.0, 0.4, 0.0]).double()
    sitting[:, [3, 6]] = sitting[:, [2, 5]] - torch.tensor([0.0, 0.0, 0.4]).double()
    level = torch.tensor([0.0, 0.0, 1.0])
    assert way_up_of_body(sitting, SKELETON, level) is None
    assert way_up_of_body(walk, SKELETON, level) is not None
    assert way_up_of_body(walk @ turned(80).T, SKELETON, level) is None  # stretched out, and lies
    assert torch.equal(likely_way_up(sitting, SKELETON, level), level.double())
    assert way_up_of_body(torch.zeros(60, 17, 3), get_skeleton("coco17"), level) is None


def test_a_person_is_as_tall_as_their_bones(walk):
    assert 1.5 < standing_height(walk, SKELETON) < 2.0
    assert standing_height(1.1 * walk, SKELETON) - 0.08 == pytest.approx(1.1 * (standing_height(walk, SKELETON) - 0.08))
    with pytest.raises(ValueError, match="does not hang on a pelvis"):
        standing_height(walk, get_skeleton("coco17"))


def test_the_axes_of_the_world(walk):
    for camera in h36m_cameras("S9"):
        seen = world_to_camera(walk.float(), camera).double()
        low, high = world_to_camera(torch.tensor([[[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]]), camera)[0].double()
        axes = world_axes(high - low)
        torch.testing.assert_close(axes @ axes.T, torch.eye(3).double(), atol=1e-6, rtol=0)
        assert torch.linalg.det(axes) > 0
        world = seen @ axes.T
        torch.testing.assert_close(world[..., 2] - world[0, 0, 2], walk[..., 2] - walk[0, 0, 2], atol=1e-3, rtol=0)
        ahead = (seen[..., 2] - seen[0, 0, 2]).flatten()
        assert torch.corrcoef(torch.stack([ahead, world[..., 1].flatten()]))[0, 1] > 0.8  # y is away from the camera


def test_several_people_have_one_way_up():
    one, two = (Floor(torch.tensor(normal), torch.tensor(0.0)) for normal in ([0.0, -1.0, 0.0], [0.0, -0.6, -0.8]))
    ways = [torch.tensor([0.0, -1.0, 0.0])] * 3
    assert torch.equal(common_way_up([None, None, one], [0, 0, 5], ways), one.normal)
    both = common_way_up([one, two, None], [1, 99, 0], ways)
    assert off(both, two.normal) < 1 < off(both, one.normal)
    assert torch.equal(common_way_up([None] * 3, [0] * 3, ways), ways[0])


def test_the_ground_is_where_feet_stand(walk):
    stands = torch.zeros(60, 2, dtype=torch.bool)
    lowest = walk[:, SKELETON.feet, 2].amin(1)
    assert lowest.min() <= ground_of(walk, stands, SKELETON) <= lowest.median()
    stands[7, 1] = True
    assert ground_of(walk, stands, SKELETON) == walk[7, SKELETON.feet[1], 2]


def test_a_body_under_the_floor_is_raised_and_one_on_it_stays(walk):
    feet = list(SKELETON.feet)
    walk = walk - walk[:, feet, 2].min() * torch.tensor([0.0, 0.0, 1.0])
    assert torch.equal(raised(walk, SKELETON, 50.0), walk)
    deep = walk.clone()
    deep[30:33, :, 2] -= walk[30:33, feet, 2].amin(1)[:, None] + 0.04
    found = raised(deep, SKELETON, 50.0)
    assert -0.0151 < found[:, feet, 2].min() <= -0.0149
    rise = (found - deep)[:, :, 2]
    assert torch.allclose(rise, rise[:, :1].expand_as(rise)) and torch.equal(found[..., :2], deep[..., :2])
    assert (rise[:19] == 0).all() and (rise[44:] == 0).all() and rise.diff(dim=0).abs().max() < 0.01
    assert torch.equal(raised(deep[30:31], SKELETON, 50.0)[0, :, 2] > deep[30, :, 2], torch.ones(17, dtype=torch.bool))
