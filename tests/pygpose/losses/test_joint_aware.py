"""The seven terms of Gupta's Table 1 against formulas written out in numpy, and where an angle has no direction."""

import math
from collections import Counter

import numpy as np
import pytest
import torch

from graphs import Skeleton, get_skeleton
from pygpose.losses import BUNDLES, LOSSES, build_loss
from pygpose.losses.angles import joint_angles, tree_bends
from pygpose.losses.rom import limited_bends

SKELETON = get_skeleton("h36m17")
NAMES = {name: index for index, name in enumerate(SKELETON.joints)}
# Gupta's public limits on this skeleton, written out.
LIMITS = [
    ("RHip", "RKnee", "RFoot", 45, 180),
    ("LHip", "LKnee", "LFoot", 45, 180),
    ("Hip", "RHip", "RKnee", 45, 180),
    ("Hip", "LHip", "LKnee", 45, 180),
    ("Hip", "Spine", "Thorax", 90, 180),
    ("Thorax", "Neck/Nose", "Head", 90, 180),
    ("Spine", "Thorax", "RShoulder", 0, 135),
    ("Spine", "Thorax", "LShoulder", 0, 135),
    ("RShoulder", "RElbow", "RWrist", 0, 180),
    ("LShoulder", "LElbow", "LWrist", 0, 180),
]


def poses(frames=12, batch=2):
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(batch, frames, 17, 3, generator=draw, dtype=torch.float64) * 0.3 for _ in range(2)]


def standing():
    """A person who stands with hanging arms, metres, y down."""
    place = {
        "Hip": (0, 0, 0),
        "Spine": (0, -0.25, 0),
        "Thorax": (0, -0.5, 0),
        "Neck/Nose": (0, -0.6, 0.02),
        "Head": (0, -0.7, 0),
    }
    for side, x in (("R", -1), ("L", 1)):
        place |= {f"{side}Hip": (0.13 * x, 0, 0), f"{side}Knee": (0.13 * x, 0.45, 0), f"{side}Foot": (0.13 * x, 0.9, 0)}
        place |= {f"{side}Shoulder": (0.15 * x, -0.48, 0), f"{side}Elbow": (0.16 * x, -0.2, 0)}
        place |= {f"{side}Wrist": (0.16 * x, 0.05, 0)}
    return torch.tensor([place[joint] for joint in SKELETON.joints], dtype=torch.float64).expand(1, 3, 17, 3).clone()


def angle(pose, before, joint, after):
    first, second = pose[..., before, :] - pose[..., joint, :], pose[..., after, :] - pose[..., joint, :]
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    return np.arccos((first * second).sum(-1) / lengths)


def angles(pose):
    """Every angle of a joint that has both a parent and a child, ``[B, T, A]``."""
    found = [
        angle(pose, SKELETON.parents[joint], joint, child)
        for child, joint in enumerate(SKELETON.parents)
        if joint >= 0 and SKELETON.parents[joint] >= 0
    ]
    assert len(found) == 13
    return np.stack(found, -1)


def distance(pose, first, second):
    return np.linalg.norm(pose[..., NAMES[first], :] - pose[..., NAMES[second], :], axis=-1)


def excess(pose):
    """Degrees outside the limits, with their sign, ``[B, T, A]``."""
    found = []
    for before, joint, after, low, high in LIMITS:
        degrees = np.degrees(angle(pose, NAMES[before], NAMES[joint], NAMES[after]))
        found.append(np.where(degrees < low, degrees - low, np.where(degrees > high, degrees - high, 0)))
    return np.stack(found, -1)


def asymmetry(pose):
    pairs = ["Hip Hip", "Hip Knee", "Knee Foot", "Thorax Shoulder", "Shoulder Elbow", "Elbow Wrist"]
    found = []
    for pair in pairs:
        upper, lower = pair.split()
        middle = pair in ("Hip Hip", "Thorax Shoulder")
        left, right = (distance(pose, upper if middle else side + upper, side + lower) for side in "LR")
        found.append(left - right)
    return np.stack(found, -1)


