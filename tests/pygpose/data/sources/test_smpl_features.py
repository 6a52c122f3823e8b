"""Files of image features, written as joblib writes them, against numpy on what was written.

Covers :mod:`pygpose.data.sources.smpl_features` and :mod:`pygpose.data.features`: ``clips`` and ``files``.
"""

import gzip
import importlib.util
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from graphs import get_skeleton
from pygpose.data import WindowDataset, load_dataset, read_smpl_features, save_smpl_features
from pygpose.data.sources.smpl_features import SmplFeatures, SmplFeaturesConfig

_SPEC = importlib.util.spec_from_file_location("pickles_beside", Path(__file__).parents[2] / "safe/test_pickles.py")
PICKLES = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(PICKLES)
joblib_dump = PICKLES.joblib_dump
# Where the published files have LSP's joints.
SPIN = dict(RAnkle=25, RKnee=26, RHip=27, LHip=28, LKnee=29, LAnkle=30, RWrist=31, RElbow=32, RShoulder=33)
SPIN |= dict(LShoulder=34, LElbow=35, LWrist=36, Neck=37, HeadTop=38)
COMMON = {name: place for place, name in enumerate(SPIN)}
TEST3DHP = dict(HeadTop=0, Neck=1, RShoulder=2, RElbow=3, RWrist=4, LShoulder=5, LElbow=6, LWrist=7, RHip=8, RKnee=9)
TEST3DHP |= dict(RAnkle=10, LHip=11, LKnee=12, LAnkle=13)
TABLES = {14: COMMON, 49: SPIN, 17: TEST3DHP}
OUTDOORS = {"downtown_walking_00_0": range(3, 9), "downtown_walking_00_1": range(5), "office_call_01_0": range(4)}
H36M = "data/h36m/images/s_{:02d}_act_{:02d}_subact_01_ca_0{}_{}"


def content(videos=OUTDOORS, joints=49, seen=14, seed=0, **changes):
    """The dictionary of a file."""
    rng = np.random.default_rng(seed)
    frames = [(name, frame) for name, numbers in videos.items() for frame in numbers]
    count = len(frames)
    boxes = np.concatenate([rng.uniform(200, 800, (count, 2)), rng.uniform(100, 400, (count, 2))], 1)
    points = boxes[:, None, :2] + rng.uniform(-0.5, 0.5, (count, seen, 2)) * boxes[:, None, 2:]
    data = {
        "vid_name": np.array([name for name, _ in frames]),
        "frame_id": np.array([frame for _, frame in frames]),
        "joints3D": rng.normal(size=(count, joints, 3)).astype(np.float32),
        "joints2D": np.concatenate([points, rng.integers(0, 2, (count, seen, 1))], 2),
        "shape": rng.normal(size=(count, 10)).astype(np.float32),
        "pose": rng.normal(size=(count, 72)).astype(np.float32),
        "bbox": boxes,
        "features": rng.normal(size=(count, 2048)).astype(np.float32),
        "img_name": np.array([f"{name}/image_{frame:05d}.jpg" for name, frame in frames]),
    } | changes
    return {key: value for key, value in data.items() if value is not None}


@pytest.fixture
def write(tmp_path, joblib_dump):
    def write(data, name="3dpw_train_db.pt"):
        joblib_dump(data, tmp_path / name)
        return tmp_path / name

    return write


