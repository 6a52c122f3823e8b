"""Files of predictions: both forms mean the same, and what is wrong with one is said."""

import numpy as np
import pandas as pd
import pytest
import torch

from graphs import get_skeleton
from pygpose.data import load_dataset
from pygpose.inference.predictions import by_key, read_predictions, save_predictions

SKELETON = get_skeleton("h36m17")
FRAMES = 4


@pytest.fixture(scope="module")
def clips():
    return load_dataset("synthetic", subjects=["S9"], frames=FRAMES)[:5]


@pytest.fixture
def arrays(clips):
    """A root-relative prediction for every clip, by key, metres."""
    noise = np.random.default_rng(0).normal(scale=0.05, size=(FRAMES, 17, 3)).astype(np.float32)
    poses = {key: clip.pose().numpy() + noise for key, clip in by_key(clips).items()}
    return {key: pose - pose[:, :1] for key, pose in poses.items()}


def rows(arrays, names=SKELETON.joints) -> pd.DataFrame:
    """The CSV form, in no order."""
    parts = []
    for key, array in arrays.items():
        frame, joint = np.indices(array.shape[:2]).reshape(2, -1)
        part = pd.DataFrame(array.reshape(-1, 3), columns=["x", "y", "z"])
        parts.append(part.assign(clip=key, frame=frame, joint=[names[j] for j in joint]))
    return pd.concat(parts).sample(frac=1, random_state=0)


def test_what_was_saved_is_read_to_the_last_bit(tmp_path, clips, arrays):
    poses = [torch.from_numpy(array) for array in arrays.values()]
    save_predictions(tmp_path / "a.npz", clips, poses, SKELETON)
    found = read_predictions(tmp_path / "a.npz", SKELETON)
    same, read = found.of(clips[::-1], partial=False)
    assert same == clips[::-1]
    assert all(torch.equal(pose, before.double()) for pose, before in zip(read, poses[::-1], strict=True))
    assert found.facts["units of the file"] == "m, as it states"
    assert found.facts["joints of the file"] == "named"
    assert "at the origin" in found.facts["root of the file"]


@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("units", ["m", "mm"])
@pytest.mark.parametrize("form", ["npz", "csv", "csv of joint indices"])
def test_every_form_means_the_same(tmp_path, clips, arrays, form, units, stated):
    scaled = {key: array * (1000 if units == "mm" else 1) for key, array in arrays.items()}
    path = tmp_path / f"a.{form[:3]}"
    if form == "npz":
        np.savez(path, **scaled, **({"units": units} if stated else {}))
    else:
        table = rows(scaled, SKELETON.joints if form == "csv" else range(17))
        table.assign(**({"units": units} if stated else {})).to_csv(path, index=False)
    found = read_predictions(path, SKELETON, None if stated else units)
    assert found.poses.keys() == arrays.keys()
    for key, pose in found.poses.items():
        torch.testing.assert_close(pose, torch.from_numpy(arrays[key]).double(), rtol=0, atol=1e-6)
    says = "as it states" if stated else "as stated for it"
    assert found.facts["units of the file"] == f"{units}, {says}"


def test_the_root_is_subtracted(tmp_path, clips, arrays):
    moved = {key: array + clip.root.numpy()[:, None] for (key, array), clip in zip(arrays.items(), clips, strict=True)}
    np.savez(tmp_path / "a.npz", **moved, units="m")
    found = read_predictions(tmp_path / "a.npz", SKELETON)
    for key, pose in found.poses.items():
        assert (pose[:, SKELETON.root] == 0).all()
        torch.testing.assert_close(pose, torch.from_numpy(arrays[key]).double(), rtol=0, atol=1e-5)
    furthest = max(clip.root.norm(dim=-1).max().item() for clip in clips)
    assert f"up to {furthest:.3f} m from the origin" in found.facts["root of the file"]


def test_named_joints_come_in_any_order(tmp_path, arrays):
    np.savez(
        tmp_path / "a.npz", **{key: a[:, ::-1] for key, a in arrays.items()}, units="m", joints=SKELETON.joints[::-1]
    )
    found = read_predictions(tmp_path / "a.npz", SKELETON)
    for key, pose in found.poses.items():
        assert np.array_equal(pose.numpy(), arrays[key])


