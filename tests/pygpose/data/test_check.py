"""Data of every form: what is found in them, what is wrong with them, and that no file stops the check.

Covers :mod:`pygpose.data.check` and the recognisers of the data sets.
"""

import dataclasses
import importlib.util
import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from graphs import get_skeleton
from pygpose.data import DATASETS as REGISTERED
from pygpose.data import Dataset, DataSource, LoadedData, make_sequence
from pygpose.data.check import FORMS, Findings, Form, Stated, Tally, check_data, known_forms
from pygpose.data.check.drawing import Still, draw
from pygpose.data.check.tally import spread
from pygpose.data.datasets import Recognition
from pygpose.geometry import h36m_cameras, project_points, world_to_camera


def beside(name):
    """A test module or conftest beside this one, for its fixtures."""
    path = Path(__file__).with_name(name) if "/" not in name else Path(__file__).parent / name
    spec = importlib.util.spec_from_file_location(f"beside_{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


KEYPOINTS, BVH = beside("../io/keypoints/conftest.py"), beside("../io/motion/conftest.py")
CONVERT, VIDEOPOSE3D, DATASETS, C3D = (
    beside(name)
    for name in (
        "../io/motion/test_convert.py",
        "sources/test_videopose3d.py",
        "test_datasets.py",
        "../io/motion/test_c3d.py",
    )
)
THREEDPW, THREEDHP = beside("sources/test_threedpw.py"), beside("sources/test_mpi_inf_3dhp.py")
FEATURES = beside("sources/test_smpl_features.py")
joblib_dump = FEATURES.joblib_dump
SIZE, NOTHING = Stated(size=KEYPOINTS.SIZE, fps=25.0), Stated()
# CMU's rig for MotionBuilder, upright, 1 unit = 1 cm.
POSITIONS = "Xposition Yposition Zposition Zrotation Yrotation Xrotation"
TURNS = "Zrotation Yrotation Xrotation"
RIG = [
    ("Hips", None, (0, 0, 0), POSITIONS),
    ("Spine", "Hips", (0, 10, 0), TURNS),
    ("Spine1", "Spine", (0, 12, 0), TURNS),
]
RIG += [
    ("Neck", "Spine1", (0, 25, 0), TURNS),
    ("Neck1", "Neck", (0, 3, 0), TURNS),
    ("Head", "Neck1", (0, 10, 0), TURNS),
]
RIG += [("end", "Head", (0, 15, 0), None)]
for _side, _sign in (("Left", 1), ("Right", -1)):
    _limbs = [("UpLeg", "Hips", (10, -5, 0)), ("Leg", "UpLeg", (0, -40, 0)), ("Foot", "Leg", (0, -42, 0))]
    _limbs += [("Arm", "Spine1", (18, 20, 0)), ("ForeArm", "Arm", (2, -28, 0)), ("Hand", "ForeArm", (2, -25, 0))]
    for _name, _parent, (_x, _y, _z) in _limbs:
        _above = _parent if _parent in ("Hips", "Spine1") else _side + _parent
        RIG.append((_side + _name, _above, (_sign * _x, _y, _z), TURNS))


def write_bvh(path, frames=30):
    channels = np.zeros((frames, 6 + 3 * sum(part[3] == TURNS for part in RIG)))
    channels[:, 1], channels[:, 2] = 95, np.arange(frames)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(BVH.bvh_text(RIG, channels, "0.02"))
    return path


def write_h36m(folder, subjects=("S1", "S9"), keypoints="gt"):
    """Human3.6M's files with keypoints that are the projections of the positions."""
    positions, seen = VIDEOPOSE3D.make(subjects, VIDEOPOSE3D.FRAMES, 4, 32, 17)
    for subject in subjects:
        for recording, world in positions[subject].items():
            moving = torch.from_numpy(world[:, list(VIDEOPOSE3D.JOINTS)])
            for index, camera in enumerate(h36m_cameras(subject)):
                pixels = project_points(world_to_camera(moving, camera), camera).numpy()
                seen[subject][recording][index][: len(world)] = pixels
    return VIDEOPOSE3D.write(folder, (positions, seen), keypoints)


def usable(findings):
    return not [problem for one in findings for problem in one.problems]


def the_problem(path, stated=NOTHING, **options):
    """The one problem that is found."""
    (problem,) = {problem for one in check_data(path, stated, **options) for problem in one.problems}
    assert "unexpectedly" not in problem.what
    return problem


class TestKeypointFiles:
    @pytest.mark.parametrize("name", list(KEYPOINTS.EXAMPLES))
    def test_each_format(self, name, tmp_path):
        example = KEYPOINTS.EXAMPLES[name]
        path = example.write(tmp_path, example.people())
        (findings,) = check_data(path, SIZE if example.format not in ("pygpose", "detectron") else Stated(fps=25.0))
        assert not findings.problems and not findings.doubts
        facts = findings.facts
        assert facts["clips"].startswith(f"{example.num_people}, of")
        assert facts["frames"] == f"{8 * example.num_people} in all, 8 to 8 a clip"
        assert facts["frame rate"] == "25 frames/s"
        assert facts["joints"][0].startswith(f"{example.skeleton}: {get_skeleton(example.skeleton).num_joints} joints")
        assert any(line.startswith("h36m17 Hip is") for line in facts["approximate"])
        joints = get_skeleton(example.skeleton).num_joints
        missing = (joints + 1) / (8 * example.num_people * joints) if example.gaps else 0
        assert facts["missing"].startswith(f"{missing:.2%} of")
        assert facts["cameras"] == f"known for 0 of {example.num_people} clips"
        assert len(findings.stills) == 6 and findings.stills[0].pose is None

    def test_what_the_file_leaves_open(self, tmp_path):
        path = KEYPOINTS.openpose(tmp_path, KEYPOINTS.EXAMPLES["openpose"].people())
        problems = check_data(path)[0].problems
        assert {(one.what, one.remedy) for one in problems} == {
            ("the file does not say its size", "give Stated.size: width and height of the image, pixels"),
            ("the file does not say its fps", "give Stated.fps: frames per second"),
        }
        assert "outside an image of 64 x 48" in check_data(path, Stated(size=(64, 48), fps=25.0))[0].problems[0].what

    def test_image_size_that_the_reader_needs(self, tmp_path):
        path = KEYPOINTS.mediapipe(tmp_path, KEYPOINTS.EXAMPLES["mediapipe"].people())
        assert "(see Stated.size)" in the_problem(path).remedy

    def test_a_folder_of_files(self, tmp_path):
        people = KEYPOINTS.EXAMPLES["mmpose"].people()
        KEYPOINTS.mmpose(tmp_path, people)
        KEYPOINTS.alphapose(tmp_path, people)
        (tmp_path / "broken.csv").write_text("scorer,a\nbodyparts,nose\n")
        (tmp_path / "notes.txt").write_text("hello")
        findings = check_data(tmp_path, SIZE)
        assert [Path(one.facts["file"]).name for one in findings] == [
            "alphapose-results.json",
            "broken.csv",
            "walk.json",
        ]
        assert [len(one.problems) for one in findings] == [0, 1, 0]

    def test_many_files_that_cannot_be_read_are_one_problem(self, tmp_path):
        people = KEYPOINTS.EXAMPLES["mmpose"].people()
        for number in range(4):
            KEYPOINTS.mmpose(tmp_path, people).rename(tmp_path / f"clip{number}.json")
        for number in (0, 2, 3):
            path = tmp_path / f"clip{number}.json"
            path.write_text(path.read_text()[: -200 * (number + 1)])
        bad, good = sorted(check_data(tmp_path, SIZE), key=lambda one: not one.problems)
        assert len(bad.problems) == 1 and not good.problems and good.facts["file"].endswith("clip1.json")
        assert "(2 other files of this format cannot be read either)" in bad.problems[0].what
        assert bad.facts["file"].count("clip") == 3

    def test_a_file_for_each_image(self, tmp_path):
        (tmp_path / "walk").mkdir()
        for frame, here in enumerate(KEYPOINTS.EXAMPLES["mmpose"].people()):
            (tmp_path / f"walk/{frame:06d}.json").write_text(json.dumps(KEYPOINTS.instances(here)))
        for path in (tmp_path / "walk", tmp_path):
            (findings,) = check_data(path, SIZE)
            assert not findings.problems and findings.facts["frames"] == "16 in all, 8 to 8 a clip"

    def test_joints_that_are_stated(self, tmp_path):
        path = KEYPOINTS.alphapose(tmp_path, KEYPOINTS.EXAMPLES["alphapose"].people())
        (findings,) = check_data(path, dataclasses.replace(SIZE, joints="h36m17"))
        assert findings.facts["joints"][0].startswith("h36m17: ")
        assert findings.facts["notes"] == [
            "17 joints are mostly those of coco17; those of h36m17, as stated, are taken."
        ]
        assert "are these the joints of h36m17, in its order (as those of coco17 they look" in findings.doubts[0]
        problem = the_problem(path, dataclasses.replace(SIZE, joints="halpe26"))
        assert problem.what.endswith("17 joints, where halpe26, as stated, has 26")
        assert problem.remedy == "give joints as one of coco17, h36m17, mpi_inf_3dhp17 (see Stated.joints)"

    def test_what_is_stated_wins(self, tmp_path):
        path = KEYPOINTS.pygpose(tmp_path, KEYPOINTS.EXAMPLES["pygpose"].people())
        (findings,) = check_data(path, Stated(size=(1280, 720), fps=30.0))
        assert findings.facts["frame rate"] == "30 frames/s" and not findings.problems
        assert findings.facts["notes"] == [
            "The file says that its image is 640 x 480; 1280 x 720, as stated, is taken.",
            "The file says 25 frames/s; 30 frames/s, as stated, are taken.",
        ]

    def test_another_skeleton(self, tmp_path):
        path = KEYPOINTS.mmpose(tmp_path, KEYPOINTS.EXAMPLES["mmpose"].people())
        assert usable(check_data(path, dataclasses.replace(SIZE, skeleton="coco17")))
        problems = check_data(path, dataclasses.replace(SIZE, skeleton="smpl24"))[0].problems
        assert "does not follow from 'coco17'" in problems[0].what

    def test_the_format_can_be_stated(self, tmp_path):
        path = KEYPOINTS.mmpose(tmp_path, KEYPOINTS.EXAMPLES["mmpose"].people())
        stated = dataclasses.replace(SIZE, format="alphapose")
        assert the_problem(path, stated, form="keypoints").what.startswith("result 0: no 'image_id'")


class TestFolders:
    def test_3dpw(self, tmp_path):
        THREEDPW.write(tmp_path, THREEDPW.content())
        for path in (tmp_path, tmp_path / "sequenceFiles"):
            (findings,) = check_data(path)
            assert findings.format.startswith("data set 'threedpw', 3DPW: its sequenceFiles") and not findings.problems
            assert findings.facts["clips"].startswith("2") and "smpl24" in str(findings.facts)
        THREEDPW.write(tmp_path, THREEDPW.content(cam_poses=None), name="downtown_00")
        assert "has no 'cam_poses'" in the_problem(tmp_path).what

    def test_mpi_inf_3dhp(self, tmp_path):
        np.savez_compressed(tmp_path / "data_train_3dhp", data=THREEDHP.train_data())
        np.savez_compressed(tmp_path / "data_test_3dhp", data=THREEDHP.test_data())
        (findings,) = check_data(tmp_path)
        assert findings.format.startswith("data set 'mpi_inf_3dhp', MPI-INF-3DHP") and not findings.problems
        assert findings.facts["splits"] == ["train: S1, S8", "val: S8", "test: TS1, TS5"]
        (tmp_path / "data_test_3dhp.npz").write_bytes(b"PK")
        assert "data_test_3dhp.npz" in the_problem(tmp_path).where or "data_test_3dhp.npz" in the_problem(tmp_path).what


class TestImageFeatures:
    def test_published_files(self, tmp_path, joblib_dump):
        flags = np.arange(15) > 3
        joblib_dump(FEATURES.content(valid=flags, frame_id=np.arange(0, 30, 2)), tmp_path / "3dpw_train_db.pt")
        zeros = {"pose": np.zeros((6, 72)), "shape": np.zeros((6, 10))}
        data = FEATURES.content({"s_01_act_02_subact_01_ca_01_1": [0, 2, 4, 8, 10, 12]}, seen=49, **zeros)
        joblib_dump(data, tmp_path / "h36m_test_25fps_db.pt")
        outdoors, indoors = check_data(tmp_path)
        assert not outdoors.problems and not indoors.problems and not outdoors.doubts
        assert (outdoors.format, indoors.format) == ("image features of 3dpw", "image features of h36m")
        assert outdoors.facts["videos"] == "3, in 3 stretches without a gap"
        assert indoors.facts["videos"] == "1, in 2 stretches without a gap"
        assert outdoors.facts["frames"] == "15 in all, 4 to 6 a clip" and outdoors.facts["valid"] == "11 of 15 frames"
        assert outdoors.facts["features"] == "2048 numbers a frame" and indoors.facts["valid"] == "all frames"
        assert indoors.facts["held joints"] == ["joints3D: 49", "joints2D: 49"]
        assert outdoors.facts["SMPL"] == "parameters are known in 3 of 3 stretches"
        assert indoors.facts["SMPL"] == "parameters are known in 0 of 2 stretches"
        assert indoors.facts["frame rate"] == "25 frames/s" and indoors.facts["training"] == "has all it needs"

    def test_own_files(self, tmp_path):
        data = FEATURES.content({"Anna/walk": range(4)}, joints3D=None, pose=None)
        np.savez(tmp_path / "anna.npz", **data)
        assert the_problem(tmp_path).what == "the file does not say its fps"
        (findings,) = check_data(tmp_path / "anna.npz", Stated(fps=30.0))
        assert not findings.problems and findings.facts["training"] == "lacks joints3D"
        np.savez(tmp_path / "anna.npz", **data, fps=np.array(24.0))
        (findings,) = check_data(tmp_path / "anna.npz")
        assert findings.facts["frame rate"] == "24 frames/s"

    def test_every_bad_video(self, tmp_path, joblib_dump):
        data = FEATURES.content()
        data["features"][2], data["bbox"][12] = np.nan, 0
        joblib_dump(data, tmp_path / "3dpw_train_db.pt")
        (findings,) = check_data(tmp_path / "3dpw_train_db.pt")
        assert ["'features': NaN" in problem.what for problem in findings.problems] == [True, False]
        assert "'bbox': width and height" in findings.problems[1].what
        assert findings.facts["clips"].startswith("1, of")
        joblib_dump(data | {"features": data["features"][:, :9]}, tmp_path / "3dpw_train_db.pt")
        assert "[15, 9] given, expected [frames, 2048]" in the_problem(tmp_path).what


class TestVideoPose3D:
    def test_human36m(self, tmp_path):
        (findings,) = check_data(write_h36m(tmp_path))
        assert not findings.problems and not findings.doubts
        assert findings.format.startswith("data set 'h36m', Human3.6M") and findings.format.endswith(", keypoints 'gt'")
        facts = findings.facts
        assert facts["subjects"] == "2: S1, S9" and facts["actions"] == "2: Directions, Directions 1"
        assert facts["clips"] == "16, of 4 recordings" and facts["frames"] == "144 in all, 7 to 11 a clip"
        assert facts["cameras"].endswith("calibration of 4 known") and facts["splits"] == ["train: S1", "test: S9"]
        assert findings.stills[0].pose is not None and findings.stills[0].keypoints is not None

    def test_each_file_of_keypoints_and_one_alone(self, tmp_path):
        write_h36m(tmp_path, keypoints="cpn_ft_h36m_dbb")
        write_h36m(tmp_path)
        assert [one.format[-4:] for one in check_data(tmp_path)] == ["dbb'", "'gt'"]
        assert len(check_data(tmp_path / "data_2d_h36m_gt.npz")) == 1
        assert len(check_data(tmp_path / "data_3d_h36m.npz")) == 2

    def test_keypoints_that_do_not_belong_to_the_positions(self, tmp_path):
        VIDEOPOSE3D.write(tmp_path, VIDEOPOSE3D.make(["S1"], VIDEOPOSE3D.FRAMES, 4, 32, 17))
        (findings,) = check_data(tmp_path)
        assert not findings.problems and "projected, lie over 5% of the image's width off" in findings.doubts[0]

    def test_keypoints_that_are_normalised_already(self, tmp_path):
        positions, seen = VIDEOPOSE3D.make(["S1"], VIDEOPOSE3D.FRAMES, 4, 32, 17)
        for recording in seen["S1"].values():
            recording[:] = [pixels / 500 - 1 for pixels in recording]
        (findings,) = check_data(VIDEOPOSE3D.write(tmp_path, (positions, seen)))
        assert "were they normalised before? give pixels" in findings.doubts[0]

    def test_every_bad_file_and_every_bad_subject(self, tmp_path):
        positions, seen = VIDEOPOSE3D.make(["S1", "S5", "S6"], VIDEOPOSE3D.FRAMES, 4, 32, 17)
        del seen["S1"]["Directions"], seen["S6"]
        VIDEOPOSE3D.write(tmp_path, (positions, seen))
        assert len(check_data(tmp_path)[0].problems) == 2
        positions["S5"]["Directions"] *= 1000
        VIDEOPOSE3D.write(tmp_path, (positions, seen), metadata=VIDEOPOSE3D.HUMANEVA_METADATA)
        first, second = check_data(tmp_path)[0].problems
        assert (first.where, second.where) == (
            str(tmp_path / "data_3d_h36m.npz"),
            str(tmp_path / "data_2d_h36m_gt.npz"),
        )
        assert "must be metres" in first.remedy and "map them first" in second.remedy

    def test_a_file_that_is_not_there(self, tmp_path):
        write_h36m(tmp_path)
        (tmp_path / "data_3d_h36m.npz").unlink()
        assert the_problem(tmp_path).what == "there is no data_3d_h36m.npz"

    def test_humaneva(self, tmp_path):
        data = VIDEOPOSE3D.make(["Train/S1", "Validate/S1"], {"Walking 1 chunk0": 9}, 3, 15, 15)
        (findings,) = check_data(VIDEOPOSE3D.write(tmp_path, data, name="humaneva15"))
        assert not findings.problems and findings.format.startswith("data set 'humaneva', HumanEva-I")
        assert findings.facts["cameras"] == "3: C1, C2, C3; calibration of 0 known"


class TestMotion:
    def test_mocap(self, tmp_path):
        DATASETS.write_mocap(tmp_path, DATASETS.CLIPS)
        (findings,) = check_data(tmp_path)
        assert not findings.problems and findings.facts["subjects"] == "3: A, B, C"
        assert findings.facts["frame rate"] == "25 frames/s"
        (alone,) = check_data(tmp_path / "motions.npz", Stated(fps=30.0))
        assert alone.facts["frame rate"] == "30 frames/s"
        assert any("skeleton h36m17, unit m, z up assumed, 30 frames/s stated" in note for note in alone.facts["notes"])
        (tmp_path / "index.json").write_text("{}")
        assert "is no index of clips" in the_problem(tmp_path).what

    def test_bvh(self, tmp_path):
        path = write_bvh(tmp_path / "Anna/walk.bvh")
        problem = the_problem(path)
        assert "neither its unit nor its up axis" in problem.what and "(see Stated.unit, Stated.up" in problem.remedy
        (findings,) = check_data(path, Stated(unit="cm", up="y"))
        assert not findings.problems and findings.facts["frame rate"] == "50 frames/s"
        assert "z, metres: 0.08 to 1.7" in findings.facts["values"]
        assert "Joint map 'mixamo'. (all files)" in findings.facts["notes"]
        still = findings.stills[0]
        head, foot = (get_skeleton("h36m17").index(joint) for joint in ("Head", "LFoot"))
        assert still.pose[head, 1] < still.pose[foot, 1]  # y down
        assert "measures" in the_problem(path, Stated(unit="m", up="y")).what

    def test_what_is_stated_counts(self, tmp_path):
        path = write_bvh(tmp_path / "walk.bvh")
        (findings,) = check_data(path, Stated(unit="cm", up="y", fps=25.0))
        assert findings.facts["frame rate"] == "25 frames/s" and not findings.doubts
        note = "BVH: the frame rate is 25, as stated; the file says '0.02' (Frame Time). (all files)"
        assert note in findings.facts["notes"]
        (findings,) = check_data(path, Stated(unit="cm", up="-y"))
        assert not findings.problems
        assert (
            findings.doubts[0].startswith("In most frames the head is below the feet")
            and "walk.bvh" in findings.doubts[0]
        )

    def test_remedies_name_what_can_be_stated(self, tmp_path):
        path = write_bvh(tmp_path / "walk.bvh")
        path.write_text(path.read_text().replace("Frame Time: 0.02", "Frame Time: 0"))
        problem = the_problem(path, Stated(unit="cm", up="y"))
        assert problem.remedy == "state the frame rate (see Stated.fps)"
        path.write_text(path.read_text().replace("Frame Time: 0", "Frame Time: 0.02") + "1 2 3\n")
        assert "Stated" not in the_problem(path, Stated(unit="cm", up="y")).remedy

    def test_the_same_problem_of_several_files_is_one(self, tmp_path):
        for name in ("a", "b", "c"):
            CONVERT.write(tmp_path / f"{name}.npz", np.zeros((5, 9, 3)) + 1)
            write_bvh(tmp_path / f"{name}.bvh")
        (findings,) = check_data(tmp_path)
        assert len({(problem.what, problem.remedy) for problem in findings.problems}) == 2
        assert len(findings.problems) == 6

    def test_tables_of_points(self, tmp_path):
        points = CONVERT.walk()
        names = get_skeleton("smpl24").joints
        columns = [f"{name}_{axis}" for name in names for axis in "xyz"]
        pd.DataFrame(points.reshape(len(points), -1), columns=columns).to_csv(tmp_path / "walk.csv", index=False)
        problem = the_problem(tmp_path / "walk.csv")
        assert "neither its unit nor its up axis" in problem.what and "see Stated.unit, Stated.up" in problem.remedy
        (findings,) = check_data(tmp_path / "walk.csv", Stated(unit="m", up="z", fps=100.0))
        assert not findings.problems and findings.facts["frame rate"] == "100 frames/s"
        np.save(tmp_path / "walk.npy", points)
        (findings,) = check_data(tmp_path / "walk.npy", Stated(unit="m", up="z", fps=100.0, joint_map="smpl24"))
        assert not findings.problems and "Joint map 'smpl24'. (all files)" in findings.facts["notes"]

    def test_a_folder_with_several_bad_files(self, tmp_path):
        for name in "abc":
            CONVERT.write(tmp_path / f"S1/{name}_poses.npz")
        CONVERT.write(tmp_path / "S1/d.npz", CONVERT.walk(scale=0.6))
        (tmp_path / "S1/b_poses.npz").write_bytes((tmp_path / "S1/b_poses.npz").read_bytes()[:-300])
        (tmp_path / "S1/c_poses.npz").write_bytes(b"")
        (tmp_path / "readme.txt").write_text("hello")
        (findings,) = check_data(tmp_path)
        assert [Path(problem.where).name for problem in findings.problems] == ["b_poses.npz", "c_poses.npz", "d.npz"]
        assert "convert them apart" in findings.problems[2].remedy
        assert findings.facts["clips"] == "1, of 1 recordings"
        assert findings.facts["left aside"] == "1 other files: readme.txt"

    def test_c3d(self, tmp_path):
        (tmp_path / "a.c3d").write_bytes(C3D.c3d_header())
        assert "its header promises" in the_problem(tmp_path / "a.c3d").what
        (tmp_path / "a.c3d").write_bytes(C3D.c3d_header() + bytes(512))
        assert "(POINT:UNITS) is not there" in the_problem(tmp_path).what

    def test_joint_maps(self, tmp_path):
        path = CONVERT.write(tmp_path / "a.npz")
        assert "joint map 'mixamo' needs" in the_problem(path, Stated(joint_map="mixamo")).what
        with pytest.raises(FileNotFoundError, match="no joint map"):
            check_data(path, Stated(joint_map="nowhere.json"))


class TestUnknown:
    def test_nothing_there(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="give data that exist"):
            check_data(tmp_path / "nowhere")

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "the file is empty"),
            (b"hello", "bytes that begin with b'hello'"),
            (b"PK\x03\x04" + bytes(99), "is no complete npz file"),
        ],
    )
    def test_file_of_no_form(self, tmp_path, content, said):
        path = tmp_path / "thing.npz"
        path.write_bytes(content)
        (findings,) = check_data(path)
        assert said in findings.facts["holds"] and len(findings.problems) == 1
        assert [form.description for form in known_forms().values()] == findings.facts["none of"]

    def test_a_form_that_is_not_read_is_named(self, tmp_path):
        (tmp_path / "a.xlsx").write_bytes(b"PK")
        problem = the_problem(tmp_path / "a.xlsx")
        assert (problem.what, problem.remedy) == ("is an Excel workbook", "save the sheet as CSV")

    def test_npz_of_no_form_and_an_empty_folder(self, tmp_path):
        (tmp_path / "empty").mkdir()
        assert check_data(tmp_path / "empty")[0].facts["holds"] == "0 files and folders: "
        np.savez(tmp_path / "x.npz", weights=np.ones(3))
        assert check_data(tmp_path / "x.npz")[0].facts["holds"] == "an npz archive of: weights"

    def test_statements_that_mean_nothing(self, tmp_path):
        path = write_bvh(tmp_path / "walk.bvh")
        with pytest.raises(ValueError, match="Stated.size says nothing about .*walk.bvh, which looks like motion"):
            check_data(path, Stated(size=(640, 480), unit="cm"))
        with pytest.raises(ValueError, match="unknown form of data 'bvhh'; known: h36m"):
            check_data(path, form="bvhh")

    def test_a_further_form_registers_in_one_place(self, tmp_path, monkeypatch):
        monkeypatch.setattr(FORMS, "_entries", dict(FORMS._entries))
        (tmp_path / "a.xyz").write_text("x")

        def check(path, stated, progress):
            raise KeyError("gone")

        FORMS.register("xyz")(Form("XYZ", lambda path: path.suffix == ".xyz", lambda *_: [Findings("XYZ", {})]))
        assert check_data(tmp_path / "a.xyz") == [Findings("XYZ", {})]
        FORMS.register("worse")(Form("worse", lambda path: path.suffix == ".bad", check))
        (tmp_path / "a.bad").write_text("x")
        assert "unexpectedly (KeyError: 'gone')" in check_data(tmp_path / "a.bad")[0].problems[0].what


