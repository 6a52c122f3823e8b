"""Parts of JSON that are checked, and joints that are found by name."""

import pytest

from pygpose.io.keypoints.records import match_joints, numbers


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, "2"], "not all values are numbers"),
        ([1, None], "not all values are numbers"),
        ([10**400], "not all values are numbers"),
        ([True], "not all values are numbers"),
        ([[1, 2], [3]], "unequal lengths"),
        ([1.0, float("nan")], r"NaN or infinite, first at \[1\]"),
    ],
)
def test_what_is_no_number(values, message):
    with pytest.raises(ValueError, match=f"here: .*{message}"):
        numbers(values, "here")


def test_joints_by_name():
    names = "right_ankle left_ankle RKnee Left-Knee LHip r_hip LWRIST RWrist LElbow RElbow LShoulder RightShoulder"
    names += " l_ear r_ear leye reye nose hat"
    skeleton, order = match_joints(names.split(), "here")
    assert skeleton == "coco17"
    assert (order[0], order[15], order[16], order[13]) == (16, 1, 0, 3)
    with pytest.raises(ValueError, match="the closest, coco17, also needs Nose"):
        match_joints(names.replace("nose", "snout").split(), "here")
