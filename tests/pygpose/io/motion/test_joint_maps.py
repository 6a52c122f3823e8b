"""Joints by name: known rigs, maps of one's own, and names that do not fit.

Covers :mod:`pygpose.io.motion.joint_maps` and ``joint_map_tables``.
"""

import json

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.io.joint_names import same_joint
from pygpose.io.motion import JointMap, MotionFile, choose_joint_map
from pygpose.io.motion.joint_map_tables import TABLES
from pygpose.io.writers.marker_names import marker_names

H36M = get_skeleton("h36m17").joints
SIDES = [f"{side}{limb}" for side in ("Left", "Right") for limb in ("UpLeg Leg Foot Arm ForeArm Hand").split()]
CMU_SIDES = [f"{side}{bone}" for side in "lr" for bone in "femur tibia foot humerus radius hand".split()]
BIPED = [f"{side}{joint}" for side in ("Left", "Right") for joint in "Hip Knee Ankle Shoulder Elbow Wrist".split()]
THIGHS = [f"{side}{limb}" for side in ("Left", "Right") for limb in ("Thigh Shin Foot Arm ForeArm Hand").split()]
XSENS = [
    f"{side}{limb}" for side in ("Left", "Right") for limb in "UpperLeg LowerLeg Foot UpperArm ForeArm Hand".split()
]
UNITY = [limb.replace("ForeArm", "LowerArm") for limb in XSENS]
RIGS = {
    "cmu-motionbuilder": [*SIDES, "Hips", "LowerBack", "Spine", "Spine1", "Neck", "Neck1", "Head", "Head_End"],
    "mixamo": [*SIDES, "Hips", "Spine", "Spine1", "Spine2", "Neck", "Head", "HeadTop_End"],
    "rokoko": [*THIGHS, "Hips", "Spine1", "Spine2", "Spine3", "Spine4", "Neck", "Head", "Head_End"],
    "cmu": [*CMU_SIDES, "root", "lowerback", "upperback", "thorax", "lowerneck", "upperneck", "head", "head_End"],
    "biped": [*BIPED, "Hips", "Chest", "Neck", "Head", "Head_End"],
    "xsens": [*XSENS, "Pelvis", "L5", "L3", "T12", "T8", "Neck", "Head"],
    "unity": [*UNITY, "Hips", "Spine", "Chest", "UpperChest", "Neck", "Head"],
    "smpl": list(get_skeleton("smpl24").joints),
}


def motion(points, frames=3):
    positions = np.random.default_rng(len(points)).normal(size=(frames, len(points), 3))
    return MotionFile("walk", tuple(points), positions, 50.0)


def at(recording, point):
    return recording.positions[:, recording.points.index(point)]


def joint(recording, chosen, name):
    return chosen.apply(recording)[:, H36M.index(name)]


@pytest.mark.parametrize("rig", RIGS)
@pytest.mark.parametrize("prefix", ["", "Anna:", "mixamorig:", "mixamorig12_", "mixamorig"])
def test_every_rig_is_found_by_its_names(rig, prefix):
    recording = motion([prefix + point for point in reversed(RIGS[rig])])
    chosen = choose_joint_map(recording, "h36m17", None)
    assert chosen.name == rig
    assert any("approximation" in note for note in chosen.notes)
    assert choose_joint_map(recording, "h36m17", rig) == chosen
    limbs = [RIGS[rig].index(next(iter(chosen.sources[H36M.index(name)]))) for name in ("LHip", "LKnee", "LFoot")]
    assert sorted(limbs) == limbs  # hip, knee, ankle as the rig lists them
    assert np.isfinite(chosen.apply(recording)).all()


def test_rigs_are_all_tested():
    assert set(RIGS) == set(TABLES)


def test_left_is_left():
    recording = motion(RIGS["mixamo"])
    chosen = choose_joint_map(recording, "h36m17", None)
    assert np.array_equal(joint(recording, chosen, "LWrist"), at(recording, "LeftHand"))
    assert np.array_equal(joint(recording, chosen, "RKnee"), at(recording, "RightLeg"))
    hips = (at(recording, "LeftUpLeg") + at(recording, "RightUpLeg")) / 2
    assert np.allclose(joint(recording, chosen, "Hip"), hips)


