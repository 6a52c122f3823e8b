"""Joints of one skeleton out of another's: by hand, by a round trip from 3D, and where a joint is missing."""

import numpy as np
import pytest
import torch

from graphs import find_remap, get_skeleton, list_skeletons
from pygpose.data import load_dataset
from pygpose.geometry import h36m_cameras, project_points

DETECTORS = ["coco17", "halpe26", "mediapipe33", "openpose18", "openpose25"]
EVERY_DETECTOR = pytest.mark.parametrize("source", DETECTORS)
H36M = get_skeleton("h36m17")


def remap(source, target="h36m17"):
    return find_remap(get_skeleton(source), get_skeleton(target))


@EVERY_DETECTOR
def test_weights_are_those_of_middles(source):
    matrix = remap(source).matrix
    assert matrix.shape == (17, get_skeleton(source).num_joints)
    assert np.allclose(matrix.sum(1), 1) and (matrix >= 0).all()
    assert all(len(set(row[row > 0])) == 1 for row in matrix)


def test_a_joint_that_is_named_twice_counts_twice():
    coco, here = get_skeleton("coco17"), remap("coco17")
    keypoints = np.random.default_rng(1).normal(size=(1, 17, 2))
    confidence = np.ones((1, 17))
    confidence[0, coco.index("REar")] = 0
    points, _ = here.apply(keypoints, confidence)
    ear, left, right = (keypoints[0, coco.index(name)] for name in ("LEar", "LShoulder", "RShoulder"))
    assert np.allclose(points[0, H36M.index("Neck/Nose")], ear / 2 + left / 4 + right / 4)
    (sentence,) = [sentence for sentence in here.describe() if "Neck/Nose" in sentence]
    assert "where that is missing, the middle of LEar (twice), LShoulder and RShoulder, then " in sentence


@EVERY_DETECTOR
def test_mirrored_joints_give_mirrored_joints(source):
    there, here = get_skeleton(source), remap(source)
    assert np.array_equal(here.matrix[list(H36M.flip)], here.matrix[:, list(there.flip)])


def test_coco_by_hand():
    keypoints = np.random.default_rng(0).normal(size=(5, 17, 2))
    confidence = np.linspace(0.1, 0.9, 85).reshape(5, 17)
    points, seen = remap("coco17").apply(keypoints, confidence)
    hips, shoulders = keypoints[:, [11, 12]].mean(1), keypoints[:, [5, 6]].mean(1)
    expected = {
        "Hip": hips,
        "Thorax": shoulders,
        "Spine": (hips + shoulders) / 2,
        "Neck/Nose": keypoints[:, [3, 4, 5, 6]].mean(1),
        "Head": keypoints[:, [3, 4]].mean(1),
        "LFoot": keypoints[:, 15],
        "RWrist": keypoints[:, 10],
    }
    for joint, value in expected.items():
        assert np.allclose(points[:, H36M.index(joint)], value), joint
    assert np.array_equal(seen[:, H36M.index("Spine")], confidence[:, 5])  # the least of joints 5, 6, 11 and 12
    assert np.allclose(remap("coco17").matrix @ keypoints, points)


@EVERY_DETECTOR
def test_round_trip_from_3d(source):
    """Detector's joints are put where Human3.6M's skeleton has them, seen by a camera, and mapped back."""
    clip = load_dataset("synthetic", subjects=["S9"], frames=40)[0]
    _round_trip(source, clip, limit=0.045)


@EVERY_DETECTOR
def test_round_trip_from_real_motion(source, real_cmu):
    for clip in load_dataset("mocap", root=real_cmu, subjects=["S08"], cameras="h36m")[:3]:
        _round_trip(source, clip, limit=0.1)


