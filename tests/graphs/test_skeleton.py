"""What holds for every registered skeleton, known facts about two of them, and each error at the door."""

import copy
import dataclasses
import pickle
import re

import numpy as np
import pytest

from graphs import Skeleton, get_skeleton, list_skeletons, register_skeleton

EVERY = pytest.mark.parametrize("name", list_skeletons())

H36M_BONES = """
    RHip-Hip RKnee-RHip RFoot-RKnee LHip-Hip LKnee-LHip LFoot-LKnee
    Spine-Hip Thorax-Spine Neck/Nose-Thorax Head-Neck/Nose
    LShoulder-Thorax LElbow-LShoulder LWrist-LElbow RShoulder-Thorax RElbow-RShoulder RWrist-RElbow
"""
HUMANEVA_BONES = """
    Thorax-Pelvis Head-Thorax
    LShoulder-Thorax LElbow-LShoulder LWrist-LElbow RShoulder-Thorax RElbow-RShoulder RWrist-RElbow
    LHip-Pelvis LKnee-LHip LAnkle-LKnee RHip-Pelvis RKnee-RHip RAnkle-RKnee
"""


def way_to_root(skeleton, joint):
    way = [joint]
    while skeleton.parents[way[-1]] != -1:
        way.append(skeleton.parents[way[-1]])
        assert len(way) <= skeleton.num_joints, "a cycle"
    return set(way)


@EVERY
def test_flip_exchanges_left_and_right(name):
    skeleton = get_skeleton(name)
    flip = skeleton.flip
    assert sorted(flip) == list(range(skeleton.num_joints))
    for joint, mirrored in zip(skeleton.joints, flip, strict=True):
        side = re.fullmatch("([LR])([A-Z].*)", joint)
        expected = {"L": "R", "R": "L"}[side[1]] + side[2] if side else joint
        assert skeleton.joints[mirrored] == expected
    assert all(skeleton.joints[joint][0] == "L" for joint in skeleton.left)
    assert all(skeleton.joints[joint][0] == "R" for joint in skeleton.right)


@EVERY
def test_flip_keeps_the_bones(name):
    skeleton = get_skeleton(name)
    assert {(skeleton.flip[parent], skeleton.flip[child]) for parent, child in skeleton.bones} == set(skeleton.bones)


@EVERY
def test_bones_form_a_tree(name):
    skeleton = get_skeleton(name)
    assert len(skeleton.bones) == skeleton.num_joints - 1
    assert all(skeleton.parents[child] == parent for parent, child in skeleton.bones)
    assert all(skeleton.root in way_to_root(skeleton, joint) for joint in range(skeleton.num_joints))


@EVERY
def test_distances_count_the_bones_between(name):
    skeleton = get_skeleton(name)
    ways = [way_to_root(skeleton, joint) for joint in range(skeleton.num_joints)]
    assert np.array_equal(skeleton.distances, [[len(here ^ there) for there in ways] for here in ways])
    assert np.array_equal(skeleton.distances, skeleton.distances.T)


@pytest.mark.parametrize(
    "name, root, bones, left, right",
    [
        ("h36m17", "Hip", H36M_BONES, (4, 5, 6, 11, 12, 13), (1, 2, 3, 14, 15, 16)),
        ("humaneva15", "Pelvis", HUMANEVA_BONES, (2, 3, 4, 8, 9, 10), (5, 6, 7, 11, 12, 13)),
    ],
)
def test_known_facts(name, root, bones, left, right):
    skeleton = get_skeleton(name)
    assert skeleton.joints[skeleton.root] == skeleton.joints[0] == root
    named = {f"{skeleton.joints[child]}-{skeleton.joints[parent]}" for parent, child in skeleton.bones}
    assert named == set(bones.split())
    assert (skeleton.left, skeleton.right) == (left, right)


CHAIN = Skeleton("chain", ("Root", "LEnd", "REnd"), (-1, 0, 0), (1,), (2,))


def test_index_finds_a_joint_by_name():
    assert [CHAIN.index(joint) for joint in CHAIN.joints] == [0, 1, 2]
    with pytest.raises(ValueError, match="skeleton 'chain' has no joint 'Nose'; known: Root, LEnd, REnd"):
        CHAIN.index("Nose")


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"joints": ("A", "B", "A")}, "skeleton 'chain' names a joint twice: ('A', 'B', 'A')"),
        ({"parents": (-1, 0)}, "skeleton 'chain' names 3 joints but gives 2 parents"),
        ({"parents": (-1, 0, 3)}, "skeleton 'chain': parents must lie in -1..2, got (-1, 0, 3)"),
        ({"parents": (-2, 0, 0)}, "skeleton 'chain': parents must lie in -1..2, got (-2, 0, 0)"),
        ({"parents": (-1, 0, -1)}, "skeleton 'chain' must have exactly one root (parent -1), got 2"),
        ({"parents": (1, 2, 0)}, "skeleton 'chain' must have exactly one root (parent -1), got 0"),
        ({"parents": (-1, 2, 1)}, "skeleton 'chain' is not one tree: its parents (-1, 2, 1) hold a cycle"),
        ({"parents": (-1, 0, 2)}, "skeleton 'chain' is not one tree: its parents (-1, 0, 2) hold a cycle"),
        ({"left": (1, 0)}, "skeleton 'chain': left (1, 0) and right (2,) must pair distinct joints one to one"),
        ({"left": (2,)}, "skeleton 'chain': left (2,) and right (2,) must pair distinct joints one to one"),
        ({"right": (3,)}, "skeleton 'chain': left/right name a joint outside 0..2"),
        ({"left": (-1,)}, "skeleton 'chain': left/right name a joint outside 0..2"),
    ],
)
def test_what_is_no_skeleton_is_refused(change, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        dataclasses.replace(CHAIN, **change)


def test_an_unknown_name_gets_the_known_ones():
    known = ", ".join(list_skeletons())
    with pytest.raises(ValueError, match=f"^unknown skeleton 'h36m'; known: {known}$"):
        get_skeleton("h36m")


def test_a_name_is_registered_once():
    before = get_skeleton("h36m17")
    with pytest.raises(ValueError, match="^skeleton 'h36m17' is registered already; give the new one another name$"):
        register_skeleton(dataclasses.replace(CHAIN, name="h36m17"))
    assert get_skeleton("h36m17") is before


def test_is_a_value():
    used, fresh = dataclasses.replace(CHAIN), dataclasses.replace(CHAIN)
    assert used.flip == (0, 2, 1) and used.distances[1, 2] == 2  # computed now, and kept
    assert used == fresh and hash(used) == hash(fresh) and {used: 1}[fresh] == 1
    assert used != dataclasses.replace(CHAIN, name="other")
    for twin in (copy.deepcopy(used), pickle.loads(pickle.dumps(used))):
        assert twin == fresh and hash(twin) == hash(fresh)
        assert twin.flip == fresh.flip and np.array_equal(twin.distances, fresh.distances)
    with pytest.raises(dataclasses.FrozenInstanceError):
        used.name = "renamed"