def test_clips_that_are_missing_or_unknown(tmp_path, clips, arrays):
    np.savez(tmp_path / "a.npz", **arrays, units="m")
    found = read_predictions(tmp_path / "a.npz", SKELETON)
    others = load_dataset("synthetic", subjects=["S11"], frames=FRAMES)[:1]
    with pytest.raises(
        ValueError, match=r"holds 5 clips that .* not have: 'S9/.*', \.\.\.; their .* 'S11/Directions/.*'"
    ):
        found.of(others, partial=True)
    with pytest.raises(ValueError, match="lacks 1 of 6 clips: 'S11/Directions/.*'; add them, or give partial=True"):
        found.of(clips + others, partial=False)
    scored, poses = found.of(clips + others, partial=True)
    assert scored == clips and len(poses) == 5
    with pytest.raises(ValueError, match="has 4 frames, the data have 3"):
        found.of([clip.window(0, 3) for clip in clips], partial=False)
    with pytest.raises(ValueError, match="are both 'S9/"):
        found.of([*clips, clips[0]], partial=False)


def with_value(arrays, value):
    for array in arrays.values():
        array[3, 5, 1] = value
    return arrays


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a, "does not state its units; give units='m' or units='mm'"),
        (lambda a: a | {"units": np.array("ell")}, "states units 'ell'; give units='m'"),
        (lambda a: a | {"units": np.array(["m", "mm"])}, "states units 'm, mm'"),
        (lambda a: {"units": np.array("m")}, "holds no clips"),
        (
            lambda a: {key: v[:, :16] for key, v in a.items()} | {"units": "m"},
            r"is float32 \[4, 16, 3\]; expected .* 17",
        ),
        (lambda a: {key: v[0] for key, v in a.items()} | {"units": "m"}, r"is float32 \[17, 3\]"),
        (lambda a: {key: v[:0] for key, v in a.items()} | {"units": "m"}, r"is float32 \[0, 17, 3\]"),
        (lambda a: {key: v.astype(str) for key, v in a.items()} | {"units": "m"}, "expected numbers"),
        (lambda a: with_value(a, np.nan) | {"units": "m"}, r"1 values are NaN .* first at .* \[3, 5, 1\]"),
        (lambda a: with_value(a, np.inf) | {"units": "m"}, "1 values are NaN or infinite"),
        (lambda a: a | {"units": "m", "joints": np.array(SKELETON.joints[1:])}, "16 joints .* differ in 'Hip'"),
        (lambda a: a | {"units": "m", "joints": np.array(["Tail", *SKELETON.joints[1:]])}, "'Hip', 'Tail'; give each"),
        (lambda a: a | {"units": np.array({"m": 1})}, "'units' in .* is object, expected text"),
    ],
)
def test_bad_npz(tmp_path, arrays, change, message):
    np.savez(tmp_path / "a.npz", **change(arrays))
    with pytest.raises(ValueError, match=message):
        read_predictions(tmp_path / "a.npz", SKELETON)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns=["joint", "z"]), "has no column 'joint', 'z'; give clip, frame, joint, x, y, z"),
        (lambda t: pd.concat([t, t[(t.frame == 2) & (t.joint == "Head")][:1]]), "two rows for frame 2, joint 'Head'"),
        (lambda t: t[(t.frame != 1) | (t.joint != "Hip")], "no row for frame 1, joint 'Hip'"),
        (lambda t: t[(t.frame != 3) | (t.joint != "RWrist")], "no row for frame 3, joint 'RWrist'"),
        (lambda t: t[t.frame != 2], "no row for frame 2, joint 'Hip'"),
        (lambda t: t[t.frame != 0].replace({"frame": {1: 5}}), "no row for frame 0"),
        (lambda t: t.assign(frame=t.frame - 1), "has frame -1; count frames from 0"),
        (lambda t: t.assign(frame=t.frame / 2), "is no csv file of predictions .*int64"),
        (lambda t: t.replace({"joint": {"Head": "Tail"}}), "has joints 'Tail', which skeleton 'h36m17' does not"),
        (lambda t: t.replace({"joint": {"Head": "17"}}), "has joints '17'.* give indices below 17 or names: Hip"),
        (lambda t: t.replace({"joint": {"Head": None}}), "column 'joint' .* is empty in 20 rows"),
        (lambda t: t.assign(x=np.nan), "68 values are NaN or infinite"),
        (lambda t: t.assign(x="far"), "could not convert string to float: 'far'"),
        (lambda t: t.assign(units=["m", "mm"] * (len(t) // 2)), "states units 'm, mm'"),
        (lambda t: t.drop(columns="units"), "does not state its units"),
        (lambda t: t[:0], "holds no clips"),
    ],
)
def test_bad_csv(tmp_path, arrays, change, message):
    change(rows(arrays).assign(units="m")).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ValueError, match=message):
        read_predictions(tmp_path / "a.csv", SKELETON)


