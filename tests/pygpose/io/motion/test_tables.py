"""CSV and npy files of points, as freemocap and scripts write them."""

import numpy as np
import pandas as pd
import pytest

from graphs import get_skeleton
from pygpose.io.keypoints import KEYPOINT_FORMATS
from pygpose.io.motion import MOTION_FORMATS, choose_joint_map, read_motion
from pygpose.io.recognition import recognising

NAMES = ["Hips", "LeftArm", "right_wrist", "nose"]
POINTS = np.random.default_rng(0).normal(size=(5, 4, 3)).round(4)
STATED = {"unit": "mm", "up": "z", "fps": 30.0}


def wide(points=POINTS, **columns):
    named = {f"{name}_{axis}": points[:, place, a] for place, name in enumerate(NAMES) for a, axis in enumerate("xyz")}
    return pd.DataFrame({**columns, **named})


def long(points=POINTS):
    frame, place = np.indices(points.shape[:2]).reshape(2, -1)
    table = pd.DataFrame(points.reshape(-1, 3), columns=["x", "y", "z"])
    return table.assign(frame=frame, joint=[NAMES[index] for index in place], confidence=1.0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "walk.csv"


@pytest.mark.parametrize("form", ["wide", "long", "shuffled", "with frames"])
def test_every_form_means_the_same(path, form):
    table = {"wide": wide, "with frames": lambda: wide(frame=range(5))}.get(form, long)()
    (table.sample(frac=1, random_state=0).sort_values("joint") if form == "shuffled" else table).to_csv(
        path, index=False
    )
    assert recognising(path, MOTION_FORMATS) == ["table"]
    motion = read_motion(path, **STATED)
    assert sorted(motion.points) == sorted(NAMES) and motion.fps == 30
    assert np.allclose(motion.positions, 0.001 * POINTS[:, [NAMES.index(point) for point in motion.points]])


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_other_ways_to_write_it(path, change):
    path.write_text(change(wide().to_csv(index=False)), newline="")
    assert np.allclose(read_motion(path, **STATED).positions, 0.001 * POINTS)
    path.write_text(change(wide().to_csv(index=False, sep=";", decimal=",", quoting=1)), newline="")
    assert recognising(path, MOTION_FORMATS) == ["table"]
    assert np.allclose(read_motion(path, **STATED).positions, 0.001 * POINTS)


def test_missing_points(path):
    points = POINTS.copy()
    points[1, 0], points[2, 1] = np.nan, 0
    wide(points).to_csv(path, index=False)
    assert np.argwhere(np.isnan(read_motion(path, **STATED).positions).all(-1)).tolist() == [[1, 0], [2, 1]]
    long(points)[lambda table: table.frame != 3].dropna().to_csv(path, index=False)
    missing = np.isnan(read_motion(path, **STATED).positions).all(-1)
    assert missing[3].all() and missing.sum() == 6


def test_times_give_the_frame_rate(path):
    wide(timestamp=100 + np.arange(5) / 25).to_csv(path, index=False)
    assert read_motion(path, unit="mm", up="y").fps == 25
    assert read_motion(path, **STATED).fps == 30
    wide(timestamp=1e9 * np.arange(5)).to_csv(path, index=False)  # nanoseconds
    with pytest.raises(ValueError, match=r"walk\.csv: the file's frame rate \(times\) is not there"):
        read_motion(path, unit="mm", up="y")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (wide()[:0].to_csv(index=False), "there are no frames"),
        (wide().to_csv(index=False).replace("\n0.", "\nfast,0.", 1), "is no number|cannot be read"),
        (
            wide().astype(str).replace({"nose_x": {str(POINTS[2, 3, 0]): "far"}}).to_csv(index=False),
            "a cell is no number",
        ),
        (pd.concat([long(), long()]).to_csv(index=False), "a frame has two rows of one point"),
        (
            long().assign(frame=lambda table: 10**9 * table.frame).to_csv(index=False),
            "does not hold the numbers of one",
        ),
        (wide().assign(weight=1).to_csv(index=False), "does not name columns NAME_x"),
        (wide().replace(POINTS[1, 1, 1], np.inf).to_csv(index=False), "infinite position of 'LeftArm' in frame 1"),
    ],
)
def test_what_is_wrong_is_said(path, content, message):
    path.write_text(content)
    with pytest.raises(ValueError, match=message) as error:
        read_motion(path, format="table", **STATED)
    assert "walk.csv" in str(error.value)


def test_freemocaps_landmarks_are_motion_and_parts_of_an_image_keypoints(path):
    names = get_skeleton("mediapipe33").joints
    columns = [f"{name}_{axis}" for name in names for axis in "xyz"]
    points = np.random.default_rng(0).uniform(-900, 900, (5, 99))
    for scale, motion, keypoints in [(1.0, ["table"], []), (0.001, [], ["mediapipe_csv"])]:
        pd.DataFrame(scale * points, columns=columns).to_csv(path, index=False)
        assert (recognising(path, MOTION_FORMATS), recognising(path, KEYPOINT_FORMATS)) == (motion, keypoints)


def test_nothing_is_guessed(path):
    wide().to_csv(path, index=False)
    with pytest.raises(ValueError, match=r"neither its unit nor its up axis; state unit \('mm'\) and up \('z'\)"):
        read_motion(path, up="z", fps=30.0)


@pytest.mark.parametrize(
    "header", ["frame,x0,y0,z0,v0,x1", "scorer,me,me", "clip,frame,joint,x,y,z", "a,b", "", "nose_x,nose_y"]
)
def test_other_tables_are_not_recognised(path, header):
    path.write_text(f"{header}\n1,2,3\n")
    assert recognising(path, MOTION_FORMATS) == []


class TestNpy:
    def test_points_are_called_by_their_numbers(self, tmp_path):
        path = tmp_path / "walk.npy"
        np.save(path, POINTS)
        assert recognising(path, MOTION_FORMATS) == ["npy"]
        motion = read_motion(path, **STATED)
        assert motion.points == ("0", "1", "2", "3") and np.allclose(motion.positions, 0.001 * POINTS)
        for left_out in STATED:
            with pytest.raises(ValueError, match=r"walk\.npy.* state its unit \('mm'\), its up axis"):
                read_motion(path, **{name: value for name, value in STATED.items() if name != left_out})
        np.save(path, POINTS[0])
        assert recognising(path, MOTION_FORMATS) == []

    def test_the_skeleton_of_the_points_can_be_stated(self, tmp_path):
        points = np.random.default_rng(1).normal(size=(5, 33, 3))
        np.save(tmp_path / "walk.npy", points)
        motion = read_motion(tmp_path / "walk.npy", **{**STATED, "unit": "m"})
        chosen = choose_joint_map(motion, "h36m17", "mediapipe33")
        assert "The points are the joints of mediapipe33 in its order, as stated." in chosen.notes
        joints = chosen.apply(motion)
        assert np.allclose(joints[:, 0], points[:, 23:25].mean(1)) and np.allclose(joints[:, 13], points[:, 15])
        with pytest.raises(ValueError, match="the file has 33 points, and coco17, as which they are stated, has 17"):
            choose_joint_map(motion, "h36m17", "coco17")
        with pytest.raises(ValueError, match="give a joint map as JSON, or the name of the skeleton whose joints"):
            choose_joint_map(motion, "h36m17", None)
