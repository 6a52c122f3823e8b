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
    np.savez(tmp_path / "motions.npz", **{"S1/walk": np.zeros((3, 17, 3))})
    assert recognising(tmp_path / "motions.npz", MOTION_FORMATS) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"joints": None}, "lacks joints or Jtr; it has: mocap_framerate, gender"),
        (
            {"joints": None, "poses": np.zeros((5, 156)), "trans": np.zeros((5, 3))},
            r"SMPL parameters only; convert it with a body.*pygpose\[smpl\]",
        ),
        ({"mocap_framerate": None}, "lacks mocap_framerate or mocap_frame_rate or fps"),
        ({"mocap_framerate": np.array("fast")}, "must be numbers"),
        ({"mocap_framerate": np.array([1.0, 2.0])}, "must be numbers, the latter one"),
        ({"mocap_framerate": np.array(0.0)}, "has 0 frames/s"),
        ({"mocap_framerate": np.array(np.nan)}, "has nan frames/s"),
        ({"joints": np.zeros((5, 24, 2))}, r"'joints' is \[5, 24, 2\], expected \[T, K, 3\]"),
        ({"joints": np.zeros((0, 24, 3))}, "has no frames"),
        ({"joints": np.zeros((5, 23, 3))}, r"has 23 joints without names; known without 'joint_names': 22 \(the body"),
        ({"joints": np.full((5, 24, 3), np.nan)}, "'joints' is NaN in frame 0, joint 0"),
        ({"joints": np.full((5, 24, 3), -np.inf)}, "infinite position of 'Pelvis' in frame 0"),
        ({"joints": np.array([["a"]])}, "must be numbers"),
        ({"joints": np.zeros((5, 24, 3), dtype=complex)}, "must be numbers"),
        ({"joint_names": np.array(["a", "b"])}, "expected 24 strings"),
        ({"joint_names": np.array(["a"] * 24)}, "has two points called 'a'"),
        ({"joint_names": np.array([b"a"] * 24)}, "expected 24 strings"),
    ],
)
def test_what_is_wrong_is_said(path, changes, message):
    write(path, **changes)
    with pytest.raises(ValueError, match=message) as error:
        MOTION_FORMATS["amass"].read(path)
    assert "01_01" in str(error.value)


def test_pickles_are_refused_and_not_run(path, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    write(path, joints=np.array([Bomb()], dtype=object))
    with pytest.raises(ValueError, match="pickled"):
        read_motion(path)
    assert not (tmp_path / "ran").exists()


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
            assert np.isfinite(read_motion(path).positions).all()
            outcomes.add("read")
        except ValueError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
