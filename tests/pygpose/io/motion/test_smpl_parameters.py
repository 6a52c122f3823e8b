"""AMASS's own files, SMPL's parameters, through a body made for the tests: against skinning in numpy."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from graphs import get_skeleton
from pygpose.data.commands import main
from pygpose.io.motion import read_motion

SMPL = get_skeleton("smpl24").joints


def write(path, count=52, frames=6, **changes):
    rng = np.random.default_rng(0)
    content = {
        "poses": 0.3 * rng.normal(size=(frames, 3 * count)),
        "trans": rng.normal(size=(frames, 3)),
        "betas": rng.normal(size=16),
        "gender": np.array("female"),
        "mocap_framerate": np.array(120.0),
    } | changes
    np.savez(path, **{name: array for name, array in content.items() if array is not None})
    return content


def expected(made_body, arrays, content, moved):
    """Joints of the tree, of which the first ``moved`` turn."""
    joints = []
    for pose, place in zip(content["poses"], content["trans"], strict=True):
        rotations = np.tile(np.eye(3), (len(arrays["J_regressor"]), 1, 1))
        rotations[:moved] = Rotation.from_rotvec(pose.reshape(-1, 3)[:moved]).as_matrix()
        joints.append(made_body.skin(arrays, rotations, content["betas"][:10])[1] + place)
    return np.array(joints)


@pytest.fixture
def bodies(tmp_path, made_body):
    """Arrays and file of a body of 24 and of one of 52 joints."""
    arrays = {24: made_body.make_arrays(each=1), 52: made_body.make_arrays(made_body.PARENTS_H, each=1)}
    files = {count: made_body.write_pkl(tmp_path / f"body{count}.pkl", arrays[count]) for count in arrays}
    return arrays, files


@pytest.mark.parametrize(("count", "tree"), [(52, 52), (24, 24), (52, 24), (24, 52), (55, 52)])
def test_joints_of_the_body(tmp_path, made_body, bodies, count, tree):
    arrays, files = bodies
    content = write(tmp_path / "walk_poses.npz", count)
    motion = read_motion(tmp_path / "walk_poses.npz", body=files[tree])
    assert (motion.name, motion.fps) == ("walk", 120.0)
    named = 24 if tree == 24 else 22
    assert motion.points == SMPL[:named]
    moved = count if count == tree else 22
    np.testing.assert_allclose(
        motion.positions, expected(made_body, arrays[tree], content, moved)[:, :named], rtol=0, atol=1e-10
    )
    assert (
        f"Joints of the body model body{tree}.pkl" in motion.notes[0]
        and motion.notes[1] == "Gender in the file: female."
    )
    assert ("are left out" in motion.notes[0]) == (count != tree)


def test_joints_in_the_file_come_first(tmp_path, bodies):
    joints = np.random.default_rng(1).normal(size=(6, 24, 3))
    write(tmp_path / "walk.npz", joints=joints)
    assert np.array_equal(read_motion(tmp_path / "walk.npz", body=bodies[1][24]).positions, joints)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"betas": None}, "lacks 'betas'; it has: poses"),
        ({"poses": np.zeros((6, 63))}, r"'poses' is \[6, 63\]; known are \[T, N\] with N = 72 \(SMPL\), 156"),
        ({"poses": np.zeros(72)}, r"'poses': \[72\] given, expected \[frames, 72\]"),
        ({"poses": np.zeros((6, 72), int)}, "'poses': expected an array of floating-point numbers"),
        ({"trans": np.zeros((5, 3))}, "6 frames of 'poses', 5 of 'trans'"),
        ({"trans": np.zeros((6, 2))}, r"'trans': \[6, 2\] given"),
        ({"betas": np.zeros(8)}, r"'betas' is float64 \[8\], expected 10 numbers or more"),
        ({"poses": np.full((6, 72), np.nan)}, "'poses': NaN, infinite or huge value, first in frame 0"),
        ({"trans": np.full((6, 3), np.inf)}, "'trans': NaN"),
        ({"betas": np.full(10, np.nan)}, "'betas': NaN"),
        ({"mocap_framerate": None}, r"frame rate \(mocap_framerate, .*\) is not there; state the frame rate"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, bodies, changes, message):
    write(tmp_path / "walk.npz", **changes)
    with pytest.raises(ValueError, match=message) as error:
        read_motion(tmp_path / "walk.npz", body=bodies[1][24])
    assert "walk.npz" in str(error.value)


def test_a_body_of_another_family(tmp_path, made_body):
    write(tmp_path / "walk.npz")
    hand = made_body.write_npz(tmp_path / "hand.npz", made_body.make_arrays(made_body.PARENTS[:16]))
    with pytest.raises(
        ValueError, match=r"hand\.npz has 16 joints; bodies that AMASS's parameters move have 24 \(SMPL\)"
    ):
        read_motion(tmp_path / "walk.npz", body=hand)


def test_convert(tmp_path, capsys, bodies):
    (tmp_path / "amass").mkdir()
    frames = 60
    turned = np.zeros((frames, 156))
    turned[:, 0] = np.pi / 2  # AMASS's z is up
    for subject in ("Anna", "Berta"):
        write(tmp_path / f"amass/{subject}_walk.npz", frames=frames, poses=turned, trans=np.zeros((frames, 3)))
    source, out, body = str(tmp_path / "amass"), str(tmp_path / "out"), str(bodies[1][52])
    assert main(["convert", source, out]) == 1
    assert "convert it with a body" in capsys.readouterr().err
    assert main(["convert", source, out, "--body", body, "--fps", "60"]) == 0
    said = capsys.readouterr().out
    assert "Joint map 'smpl'." in said and "Joints of the body model body52.pkl, SMPL-H" in said
    with np.load(tmp_path / "out/motions.npz") as written:
        joints = written["Anna/Anna_walk"]
    names = get_skeleton("h36m17").joints
    assert joints.shape == (30, 17, 3)
    assert (joints[:, names.index("Thorax"), 2] > joints[:, names.index("LFoot"), 2] + 0.8).all()
    assert main(["convert", source, out, "--body", str(tmp_path / "none.pkl")]) == 2
    assert "no file" in capsys.readouterr().err