@dataclasses.dataclass(frozen=True)
class WalkConfig:
    scale: float = 1.0


class Walk(DataSource):
    skeleton = "h36m17"

    def __init__(self, config, root):
        self.numbers = np.loadtxt(root)

    def subjects(self, split):
        return ["A"] if split in ("train", "all") else []

    def load(self, subjects):
        keypoints, pose = torch.zeros(4, 17, 2), torch.ones(4, 17, 3)
        facts = dict(skeleton="h36m17", subject="A", action="a", camera="c", clip="1", fps=25.0)
        return LoadedData([make_sequence(keypoints, pose, **facts)], "walk", ("Made up.",))

    def checksum(self):
        return ""


def test_a_further_data_set_is_recognised_by_its_own_file(tmp_path, monkeypatch):
    monkeypatch.setattr(REGISTERED, "_entries", dict(REGISTERED._entries))
    looks = Recognition("walk: a file .walk", lambda path: path.suffix == ".walk")
    REGISTERED.register("walk")(Dataset(WalkConfig, Walk, "one walk", recognition=looks))
    (tmp_path / "a.walk").write_text("1 2")
    (findings,) = check_data(tmp_path / "a.walk")
    assert findings.format == "data set 'walk', one walk" and not findings.problems
    assert findings.facts["splits"] == ["train: A"] and findings.facts["notes"] == ["Made up."]
    (tmp_path / "a.walk").write_text("x")
    assert "could not convert" in the_problem(tmp_path / "a.walk").what
    (tmp_path / "a.txt").write_text("")
    assert "walk: a file .walk" in check_data(tmp_path / "a.txt")[0].facts["none of"]