def test_text_that_is_no_table(tmp_path):
    path = tmp_path / "a.csv"
    for text, message in [
        ("", "is no csv file"),
        ("clip;frame;joint;x;y;z\na;0;0;1;2;3\n", "is separated by semicolons; save it with commas"),
        ("clip:frame:joint:x:y:z\na:0:0:1:2:3\n", "has no column 'clip', 'frame', 'joint', ...; .* commas"),
        ("clip,frame,joint,x,y,z\na,0,0,1,2,3,4\n", "more values than its first line has columns"),
        ("clip,frame,joint,x,y,z\na,0,0,1,2,3\na,0,1,1,2,3,4\n", "is no csv file .* in line 3, saw 7"),
    ]:
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_predictions(path, SKELETON, "m")


def test_units_that_are_given_count(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", **arrays, units="m")
    assert read_predictions(tmp_path / "a.npz", SKELETON, "m").facts["units of the file"] == "m, as stated for it"
    found = read_predictions(tmp_path / "a.npz", SKELETON, "mm")
    assert found.facts["units of the file"] == "mm, as stated for it; the file states 'm'"
    for key, pose in found.poses.items():
        torch.testing.assert_close(pose, torch.from_numpy(arrays[key]).double() / 1000, rtol=0, atol=1e-6)


@pytest.mark.parametrize("word", [b"mm", "Millimeters", b"millimetres", "[mm]"])
def test_words_of_units(tmp_path, arrays, word):
    np.savez(tmp_path / "a.npz", **{key: 1000 * array for key, array in arrays.items()}, units=word)
    found = read_predictions(tmp_path / "a.npz", SKELETON)
    for key, pose in found.poses.items():
        torch.testing.assert_close(pose, torch.from_numpy(arrays[key]).double(), rtol=0, atol=1e-5)


def test_units_that_no_person_has(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", **{key: 1000 * array for key, array in arrays.items()}, units="m")
    with pytest.raises(ValueError, match="has a joint .* m from 'Hip', with units m, as it states; state the units"):
        read_predictions(tmp_path / "a.npz", SKELETON)


def test_dictionaries_as_videopose3d_has_them(tmp_path, clips, arrays):
    key, array = next(iter(arrays.items()))
    subject, action, _, _ = key.split("/")
    np.savez(tmp_path / "a.npz", positions_3d=np.array({subject: {action: array}}, dtype=object))
    found = read_predictions(tmp_path / "a.npz", SKELETON, "m")
    assert list(found.poses) == [f"{subject}/{action}"]
    same, (read,) = found.of(clips[:1], partial=False)  # of one camera: what leads to a clip is enough to know it
    assert same == clips[:1] and np.allclose(read, array)
    with pytest.raises(ValueError, match=f"'{subject}/{action}'; their clips are"):
        found.of(clips, partial=True)  # of several cameras
    looped: list = []
    looped.append(looped)
    np.savez(tmp_path / "b.npz", a=np.array({"S1": looped}, dtype=object))
    with pytest.raises(ValueError, match="a list that holds itself"):
        read_predictions(tmp_path / "b.npz", SKELETON, "m")


def test_frames_from_1(tmp_path, arrays):
    table = rows(arrays).assign(units="m")
    table["frame"] += 1
    table.to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ValueError, match="counts the frames of every clip from 1; count from 0"):
        read_predictions(tmp_path / "a.csv", SKELETON)


def test_files_that_are_damaged_or_of_no_known_form(tmp_path, arrays):
    path = tmp_path / "a.npz"
    np.savez(path, **arrays, units="m")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is no complete npz file"):
        read_predictions(path, SKELETON)
    path.rename(tmp_path / "a.pkl")
    with pytest.raises(ValueError, match="end in '.pkl'; give an .npz or .csv file"):
        read_predictions(tmp_path / "a.pkl", SKELETON)
    with pytest.raises(FileNotFoundError, match="give an npz or csv file"):
        read_predictions(path, SKELETON)
