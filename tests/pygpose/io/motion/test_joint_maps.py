"""Joints by name: known rigs, maps of one's own, and names that do not fit.

Covers :mod:`pygpose.io.motion.joint_maps` and ``joint_map_tables``.
"""

import json

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.io.motion import JointMap, MotionFile, choose_joint_map
from pygpose.io.motion.joint_map_tables import TABLES

H36M = get_skeleton("h36m17").joints
SIDES = [f"{side}{limb}" for side in ("Left", "Right") for limb in ("UpLeg Leg Foot Arm ForeArm Hand").split()]
CMU_SIDES = [f"{side}{bone}" for side in "lr" for bone in "femur tibia foot humerus radius hand".split()]
BIPED = [f"{side}{joint}" for side in ("Left", "Right") for joint in "Hip Knee Ankle Shoulder Elbow Wrist".split()]
RIGS = {
    "cmu-motionbuilder": [*SIDES, "Hips", "LowerBack", "Spine", "Spine1", "Neck", "Neck1", "Head", "Head_End"],
    "mixamo": [*SIDES, "Hips", "Spine", "Spine1", "Spine2", "Neck", "Head", "HeadTop_End"],
    "mixamo-end-site": [*SIDES, "Hips", "Spine", "Spine1", "Spine2", "Neck", "Head", "Head_End"],
    "cmu": [*CMU_SIDES, "root", "lowerback", "upperback", "thorax", "lowerneck", "upperneck", "head", "head_End"],
    "biped": [*BIPED, "Hips", "Chest", "Neck", "Head", "Head_End"],
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
            ({"Hip": "PELV"}, "joint map 'given' needs PELV, which 'walk' lacks; it has: LASI, RASI, M0"),
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
        ValueError, match="the nearest, 'mixamo', also expects HeadTop_End; found: LeftUpLeg, .*as JSON$"
    ):
        choose_joint_map(motion([point for point in RIGS["mixamo"] if point != "HeadTop_End"]), "h36m17", None)
    with pytest.raises(ValueError, match="no joint map from 'walk' to coco17 is known; the nearest, 'names of coco17'"):
        choose_joint_map(motion(RIGS["mixamo"]), "coco17", None)


def test_two_people_in_one_file_are_not_mixed():
    two = motion([f"{who}:{point}" for who in ("Anna", "Ben") for point in RIGS["mixamo"]])
    with pytest.raises(ValueError, match="as JSON; several people are in it: name the points of one in full"):
        choose_joint_map(two, "h36m17", None)
    sources = tuple({f"Ben:{point}": 1.0} for point in RIGS["mixamo"][:17])
    assert np.array_equal(JointMap("Ben", sources).apply(two), two.positions[:, 19:36])
