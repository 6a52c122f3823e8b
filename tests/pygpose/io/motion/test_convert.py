"""Motion capture files to the form of the data set mocap: what is written, said, refused and left out.

Covers :mod:`pygpose.io.motion.convert`, ``clips`` and ``plausibility``.
"""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.data import load_dataset
from pygpose.io.motion.convert import convert_motion

# SMPL's joints of a standing person, metres, z up; left is +x.
STANDING = {"Pelvis": (0, 0, 0.95), "Spine1": (0, 0, 1.05), "Spine2": (0, 0, 1.18), "Spine3": (0, 0, 1.24)}
STANDING |= {"Neck": (0, 0, 1.45), "Head": (0, 0, 1.55)}
for side, sign in (("L", 1), ("R", -1)):
    limbs = {"Hip": (0.1, 0.9), "Knee": (0.1, 0.5), "Ankle": (0.1, 0.1), "Foot": (0.1, 0.02), "Collar": (0.07, 1.4)}
    limbs |= {"Shoulder": (0.18, 1.4), "Elbow": (0.2, 1.12), "Wrist": (0.22, 0.87), "Hand": (0.22, 0.8)}
    STANDING |= {side + limb: (sign * x, 0, z) for limb, (x, z) in limbs.items()}
BODY = np.array([STANDING[joint] for joint in get_skeleton("smpl24").joints], dtype=float)


def walk(frames=60, scale=1.0):
    """Walks along y at 1 m/s, 100 frames/s."""
    return scale * (BODY + np.arange(frames)[:, None, None] * [0, 0.01, 0])


def write(path, positions=None, fps=100.0, **arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, joints=walk() if positions is None else positions, mocap_framerate=fps, **arrays)
    return path


@pytest.fixture
def folder(tmp_path):
    for subject in range(6):
        write(tmp_path / f"in/S{subject}/a_poses.npz")
    write(tmp_path / "in/Anna_run_poses.npz")
    (tmp_path / "in/readme.txt").write_text("hello")
    return tmp_path / "in"


def index_of(out):
    return json.loads((out / "index.json").read_text())


