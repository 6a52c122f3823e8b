"""Forms that are not read are named, with the way in."""

import numpy as np
import pytest

from pygpose.data.check import check_data
from pygpose.io.motion import read_motion, unread_form
from pygpose.io.motion.convert import convert_motion


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("walk.fbx", "Kaydara FBX Binary", "is FBX, which is not read; open it in Blender and export BVH"),
        ("walk.amc", ":FULLY-SPECIFIED", "ASF/AMC, which is not read; take the BVH conversion"),
        ("walk.mvnx", "<mvnx>", "Xsens' MVNX, which is not read; export BVH or C3D"),
        ("walk.mot", "Coordinates", "table of angles or forces of OpenSim, which is not read; give the TRC"),
        (
            "a.csv",
            "clip,frame,joint,x,y,z,units\n",
            "looks like a file of predictions, and no motion in the world; train.evaluate",
        ),
    ],
)
def test_named_with_the_way_in(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ValueError, match=f"{name} {message}|{name} is .*{message}"):
        read_motion(path)
    what, _, remedy = str(unread_form(path)).partition("; ")
    (findings,) = check_data(path)
    assert (findings.problems[0].what, findings.problems[0].remedy) == (what, remedy)
    with pytest.raises(ValueError, match=f"no motion capture files among its 1 files: {name} "):
        convert_motion(tmp_path, tmp_path / "out")


def test_arrays(tmp_path):
    np.save(tmp_path / "features.npy", np.zeros((5, 263)))
    assert unread_form(tmp_path / "features.npy") == (
        "is one array [5, 263], and no points [T, K, 3]; reshape it, or save it with its names as npz"
    )
    np.savez(tmp_path / "a.npz", **{"S9/Eating/cam/Eating": np.zeros((5, 17, 3))}, units="mm")
    assert str(unread_form(tmp_path / "a.npz")).startswith("looks like a file of predictions")
    (tmp_path / "a.txt").write_text("hello")
    assert unread_form(tmp_path / "a.txt") is None
