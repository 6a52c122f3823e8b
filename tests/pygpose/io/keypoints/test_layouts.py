"""Which joints a file holds: by statement, by name, by number."""

import pytest

from graphs import get_skeleton
from pygpose.io.keypoints.layouts import COUNTS, find_layout, match_joints


def test_joints_by_name():
    names = "right_ankle left_ankle RKnee Left-Knee LHip r_hip LWRIST RWrist LElbow RElbow LShoulder RightShoulder"
    names += " l_ear r_ear leye reye nose hat"
    skeleton, order = match_joints(names.split(), "here")
    assert skeleton == "coco17"
    assert (order[0], order[15], order[16], order[13]) == (16, 1, 0, 3)
    with pytest.raises(ValueError, match="the closest, coco17, also needs Nose"):
        match_joints(names.replace("nose", "snout").split(), "here")
    mediapipe = get_skeleton("mediapipe33").joints
    spelled = [f"MOUTH_{'LEFT' if name[0] == 'L' else 'RIGHT'}" if "Mouth" in name else name for name in mediapipe]
    assert match_joints(spelled, "here") == ("mediapipe33", list(range(33)))


@pytest.mark.parametrize("count", COUNTS)
def test_joints_by_number(count):
    layout = find_layout(count, "here")
    skeleton, used = COUNTS[count]
    assert (layout.skeleton, layout.places) == (skeleton, tuple(range(used)))
    assert used == get_skeleton(skeleton).num_joints and len(layout.notes) == (used < count)


def test_a_statement_wins_with_a_note():
    assert find_layout(17, "here", stated="coco17").notes == ()
    assert find_layout(133, "here", stated="coco17").places == tuple(range(17))
    over_number = find_layout(17, "here", stated="h36m17")
    assert over_number.skeleton == "h36m17" and over_number.notes == (
        "17 joints are mostly those of coco17; those of h36m17, as stated, are taken.",
    )
    said = "The file says that its joints are those of coco17; those of h36m17, as stated, are taken."
    assert find_layout(17, "here", stated="h36m17", said="coco17").notes == (said,)
    assert find_layout(17, "here", stated="h36m17", names=get_skeleton("coco17").joints).notes == (said,)


def test_names_of_another_number_of_joints_say_nothing():
    layout = find_layout(17, "here", names=["nose"])
    assert layout.skeleton == "coco17" and "names 1 joints and holds 17" in layout.notes[0]


@pytest.mark.parametrize(
    ("count", "options", "message"),
    [
        (16, {}, "here: 16 joints without names; known numbers are 17, 18, .*; give joints"),
        (26, {"stated": "h36m17"}, "26 joints, where h36m17, as stated, has 17; give joints as one of halpe26"),
        (16, {"stated": "h36m17"}, "16 joints, where h36m17, as stated, has 17; leave joints out"),
        (16, {"said": "h36m17"}, "16 joints, where the file says h36m17, which has 17"),
        (2, {"names": ["a", "b"]}, "joints a, b hold no registered skeleton"),
        (17, {"stated": "h37m"}, "unknown skeleton 'h37m'; known: "),
    ],
)
def test_what_fits_nothing(count, options, message):
    with pytest.raises(ValueError, match=message):
        find_layout(count, "here", **options)