def test_extrapolated_head_of_smpl():
    recording = motion(RIGS["smpl"])
    chosen = choose_joint_map(recording, "h36m17", None)
    head, neck = at(recording, "Head"), at(recording, "Neck")
    assert np.allclose(joint(recording, chosen, "Head"), head + (head - neck))


@pytest.mark.parametrize("skeleton", ["h36m17", "smpl24", "openpose25"])
def test_a_skeletons_own_names_need_no_map(skeleton):
    recording = motion(get_skeleton(skeleton).joints[::-1])
    chosen = choose_joint_map(recording, skeleton, None)
    assert chosen.name == f"names of {skeleton}"
    assert np.array_equal(chosen.apply(recording), recording.positions[:, ::-1])


MARKERS = ["LASI", "RASI", *[f"M{index}" for index in range(16)]]
OWN = {name: f"M{index}" for index, name in enumerate(H36M[1:])} | {
    "Hip": ["LASI", "RASI"],
    "Head": {"M8": 1.5, "M0": -0.5},
}


class TestOwnMap:
    def test_json_and_dictionary(self, tmp_path):
        recording = motion(["Anna:" + marker for marker in MARKERS])
        path = tmp_path / "markers.json"
        path.write_text(json.dumps(OWN))
        chosen = choose_joint_map(recording, "h36m17", path)
        assert chosen.notes == ("Made of several points: Hip, Head.",)
        means = (at(recording, "Anna:LASI") + at(recording, "Anna:RASI")) / 2
        assert np.allclose(joint(recording, chosen, "Hip"), means)
        assert np.allclose(
            joint(recording, chosen, "Head"), 1.5 * at(recording, "Anna:M8") - 0.5 * at(recording, "Anna:M0")
        )
        assert choose_joint_map(recording, "h36m17", OWN).sources == chosen.sources

    def test_what_was_not_seen_is_missing(self):
        recording = motion(MARKERS)
        recording.positions[1, 0] = np.nan
        joints = choose_joint_map(recording, "h36m17", OWN).apply(recording)
        assert np.argwhere(np.isnan(joints).all(-1)).tolist() == [[1, H36M.index("Hip")]]

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"Hip": "PELV"}, "joint map 'given' needs PELV, which the file lacks; it has: LASI, RASI, M0"),
            ({"Nose": "M0"}, "lacks nothing and names Nose, which the skeleton does not have; it has: Hip, RHip"),
            ({"Hip": 5}, "Hip is 5; give a point, a list of points, or their weights"),
            ({"Hip": []}, r"Hip is \[\]; give a point"),
            ({"Hip": ["M0", 1]}, "Hip is .* give a point"),
            ({"Hip": {"M0": "1"}}, "Hip is .* give a point"),
            ({"Hip": {"M0": 0.5}}, r"weights \{'M0': 0.5\} do not add up to 1"),
            ({"Hip": {"M0": float("nan")}}, "do not add up to 1"),
            ({"Hip": {}}, "do not add up to 1"),
        ],
    )
    def test_maps_that_do_not_fit(self, change, message):
        with pytest.raises(ValueError, match=message):
            choose_joint_map(motion(MARKERS), "h36m17", {**OWN, **change}).apply(motion(MARKERS))

    def test_joint_that_is_left_out(self):
        with pytest.raises(ValueError, match="joint map 'given' lacks Hip, RHip and names nothing"):
            choose_joint_map(motion(MARKERS), "h36m17", {name: OWN[name] for name in H36M[2:]})

    def test_damaged_json(self, tmp_path):
        path = tmp_path / "map.json"
        for content, message in [
            ("{", "no complete JSON"),
            ("[" * 100000, "no JSON that can be read"),
            ("[]", "is a list; expected"),
            ("\xff", "not UTF-8 text"),
        ]:
            path.write_bytes(content.encode("latin-1"))
            with pytest.raises(ValueError, match=message):
                choose_joint_map(motion(MARKERS), "h36m17", str(path))
        with pytest.raises(FileNotFoundError, match="no joint map 'mixano'; give a JSON file, or one of: cmu-motionb"):
            choose_joint_map(motion(MARKERS), "h36m17", "mixano")