def same(clip, data, rows):
    """A clip is what was written: joints by name from the middle of the hips, keypoints by the crop's own transform."""
    lsp = get_skeleton("lsp15")
    assert clip.skeleton == "lsp15" and clip.num_frames == len(rows) and "root" not in clip
    assert clip.features.dtype == clip.x.dtype == clip.y.dtype == torch.float32
    of3d, of2d = (TABLES[data[key].shape[1]] for key in ("joints3D", "joints2D"))
    for frame, row in enumerate(rows):
        np.testing.assert_array_equal(clip.features[frame].numpy(), data["features"][row])
        pose, x, y, w, h = data["joints3D"][row], *data["bbox"][row]
        hips = (pose[of3d["LHip"]] + pose[of3d["RHip"]]) / 2
        # The transform that takes the middle and two edges of a box 1.2 times as large to those of 224 x 224 pixels.
        source = np.array([[x, y, 1], [x + 0.6 * w, y, 1], [x, y + 0.6 * h, 1]])
        transform = np.linalg.solve(source, np.array([[112, 112], [224, 112], [112, 224]]))
        for name, place in of3d.items():
            np.testing.assert_allclose(clip.pose()[frame, lsp.index(name)], pose[place] - hips, atol=1e-5)
            point, known = np.split(data["joints2D"][row, of2d[name]], [2])
            assert clip.confidence.view(-1, 15)[frame, lsp.index(name)] == known[0]
            if known[0]:
                wanted = np.append(point, 1) @ transform * 2 / 224 - 1
                np.testing.assert_allclose(clip.keypoints()[frame, lsp.index(name)], wanted, atol=1e-5)
        assert (clip.pose()[frame, lsp.root] == 0).all()
        both = [data["joints2D"][row, of2d[hip], 2] for hip in ("LHip", "RHip")]
        assert clip.confidence.view(-1, 15)[frame, lsp.root] == min(both)


@pytest.mark.parametrize(("joints", "seen"), [(49, 14), (14, 14), (14, 49)])
def test_each_video_is_a_sequence(write, tmp_path, joints, seen):
    data = content(joints=joints, seen=seen)
    write(data)
    clips = load_dataset("smpl_features", root=tmp_path, split="train")
    assert [clip.clip for clip in clips] == list(OUTDOORS)
    assert [(clip.subject, clip.action, clip.fps) for clip in clips] == [
        ("downtown_walking_00", "downtown_walking", 30.0),
        ("downtown_walking_00", "downtown_walking", 30.0),
        ("office_call_01", "office_call", 30.0),
    ]
    for clip, rows in zip(clips, (range(6), range(6, 11), range(11, 15)), strict=True):
        same(clip, data, rows)
        smpl = np.concatenate([data["pose"][rows], data["shape"][rows]], 1)
        np.testing.assert_array_equal(clip.smpl.numpy(), smpl)
        assert "valid" not in clip


@pytest.mark.parametrize("pack", [bytes, zlib.compress, gzip.compress])
@pytest.mark.parametrize("kind", ["U40", object, "S40"])
def test_forms_of_bytes_and_of_text(write, pack, kind):
    data = content()
    path = write(data | {name: data[name].astype(kind) for name in ("vid_name", "img_name")})
    path.write_bytes(pack(path.read_bytes()))
    first, *_ = read_smpl_features(path, dataset="3dpw")
    assert first.clip == "downtown_walking_00_0"
    same(first, data, range(6))


def test_as_joblib_itself_writes_it(tmp_path):
    joblib = pytest.importorskip("joblib")
    data = content()
    for compress in (0, ("zlib", 3), ("gzip", 3)):
        joblib.dump(data, tmp_path / "3dpw_train_db.pt", compress=compress)
        same(read_smpl_features(tmp_path / "3dpw_train_db.pt", fps=30.0)[0], data, range(6))


def test_round_trip_of_our_own_form(tmp_path):
    data = content({"Anna/walk": range(4), "Ben/walk": range(6)}, valid=np.arange(10) % 3 > 0, fps=np.array(50))
    save_smpl_features(tmp_path / "own_train_db.npz", data | {"vid_name": data["vid_name"].astype(object)})
    anna, ben = load_dataset("smpl_features", root=tmp_path, dataset="", split="train")
    assert (anna.subject, anna.clip, anna.action, anna.fps) == ("Anna", "walk", "motion", 50.0)
    same(anna, data, range(4))
    same(ben, data, range(4, 10))
    assert ben.valid.tolist() == [True, True, False, True, True, False]
    with pytest.raises(ValueError, match="array 'betas' is not known; known: bbox"):
        save_smpl_features(tmp_path / "x.npz", data | {"betas": data["shape"]})
    with pytest.raises(ValueError, match=r"'pose': \[10, 24\] given"):
        save_smpl_features(tmp_path / "x.npz", data | {"pose": data["pose"][:, :24]})
    with pytest.raises(ValueError, match="says fps 50, and 25 is given; leave it out"):
        load_dataset("smpl_features", root=tmp_path, dataset="own", fps=25.0)
    del data["fps"]
    save_smpl_features(tmp_path / "own_train_db.npz", data)
    with pytest.raises(ValueError, match="does not say its fps; give fps"):
        load_dataset("smpl_features", root=tmp_path, dataset="own")


