"""What every writer of motion must do: what is written is what is read back, by our readers and by others'."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from graphs import get_skeleton
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.io.motion import read_motion
from pygpose.io.writers import MOTION_WRITERS, PeopleMotion, PersonMotion
from pygpose.io.writers.marker_names import marker_names

SKELETON = get_skeleton("h36m17")


def moved(frames=40, fps=30.0):
    positions = torch.as_tensor(synthetic_motion("S5", "Walking", num_frames=frames, seed=1)).double()
    sure = torch.linspace(0.2, 1.0, frames * 17).view(frames, 17)
    stands = positions[:, [3, 6], 2] < 0.1
    return PersonMotion("film/anna", positions, sure, stands, ["RFoot", "LFoot"], fps, SKELETON)


@pytest.fixture(scope="module")
def motion():
    return moved()


@pytest.mark.parametrize("kind", list(MOTION_WRITERS))
@pytest.mark.parametrize("fps", [24.0, 29.97, 50.0])
def test_written_is_a_file_in_one_step(kind, fps, tmp_path):
    motion, path = moved(7, fps), tmp_path / f"motion.{kind}"
    path.write_text("what was here")
    motion.save(path)
    assert path.stat().st_size > 100 and [path] == list(tmp_path.iterdir())
    first = path.read_bytes()
    motion.save(str(path))
    assert kind in ("c3d", "npz") or path.read_bytes() == first  # c3d and npz hold the time
    assert MOTION_WRITERS[kind].description


@pytest.mark.parametrize("skeleton", ["coco17", "openpose25", "smpl24"])
@pytest.mark.parametrize("kind", list(MOTION_WRITERS))
def test_every_skeleton_is_written(kind, skeleton, tmp_path):
    skeleton = get_skeleton(skeleton)
    torch.manual_seed(0)
    places = torch.randn(skeleton.num_joints, 3).double() + 0.1 * torch.randn(5, skeleton.num_joints, 3).double()
    sure, none = torch.ones(places.shape[:2]), torch.zeros(5, 0, dtype=torch.bool)
    PersonMotion("a", places, sure, none, [], 25.0, skeleton).save(tmp_path / f"m.{kind}")
    if kind in ("bvh", "c3d"):
        back = read_motion(tmp_path / f"m.{kind}", **({"unit": "cm", "up": "y"} if kind == "bvh" else {}))
        assert len(back.positions) == 5 and back.fps == 25


@pytest.mark.parametrize(("name", "error"), [("motion.fbx", ValueError), ("motion", ValueError), ("no/m.npz", OSError)])
def test_what_cannot_be_written(motion, tmp_path, name, error):
    with pytest.raises(error, match=r"says as what motion is written. .bvh: rotations for Blender|no folder"):
        motion.save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_several_people_in_one_file(motion, tmp_path):
    PeopleMotion([motion]).save(tmp_path / "one.npz")
    for kind in MOTION_WRITERS:
        both = PeopleMotion([motion, motion])
        if kind == "html":
            both.save(tmp_path / "two.html")
        else:
            with pytest.raises(ValueError, match="holds one person, and here are film/anna, film/anna"):
                both.save(tmp_path / f"two.{kind}")
    with pytest.raises(ValueError, match="nobody"):
        PeopleMotion([]).save(tmp_path / "none.html")


def test_npz(motion, tmp_path):
    motion.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as file:
        np.testing.assert_allclose(file["film/anna"], motion.positions, atol=1e-6)


def test_json(motion, tmp_path):
    motion.save(tmp_path / "m.json")
    found = json.loads((tmp_path / "m.json").read_text())
    assert (found["fps"], found["units"], found["up"], found["frames"]) == (30.0, "metres", "+Z", 40)
    assert found["joints"] == list(SKELETON.joints) and list(found["contacts"]) == ["RFoot", "LFoot"]
    assert found["contacts"]["LFoot"] == motion.contacts[:, 1].int().tolist()
    assert found["mean_confidence"]["Hip"] == pytest.approx(motion.confidence[:, 0].mean().item(), abs=1e-3)


def test_csv(motion, tmp_path):
    motion.save(tmp_path / "m.csv")
    rows = pd.read_csv(tmp_path / "m.csv")
    assert list(rows.columns) == ["frame", "joint", "x", "y", "z", "confidence"] and len(rows) == 40 * 17
    np.testing.assert_allclose(rows[["x", "y", "z"]].to_numpy().reshape(40, 17, 3), motion.positions, atol=1e-5)
    np.testing.assert_allclose(rows["confidence"].to_numpy().reshape(40, 17), motion.confidence, atol=1e-5)


def test_c3d(motion, tmp_path):
    pytest.importorskip("ezc3d")
    motion.save(tmp_path / "m.c3d")
    back = read_motion(tmp_path / "m.c3d")
    assert list(back.points) == marker_names(SKELETON) and back.fps == 30
    np.testing.assert_allclose(back.positions, motion.positions, atol=1e-6)


def test_trc(motion, tmp_path):
    """By pandas, as Pose2Sim reads it."""
    motion.save(tmp_path / "m.trc")
    lines = (tmp_path / "m.trc").read_text().splitlines()
    assert lines[0].split("\t")[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    facts = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    assert (facts["DataRate"], facts["NumFrames"], facts["NumMarkers"], facts["Units"]) == ("30", "40", "17", "m")
    assert [name for name in lines[3].split("\t")[2:] if name] == marker_names(SKELETON)
    rows = pd.read_csv(tmp_path / "m.trc", sep="\t", skiprows=5, header=None).to_numpy()
    assert rows[:, 0].tolist() == list(range(1, 41)) and rows[-1, 1] == pytest.approx(39 / 30)
    x, y, z = np.moveaxis(rows[:, 2:].reshape(40, 17, 3), -1, 0)
    np.testing.assert_allclose(np.stack([x, -z, y], -1), motion.positions, atol=1e-6)


def test_no_ezc3d(motion, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(ValueError, match=r"pip install 'pygpose\[mocap\]'"):
        motion.save(tmp_path / "m.c3d")
    assert not list(tmp_path.iterdir())
