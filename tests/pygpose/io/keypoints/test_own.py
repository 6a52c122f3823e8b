"""Our own npz: what is written is read, by numpy alone, and what does not hold to the schema is refused by name."""

import re

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.io.keypoints import KeypointTrack
from pygpose.io.keypoints.own import read_keypoints, save_keypoints

LENS = (500.0, 501.0, 320.0, 240.0, -0.2, 0.1, 0.0, 1e-3, -1e-3)


def track(name="S1/walk", frames=4, **changes):
    draw = np.random.default_rng(len(name))
    video, _, part = name.partition("/")
    fields = dict(
        keypoints=draw.uniform(0, 400, (frames, 17, 2)).astype(np.float32),
        confidence=draw.uniform(0, 1, (frames, 17)).astype(np.float32),
        skeleton="h36m17",
        video=video,
        track=part,
        fps=29.97,
        size=(640, 480),
    )
    return KeypointTrack(**{**fields, **changes})


@pytest.fixture
def path(tmp_path):
    pose = np.random.default_rng(0).normal(size=(4, 17, 3)).astype(np.float32)
    save_keypoints(tmp_path / "own.npz", [track(), track("S2/a/b", 7, intrinsics=LENS), track("S3", pose=pose)])
    return tmp_path / "own.npz"


def test_round_trip(path, tmp_path):
    first, second, third = read_keypoints(path)
    for field in ("keypoints", "confidence"):
        assert np.array_equal(getattr(first, field), getattr(track(), field))
        assert np.array_equal(getattr(second, field), getattr(track("S2/a/b", 7), field))
    assert (first.fps, first.size, first.intrinsics, first.pose) == (29.97, (640, 480), None, None)
    assert (second.video, second.track, second.intrinsics) == ("S2", "a/b", LENS)
    assert third.name == "S3" and third.pose is not None and third.pose.shape == (4, 17, 3)
    save_keypoints(tmp_path / "again.npz", [first, second, third])
    with np.load(path) as a, np.load(tmp_path / "again.npz") as b:
        assert set(a) == set(b) and all(np.array_equal(a[name], b[name]) for name in a)


def test_numpy_alone_writes_it(tmp_path):
    """As the table in the docstring says, without pygpose."""
    arrays = {
        "skeleton": "coco17",
        "joints": list(get_skeleton("coco17").joints),
        "video/keypoints": np.full((5, 17, 2), 100),
        "video/confidence": np.ones((5, 17)),
        "video/size": (1920, 1080),
        "video/fps": 30,
    }
    np.savez(tmp_path / "plain.npz", **arrays)
    (one,) = read_keypoints(tmp_path / "plain.npz")
    assert (one.name, one.skeleton, one.fps, one.size) == ("video", "coco17", 30.0, (1920, 1080))


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        ([], "no tracks to write"),
        ([track(), track()], "two tracks are named 'S1/walk'"),
        ([track(fps=None)], r"S1/walk has size \(640, 480\) and fps None; both must be known"),
        ([track(), track("S2/a", skeleton="coco17")], "one file holds one skeleton, not coco17 and h36m17"),
    ],
)
def test_what_is_not_written(tmp_path, tracks, message):
    with pytest.raises(ValueError, match=f"own.npz: {message}"):
        save_keypoints(tmp_path / "own.npz", tracks)
    assert not list(tmp_path.iterdir())


INFINITE = np.full((4, 17, 2), 5.0)
INFINITE[2, 3, 1] = np.inf


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"skeleton": None}, "array 'skeleton' is missing or no text"),
        ({"skeleton": 7}, "array 'skeleton' is missing or no text"),
        ({"skeleton": "h36m16"}, "unknown skeleton 'h36m16'; known: "),
        ({"skeleton": ["h36m17"] * 2}, "unknown skeleton ''"),
        ({"joints": None}, "array 'joints' is missing or no text"),
        ({"joints": get_skeleton("coco17").joints}, "joints are Nose, .*; those of skeleton 'h36m17' are Hip, RHip"),
        ({"S1/walk/keypoints": None}, "clip 'S1/walk' has no keypoints"),
        ({"S1/walk/size": None, "S1/walk/fps": None}, "clip 'S1/walk' has no size and no fps"),
        (
            {"S1/walk/keypoints": INFINITE},
            r"clip 'S1/walk': keypoints has infinite values, first at \[2, 3, 1\]",
        ),
        ({"S1/walk/keypoints": np.full((4, 17, 2), 1e300)}, "S1/walk: keypoints hold NaN or infinite"),
        ({"S1/walk/keypoints": np.full((4, 17, 2), "5")}, "clip 'S1/walk': keypoints is <U1"),
        ({"S1/walk/keypoints": np.ones((4, 34))}, r"clip 'S1/walk': keypoints is float64 \[4, 34\], expected 3 axes"),
        ({"S1/walk/keypoints": np.ones((4, 16, 2))}, r"keypoints are \[4, 16, 2\], expected \[4, 17, 2\]"),
        ({"S1/walk/keypoints": np.ones((0, 17, 2))}, "S1/walk: no frames"),
        ({"S1/walk/confidence": np.ones((5, 17))}, r"confidence are \[5, 17\], expected \[4, 17\]"),
        ({"S1/walk/confidence": np.full((4, 17), 100.0)}, "confidence runs from 100 to 100"),
        ({"S1/walk/size": (640,)}, r"clip 'S1/walk': size is \[640\]; expected width and height"),
        ({"S1/walk/size": (640.5, 480)}, "size is .640.5, 480.0.; expected width and height"),
        ({"S1/walk/size": (0, 480)}, "width and height must be positive"),
        ({"S1/walk/fps": -1.0}, "fps is -1; it must be positive"),
        ({"S1/walk/fps": (25, 25)}, r"clip 'S1/walk': fps is int64 \[2\], expected 0 axes"),
        ({"S1/walk/intrinsics": np.ones(4)}, "give 9 finite numbers"),
        ({"S1/walk/pose": np.ones((4, 17, 2))}, r"pose are \[4, 17, 2\], expected \[4, 17, 3\]"),
        (
            {"S1/walk/boxes": np.ones(4)},
            "array 'S1/walk/boxes' is not in the schema: CLIP/FIELD with FIELD one of keypoints, ",
        ),
        ({"keypoints": np.ones(4)}, "array 'keypoints' is not in the schema"),
        (
            {name: None for name in ("S1/walk/keypoints", "S1/walk/confidence", "S1/walk/size", "S1/walk/fps")},
            "no clips",
        ),
        ({"S1/walk/keypoints": np.array([{}])}, "holds pickled Python objects"),
    ],
)
def test_the_validator(tmp_path, changes, message):
    path = tmp_path / "own.npz"
    save_keypoints(path, [track()])
    with np.load(path) as archive:
        content = {**archive, **changes}
    np.savez(path, **{name: value for name, value in content.items() if value is not None})
    with pytest.raises(ValueError, match=f"^{re.escape(str(path))}: .*{message}"):
        read_keypoints(path)