def test_gaps_cut_videos_and_no_window_crosses_them(write, tmp_path):
    data = content({"a_b_00_0": [0, 1, 2, 3, 7, 8, 9, 10, 12], "a_b_00_1": range(11, 16)})
    data["features"][:] = np.arange(14)[:, None]  # a frame's row
    write(data)
    clips = load_dataset("smpl_features", root=tmp_path)
    assert [(clip.clip, clip.num_frames) for clip in clips] == [
        ("a_b_00_0", 4),
        ("a_b_00_0#1", 4),
        ("a_b_00_0#2", 1),
        ("a_b_00_1", 5),
    ]
    windows = WindowDataset(clips, 3, 1, (1, 1))
    batch = windows.batch(torch.arange(len(windows)))
    whole = np.array([0] * 4 + [1] * 4 + [2] + [3] * 5)
    rows = batch.features[..., 0].long().numpy()
    assert len(rows) == 2 + 2 + 1 + 3
    assert all(len(set(whole[row])) == 1 for row in rows)


def test_every_second_frame_is_no_gap(write, tmp_path):
    videos = {H36M.format(1, 2, 1, 1): range(0, 12, 2), H36M.format(8, 16, 4, 8): [3, 5, 9, 11]}
    zeros = {"pose": np.zeros((10, 72)), "shape": np.zeros((10, 10))}
    write(content(videos, seen=49, **zeros), "h36m_train_25fps_occ_db.pt")
    write(content({H36M.format(9, 14, 2, 9): range(0, 6, 2)}, joints=14), "h36m_test_front_25fps_tight_db.pt")
    source = SmplFeatures(SmplFeaturesConfig("h36m"), tmp_path)
    assert [source.subjects(split) for split in ("train", "val", "test")] == [["S1", "S8"], ["S8"], ["S9"]]
    data = source.load(source.subjects("train"))
    assert [(clip.subject, clip.action, clip.camera, clip.num_frames, clip.fps) for clip in data.sequences] == [
        ("S1", "Directions", "1", 6, 25.0),
        ("S8", "WalkTogether", "4", 2, 25.0),
        ("S8", "WalkTogether", "4", 2, 25.0),
    ]
    assert [clip.clip for clip in data.sequences][1:] == [f"s_08_act_16_subact_01_ca_04_8{part}" for part in ("", "#1")]
    assert not any("smpl" in clip for clip in data.sequences)  # zeros are nobody's
    assert data.title == "h36m, image features" and data.input == "image features"
    assert "10 frames at 25 frames/s, one of 2 recorded, 49 joints." in data.notes[0]
    assert "1 videos have gaps and are cut there, into 3 clips" in data.notes[1]
    assert "known in 0 of 3 clips" in data.notes[2] and "chosen on S8" in data.notes[-1]


def test_3dhp_tests_on_what_its_authors_call_val(write, tmp_path):
    names = {"subj1_seq1_vid0_seg0": range(1, 4), "subj8_seq2_vid7_seg3": range(9, 13)}
    none = {"pose": None, "shape": None}
    training = content(names, seen=49, **none)
    training["frame_id"] = np.array([f"frame_{number:06d}" for number in training["frame_id"]])
    write(training, "mpii3d_train_scale12_db.pt")
    valid = np.array([[1.0], [0.0], [1.0]])
    test = content({"subj1_seg0": range(3)}, joints=17, seen=49, valid_i=valid, **none)
    write(test, "mpii3d_val_scale12_db.pt")
    source = SmplFeatures(SmplFeaturesConfig("mpii3d"), tmp_path)
    assert [source.subjects(split) for split in ("train", "val", "test")] == [["S1", "S8"], ["S8"], ["TS1"]]
    (clip,) = source.load(["TS1"]).sequences
    same(clip, test, range(3))
    assert clip.valid.tolist() == [True, False, True] and "smpl" not in clip
    (clip,) = source.load(["S8"]).sequences
    same(clip, training, range(3, 7))
    assert (clip.action, clip.camera, clip.clip) == ("Seq2", "7", "subj8_seq2_vid7_seg3")
    notes = " ".join(source.load(source.subjects("all")).notes)
    assert "1 of 3 frames are not valid" in notes and "are over its 17 joints" in notes


