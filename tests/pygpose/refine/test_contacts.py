"""The floor, and when feet stand on it."""

import math

import pytest
import torch

from graphs import get_skeleton
from pygpose.refine.contacts import find_contacts, find_floor, firmness

SKELETON = get_skeleton("h36m17")
UP = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)


def steps(seconds=6.0, fps=50.0, height=0.0, aside=0.0):
    """Two feet that step in turn, a second each: half of it on the ground, half in the air."""
    time = torch.arange(int(seconds * fps), dtype=torch.float64) / fps
    feet = []
    for phase, side in ((0.0, -0.1), (0.5, 0.1)):
        turn, share = (time + phase).floor(), (time + phase) % 1
        air = ((share - 0.5) / 0.5).clamp(min=0)
        way = turn + (3 * air**2 - 2 * air**3)
        feet.append(torch.stack([way, side + aside * way**2 / 6, height + 0.15 * (math.pi * air).sin()], -1))
    x = torch.zeros(len(time), 17, 3, dtype=torch.float64)
    for joint, foot in zip(list(SKELETON.feet), feet, strict=True):
        x[:, joint] = foot
    stand = torch.stack([(time + phase) % 1 < 0.5 for phase in (0.0, 0.5)], 1)
    return x, stand


def test_feet_are_found_by_name():
    assert [SKELETON.joints[joint] for joint in list(SKELETON.feet)] == ["RFoot", "LFoot"]
    assert [get_skeleton("coco17").joints[joint] for joint in get_skeleton("coco17").feet] == ["LAnkle", "RAnkle"]


@pytest.mark.parametrize("fps", [25.0, 50.0, 120.0])
def test_contacts_are_when_feet_stand(fps):
    x, stand = steps(fps=fps)
    floor = find_floor(x, list(SKELETON.feet), fps, UP)
    found = find_contacts(x, list(SKELETON.feet), fps, floor)
    assert (found == stand).double().mean() > 0.85
    changes = (found[1:] != found[:-1]).sum(0)
    assert (changes <= 13).all()  # no flicker


def test_a_foot_that_rests_in_the_air_is_no_contact():
    x, _ = steps()
    x[150:, list(SKELETON.feet)[0]] = torch.tensor([3.0, 0.0, 0.5], dtype=torch.float64)
    floor = find_floor(x, list(SKELETON.feet), 50.0, UP)
    assert not find_contacts(x, list(SKELETON.feet), 50.0, floor)[170:, 0].any()
    assert find_contacts(x, list(SKELETON.feet), 50.0)[170:, 0].all()  # where no floor is known


def test_a_foot_that_nobody_is_sure_of_begins_no_contact():
    x, _ = steps()
    feet, confidence = list(SKELETON.feet), torch.ones(len(x), 17, dtype=torch.float64)
    x[100:200, feet[0]] = x[100, feet[0]]  # filled, as where nothing was seen: a foot at rest
    confidence[100:200, feet[0]] = 0.0
    floor = find_floor(x, feet, 50.0, UP, confidence)
    assert find_contacts(x, feet, 50.0, floor)[110:190, 0].all()
    found = find_contacts(x, feet, 50.0, floor, confidence)
    assert not found[110:190, 0].any()
    assert torch.equal(found[210:], find_contacts(x, feet, 50.0, floor)[210:])


def test_a_floor_is_that_of_feet_that_are_sure():
    x, _ = steps()
    feet, confidence = list(SKELETON.feet), torch.ones(len(x), 17, dtype=torch.float64)
    x[:200, feet[1]] = torch.tensor([0.0, 0.1, 0.3], dtype=torch.float64)
    confidence[:200, feet[1]] = 0.1
    without, with_it = (find_floor(x, feet, 50.0, UP, sure) for sure in (confidence, None))
    assert without is not None and with_it is not None
    assert abs(without.height) < 0.005 and abs(with_it.height) >= abs(without.height)
    confidence[:] = 0.1
    assert find_floor(x, feet, 50.0, UP, confidence) is None


@pytest.mark.parametrize("degrees", [0.0, 4.0])
def test_the_floor_is_found_through_noise_and_feet_in_the_air(degrees):
    x, _ = steps(height=0.3, aside=0.6)  # in both directions of the floor
    x[:80, list(SKELETON.feet)[1], 2] += 0.4  # one foot on a chair
    x = x + 0.005 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    angle = math.radians(degrees)
    turn = torch.tensor([[math.cos(angle), 0, math.sin(angle)], [0, 1, 0], [-math.sin(angle), 0, math.cos(angle)]])
    floor = find_floor(x @ turn.double().T, list(SKELETON.feet), 50.0, UP)
    true = torch.tensor([math.sin(angle), 0, math.cos(angle)], dtype=torch.float64)
    assert math.degrees(math.acos(min(1.0, float(floor.normal @ true)))) < 2.0
    assert floor.height.item() == pytest.approx(0.3, abs=0.03)


def test_no_support_is_no_floor():
    x = torch.randn(100, 17, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert find_floor(x, list(SKELETON.feet), 50.0, UP) is None
    assert not find_contacts(x, list(SKELETON.feet), 50.0).any()


def test_a_foot_comes_to_stand_and_leaves_within_a_few_frames():
    contacts = torch.zeros(40, 3, dtype=torch.bool)
    contacts[10:30, 0] = contacts[:6, 1] = contacts[35:, 1] = True
    firm = firmness(contacts, 50.0)
    assert torch.equal(firm > 0, contacts)
    assert firm[10:13, 0].tolist() == pytest.approx([(step / 3) ** 2 for step in range(1, 4)])
    assert torch.equal(firm[10:30, 0], firm[10:30, 0].flip(0)) and (firm[12:28, 0] == 1).all()
    assert firm[0, 1] == firm[39, 1] == 1 and firm[5, 1] == pytest.approx(1 / 9)  # the clip ends, not the contact
    assert torch.equal(firmness(contacts, 5.0), contacts.double())
