"""BVH against an independent forward kinematics, on made and on real files, and files that are wrong.

Covers :mod:`pygpose.io.motion.bvh` and ``forward_kinematics``.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pygpose.io.motion import MOTION_FORMATS, MotionFile, choose_joint_map, read_motion
from pygpose.io.recognition import recognising

ROOT_CHANNELS = "Xposition Yposition Zposition Zrotation Yrotation Xrotation"
RIG = [
    ("Hips", None, (0.0, 0.0, 0.0), ROOT_CHANNELS),
    ("LeftUpLeg", "Hips", (1.8, -1.7, 0.8), "Yrotation Zrotation Xrotation"),
    ("LeftLeg", "LeftUpLeg", (0.0, -7.0, 0.1), "Xrotation"),
    ("end", "LeftLeg", (0.0, -7.0, 0.5), None),
    ("Spine", "Hips", (0.0, 2.0, 0.0), "Xrotation Zrotation Yrotation"),
    ("Head", "Spine", (0.1, 5.0, 0.2), "Xposition Zrotation Yposition Zposition Yrotation Xrotation"),
    ("end", "Head", (0.0, 1.5, 0.0), None),
]
NUM_CHANNELS = 6 + 3 + 1 + 3 + 6


def one_frame(text: str, frame: int) -> dict[str, np.ndarray]:
    """Where everything is in one frame, in the file's unit and axes, joint by joint with scipy's rotations."""
    head, motion = text.split("MOTION")
    values = [float(word) for word in motion.strip().splitlines()[2 + frame].split()]
    tokens = head.split()[1:]
    found: dict[str, np.ndarray] = {}

    def walk(position: np.ndarray, rotation: Rotation, parent: str) -> None:
        keyword, name = tokens.pop(0), tokens.pop(0)
        name = f"{parent}_End" if keyword == "End" else name
        assert tokens[:2] == ["{", "OFFSET"]
        local = np.array([float(word) for word in tokens[2:5]])
        del tokens[:5]
        turn = Rotation.identity()
        if tokens[0] == "CHANNELS":
            channels = tokens[2 : 2 + int(tokens[1])]
            del tokens[: 2 + len(channels)]
            for channel in channels:
                value = values.pop(0)
                if channel.endswith("position"):
                    local["XYZ".index(channel[0])] = value
                else:
                    turn = turn * Rotation.from_euler(channel[0], value, degrees=True)
        here = position + rotation.apply(local)
        found[name] = here
        while tokens[0] != "}":
            walk(here, rotation * turn, name)
        tokens.pop(0)

    walk(np.zeros(3), Rotation.identity(), "")
    assert not values and not tokens
    return found


def assert_same(motion: MotionFile, text: str, frames, metres: float) -> None:
    for frame in frames:
        truth = one_frame(text, frame)
        assert set(motion.points) == set(truth)
        for point, (x, y, z) in truth.items():
            error = motion.positions[frame, motion.points.index(point)] - metres * np.array([x, -z, y])
            assert np.abs(error).max() < 1e-6, (frame, point)


@pytest.fixture
def text(make_bvh):
    return make_bvh(RIG, np.random.default_rng(0).uniform(-170, 170, (4, NUM_CHANNELS)))


@pytest.fixture
def path(tmp_path, text):
    path = tmp_path / "walk.bvh"
    path.write_text(text)
    return path


def read(path, **options):
    return read_motion(path, **{"unit": "cm", "up": "y", **options})


class TestMade:
    def test_equals_scipy(self, path, text):
        motion = read(path)
        assert motion.name == "walk"
        assert motion.points == ("Hips", "LeftUpLeg", "LeftLeg", "LeftLeg_End", "Spine", "Head", "Head_End")
        assert motion.positions.dtype == np.float64
        assert_same(motion, text, range(4), 0.01)

    def test_unit_and_up(self, path):
        metres = read(path, unit=1.0, up="z").positions
        assert np.allclose(read(path, unit="inch/0.45", up="z").positions, metres * 0.0254 / 0.45)
        x, y, z = np.moveaxis(metres, -1, 0)
        assert np.array_equal(read(path, unit="m", up="-Y").positions, np.stack([x, z, -y], -1))
        assert "one unit is 0.01 m and y is up, as stated" in " ".join(read(path).notes)

    def test_root_offset_gives_way_to_position_channels(self, tmp_path, make_bvh):
        rig = [("Hips", None, (3.0, 90.0, 1.0), ROOT_CHANNELS), *RIG[1:]]
        path = tmp_path / "a.bvh"
        path.write_text(make_bvh(rig, np.ones((1, NUM_CHANNELS))))
        motion = read(path, unit="m", up="z")
        assert motion.positions[0, 0].tolist() == [1, 1, 1]
        assert motion.notes[1] == "The root's position channels take the place of its OFFSET."

    @pytest.mark.parametrize(
        ("change", "into"),
        [
            ("\n", "\r\n"),
            ("\n{", " {"),
            ("\t", "   "),
            ("HIERARCHY", "\ufeffHIERARCHY"),
            ("End Site", "END SITE"),
            ("rotation", "ROTATION"),
            ("Frame Time: ", "Frame Time:\t"),
        ],
    )
    def test_other_ways_to_write_it(self, path, text, change, into):
        plain = read(path)
        path.write_text(re.sub(r"\n\s*{", "\n{", text).replace(change, into), encoding="utf-8", newline="")
        again = read(path)
        assert again.points == plain.points and np.array_equal(again.positions, plain.positions)

    @pytest.mark.parametrize(
        ("frame_time", "fps"),
        [(".0083333", 120), ("0.008333", 120), ("0.033", 30), ("0.0333667", 29.97), ("0.04", 25), ("0.016666", 60)]
        + [("0.01", 100), ("8.33333e-03", 120), ("0.017", 60), ("1", 1), ("0.0083", 120), ("0.0416667", 24)]
        + [("0.0417083", 23.976), ("0.016683", 59.94), ("0.004167", 240), ("0.02", 50), ("0.0111111", 90)]
        + [("0.005", 200), ("0.03334", 29.994)],
    )
    def test_frame_rate(self, path, text, frame_time, fps):
        path.write_text(text.replace("0.0083333", frame_time))
        assert read(path).fps == pytest.approx(fps, abs=1e-3)
        assert read(path, fps=48.0).fps == 48
        assert f"is 48, as stated; the file says '{frame_time}' (Frame Time)" in read(path, fps=48.0).notes[0]

    def test_recognised_by_name_or_first_word(self, path, tmp_path):
        assert recognising(path, MOTION_FORMATS) == ["bvh"]
        assert recognising(path.rename(tmp_path / "walk.txt"), MOTION_FORMATS) == ["bvh"]
        (tmp_path / "other.txt").write_bytes(b"\x00\xff hello")
        assert recognising(tmp_path / "other.txt", MOTION_FORMATS) == []
        assert recognising(tmp_path, MOTION_FORMATS) == [] and recognising(tmp_path / "nothing", MOTION_FORMATS) == []
        assert recognising(tmp_path / "nul\0name", MOTION_FORMATS) == []


def replaced(old, new):
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:-40], r"frame 3 has \d+ values, the hierarchy has 19 channels; cut short"),
        (lambda text: text[: text.index("MOTION") + 6], "must be the lines after MOTION; cut short"),
        (lambda text: text[: text.index("MOTION")], "has no MOTION part; cut short"),
        (lambda text: text[: text.index("JOINT Spine")] + text[text.index("MOTION") :], "ends inside .*cut short"),
        (replaced("CHANNELS 1 Xrotation", ""), "joint 'LeftLeg' has no CHANNELS line"),
        (replaced("OFFSET 1.80000 -1.70000 0.80000", ""), "joint 'LeftUpLeg' has no OFFSET line"),
        (replaced("CHANNELS 1 Xrotation", "CHANNELS 2 Xrotation"), "'LeftLeg' announces 2 channels and names 1"),
        (replaced("CHANNELS 1 Xrotation", "CHANNELS"), "'LeftLeg' announces no number of channels"),
        (replaced("CHANNELS 1 Xrotation", "CHANNELS 1 Wrotation"), "names wrotation; known: xposition"),
        (replaced("CHANNELS 1 Xrotation", "CHANNELS 2 Xrotation Xrotation"), "names a channel twice"),
        (replaced("CHANNELS 1 Xrotation", "CHANNELS 0"), "frame 0 has 19 values, the hierarchy has 18 channels"),
        (replaced("OFFSET 0.00000 2.00000", "OFFSET 2.00000"), "OFFSET of 'Spine' is .* expected 3 finite numbers"),
        (replaced("OFFSET 0.00000 2.00000", "OFFSET nan 2.00000"), "OFFSET of 'Spine' is 'nan"),
        (replaced("OFFSET 0.00000 2.00000", "OFFSET 1.7e308 1.7e308"), "infinite position of 'Spine' in frame"),
        (lambda text: re.sub(r"(0083333\n)\S+", r"\1nan", text), "NaN or infinite x position of 'Hips' in frame 0"),
        (lambda text: re.sub(r"(0083333\n)\S+", r"\g<1>1,5", text), "is no number .'1,5'.; decimals need points"),
        (
            lambda text: re.sub(r"Frames: 4(\n.*)\n[^$]*", r"Frames: 0\1\n", text),
            "there are no frames; export",
        ),
        (
            replaced("0.0083333", "0"),
            r"\(Frame Time\) says nothing .* a frame time of 0 s; state the frame rate",
        ),
        (replaced("0.0083333", "-0.01"), "a frame time of -0.01 s"),
        (replaced("0.0083333", "fast"), "'fast' is no frame time; state the frame rate"),
        (replaced("0.0083333\n", "0.0083333\n1 2 3\n"), "frame 0 has 3 values, .* 19 channels; export the file again"),
        (lambda text: re.sub(r"(0083333\n)\S+", r"\1-nan(ind)", text), "NaN .* x position of 'Hips' in frame 0 .'-nan"),
        (lambda text: re.sub(r"(0083333\n)\S+", r"\g<1>-1.#IND", text), "NaN or infinite x position of 'Hips'"),
        (lambda text: re.sub(r"(0083333\n)\S+", r"\g<1>1e999", text), "NaN or infinite x position of 'Hips'"),
        (replaced("JOINT Spine", "JOINT"), "joint 4 has no name"),
        (replaced("JOINT Spine", "ROOT Spine"), "one ROOT with all joints inside"),
        (
            lambda text: text.replace("MOTION", "ROOT Other\n{\n}\nMOTION"),
            "'ROOT Other' is out of place.*several people",
        ),
        (replaced("JOINT Spine", "BONE Spine"), "cannot read 'BONE Spine' in the hierarchy"),
        (replaced("JOINT Spine\n\t{", "JOINT Spine\n"), "'{' must follow the name of a joint"),
        (lambda text: "HIERARCHY\nMOTION" + text[text.index("\nFrames") :], "the hierarchy ends inside 'nothing'"),
        (lambda text: text[10:], "does not begin with HIERARCHY: it is no BVH file"),
        (lambda text: "", "does not begin with HIERARCHY"),
    ],
)
def test_what_is_wrong_is_said(path, text, change, message):
    path.write_text(change(text))
    with pytest.raises(ValueError, match=message) as error:
        read(path)
    assert "walk" in str(error.value)


def test_names_in_another_encoding(path, text):
    plain = read(path)
    for name, encoding, note in [
        ("Rücken", "latin-1", "Names that are no UTF-8 are read as Latin-1."),
        ("センター", "cp932", "Names that are no UTF-8 are read as Shift JIS."),
        ("ボ", "cp932", "Names that are no UTF-8 are read as Shift JIS."),  # its second byte is a brace
        ("Rücken", "utf-8", None),
        ("Rücken", "utf-16", None),
    ]:
        path.write_bytes(text.replace("Spine", name).encode(encoding))
        motion = read(path)
        assert name in motion.points and np.array_equal(motion.positions, plain.positions)
        assert motion.notes[: 1 if note else 0] == ((note,) if note else ())
    path.write_bytes(text.encode("utf-16")[:-1])
    with pytest.raises(ValueError, match=r"walk.* is no complete utf-16 text \(byte \d+\); copy it again"):
        read(path)


def test_what_few_digits_may_mean_is_said(path, text):
    path.write_text(text.replace("0.0083333", "0.008"))
    assert read(path).fps == 120
    note = "BVH: Frame Time 0.008 s is taken as 120 frames/s, the usual rate within its digits (1/0.008 is 125)."
    assert read(path).notes[0] == note
    path.write_text(text.replace("0.0083333", "0.0080000"))
    assert read(path).fps == 125 and read(path).notes[0].endswith("taken as 125 frames/s.")


class TestHeaderCountsAreNotLaw:
    @pytest.mark.parametrize("announced", ["3", "9", "0", "many", "", "99999999999999999999"])
    def test_whole_frames(self, path, text, announced):
        plain = read(path)
        path.write_text(text.replace("Frames: 4", f"Frames: {announced}"))
        motion = read(path)
        assert np.array_equal(motion.positions, plain.positions)
        assert f"announces {announced[:12] or 'no number of'} frames and holds 4" in motion.notes[1]

    def test_frames_of_several_lines(self, path, text):
        plain = read(path)
        head, frames = text.split("Frame Time: 0.0083333\n")
        path.write_text(f"{head}Frame Time: 0.0083333\n" + "\n".join(frames.split(" ")))
        assert np.array_equal(read(path).positions, plain.positions)


def test_decimal_commas(path, text):
    plain = read(path)
    path.write_text(re.sub(r"(\d)\.(\d)", r"\1,\2", text))
    motion = read(path)
    assert np.array_equal(motion.positions, plain.positions) and motion.fps == plain.fps
    assert motion.notes[0] == "Decimal commas are read as points."


def test_several_end_sites_and_joints_of_one_name(path, text):
    plain = read(path)
    end = "End Site\n{\nOFFSET 1 0 0\n}\n"
    path.write_text(text.replace("\tJOINT Spine", end + end + "JOINT LeftLeg"))
    motion = read(path)
    assert [motion.points.count(name) for name in ("Hips_End", "Hips_End2", "LeftLeg")] == [1, 1, 2]
    assert np.array_equal(motion.positions[:, motion.points.index("Head")], plain.positions[:, 5])


def test_nothing_is_guessed(path, tmp_path):
    for options in ({"unit": None}, {"up": None}):
        with pytest.raises(ValueError, match=r"neither its unit nor its up axis; state unit \('cm'\) and up \('y'\)"):
            read(path, **options)
    with pytest.raises(ValueError, match="unit 'ell' is no length; give m, dm, cm"):
        read(path, unit="ell")
    with pytest.raises(ValueError, match="up axis 'w' is unknown; known: z, y, x"):
        read(path, up="w")
    with pytest.raises(FileNotFoundError, match="no file"):
        read(tmp_path / "none.bvh")


def test_thousands_of_joints_are_refused(path):
    chain = "".join(f"{'JOINT' if i else 'ROOT'} j{i}\n{{\nOFFSET 0 1 0\nCHANNELS 0\n" for i in range(5000))
    path.write_text(f"HIERARCHY\n{chain}{'}' * 5000}\nMOTION\nFrames: 1\nFrame Time: 0.01\n0\n")
    with pytest.raises(ValueError, match="over 1000 joints"):
        read(path)


def test_blank_megabytes_take_no_time(path, text):
    path.write_text(text.replace("MOTION", "\n" * 500_000 + " " * 500_000 + "MOTION"))
    assert len(read(path).positions) == 4


def test_fuzzed_files(path, text):
    """Whatever the bytes are: a motion, or one sentence."""
    draw, content = np.random.default_rng(1), text.encode()
    words = [
        b"",
        b"nan",
        b"{",
        b"}",
        b"1e999",
        b"\xff",
        b"JOINT",
        b"End Site\n",
        b"-1",
        b"\0",
        b"9" * 30,
        b"CHANNELS 3 ",
    ]
    outcomes = set()
    for _ in range(250):
        start = int(draw.integers(len(content)))
        stop = min(len(content), start + int(draw.integers(1, 30)))
        path.write_bytes(content[:start] + words[draw.integers(len(words))] + content[stop:])
        try:
            assert not np.isnan(read(path).positions).any()
            outcomes.add("read")
        except ValueError as error:
            assert "walk" in str(error)
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


class TestReal:
    def test_equals_other_programs_joints(self):
        """Files as many programs write them, beside joints that another forward kinematics made of them."""
        folder = Path(__file__).parents[5] / "shared/cases"
        if not (folder / "bvh_truth.npz").is_file():
            pytest.skip("no files at ../shared/cases")
        with np.load(folder / "bvh_truth.npz") as truth:
            for name in truth:
                motion = read(folder / f"{name}.bvh", fps=30.0)
                ends = ("LeftHand_End", "RightHand_End", "LeftToeBase_End", "RightToeBase_End", "HeadTop_End_End")
                joints = [point for point in motion.points if point.split(":")[-1] not in ends]
                found = motion.positions[:, [motion.points.index(point) for point in joints]]
                x, y, z = np.moveaxis(truth[name], -1, 0) / 100
                assert np.abs(found - np.stack([x, -z, y], -1)).max() < 1e-5, name

    def test_equals_scipy(self, real_bvh):
        for path in sorted(real_bvh.glob("*.bvh")):
            motion = read(path, unit="inch/0.45")
            assert motion.fps == 120 and motion.positions.shape[1] == 38
            frames = np.linspace(0, len(motion.positions) - 1, 5).astype(int)
            assert_same(motion, path.read_text(), frames, 0.0254 / 0.45)

    def test_every_frame_of_one_file(self, real_bvh):
        path = real_bvh / "cmu_08_02.bvh"
        assert_same(read(path, unit="inch/0.45"), path.read_text(), range(0, 310, 10), 0.0254 / 0.45)

    def test_legs_are_those_of_the_same_clips_elsewhere(self, real_bvh, real_cmu):
        """The other conversion is turned by 90 degrees, has 50 frames/s, begins some frames later, and rigid bones."""
        with np.load(real_cmu / "motions.npz") as others:
            for path in sorted(real_bvh.glob("*.bvh")):
                trial = path.stem.removeprefix("cmu_")
                other = others[f"S{trial[:2]}/{trial}"]
                motion = read(path, unit="inch/0.45")
                joints = choose_joint_map(motion, "h36m17", None).apply(motion)[1:]  # the first is a T pose
                legs = (joints - joints[:, :1])[:, 1:7] @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
                errors = []
                for shift in range(12):
                    frames = np.arange(0, len(other), 5) * 120 // 50 + shift  # every fifth falls on a frame
                    frames = frames[frames < len(legs)]
                    errors.append(np.abs(legs[frames] - (other - other[:, :1])[: 5 * len(frames) : 5, 1:7]).max())
                assert min(errors) < 0.01, trial
                assert np.median(np.linalg.norm(legs[:, 1] - legs[:, 0], axis=-1)) > 0.33  # a thigh, in metres