def test_splits_are_the_files_and_checksums_theirs(write, tmp_path):
    for split, name in (("train", "a_00_0"), ("val", "b_00_0"), ("test", "c_00_0")):
        write(content({name: range(3)}), f"3dpw_{split}_db.pt")
    source = SmplFeatures(SmplFeaturesConfig(), tmp_path)
    assert [source.subjects(split) for split in ("train", "val", "test")] == [["a_00"], ["b_00"], ["c_00"]]
    assert sorted(source.subjects("all")) == ["a_00", "b_00", "c_00"]
    before = source.checksum()
    assert SmplFeatures(SmplFeaturesConfig(), tmp_path).checksum() == before
    write(content({"c_00_0": range(4)}), "3dpw_test_db.pt")
    assert SmplFeatures(SmplFeaturesConfig(), tmp_path).checksum() != before
    write(content({"a_00_1": range(3)}), "3dpw_test_db.pt")
    with pytest.raises(ValueError, match=r"subject 'a_00' is in 3dpw_train_db\.pt and 3dpw_test_db\.pt"):
        load_dataset("smpl_features", root=tmp_path)


def test_which_file(write, tmp_path):
    with pytest.raises(ValueError, match="needs a root: "):
        load_dataset("smpl_features")
    with pytest.raises(FileNotFoundError, match="no folder"):
        load_dataset("smpl_features", root=tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"no 3dpw_train\*_db\.pt, _val or _test \(nor \.npz\)"):
        load_dataset("smpl_features", root=tmp_path)
    write(content(), "mpii3d_train_scale12_db.pt")
    with pytest.raises(FileNotFoundError, match="there are those of mpii3d: say which in SmplFeaturesConfig.dataset"):
        load_dataset("smpl_features", root=tmp_path)
    assert len(load_dataset("smpl_features", root=tmp_path, dataset="")) == 3
    write(content({"a_00_0": range(3)}), "3dpw_train_db.pt")
    with pytest.raises(ValueError, match="holds files of 3dpw, mpii3d; say which"):
        load_dataset("smpl_features", root=tmp_path, dataset="")
    write(content({"a_00_0": range(5)}), "3dpw_train_occ_db.pt")
    with pytest.raises(
        ValueError, match=r"3dpw_train_db\.pt, 3dpw_train_occ_db\.pt; name .* SmplFeaturesConfig.train_file"
    ):
        load_dataset("smpl_features", root=tmp_path)
    assert load_dataset("smpl_features", root=tmp_path, train_file="3dpw_train_occ_db.pt")[0].num_frames == 5
    with pytest.raises(FileNotFoundError, match=r"SmplFeaturesConfig\.test_file is the name of a file"):
        load_dataset("smpl_features", root=tmp_path, train_file="3dpw_train_db.pt", test_file="test.pt")
    with pytest.raises(ValueError, match="must be positive"):
        SmplFeaturesConfig(fps=0.0)


def test_a_file_without_truth_is_read_but_not_trained_on(write, tmp_path):
    data = content(joints3D=None, joints2D=None, bbox=None, pose=None)
    path = write(data)
    clip = read_smpl_features(path, fps=24.0)[0]
    assert "y" not in clip and "smpl" not in clip and clip.fps == 24.0 and not clip.confidence.any()
    np.testing.assert_array_equal(clip.features.numpy(), data["features"][:6])
    with pytest.raises(ValueError, match="has no joints3D and no joints2D and no bbox, which training and tests need"):
        load_dataset("smpl_features", root=tmp_path)
    with pytest.raises(FileNotFoundError, match="give a \\*_db.pt"):
        read_smpl_features(tmp_path / "nothing.pt")


