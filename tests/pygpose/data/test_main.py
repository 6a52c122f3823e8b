"""``python -m pygpose.data`` from the command line: what is printed and written, and exit codes.

Covers :mod:`pygpose.data.commands`.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pygpose.data import load_dataset, read_keypoints
from pygpose.data.commands import main

spec = importlib.util.spec_from_file_location("fixtures_of_check", Path(__file__).with_name("test_check.py"))
fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixtures)


@pytest.fixture
def program(capsys, tmp_path, monkeypatch):
    """Runs the program; gives exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:  # tyro's own
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def people():
    return fixtures.KEYPOINTS.EXAMPLES["openpose"].people()


class TestCheck:
    def test_usable(self, program, people, tmp_path):
        (tmp_path / "in").mkdir()
        fixtures.KEYPOINTS.openpose(tmp_path / "in", people)
        code, out, err = program("check", "in", "--size", "640", "480", "--fps", "25")
        assert (code, err) == (0, "") and out.splitlines()[-1] == "usable"
        assert out.startswith("form: OpenPose") and "\n  frames      16 in all" in out
        assert (tmp_path / "check.png").read_bytes().startswith(b"\x89PNG") and "\npicture: check.png\n" in out

    def test_a_terminal_sees_how_far_it_is(self, program, tmp_path, monkeypatch):
        for number in range(3):
            fixtures.write_bvh(tmp_path / f"in/walk_{number}.bvh")
        words = ("check", "in", "--unit", "cm", "--up", "y")
        code, out, err = program(*words)
        assert (code, err) == (0, "")
        monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes what it prints to for a terminal
        code, again, err = program(*words)
        assert code == 0 and "checking" in err and again == out

    def test_not_usable(self, program, people, tmp_path):
        (tmp_path / "in").mkdir()
        fixtures.KEYPOINTS.openpose(tmp_path / "in", people)
        code, out, _ = program("check", "in", "--pictures", "pictures")
        assert code == 1 and out.splitlines()[-1] == "not usable: 2 problems"
        assert "problem 1: walk/1, walk/2: the file does not say its size\n    what would mend it: give --size" in out
        assert (tmp_path / "pictures/check.png").is_file() and not (tmp_path / "check.png").exists()

    def test_human36m(self, program, tmp_path):
        fixtures.write_h36m(tmp_path)
        assert program("check", ".")[0] == 0
        (tmp_path / "data_3d_h36m.npz").write_bytes(b"PK")
        code, out, _ = program("check", ".")
        assert code == 1 and "no complete npz file" in out and out.endswith("not usable: 1 problem\n")

    def test_motion_capture(self, program, tmp_path):
        fixtures.write_bvh(tmp_path / "in/walk.bvh")
        assert program("check", "in")[0] == 1
        assert program("check", "in", "--unit", "cm", "--up", "y")[0] == 0
        fixtures.DATASETS.write_mocap(tmp_path, fixtures.DATASETS.CLIPS)
        assert program("check", "motions.npz", "--format", "mocap")[0] == 0

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["check", "nowhere"], "error: no file or folder nowhere"),
            (["check", ".", "--unit", "ell"], "unit 'ell' is no length"),
            (["check", ".", "--up", "w"], "up axis 'w' is unknown"),
            (["check", ".", "--skeleton", "h36m16"], "unknown skeleton 'h36m16'"),
            (["check", ".", "--size", "0", "5"], "width and height must be positive"),
            (["check", ".", "--fps", "nan"], "--fps is nan"),
            (["check", ".", "--format", "open"], "unknown --format 'open'; known: h36m"),
            (["check", "a.bvh", "--size", "6", "4"], "--size says nothing about a.bvh"),
            (["check"], "PATH"),
            (["convert", "nowhere", "out"], "no file or folder nowhere"),
            (["convert", ".", "out", "--drop-first", "-1"], "must not be negative"),
            (["convert", ".", "out", "--format", "xyz"], "unknown --format 'xyz'; known: alphapose"),
            (["convert", "a.bvh", "out", "--size", "6", "4"], "--size says nothing about motion capture"),
            (["convert", "a.bvh", "out", "--unit", "cm", "--up", "y", "--joint-map", "x.json"], "no joint map"),
            (["turn", "."], "turn"),
        ],
    )
    def test_wrong_use(self, program, tmp_path, words, message):
        fixtures.write_bvh(tmp_path / "a.bvh")
        code, out, err = program(*words)
        assert code == 2 and message in out + err

    def test_help(self, program):
        code, out, _ = program("convert", "--help")
        assert code == 0 and "keypoint file" in out and "SOURCE" in out and "--skip-bad" in out

    def test_names_that_would_command_a_terminal(self, program, tmp_path):
        odd = os.fsdecode(b"caf\xe9\x1b[2J.json")
        (tmp_path / odd).write_text("[]")
        code, out, _ = program("check", odd)
        assert code == 1 and "\x1b" not in out and out.encode()

    def test_folder_that_takes_no_picture(self, program, tmp_path):
        fixtures.CONVERT.write(tmp_path / "a.npz")
        (tmp_path / "file").write_text("")
        code, out, _ = program("check", "a.npz", "--pictures", "file")
        assert code == 0 and "no picture: file/check.png cannot be written" in out


