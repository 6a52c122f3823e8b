"""The rig: bones that keep their lengths, rotations that bring them where they were, and the files that hold them.

Covers :mod:`pygpose.io.writers.rig_fit`, ``rigs``, ``bvh``, ``glb`` and ``mannequin``.
"""

import json
import runpy
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from graphs import get_skeleton
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.io.motion import read_motion
from pygpose.io.writers import PersonMotion
from pygpose.io.writers.bvh import bvh_text, continuous_angles
from pygpose.io.writers.mannequin import mannequin, rest_places
from pygpose.io.writers.rig_fit import fit_rig

SKELETON = get_skeleton("h36m17")
read_glb = runpy.run_path(str(Path(__file__).parent / "independent_readers.py"))["read_glb"]
TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])


@pytest.fixture(scope="module")
def walk():
    """Constant bones: children are put back onto spheres around their parents."""
    x = np.asarray(synthetic_motion("S5", "Walking", num_frames=50, seed=1), np.float64)
    found = x.copy()
    for joint, parent in enumerate(SKELETON.parents):
        if parent >= 0:
            way = x[:, joint] - x[:, parent]
            length = np.linalg.norm(way, axis=-1, keepdims=True)
            found[:, joint] = found[:, parent] + way / length * np.median(length)
    return found


def person(positions, fps=30.0, skeleton=SKELETON):
    frames, joints, _ = positions.shape
    none = torch.zeros(frames, 0, dtype=torch.bool)
    return PersonMotion("a/walk", torch.from_numpy(positions), torch.ones(frames, joints), none, [], fps, skeleton)


def test_constant_bones_are_where_they_were(walk):
    rig = fit_rig(walk, SKELETON)
    assert rig.residual_mm(walk) < 1e-6
    np.testing.assert_allclose(
        rig.rotations @ rig.rotations.swapaxes(-1, -2), np.broadcast_to(np.eye(3), rig.rotations.shape), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(rig.rotations), 1)
    assert {joint.joint for joint in rig.joints} | {10} == set(range(17))  # the top of the head is an end


def test_bones_that_change_get_their_usual_length(walk):
    rng = np.random.default_rng(0)
    shaking = walk + rng.normal(0, 0.01, walk.shape)
    rig = fit_rig(shaking, SKELETON)
    assert 1 < rig.residual_mm(shaking) < 120
    places = rig.positions()
    for number, joint in enumerate(rig.joints):
        if joint.parent >= 0:
            length = np.linalg.norm(places[:, number] - places[:, joint.parent], axis=-1)
            np.testing.assert_allclose(length, np.linalg.norm(rig.offsets[number]), atol=1e-9)


def test_the_rig_turns_with_the_person(walk):
    """All but the first joint's rotations stay, and so does the pose at rest."""
    one, two = fit_rig(walk, SKELETON), fit_rig(walk @ TURN.T, SKELETON)
    np.testing.assert_allclose(one.rotations[:, 1:], two.rotations[:, 1:], atol=1e-6)
    np.testing.assert_allclose(one.offsets, two.offsets, atol=1e-8)


def test_the_pose_at_rest_is_upright_and_faces_ahead(walk):
    rig = fit_rig(walk, SKELETON)
    places = {joint.name: place for joint, place in zip(rig.joints, rest_places(rig), strict=True)}
    assert places["LeftHand"][0] > 0.5 > -0.5 > places["RightHand"][0] and places["Head"][1] > 1.2
    assert 0 < places["LeftFoot"][1] < 0.1


@pytest.mark.parametrize("way", [(0, 0, 1), (0, 0, -1), (1, 0, 0), (0, 1, 0), (0, -1, 0), (0.6, 0, -0.8)])
def test_bones_turned_right_around(walk, way):
    x = walk.copy()
    x[10:20, 13] = x[10:20, 12] + 0.25 * np.array(way)
    rig = fit_rig(x, SKELETON)
    assert np.isfinite(rig.rotations).all()
    away = np.linalg.norm(
        rig.positions() - np.stack([x[..., 0], x[..., 2], -x[..., 1]], -1)[:, [joint.joint for joint in rig.joints]],
        axis=-1,
    )
    hand = [joint.name for joint in rig.joints].index("LeftHand")
    assert np.delete(away, hand, 1).max() < 1e-9  # of this bone the length was changed


def test_bvh_is_read_back(walk, tmp_path):
    person(walk).save(tmp_path / "m.bvh")
    back, rig = read_motion(tmp_path / "m.bvh", unit="cm", up="y"), fit_rig(walk, SKELETON)
    assert back.fps == 30 and len(back.positions) == 50
    for joint in rig.joints:
        np.testing.assert_allclose(back.positions[:, back.points.index(joint.name)], walk[:, joint.joint], atol=1e-5)
    np.testing.assert_allclose(back.positions[:, back.points.index("Head_End")], walk[:, 10], atol=1e-5)