def test_names_that_fit_no_rig():
    with pytest.raises(
        ValueError, match="the nearest, 'mixamo', also expects HeadTop_End, found: LeftUpLeg, .*as JSON, or the name of"
    ):
        choose_joint_map(motion([point for point in RIGS["mixamo"] if point != "HeadTop_End"]), "h36m17", None)
    with pytest.raises(ValueError, match="no joint map from this file to coco17 is known: the nearest, 'names of"):
        choose_joint_map(motion(RIGS["mixamo"]), "coco17", None)


def test_two_people_in_one_file_are_not_mixed():
    two = motion([f"{who}:{point}" for who in ("Anna", "Ben") for point in RIGS["mixamo"]])
    with pytest.raises(ValueError, match="as JSON, .*; several people are in it: name the points of one in full"):
        choose_joint_map(two, "h36m17", None)
    sources = tuple({f"Ben:{point}": 1.0} for point in RIGS["mixamo"][:17])
    assert np.array_equal(JointMap("Ben", sources).apply(two), two.positions[:, 19:36])


class TestByGeometry:
    """Of several points of the back and of the neck, those that lie where the joints are."""

    HEIGHTS = {"Hips": 0.95, "Head": 1.61, "Head_End": 1.79}

    def standing(self, rig, heights):
        """A person who stands and walks; all limbs at the height of the shoulders or of the hip."""
        points = RIGS[rig]
        tall = {**self.HEIGHTS, **heights}
        words = ("Arm", "Hand", "Shoulder", "Elbow", "Wrist")
        arms = [point for point in points if any(word in point for word in words)]
        positions = np.array([[0.0, 0.0, tall.get(point, 1.45 if point in arms else 0.93)] for point in points])
        return MotionFile("walk", tuple(points), positions + np.arange(5)[:, None, None] * [0, 0.01, 0], 50.0)

    @pytest.mark.parametrize(
        ("rig", "heights", "spine", "thorax"),
        [
            ("mixamo", {"Spine": 1.05, "Spine1": 1.17, "Spine2": 1.29, "Neck": 1.45}, "Spine1", "Neck"),
            ("mixamo", {"Spine": 1.0, "Spine1": 1.07, "Spine2": 1.2, "Neck": 1.5}, "Spine2", "Neck"),  # as Rokoko's
            (
                "cmu-motionbuilder",
                {"LowerBack": 0.95, "Spine": 1.2, "Spine1": 1.4, "Neck": 1.4, "Neck1": 1.46},
                "Spine",
                "Neck1",
            ),
            ("rokoko", {"Spine1": 1.0, "Spine2": 1.1, "Spine3": 1.22, "Spine4": 1.35, "Neck": 1.5}, "Spine3", "Neck"),
            ("xsens", {"L5": 1.0, "L3": 1.1, "T12": 1.2, "T8": 1.3, "Neck": 1.5, "Pelvis": 0.95}, "T12", "Neck"),
        ],
    )
    def test_spine_and_thorax(self, rig, heights, spine, thorax):
        recording = self.standing(rig, heights)
        chosen = choose_joint_map(recording, "h36m17", None)
        assert chosen.name == rig
        assert chosen.sources[H36M.index("Spine")] == {spine: 1.0}
        assert chosen.sources[H36M.index("Thorax")] == {thorax: 1.0}
        (note,) = [note for note in chosen.notes if note.startswith("Spine is ")]
        assert note.startswith(f"Spine is {spine}, the one of ") and "nearest half way from hip to thorax" in note

    def test_a_second_point_of_the_neck(self):
        """Perception Neuron: the thorax is where the neck begins, and nothing is said of CMU."""
        points = [*SIDES, "Hips", "Spine", "Spine1", "Spine2", "Spine3", "Neck", "Neck1", "Head", "Head_End"]
        heights = {"Spine": 1.06, "Spine1": 1.17, "Spine2": 1.28, "Spine3": 1.39, "Neck": 1.53, "Neck1": 1.57}
        tall = {**self.HEIGHTS, "LeftUpLeg": 0.95, "RightUpLeg": 0.95, **heights}
        positions = np.array([[[0.0, 0.0, tall.get(point, 1.49)] for point in points]])
        recording = MotionFile("walk", tuple(points), positions, 50.0)
        chosen = choose_joint_map(recording, "h36m17", None)
        assert chosen.name == "mixamo" and not any("CMU" in note for note in chosen.notes)
        assert joint(recording, chosen, "Thorax")[0, 2] == 1.53 and joint(recording, chosen, "Spine")[0, 2] == 1.28

    def test_one_point_of_the_back(self):
        recording = self.standing("biped", {"Chest": 1.2, "Neck": 1.5})
        notes = choose_joint_map(recording, "h36m17", None).notes
        assert "Spine is Chest, the only point of the back: an approximation." in notes

    def test_frames_in_which_points_are_missing_do_not_count(self):
        recording = self.standing("mixamo", {"Spine": 1.05, "Spine1": 1.17, "Spine2": 1.29, "Neck": 1.45})
        recording.positions[:2, recording.points.index("Spine1")] = np.nan
        assert choose_joint_map(recording, "h36m17", None).sources[H36M.index("Spine")] == {"Spine1": 1.0}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("LeftShoulder", "LShoulder", True),
        ("left_shoulder", "Anna:LShoulder", True),
        ("shoulder.L", "LEFT_SHOULDER", True),
        ("mouth_left", "LMouth", True),
        ("spine_01", "Spine1", True),
        ("LeftShoulder", "RightShoulder", False),
        ("L5", "Left5", False),
        ("Spine", "Spine1", False),
        ("LowerBack", "Lower", False),
    ],
)
def test_spellings(one, other, same):
    assert (same_joint(one) == same_joint(other)) == same