class TestWritten:
    def test_what_mocap_reads(self, folder, tmp_path):
        summary = convert_motion(folder, tmp_path / "out")
        assert summary.clips == 7 and not summary.bad
        index = index_of(tmp_path / "out")
        facts = {clip["key"]: clip for clip in index["clips"]}
        assert set(facts) == {"Anna/Anna_run_poses", *(f"S{subject}/a_poses" for subject in range(6))}
        assert facts["S3/a_poses"] == {
            **{"key": "S3/a_poses", "subject": "S3", "action": "motion", "frames": 30, "fps": 50.0},
            **{"source": "a_poses.npz", "source_fps": 100.0, "split": "val"},
        }
        with np.load(tmp_path / "out/motions.npz") as arrays:
            joints = arrays["S3/a_poses"]
        assert joints.dtype == np.float32 and joints.shape == (30, 17, 3)
        names = get_skeleton("h36m17").joints
        assert np.allclose(joints[5, names.index("LWrist")], [0.22, 0.1, 0.87])
        assert np.allclose(joints[5, names.index("Hip")], [0, 0.1, 0.9])
        clips = load_dataset("mocap", root=tmp_path / "out", split="val")
        assert {(clip.subject, clip.action, clip.fps, clip.num_frames) for clip in clips} == {
            ("S3", "motion", 50.0, 30)
        }
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["index.json", "motions.npz"]

    def test_what_is_said(self, folder, tmp_path):
        summary = convert_motion(folder, tmp_path / "out")
        assert str(summary) == "\n".join(summary.lines)
        assert index_of(tmp_path / "out")["notes"] == list(summary.lines[:-1])
        for sentence in (
            "7 clips of 7 subjects (Anna, S0, S1, S2, S3, S4, S5), 0.1 minutes at 50 frames/s",
            "held out: S3 (every fifth, as none was named)",
            "one unit is 1 m and z is up, as AMASS has it where not stated. (all files)",
            "Joint map 'smpl'.",
            "Head is extrapolated from the file's neck and head points",
            "Resampled from 100 frames/s. (all files)",
            "Left aside: readme.txt.",
        ):
            assert sentence in str(summary)
        assert "Faster than" not in str(summary) and "longest across z" not in str(summary)

    def test_one_person_alone(self, folder, tmp_path):
        (tmp_path / "one").mkdir()
        shutil.copytree(folder / "S3", tmp_path / "one" / "S3")
        summary = convert_motion(tmp_path / "one", tmp_path / "out")
        assert "held out: nobody, and training needs a held-out person: put another person's files" in str(summary)

    def test_options(self, folder, tmp_path):
        options = {"fps": 25.0, "action": "walk", "val": ["Anna", "S0"], "drop_first": 20, "joint_map": "smpl"}
        summary = convert_motion(folder, tmp_path / "out", **options)
        clips = index_of(tmp_path / "out")["clips"]
        assert {clip["subject"] for clip in clips if clip["split"] == "val"} == {"Anna", "S0"}
        assert {(clip["action"], clip["frames"], clip["fps"]) for clip in clips} == {("walk", 10, 25.0)}
        assert "The first 20 frames of every file are left out." in str(summary)

    def test_what_is_stated_counts(self, folder, tmp_path):
        summary = convert_motion(folder, tmp_path / "out", source_fps=50.0)
        assert {clip["source_fps"] for clip in index_of(tmp_path / "out")["clips"]} == {50.0}
        assert {clip["frames"] for clip in index_of(tmp_path / "out")["clips"]} == {60}
        assert "the frame rate is 50, as stated; the file says '100.0' (mocap_framerate). (all files)" in str(summary)
        with pytest.raises(ValueError, match="'0.0' is no frame rate"):
            convert_motion(folder, tmp_path / "out", source_fps=0.0)

    def test_one_file_and_another_skeleton(self, folder, tmp_path):
        summary = convert_motion(folder / "S1/a_poses.npz", tmp_path / "out", skeleton="smpl24", fps=100.0)
        assert index_of(tmp_path / "out")["joints"] == list(get_skeleton("smpl24").joints)
        assert "Joint map 'names of smpl24'." in str(summary) and "Resampled" not in str(summary)
        with np.load(tmp_path / "out/motions.npz") as arrays:
            assert np.allclose(arrays["a/a_poses"], walk(), atol=1e-6)

    def test_an_earlier_conversion_is_replaced_whole_or_not_at_all(self, folder, tmp_path, monkeypatch):
        convert_motion(folder, tmp_path / "out")
        before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
        monkeypatch.setattr("pygpose.io.motion.convert.json.dumps", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            convert_motion(folder / "S1", tmp_path / "out")
        assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
        monkeypatch.undo()
        convert_motion(folder / "S1", tmp_path / "out")
        assert len(index_of(tmp_path / "out")["clips"]) == 1

    def test_gaps(self, tmp_path, monkeypatch):
        """Markers that were not seen, as only C3D has them."""
        from pygpose.io.motion import MotionFile

        positions = walk(200)
        positions[50:53, 0] = np.nan
        positions[:5, 4] = np.nan
        positions[100:130, 7] = np.nan
        positions[140:160, 7] = np.nan  # 10 frames between: too few for a clip
        recording = MotionFile("a", get_skeleton("smpl24").joints, positions, 100.0)
        monkeypatch.setattr("pygpose.io.motion.clips.read_motion", lambda *_, **__: recording)
        path = write(tmp_path / "a.npz")
        summary = convert_motion(path, tmp_path / "out", skeleton="smpl24", fps=100.0)
        with np.load(tmp_path / "out/motions.npz") as arrays:
            lengths = {key: len(array) for key, array in arrays.items()}
            assert np.allclose(arrays["a/a"], walk(200)[5:100], atol=1e-6)
        assert lengths == {"a/a": 95, "a/a.part1": 40}
        assert "3 joint positions in gaps of up to 0.1 s are interpolated." in str(summary)
        assert "65 of 200 frames lack a joint and are left out" in str(summary)


class TestDoubts:
    def test_reference_pose(self, tmp_path):
        positions = walk()
        positions[0, :, 0] += 0.5
        write(tmp_path / "a.npz", positions)
        summary = convert_motion(tmp_path / "a.npz", tmp_path / "out")
        assert "Faster than 15 m/s after frame 0: a reference pose that drop_first=N leaves out" in str(summary)
        assert "Faster" not in str(convert_motion(tmp_path / "a.npz", tmp_path / "out", drop_first=1))

    def test_up_axis(self, tmp_path):
        write(tmp_path / "a.npz")
        assert "longest across z: it lies, spreads its arms, or the up axis is wrong" in str(
            convert_motion(tmp_path / "a.npz", tmp_path / "out", up="y", unit="m")
        )

    def test_head_below_the_feet(self, tmp_path):
        write(tmp_path / "a.npz")
        for up, below in (("-z", True), ("z", False)):
            summary = convert_motion(tmp_path / "a.npz", tmp_path / "out", up=up)
            assert ("In most frames the head is below the feet: the up axis" in str(summary)) == below

    def test_a_bone_that_changes_its_length(self, tmp_path):
        positions = walk()
        positions[7, get_skeleton("smpl24").index("LWrist")] += [0.8, 0, 0]
        write(tmp_path / "a.npz", positions)
        summary = str(convert_motion(tmp_path / "a.npz", tmp_path / "out"))
        assert "The bone from LElbow to LWrist is 0.25 to 0.86 m long, first unlike itself in frame 7" in summary

    def test_positions_in_one_plane(self, tmp_path):
        write(tmp_path / "a.npz", walk() * [1, 0, 1])
        assert "All joints lie in one plane" in str(convert_motion(tmp_path / "a.npz", tmp_path / "out"))
        write(tmp_path / "a.npz")
        assert "All joints lie in one plane" not in str(convert_motion(tmp_path / "a.npz", tmp_path / "out"))


class TestRefused:
    @pytest.mark.parametrize("unit", ["cm", "inch", "ft", "mm", 100.0])
    def test_unit_that_is_not_the_files(self, tmp_path, unit):
        write(tmp_path / "a.npz")
        with pytest.raises(ValueError, match=r"a\.npz: the body measures .* m along its bones.* state the unit"):
            convert_motion(tmp_path / "a.npz", tmp_path / "out", unit=unit)
        assert not (tmp_path / "out").exists()

    def test_far_away(self, tmp_path):
        write(tmp_path / "a.npz", walk() + [0, 1e30, 0])
        with pytest.raises(ValueError, match=r"positions reach 1e\+30 m from the origin: state the unit"):
            convert_motion(tmp_path / "a.npz", tmp_path / "out")

    def test_one_bone_of_no_person(self, tmp_path):
        positions = walk()
        positions[7, get_skeleton("smpl24").index("LWrist")] += [9, 0, 0]
        write(tmp_path / "a.npz", positions)
        with pytest.raises(ValueError, match="bone from 'LElbow' to 'LWrist' is 9.* m long in frame 7; expected up to"):
            convert_motion(tmp_path / "a.npz", tmp_path / "out")

    def test_a_joint_that_is_never_there(self, tmp_path):
        positions = walk()
        positions[:, get_skeleton("smpl24").index("LWrist")] = np.nan
        write(tmp_path / "a.npz", positions)
        with pytest.raises(ValueError, match="all joints among its 60 frames; LWrist are missing in all of them"):
            convert_motion(tmp_path / "a.npz", tmp_path / "out")

    def test_mixed_units(self, tmp_path):
        write(tmp_path / "in/S1/a.npz")
        write(tmp_path / "in/S1/b.npz", walk(scale=0.6))
        with pytest.raises(ValueError, match=r"b\.npz: subject 'S1' measures 1.\d+ m here and 2.\d+ m in a\.npz"):
            convert_motion(tmp_path / "in", tmp_path / "out")
        shutil.move(tmp_path / "in/S1/b.npz", tmp_path / "in/S2_b.npz")
        assert convert_motion(tmp_path / "in", tmp_path / "out").clips == 2  # a child

    def test_one_bad_file(self, folder, tmp_path):
        content = (folder / "S2/a_poses.npz").read_bytes()
        (folder / "S2/a_poses.npz").write_bytes(content[:-300])
        with pytest.raises(ValueError, match=r"S2/a_poses\.npz.*\(skip_bad goes on without such files\)"):
            convert_motion(folder, tmp_path / "out")
        assert not (tmp_path / "out").exists()
        summary = convert_motion(folder, tmp_path / "out", skip_bad=True)
        assert summary.clips == 6 and len(summary.bad) == 1
        assert f"Not read: {summary.bad[0]}" in summary.lines and "S2/a_poses.npz" in summary.bad[0]
        assert "6 of 7 motion files" in summary.lines[0]

    def test_two_files_for_one_clip(self, tmp_path):
        write(tmp_path / "in/S1/a.npz")
        write(tmp_path / "in/S1/b.npz")
        os.rename(tmp_path / "in/S1/b.npz", tmp_path / "in/S1/a.NPZ")
        with pytest.raises(ValueError, match=r"clip 'S1/a' comes from a\.NPZ already; rename one"):
            convert_motion(tmp_path / "in", tmp_path / "out")

    def test_file_names_that_are_no_utf8(self, tmp_path):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/in/R\xfccken.npz"))
        try:
            write(path)
        except OSError:
            pytest.skip("this file system has UTF-8 names only")
        write(tmp_path / "in/b.npz")
        with pytest.raises(
            ValueError, match=r"R\\udcfccken.npz: the file's name 'R\\udcfccken' is no UTF-8; rename it"
        ):
            convert_motion(tmp_path / "in", tmp_path / "out")
        str(convert_motion(tmp_path / "in", tmp_path / "out", skip_bad=True)).encode()

    def test_nothing_to_convert(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="no file or folder"):
            convert_motion(tmp_path / "none", tmp_path / "out")
        (tmp_path / "in").mkdir()
        with pytest.raises(ValueError, match="holds no motion capture files among its 0 files"):
            convert_motion(tmp_path / "in", tmp_path / "out")
        (tmp_path / "in/a.bvh").write_text("HIERARCHY")
        with pytest.raises(ValueError, match=r"no clip is left of 1 files; first: .*a\.bvh: a BVH file says neither"):
            convert_motion(tmp_path / "in", tmp_path / "out", skip_bad=True)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"skeleton": "h36m16"}, "unknown skeleton 'h36m16'"),
            ({"fps": 0.0}, "fps must lie in 0..10000"),
            ({"fps": float("nan")}, "fps must lie in 0..10000"),
            ({"drop_first": -1}, "drop_first must not be negative"),
            ({"drop_first": 60}, "there is no frame with all joints among its 0 frames"),
            ({"val": ["Bob"]}, "val names subject 'Bob'; known: Anna, S0"),
            ({"joint_map": "mixamo"}, "joint map 'mixamo' needs HeadTop_End, LeftArm"),
            ({"unit": "ell"}, "unit 'ell' is no length"),
        ],
    )
    def test_options_that_mean_nothing(self, folder, tmp_path, options, message):
        with pytest.raises(ValueError, match=message):
            convert_motion(folder, tmp_path / "out", **options)
        with pytest.raises(FileNotFoundError, match="no joint map"):
            convert_motion(folder, tmp_path / "out", joint_map="markers.json")


def test_real_bvh(tmp_path):
    folder = Path(__file__).parents[5] / "shared/data/bvh"
    if not folder.is_dir():
        pytest.skip("no real motion at ../shared/data/bvh")
    summary = convert_motion(folder, tmp_path / "out", unit="inch/0.45", up="y", drop_first=1)
    assert summary.clips == 6 and "Joint map 'cmu-motionbuilder'. (all files)" in str(summary)
    assert str(summary).count("Faster than") == 1  # one file begins with a second pose
    assert len(load_dataset("mocap", root=tmp_path / "out", subjects=["cmu"])) == 24
    with pytest.raises(ValueError, match="state unit"):
        convert_motion(folder, tmp_path / "out")
    with pytest.raises(ValueError, match="the body measures 36.* m along its bones"):
        convert_motion(folder, tmp_path / "out", unit="m", up="y")