MUTATIONS = 25


def a_file_of(form, folder):
    if form == "h36m":
        return write_h36m(folder, ("S1",)), folder / "data_2d_h36m_gt.npz", Stated()
    if form == "mocap":
        DATASETS.write_mocap(folder, DATASETS.CLIPS)
        return folder, folder / "index.json", Stated()
    if form == "bvh":
        path = write_bvh(folder / "a.bvh", 3)
        return path, path, Stated(unit="cm", up="y")
    if form == "amass":
        path = CONVERT.write(folder / "a.npz", CONVERT.walk(20))
        return path, path, Stated()
    if form == "features":
        np.savez_compressed(folder / "own_train_db.npz", **FEATURES.content({"a": [1, 2]}), fps=25)
        return folder, folder / "own_train_db.npz", Stated()
    if form == "c3d":
        (folder / "a.c3d").write_bytes(C3D.c3d_header() + bytes(512))
        return folder / "a.c3d", folder / "a.c3d", Stated()
    example = KEYPOINTS.EXAMPLES[form]
    path = example.write(folder, example.people(frames=6))
    return path, path if path.is_file() else sorted(path.iterdir())[1], SIZE


@pytest.mark.parametrize(
    "form", ["h36m", "mocap", "bvh", "amass", "c3d", "features", "pygpose", "openpose", "mmpose", "deeplabcut"]
)
def test_no_file_stops_it(form, tmp_path):
    """Seeded mutations of bytes and of words: something is found, and readers fail only as they say they do."""
    path, file, stated = a_file_of(form, tmp_path)
    content, random_ = file.read_bytes(), random.Random(0)
    words = [b"null", b"NaN", b"-1", b"1e999", b"[]", b"{}", b'""', b"999999", b"\xff", b"0"]
    bad = 0
    for _ in range(MUTATIONS):
        start = random_.randrange(len(content))
        stop = start + random_.choice((0, 1, 3, 50))
        file.write_bytes(content[:start] + random_.choice(words) + content[stop:])
        try:
            findings = check_data(path, stated)
        except ValueError as error:  # it looks like another form now
            assert "says nothing about" in str(error)
            continue
        problems = [problem for one in findings for problem in one.problems]
        assert not [problem for problem in problems if "unexpectedly" in problem.what]
        assert all(problem.what and problem.remedy and problem.where for problem in problems)
        bad += bool(problems)
    assert bad