def test_names_that_two_points_have():
    """They do not matter, unless the map needs them."""
    recording = motion([*RIGS["mixamo"], "*", "*"])
    assert choose_joint_map(recording, "h36m17", None).name == "mixamo"
    recording = motion([*RIGS["mixamo"], "LeftHand"])
    with pytest.raises(ValueError, match="also expects LeftHand, .*; LeftHand is there twice: rename one"):
        choose_joint_map(recording, "h36m17", None)
    with pytest.raises(ValueError, match="'mixamo' needs LeftHand, .*; LeftHand is there twice: rename one"):
        choose_joint_map(recording, "h36m17", "mixamo").apply(recording)


def test_markers_of_the_files_that_we_write():
    recording = motion(marker_names(get_skeleton("h36m17"))[::-1])
    chosen = choose_joint_map(recording, "h36m17", None)
    assert np.array_equal(chosen.apply(recording), recording.positions[:, ::-1])


def test_joints_of_detectors():
    recording = motion(
        "nose left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist right_wrist "
        "left_hip right_hip left_knee right_knee left_ankle right_ankle".split()
    )
    chosen = choose_joint_map(recording, "h36m17", None)
    assert "Thorax is the middle of left_shoulder, right_shoulder." in chosen.notes
    assert np.array_equal(joint(recording, chosen, "LWrist"), at(recording, "left_wrist"))
    assert np.allclose(joint(recording, chosen, "Head"), (at(recording, "left_ear") + at(recording, "right_ear")) / 2)


def test_the_skeleton_of_named_points():
    recording = motion(get_skeleton("coco17").joints[::-1])
    chosen = choose_joint_map(recording, "coco17", "coco17")
    assert np.array_equal(chosen.apply(recording), recording.positions[:, ::-1])
    with pytest.raises(ValueError, match="no joint map from this file to smpl24 is known"):
        choose_joint_map(recording, "smpl24", "coco17")
