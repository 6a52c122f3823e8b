"""AMASS-style npz: joints with names or by their number, and what is missing or damaged."""

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.io.motion import MOTION_FORMATS, read_motion
from pygpose.io.recognition import recognising

SMPL = get_skeleton("smpl24").joints


def write(path, count=24, **arrays):
    content = {
        "joints": np.random.default_rng(0).normal(size=(5, count, 3)).astype(np.float32),
        "mocap_framerate": np.array(120.0),
        "gender": np.array("neutral"),
        **arrays,
    }
    np.savez(path, **{name: array for name, array in content.items() if array is not None})
    return content["joints"]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "01_01_poses.npz"


def test_metres_and_z_up_as_amass_has_them(path):
    joints = write(path)
    motion = read_motion(path)
    assert (motion.name, motion.points, motion.fps) == ("01_01", SMPL, 120.0)
    assert motion.positions.dtype == np.float64 and np.array_equal(motion.positions, joints.astype(np.float64))
    assert motion.notes == (
        "The 24 joints are taken for those of SMPL.",
        "AMASS-style: one unit is 1 m and z is up, as AMASS has it where not stated.",
        "AMASS-style: the frame rate is 120.0, from mocap_framerate.",
    )
    stated = read_motion(path, unit="cm", up="y")
    assert np.allclose(stated.positions, 0.01 * joints[..., [0, 2, 1]] * [1, -1, 1])
    assert stated.notes[1].endswith("one unit is 0.01 m and y is up, as stated.")


@pytest.mark.parametrize("count", [22, 52, 55, 127])
def test_the_body_of_its_family(path, count):
    joints = write(path, count)
    motion = read_motion(path)
    assert motion.points == SMPL[:22]
    assert np.allclose(motion.positions, joints[:, :22])
    assert (f"{count - 22} of hands and face are dropped" in motion.notes[0]) == (count > 22)


def test_other_spellings(path):
    joints = write(path, 4)
    names = np.array(["a", "b", "ä", "d"])
    write(path, joints=None, Jtr=joints, mocap_framerate=None, mocap_frame_rate=np.array([60]), joint_names=names)
    motion = read_motion(path)
    assert motion.points == ("a", "b", "ä", "d") and motion.fps == 60


def test_recognised_by_its_arrays(path, tmp_path):
    write(path)
    assert recognising(path, MOTION_FORMATS) == ["amass"]
    np.savez(tmp_path / "shape.npz", betas=np.zeros(10), gender="male")  # lies beside AMASS's clips
    assert recognising(tmp_path / "shape.npz", MOTION_FORMATS) == []
    np.savez(tmp_path / "motions.npz", **{"S1/walk": np.zeros((3, 17, 3))})  # pyright: ignore[reportArgumentType]
    assert recognising(tmp_path / "motions.npz", MOTION_FORMATS) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"joints": None}, "lacks joints or Jtr; it has: gender, mocap_framerate"),
        (
            {"joints": None, "poses": np.zeros((5, 156)), "trans": np.zeros((5, 3))},
            r"SMPL parameters only; convert it with a body.*pygpose\[smpl\]",
        ),
        ({"mocap_framerate": None}, r"frame rate \(mocap_framerate, .*fps, .*\) is not there; state the frame rate"),
        ({"mocap_framerate": np.array("fast")}, "'fast' is no frame rate; state the frame rate"),
        ({"mocap_framerate": np.array([1.0, 2.0])}, r"is float64 \[2\], expected one number"),
        ({"mocap_framerate": np.array(0.0)}, "'0.0' is no frame rate"),
        ({"mocap_framerate": np.array(np.nan)}, "'nan' is no frame rate"),
        ({"joints": np.zeros((5, 24, 2))}, r"'joints' is float64 \[5, 24, 2\], expected numbers"),
        ({"joints": np.zeros((0, 24, 3))}, "there are no frames"),
        ({"joints": np.full((5, 24, 3), -np.inf)}, "infinite position of 'Pelvis' in frame 0"),
        ({"joints": np.array([["a"]])}, "expected numbers"),
        ({"joints": np.zeros((5, 24, 3), dtype=complex)}, "expected numbers"),
        ({"joint_names": np.array(["a", "b"])}, "holds 2 names, expected text for 24 joints"),
        ({"joint_names": np.arange(24)}, "expected text for 24 joints"),
    ],
)
def test_what_is_wrong_is_said(path, changes, message):
    write(path, **changes)
    with pytest.raises(ValueError, match=message) as error:
        read_motion(path, format="amass")
    assert "01_01" in str(error.value)


def test_pickles_are_refused_and_not_run(path, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    write(path, joints=np.array([Bomb()], dtype=object))
    with pytest.raises(ValueError, match="pickled"):
        read_motion(path)
    assert not (tmp_path / "ran").exists()


def test_arrays_that_nobody_needs_stay_unread(path, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    joints = write(path, gender=np.array(Bomb(), dtype=object), markers_latent_vids=np.array({"a": 1}, dtype=object))
    assert np.allclose(read_motion(path).positions, joints) and not (tmp_path / "ran").exists()


def test_what_is_stated_counts(path):
    write(path)
    motion = read_motion(path, fps=60.0)
    assert motion.fps == 60
    assert motion.notes[2] == "AMASS-style: the frame rate is 60, as stated; the file says '120.0' (mocap_framerate)."
    write(path, mocap_framerate=None)
    assert read_motion(path, fps=60.0).fps == 60
    write(path, mocap_framerate=np.array("fast"))
    assert read_motion(path, fps=60.0).fps == 60


def test_missing_joints(path):
    joints = np.random.default_rng(0).normal(size=(5, 24, 3))
    joints[1, 3], joints[2, 4], joints[:, 0] = np.nan, 0, 0  # relative to the pelvis, which is at the origin
    write(path, joints=joints)
    motion = read_motion(path)
    assert np.argwhere(np.isnan(motion.positions).all(-1)).tolist() == [[1, 3], [2, 4]]
    assert "Points at exactly (0, 0, 0) count as missing." in motion.notes


def test_joints_without_names_are_called_by_their_numbers(path):
    joints = write(path, 17)
    motion = read_motion(path)
    assert motion.points == tuple(map(str, range(17))) and np.allclose(motion.positions, joints)
    names = np.array([f"j{number}" for number in range(17)], dtype=object)  # as lists of names are often saved
    write(path, 17, joint_names=names)
    assert read_motion(path).points == tuple(names)


def test_truncated(path):
    write(path)
    content = path.read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        assert recognising(path, MOTION_FORMATS) == ["amass"]
        with pytest.raises(ValueError, match=r"01_01_poses\.npz.* copy or download it again"):
            read_motion(path)


def test_fuzzed_files(path):
    """Whatever the bytes are: a motion, or one sentence."""
    write(path)
    draw, content = np.random.default_rng(1), path.read_bytes()
    outcomes = set()
    for _ in range(200):
        mutated = bytearray(content)
        places = draw.integers(len(content), size=int(draw.integers(1, 4)))
        if draw.random() < 0.8:  # headers and directories rather than numbers
            places = np.where(places % 2, places % 160, len(content) - 1 - places % 400)
        for place in places:
            mutated[place] = draw.integers(256)
        path.write_bytes(mutated)
        try:
            assert not np.isinf(read_motion(path).positions).any()
            outcomes.add("read")
        except ValueError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