class TestConvert:
    def test_motion_capture(self, program, tmp_path):
        fixtures.write_bvh(tmp_path / "in/Anna/walk.bvh")
        fixtures.write_bvh(tmp_path / "in/Bob/walk.bvh")
        flags = ["--unit", "cm", "--up", "y", "--fps", "25", "--action", "walk", "--val", "Bob", "--drop-first", "10"]
        code, out, _ = program("convert", "in", "out", *flags)
        assert code == 0 and out.startswith("2 clips of 2 subjects (Anna, Bob)") and "Written: out/motions.npz" in out
        (clip,) = {(one.action, one.fps, one.num_frames) for one in load_dataset("mocap", root="out", subjects=["Bob"])}
        assert clip == ("walk", 25.0, 10)
        assert program("check", "out")[0] == 0

    def test_one_format_of_several(self, program, tmp_path):
        fixtures.write_bvh(tmp_path / "in/Anna/walk.bvh")
        fixtures.CONVERT.write(tmp_path / "in/Bob/walk.npz")
        flags = ["--format", "bvh", "--unit", "cm", "--up", "y"]
        code, out, _ = program("convert", "in", "out", *flags)
        assert code == 0 and out.startswith("1 clips of 1 subjects (Anna)") and "Left aside: walk.npz." in out
        code, out, _ = program("check", "in", *flags)
        assert code == 0 and "motion capture, 1 files: BVH" in out
        code, out, _ = program("check", "in", "--format", "c3d")
        assert code == 1 and "in holds no motion capture files of format c3d" in out.replace("problem 1: in: ", "in ")

    def test_a_joint_map(self, program, tmp_path):
        fixtures.CONVERT.write(tmp_path / "a.npz")
        names = {joint: joint for joint in fixtures.get_skeleton("smpl24").joints}
        (tmp_path / "map.json").write_text(json.dumps(names))
        assert program("convert", "a.npz", "out", "--skeleton", "smpl24", "--joint-map", "map.json")[0] == 0

    def test_a_bad_file(self, program, tmp_path):
        fixtures.CONVERT.write(tmp_path / "in/S1/a.npz")
        fixtures.CONVERT.write(tmp_path / "in/S2/b.npz")
        (tmp_path / "in/S2/b.npz").write_bytes(b"PK")
        code, out, err = program("convert", "in", "out")
        assert code == 1 and "in/S2/b.npz" in err and not (tmp_path / "out").exists()
        code, out, _ = program("convert", "in", "out", "--skip-bad")
        assert code == 0 and "Not read: in/S2/b.npz" in out and (tmp_path / "out/motions.npz").is_file()

    def test_keypoints(self, program, people, tmp_path):
        (tmp_path / "in").mkdir()
        fixtures.KEYPOINTS.openpose(tmp_path / "in", people)
        code, out, err = program("convert", "in", "out", "--size", "640", "480")
        assert code == 1 and "does not say its fps; give fps" in err
        code, out, _ = program("convert", "in", "out", "--size", "640", "480", "--fps", "25")
        assert code == 0 and out.startswith("2 people, 16 frames, joints of openpose25.")
        tracks = read_keypoints("out/keypoints.npz")
        assert [(track.name, track.size, track.fps) for track in tracks] == [
            ("walk/1", (640, 480), 25.0),
            ("walk/2", (640, 480), 25.0),
        ]
        assert np.allclose(tracks[0].keypoints[0], people[0, 0, :, :2], atol=1e-3)
        assert program("check", "out/keypoints.npz")[0] == 0
        code, _, err = program("convert", "in", "out", "--unit", "cm")
        assert code == 2 and "--unit says nothing about keypoints" in err


def test_as_a_program(tmp_path):
    """Also where the terminal takes ASCII only."""
    (tmp_path / "ü.txt").write_text("hello")
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).parents[3])}
    words = [sys.executable, "-m", "pygpose.data", "check", "ü.txt"]
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "\\xfc.txt" in done.stdout and done.stdout.endswith("not usable: 1 problem\n")