def test_our_own_convert_takes_our_bvh_for_the_same_joints(walk, tmp_path):
    """Mapped by the names that every rig of this kind has."""
    from pygpose.io.motion import choose_joint_map

    person(walk).save(tmp_path / "m.bvh")
    back = read_motion(tmp_path / "m.bvh", unit="cm", up="y")
    joints = choose_joint_map(back, "h36m17", None).apply(back)
    limbs = [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]
    np.testing.assert_allclose(joints[:, limbs], walk[:, limbs], atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_angles_mean_the_rotations_and_do_not_jump(seed):
    rng = np.random.default_rng(seed)
    steps = Rotation.from_rotvec(rng.normal(0, 0.1, (400, 3)))
    turns = [Rotation.identity()]
    for step in steps:
        turns.append(step * turns[-1])
    matrices = Rotation.concatenate(turns).as_matrix()[:, None]
    angles = continuous_angles(matrices)
    z, x, y = np.moveaxis(angles[:, 0], -1, 0)
    again = Rotation.from_euler("ZXY", np.stack([z, x, y], -1), degrees=True).as_matrix()
    np.testing.assert_allclose(again, matrices[:, 0], atol=1e-9)
    usual = np.abs(np.cos(np.radians(x))) > 0.3  # near the pole, angles turn fast
    assert np.abs(np.diff(angles[:, 0], axis=0))[usual[1:] & usual[:-1]].max() < 90


def test_a_bvh_of_an_hour_is_no_matter_of_minutes(walk):
    text = bvh_text(fit_rig(np.tile(walk, (20, 1, 1)), SKELETON), 50.0)
    assert (
        text.count("\n") == 1000 + 2 + text[: text.index("MOTION")].count("\n") + 1 and "Frame Time: 0.02000000" in text
    )


def test_glb_is_read_back(walk, tmp_path):
    person(walk, fps=25.0).save(tmp_path / "m.glb")
    gltf, values, times, places = read_glb(tmp_path / "m.glb")
    np.testing.assert_allclose(times, np.arange(50) / 25, atol=1e-6)
    rig = fit_rig(walk, SKELETON)
    for joint in rig.joints:
        x, y, z = places[joint.name].T
        np.testing.assert_allclose(np.stack([x, -z, y], -1), walk[:, joint.joint], atol=1e-4)
    x, y, z = places["Head_End"].T
    np.testing.assert_allclose(np.stack([x, -z, y], -1), walk[:, 10], atol=1e-4)
    mesh, skin = gltf.meshes[0].primitives[0], gltf.skins[0]
    joints, weights = values(mesh.attributes.JOINTS_0), values(mesh.attributes.WEIGHTS_0)
    assert joints.max() < len(skin.joints) and np.allclose(weights.sum(1), 1)
    assert values(mesh.indices).max() < len(joints) == len(values(mesh.attributes.POSITION))
    back = values(skin.inverseBindMatrices).reshape(-1, 4, 4).swapaxes(1, 2)
    np.testing.assert_allclose(back[: len(rig.joints), :3, 3], -rest_places(rig), atol=1e-6)


def test_glb_is_laid_out_as_the_standard_says(walk, tmp_path):
    person(walk).save(tmp_path / "m.glb")
    content = (tmp_path / "m.glb").read_bytes()
    mark, version, length = struct.unpack("<4sII", content[:12])
    assert (mark, version, length) == (b"glTF", 2, len(content))
    size, kind = struct.unpack("<I4s", content[12:20])
    assert kind == b"JSON" and size % 4 == 0
    text = json.loads(content[20 : 20 + size])
    rest, kind = struct.unpack("<I4s", content[20 + size : 28 + size])
    assert kind == b"BIN\0" and rest == text["buffers"][0]["byteLength"] == len(content) - size - 28
    for view in text["bufferViews"]:
        assert view["byteOffset"] % 4 == 0 and view["byteOffset"] + view["byteLength"] <= rest


def test_the_mannequin_is_closed_and_outward(walk):
    body = mannequin(fit_rig(walk, SKELETON))
    corners = body.points[body.faces]
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat = np.linalg.norm(outward, axis=-1) < 1e-9  # at the ends of a limb
    agree = (outward * body.normals[body.faces].sum(1)).sum(-1)[~flat] > 0
    assert agree.all() and flat.mean() < 0.3
    np.testing.assert_allclose(np.linalg.norm(body.normals, axis=-1), 1)