def _round_trip(source, clip, limit):
    pose = clip.pose() + clip.root[:, None]
    camera = next(camera for camera in h36m_cameras("S1") if camera.id == clip.camera)
    places = {
        "Nose": ["Neck/Nose"],
        "Neck": ["LShoulder", "RShoulder"],
        "MidHip": ["LHip", "RHip"],
        "LAnkle": ["LFoot"],
        "RAnkle": ["RFoot"],
    } | {joint: [joint] for joint in H36M.joints}
    joints = get_skeleton(source).joints
    in_3d = torch.stack(
        [pose[:, [H36M.index(name) for name in places.get(joint, ["Head"])]].mean(1) for joint in joints], 1
    )
    seen = project_points(in_3d, camera).numpy()
    mapped, confidence = remap(source).apply(seen, np.ones(seen.shape[:2], np.float32))
    assert mapped.dtype == np.float32 and (confidence == 1).all()
    error = np.linalg.norm(mapped - project_points(pose, camera).numpy(), axis=-1)
    trunk = [H36M.index(joint) for joint in ("Hip", "Spine", "Thorax", "Neck/Nose")]
    assert np.delete(error, trunk, 1).max() < 1e-3  # everything but the trunk has a joint of its own
    metres = error * (pose[:, :1, 2] / camera.focal[0]).numpy()
    assert metres[:, trunk].max() < limit, metres[:, trunk].max(0)


def test_a_missing_joint_is_missing():
    keypoints, confidence = np.ones((1, 17, 2)), np.ones((1, 17))
    confidence[0, 11] = 0  # the left hip
    seen = remap("coco17").apply(keypoints, confidence)[1][0]
    lost = {H36M.joints[joint] for joint in np.flatnonzero(seen == 0)}
    assert lost == {"Hip", "LHip", "Spine"}


def test_the_head_takes_what_is_seen_frame_by_frame():
    coco, head = get_skeleton("coco17"), H36M.index("Head")
    keypoints = np.arange(34, dtype=float).reshape(1, 17, 2).repeat(6, 0)
    confidence = np.full((6, 17), 0.5)
    hidden = [(), ("REar",), ("LEar",), ("LEar", "REar"), ("LEar", "REar", "LEye"), ("LEar", "REar", "LEye", "Nose")]
    for frame, names in enumerate(hidden):
        confidence[frame, [coco.index(name) for name in names]] = 0
    points, seen = remap("coco17").apply(keypoints, confidence)
    x = dict(zip(coco.joints, keypoints[0, :, 0], strict=True))
    expected = [(x["LEar"] + x["REar"]) / 2, x["LEar"], x["REar"], (x["LEye"] + x["REye"]) / 2, x["Nose"]]
    assert points[:5, head, 0].tolist() == expected
    assert seen[:, head].tolist() == [0.5, 0.5, 0.5, 0.5, 0.5, 0]


@pytest.mark.parametrize("name", list_skeletons())
def test_a_skeleton_is_itself(name):
    same = remap(name, name)
    assert np.array_equal(same.matrix, np.eye(get_skeleton(name).num_joints))
    assert same.describe() == []


def test_by_name_alone():
    """Halpe begins with COCO's joints; OpenPose has them under the same names in another order."""
    assert np.array_equal(remap("halpe26", "coco17").matrix, np.eye(17, 26))
    assert remap("openpose25", "coco17").table["LKnee"] == (("LKnee",),)
    assert remap("openpose25", "coco17").describe() == []


@EVERY_DETECTOR
def test_every_approximation_is_named(source):
    here = remap(source)
    sentences = here.describe()
    taken = {joint: choices for joint, choices in here.table.items() if choices != ((joint,),)}
    assert len(sentences) == len(taken)
    for sentence, (joint, choices) in zip(sentences, taken.items(), strict=True):
        assert f"h36m17 {joint} is " in sentence and source in sentence
        assert all(name in sentence for choice in choices for name in choice)
    neck = "the middle of LEar, REar, LShoulder and RShoulder"
    assert any(sentence.startswith(f"h36m17 Neck/Nose is {neck} of {source}; ") for sentence in sentences)


def test_what_does_not_follow():
    with pytest.raises(ValueError, match="'h36m17' does not follow from 'humaneva15', which has nothing for Neck/Nose"):
        remap("humaneva15")
    with pytest.raises(ValueError, match="nothing for Head, Neck, Hip, LBigToe"):
        remap("coco17", "halpe26")