def bone_lengths(pose):
    return np.stack([np.linalg.norm(pose[..., b, :] - pose[..., a, :], axis=-1) for a, b in SKELETON.bones], -1)


ORACLES = {
    "vel": lambda p, g: (np.diff(p - g, axis=1) ** 2).sum(-1).mean(),
    "acc": lambda p, g: ((p[:, 2:] - 2 * p[:, 1:-1] + p[:, :-2] - np.diff(g, 2, axis=1)) ** 2).sum(-1).mean(),
    "ang_acc": lambda p, g: (np.diff(angles(p) - angles(g), 2, axis=1) ** 2).mean(),
    "angle": lambda p, g: ((angles(p) - angles(g)) ** 2).mean(),
    "dist": lambda p, g: ((bone_lengths(p) - bone_lengths(g)) ** 2).mean(),
    "sym": lambda p, g: ((asymmetry(p) - asymmetry(g)) ** 2).mean(),
    "rom": lambda p, g: (np.radians(excess(p) - excess(g)) ** 2).mean(),
}


def test_the_bundle_is_table_1():
    assert set(BUNDLES["joint_aware"]) == set(ORACLES)


@pytest.mark.parametrize("name", ORACLES)
def test_against_numpy(name):
    pred, target = poses()
    expected = ORACLES[name](pred.numpy(), target.numpy())
    assert LOSSES[name](SKELETON)(pred, target).item() == pytest.approx(expected, rel=1e-6)


def test_the_bundle_is_logged_term_by_term():
    pred, target = poses()
    total, terms = build_loss("pose:0+joint_aware:0.5", skeleton=SKELETON)(pred, target)
    assert set(terms) == {"pose", *ORACLES}
    torch.testing.assert_close(total, 0.5 * torch.stack([terms[name] for name in ORACLES]).sum())


@pytest.mark.parametrize("degrees", [0, 0.01, 1, 45, 90, 135, 179, 179.99, 180])
def test_angles_by_hand(degrees):
    theta = math.radians(degrees)
    pose = torch.tensor([[0.4, 0, 0], [0, 0, 0], [0.2 * math.cos(theta), 0.2 * math.sin(theta), 0]])
    assert joint_angles(pose, [(0, 1, 2)]).item() == pytest.approx(theta, abs=1.01e-4)
    assert joint_angles(pose.double(), [(2, 1, 0)]).item() == pytest.approx(theta, abs=1.01e-4)


@pytest.mark.parametrize("name", ["angle", "ang_acc", "rom"])
@pytest.mark.parametrize("bend", [0.0, 1e-6, math.pi - 1e-6, math.pi])
def test_gradient_at_straight_and_folded_limbs(name, bend):
    """The slope of an angle is one over the length of its bones, also where the arc cosine's is infinite."""
    pred, target = standing(), poses(frames=3, batch=1)[1]
    shin = 0.45 * torch.tensor([math.sin(bend), math.cos(bend), 0.0], dtype=torch.float64)
    pred[..., NAMES["RFoot"], :] = pred[..., NAMES["RKnee"], :] + shin
    term = LOSSES[name](SKELETON)
    slope = torch.autograd.functional.jacobian(lambda p: joint_angles(p, tree_bends(SKELETON)).sum((0, 1)), pred)
    assert 0 < slope.abs().max() < 2 / 0.1  # the shortest bone is 0.1 m
    assert torch.autograd.gradcheck(lambda p: term(p, target), (pred.requires_grad_(),))


@pytest.mark.parametrize("lost", ["RFoot", "Head", "Spine"])
def test_a_bone_without_length_has_a_small_gradient(lost):
    pred, target = standing(), poses(frames=3, batch=1)[1]
    parent = SKELETON.parents[NAMES[lost]]
    for length in (0.0, 1e-12, 1e-3):
        start = pred.clone()
        start[..., NAMES[lost], :] = start[..., parent, :] + length
        start.requires_grad_()
        total, _ = build_loss("pose:0+joint_aware", skeleton=SKELETON)(start, target)
        total.backward()
        assert start.grad.abs().max() < 1e3