class TestPicture:
    def test_frames_are_spread(self):
        assert spread(range(10), 3) == [1, 5, 8] and spread("ab", 6) == ["a", "b"] and spread([], 6) == []
        tally = Tally()
        for number in range(40):
            pose = np.full((9, 17, 3), float(number))
            tally.add("A", f"c{number}", "h36m17", None, values={"z": pose[..., 2]}, pose=pose)
        assert [still.title for still in tally.stills()][:2] == ["c3, frame 5", "c10, frame 4"]
        assert len(tally.stills()) == 6 and tally.facts()["frame rate"] == "unknown"
        assert tally.facts()["values"] == ["z: 0 to 39"]

    def test_sides_and_missing_joints(self):
        skeleton = get_skeleton("coco17")
        points = np.random.default_rng(0).uniform(0, 500, (17, 2))
        seen = np.ones(17, bool)
        seen[skeleton.index("LWrist")] = False
        figure = draw([Still("a $ ü\n", "coco17", points, seen), Still("b", "coco17", points)])
        first, second = figure.axes
        assert len(second.lines) == 16 and len(first.lines) == 15
        colours = {line.get_color() for line in second.lines}
        assert {"#0072B2", "#D55E00"} <= colours

    def test_values_of_any_size(self, tmp_path):
        pose = np.random.default_rng(0).normal(size=(17, 3)) * 1e30
        unseen = Still("none", "h36m17", np.zeros((17, 2)), np.zeros(17, bool))
        draw([Still("huge", "h36m17", pose=pose), Still("one point", "h36m17", pose=pose * 0), unseen]).savefig(
            tmp_path / "a.png"
        )


def test_real_data(real_cmu, tmp_path):
    index = json.loads((real_cmu / "index.json").read_text())
    index["clips"] = index["clips"][::60]
    with np.load(real_cmu / "motions.npz") as archive:
        np.savez(tmp_path / "motions.npz", **{clip["key"]: archive[clip["key"]] for clip in index["clips"]})
    (tmp_path / "index.json").write_text(json.dumps(index))
    (findings,) = check_data(tmp_path)
    assert not findings.problems and not findings.doubts and findings.facts["clips"] == "24, of 6 recordings"
