"""TRC as Pose2Sim, OpenSim and optical systems write it."""

import numpy as np
import pytest

from pygpose.io.motion import MOTION_FORMATS, choose_joint_map, read_motion
from pygpose.io.recognition import recognising

NAMES = ["Hip", "RHip", "Nose"]
POINTS = np.random.default_rng(0).normal(size=(5, 3, 3)).round(5)


def trc(points=POINTS, names=NAMES, unit="m", rate="60.0", *, coordinates=True, frames=None, markers=None):
    head = "DataRate CameraRate NumFrames NumMarkers Units OrigDataRate OrigDataStartFrame OrigNumFrames".split()
    count, number = frames or len(points), markers or len(names)
    lines = [
        ["PathFileType", "4", "(X/Y/Z)", "walk.trc"],
        head,
        [rate, rate, str(count), str(number), unit, rate, "1", str(count)],
        ["Frame#", "Time", *(cell for name in names for cell in (name, "", ""))],
        *([["", "", *(f"{axis}{place + 1}" for place in range(len(names)) for axis in "XYZ")]] if coordinates else []),
        [""],
    ]
    cells = np.where(np.isnan(points), "", points.astype(str)).reshape(len(points), -1)
    lines += [[str(frame + 1), f"{frame / 60:.5f}", *row] for frame, row in enumerate(cells.tolist())]
    return "\n".join("\t".join(line) for line in lines) + "\n"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "walk.trc"


def y_up(points):
    return points[..., [0, 2, 1]] * [1, -1, 1]


@pytest.mark.parametrize(("unit", "metres"), [("m", 1), ("mm", 0.001), ("Millimeters", 0.001), ("cm", 0.01)])
def test_units_of_the_file(path, unit, metres):
    path.write_text(trc(unit=unit))
    motion = read_motion(path)
    assert (motion.name, motion.points, motion.fps) == ("walk", tuple(NAMES), 60)
    assert np.allclose(motion.positions, metres * y_up(POINTS))
    assert motion.notes == (
        f"TRC: the unit is {unit}, from Units.",
        "TRC: the up axis is y, as OpenSim has it where not stated.",
        "TRC: the frame rate is 60.0, from DataRate.",
    )


def test_what_is_stated_counts(path):
    path.write_text(trc())
    motion = read_motion(path, unit="cm", up="z", fps=100.0)
    assert np.allclose(motion.positions, 0.01 * POINTS) and motion.fps == 100
    assert motion.notes[0] == "TRC: the unit is cm, as stated; the file says 'm' (Units)."
    path.write_text(trc(unit="px", rate=""))
    with pytest.raises(ValueError, match=r"walk\.trc: the file's unit .* 'px' is no length; state the unit"):
        read_motion(path)
    assert read_motion(path, unit="mm", fps=25.0).fps == 25


def test_empty_cells_and_zeros_are_missing(path):
    points = POINTS.copy()
    points[1, 0], points[2, 1], points[4, 2, 1] = np.nan, 0, np.nan
    path.write_text(trc(points).rstrip("\n").rstrip("\t") + "\n")
    motion = read_motion(path)
    assert np.argwhere(np.isnan(motion.positions).all(-1)).tolist() == [[1, 0], [2, 1], [4, 2]]
    assert "20.00% of the points are missing." in motion.notes


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\t\n"),
        lambda text: text.replace(".", ",").replace("walk,trc", "walk.trc"),
        lambda text: text.replace("Frame#\tTime", "Frame#\tTime (s)"),
    ],
)
def test_other_ways_to_write_it(path, change):
    path.write_text(change(trc()), newline="")
    motion = read_motion(path)
    assert np.allclose(motion.positions, y_up(POINTS)) and (motion.points, motion.fps) == (tuple(NAMES), 60)


def test_head_counts_are_not_law(path):
    path.write_text(trc(frames=9, markers=7, coordinates=False))
    motion = read_motion(path)
    assert np.allclose(motion.positions, y_up(POINTS))
    assert "The file announces NumFrames 9 and holds 5, which are read." in motion.notes
    assert "The file announces NumMarkers 7 and holds 3, which are read." in motion.notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("Frame#", "Row"), "no line of markers that begins with 'Frame#'"),
        (lambda text: text[: text.index("X1")], "there are 0 frames of 3 markers"),
        (lambda text: text.replace("\n3\t", "\n3\t1\t"), "frame 2 has 12 cells, 11 are expected"),
        (lambda text: text.replace("\n3\t", "\n3\tfast\t", 1)[:-1], "frame 2 has "),
        (lambda text: text.replace("0.03333\t", "0.03333\tfast"), "frame 2 has a cell that is no number"),
        (lambda text: text.replace("0.03333\t", "0.03333\t1e999\t\t\t").rstrip(), "frame 2 has|infinite"),
    ],
)
def test_what_is_wrong_is_said(path, change, message):
    path.write_text(change(trc()))
    with pytest.raises(ValueError, match=message) as error:
        read_motion(path)
    assert "walk.trc" in str(error.value)


def test_recognised_by_its_first_word(path, tmp_path):
    path.write_text(trc())
    assert recognising(path, MOTION_FORMATS) == ["trc"]
    assert recognising(path.rename(tmp_path / "walk.txt"), MOTION_FORMATS) == ["trc"]


def test_markers_of_pose2sim(path):
    """Halpe's joints without eyes and ears: the thorax is the neck, and the spine lies half way from hip to neck."""
    names = "Hip RHip RKnee RAnkle RBigToe RSmallToe RHeel LHip LKnee LAnkle LBigToe LSmallToe LHeel Neck Head Nose"
    names = [*names.split(), "RShoulder", "RElbow", "RWrist", "LShoulder", "LElbow", "LWrist"]
    points = np.random.default_rng(1).normal(size=(4, len(names), 3)).round(5)
    path.write_text(trc(points, names))
    motion = read_motion(path)
    joints = choose_joint_map(motion, "h36m17", None).apply(motion)
    at = {name: motion.positions[:, place] for place, name in enumerate(names)}
    for place, expected in [(0, at["Hip"]), (3, at["RAnkle"]), (7, (at["Hip"] + at["Neck"]) / 2), (8, at["Neck"])]:
        assert np.allclose(joints[:, place], expected)
    assert np.allclose(joints[:, 13], at["LWrist"]) and np.allclose(joints[:, 9], at["Nose"])