def test_rom_by_hand():
    term, within = LOSSES["rom"](SKELETON), standing()
    assert term(within, within).item() == 0
    moved = within.clone()
    moved[..., NAMES["Neck/Nose"], :] += 0.02
    assert term(moved, within).item() == 0  # other angles, but within the limits
    folded = within.clone()
    shin = 0.45 * torch.tensor([0, -math.cos(math.radians(30)), math.sin(math.radians(30))])
    folded[:, 0, NAMES["RFoot"]] = folded[:, 0, NAMES["RKnee"]] + shin
    once = math.radians(15) ** 2 / (3 * len(LIMITS))  # one knee in one frame of three at 30 degrees, 15 too few
    assert term(folded, within).item() == pytest.approx(once, rel=1e-4)
    assert term(within, folded).item() == pytest.approx(once, rel=1e-4)  # nor may a knee be straighter than the truth


@pytest.mark.parametrize(
    ("skeleton", "limits"),
    [
        ("coco17", {"knee": 2, "elbow": 2}),
        ("h36m17", {"knee": 2, "elbow": 2, "hip": 2, "shoulder": 2, "spine": 1, "neck": 1}),
        ("halpe26", {"knee": 2, "elbow": 2, "hip": 2, "shoulder": 2, "neck": 1}),
        ("humaneva15", {"knee": 2, "elbow": 2, "hip": 2, "shoulder": 2, "neck": 1}),
        ("mpi_inf_3dhp17", {"knee": 2, "elbow": 2, "hip": 2, "shoulder": 2, "spine": 1, "neck": 1}),
        ("openpose25", {"knee": 2, "elbow": 2, "hip": 2, "shoulder": 2}),
        ("smpl24", {"knee": 2, "elbow": 2, "hip": 2, "spine": 3, "neck": 1}),
    ],
)
def test_limits_are_found_by_name(skeleton, limits):
    assert Counter(limited_bends(get_skeleton(skeleton)).values()) == limits


def test_limits_of_h36m():
    names = {tuple(SKELETON.joints[joint] for joint in bend) for bend in limited_bends(SKELETON)}
    assert names == {tuple(limit[:3]) for limit in LIMITS}


@pytest.mark.parametrize(("name", "least"), [("vel", 2), ("acc", 3), ("ang_acc", 3)])
def test_clips_that_are_too_short(name, least):
    pred, target = poses(frames=least)
    term = LOSSES[name](SKELETON)
    assert math.isfinite(term(pred, target).item())
    with pytest.raises(ValueError, match=f"loss '{name}' needs at least {least} frames, got {least - 1}"):
        term(pred[:, 1:], target[:, 1:])


def test_skeletons_that_lack_what_a_term_needs():
    tail = Skeleton("tail", ("root", "middle", "tip"), (-1, 0, 1), (), ())
    star = Skeleton("star", ("root", "one", "two"), (-1, 0, 0), (1,), (2,))
    point = Skeleton("point", ("root",), (-1,), (), ())
    for name, skeleton, message in [
        ("rom", tail, "loss 'rom' needs one of knee, .* which skeleton 'tail' does not have; its joints: root, middle"),
        ("sym", tail, "loss 'sym' needs bones on the left and the right, which skeleton 'tail' does not have"),
        ("angle", star, "loss 'angle' needs two bones in a row, which skeleton 'star' does not have"),
        ("ang_acc", star, "loss 'ang_acc' needs two bones in a row, which skeleton 'star' does not have"),
        ("dist", point, "loss 'dist' needs bones, which skeleton 'point' does not have"),
    ]:
        with pytest.raises(ValueError, match=message):
            LOSSES[name](skeleton)
    assert LOSSES["angle"](tail).bends == [(0, 1, 2)]
    assert LOSSES["sym"](star).left == [(0, 1)]