def ragged():
    rows = np.empty(15, object)
    rows[:] = [np.zeros(2048 - row) for row in range(15)]
    return rows


def nan(name):
    array = content()[name]
    array[7] = np.nan
    return array


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1, 2], "has no 'vid_name'; expected a dictionary"),
        *((content(**{name: None}), f"has no '{name}'") for name in ("vid_name", "frame_id", "features")),
        (content(joints3D=None), "has no joints3D, which training and tests need"),
        (content(features=np.zeros((15, 1024))), r"'features': \[15, 1024\] given, expected \[frames, 2048\]"),
        (content(features=ragged()), r"'features': expected an array of numbers \[frames, 2048\]"),
        (content(features=np.zeros((14, 2048))), "'features': 14 frames, 'vid_name' has 15"),
        (content(frame_id=np.arange(14)), "'frame_id': 14 frames, 'vid_name' has 15"),
        (content(img_name=np.array(["a"])), "'img_name': 1 frames, 'vid_name' has 15"),
        (content(vid_name=np.arange(15)), "'vid_name': expected an array of text"),
        (content(vid_name=np.array([None] * 15)), "'vid_name': not all of its entries are text"),
        (content(vid_name=list(content()["vid_name"])), "'vid_name': expected an array of text"),
        (content(frame_id=np.array(["a"] * 15)), "'frame_id': 'a' gives no frame number"),
        (content(joints=24), "SMPL's own 24 joints have no top of the head"),
        (content(joints=17), "17 joints have an order that is known for mpii3d"),
        (content(joints2D=np.zeros((15, 17, 3))), r"'joints2D': \[15, 17, 3\] given"),
        (content(joints2D=np.full((15, 14, 3), 2.0)), r"'joints2D': confidence \(column 2\) must lie in \[0, 1\]"),
        (content(bbox=np.zeros((15, 4))), "'bbox': width and height must be positive"),
        (content(joints3D=content()["joints3D"] * 1000), "positions must be metres"),
        (content(valid=np.full(15, 2)), "'valid': expected 0 or 1 for each frame"),
        (content(valid=np.ones(14)), r"'valid': \[14\] given, expected 0 or 1 for each of 15 frames"),
        (content(fps=np.array(-1.0)), "'fps': expected one positive number"),
        *(
            (content(**{name: nan(name)}), f"'downtown_walking_00_1', '{name}': NaN, infinite or huge value.*frame 1")
            for name in ("features", "joints3D", "joints2D", "bbox", "pose", "shape")
        ),
        (content({"a_0_0": [0, 2, 1]}), "video 'a_0_0' has frame 1 after frame 2; .* in their order"),
        (content(vid_name=np.array(["a"] * 3 + ["b"] * 3 + ["a"] * 9), frame_id=np.arange(15)), "stands in two places"),
        ({name: array[:0] for name, array in content().items()}, "no frame is in it"),
    ],
)
def test_what_is_wrong_with_a_file(write, tmp_path, data, message):
    path = write(data)
    with pytest.raises(ValueError, match=message) as raised:
        load_dataset("smpl_features", root=tmp_path)
    assert str(path) in str(raised.value)


def test_a_pickle_that_would_run_is_refused(write, tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'ran'}",)

    for data in (content() | {"betas": Bomb()}, content(img_name=np.array([Bomb()] * 15, object))):
        write(data)
        with pytest.raises(ValueError, match="nothing of it was run"):
            load_dataset("smpl_features", root=tmp_path)
    np.savez(tmp_path / "own_train_db.npz", vid_name=np.array([Bomb()], object))
    with pytest.raises(ValueError, match="pickled Python objects, which could run code"):
        load_dataset("smpl_features", root=tmp_path, dataset="own")
    assert not (tmp_path / "ran").exists()
