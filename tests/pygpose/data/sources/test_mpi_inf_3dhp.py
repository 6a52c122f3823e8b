"""MPI-INF-3DHP out of its MATLAB annotations and the npz files made of them, against numpy on what was written.

Covers :mod:`pygpose.data.sources.mpi_inf_3dhp` and ``mpi_inf_3dhp_files``.
"""

import sys
import types
import zlib

import jaxtyping
import numpy as np
import pandas as pd
import pytest
import torch
from scipy.io import savemat

from graphs import get_skeleton
from pygpose import metrics
from pygpose.data import DATASETS, load_dataset
from pygpose.data.sources.mpi_inf_3dhp import ACTIVITIES, MpiInf3dhp, MpiInf3dhpConfig
from pygpose.frames import stretches

# The 28 training joints by name, and the 17 of the test set: mpii_get_joint_set.m.
ALL = (
    "spine3 spine4 spine2 spine pelvis neck head head_top left_clavicle left_shoulder left_elbow left_wrist left_hand "
    "right_clavicle right_shoulder right_elbow right_wrist right_hand left_hip left_knee left_ankle left_foot left_toe "
    "right_hip right_knee right_ankle right_foot right_toe"
).split()
RELEVANT = (
    "head_top neck right_shoulder right_elbow right_wrist left_shoulder left_elbow left_wrist right_hip right_knee "
    "right_ankle left_hip left_knee left_ankle pelvis spine head"
).split()
CAMERAS = ("0", "1", "2", "4", "5", "6", "7", "8")


def draw(frames, joints=17, seed=0):
    """Keypoints, pixels, and positions, millimetres in a camera's frame."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 2048, (frames, joints, 2)), rng.normal(size=(frames, joints, 3)) * 300 + [100, -50, 3500]


def train_data(subjects=("S1", "S8"), frames=6):
    data = {}
    for subject in subjects:
        for sequence in ("Seq1", "Seq2"):
            fields = {c: dict(zip(("data_2d", "data_3d"), draw(frames, seed=int(c)), strict=True)) for c in CAMERAS}
            data[f"{subject} {sequence}"] = [fields, 50 if (subject, sequence) == ("S1", "Seq2") else 25]
    return data


VALID = {"TS1": [1, 1, 0, 1, 0, 0, 1, 1, 1], "TS5": [0, 1, 1, 1, 1, 1, 1, 1, 0]}


def test_data():
    fields = {name: draw(len(valid), seed=int(name[2])) for name, valid in VALID.items()}
    return {n: {"data_2d": a, "data_3d": b, "valid": np.array(VALID[n], float)} for n, (a, b) in fields.items()}


test_data.__test__ = False


@pytest.fixture
def folder(tmp_path):
    np.savez_compressed(tmp_path / "data_train_3dhp", data=train_data())
    np.savez_compressed(tmp_path / "data_test_3dhp", data=test_data())
    return tmp_path


def write_test(folder, name="data_test_3dhp", **content):
    np.savez_compressed(folder / name, **content)
    return folder


def same(clip, keypoints, positions, size):
    """A clip is what was written, prepared by hand."""
    metres = positions / 1000
    screen = np.stack([keypoints[..., 0] / size[0] * 2 - 1, (keypoints[..., 1] * 2 - size[1]) / size[0]], -1)
    for ours, theirs in (
        (clip.keypoints(), screen),
        (clip.pose(), metres - metres[:, 14:15]),
        (clip.root, metres[:, 14]),
    ):
        assert ours.dtype == torch.float32
        np.testing.assert_allclose(ours.numpy(), theirs, atol=2e-6, rtol=0)


class TestNpz:
    def test_training_recordings(self, folder):
        clips = load_dataset("mpi_inf_3dhp", root=folder, split="train")
        facts = [(clip.subject, clip.clip, clip.camera, clip.fps) for clip in clips]
        rates = {("S1", "Seq1"): 25, ("S1", "Seq2"): 50, ("S8", "Seq1"): 25, ("S8", "Seq2"): 25}
        assert facts == [(*recording, camera, fps) for recording, fps in rates.items() for camera in CAMERAS]
        for clip in clips:
            written = train_data()[f"{clip.subject} {clip.clip}"][0][clip.camera]
            same(clip, written["data_2d"], written["data_3d"], (2048, 2048))
            assert clip.skeleton == "mpi_inf_3dhp17" and clip.action == clip.clip

    def test_frame_rate_is_the_published_one_where_the_file_has_none(self, tmp_path):
        data = {name: entry[:1] for name, entry in train_data(("S3", "S4"), 2).items()}
        clips = load_dataset("mpi_inf_3dhp", root=write_test(tmp_path, "data_train_3dhp", data=data))
        assert {(clip.subject, clip.fps) for clip in clips} == {("S3", 50.0), ("S4", 25.0)}

    def test_whole_recordings_of_which_valid_frames_count(self, folder):
        clips = load_dataset("mpi_inf_3dhp", root=folder, split="test")
        assert [(clip.clip, clip.action) for clip in clips] == [("TS1", "motion"), ("TS5", "motion")]
        for clip in clips:
            written = test_data()[clip.clip]
            same(clip, written["data_2d"], written["data_3d"], (1920, 1080) if clip.clip == "TS5" else (2048, 2048))
            assert clip.valid.int().tolist() == VALID[clip.clip] and (clip.confidence == 1).all()
            assert list(clip.counted()) == ["motion"] and "activity" not in clip
        assert not any("valid" in clip for clip in load_dataset("mpi_inf_3dhp", root=folder, split="train"))

    def test_frames_that_do_not_count_may_hold_anything(self, tmp_path):
        data = test_data()
        data["TS1"]["data_3d"][2] = np.nan
        data["TS1"]["data_2d"][4] = np.inf
        clip = load_dataset("mpi_inf_3dhp", root=write_test(tmp_path, data=data), split="test")[0]
        assert torch.isfinite(clip.x).all() and torch.isfinite(clip.y).all()
        assert clip.confidence.view(9, 17).all(1).tolist() == [frame != 4 for frame in range(9)]
        data["TS1"]["data_3d"][3, 4, 1] = np.nan
        with pytest.raises(ValueError, match="'TS1', positions: NaN, infinite or huge value, first in frame 3"):
            load_dataset("mpi_inf_3dhp", root=write_test(tmp_path, data=data))

    def test_splits_and_notes(self, folder):
        source = MpiInf3dhp(MpiInf3dhpConfig(annotation="annot3"), folder)
        members = [source.subjects(split) for split in ("train", "val", "test", "all")]
        assert members == [["S1", "S8"], ["S8"], ["TS1", "TS5"], ["S1", "S8", "TS1", "TS5"]]
        train, test = source.load(["S8"]), source.load(["TS1"])
        assert train.title == test.title == "MPI-INF-3DHP (annot3)" and train.input == "GT"
        assert "data_train_3dhp.npz do not say which annotation they hold: annot3 is stated." in train.notes
        assert any("the best weights are chosen on S8" in note for note in train.notes)
        assert test.notes[-1] == "TS1: 6 of 9 frames are valid."
        assert MpiInf3dhp(MpiInf3dhpConfig(), folder).load(["S1"]).title == "MPI-INF-3DHP (univ_annot3)"

    def test_checksum_follows_files_and_options(self, folder):
        def checksum(**options):
            return MpiInf3dhp(MpiInf3dhpConfig(**options), folder).checksum()

        before = checksum()
        assert before == checksum() != checksum(annotation="annot3")
        write_test(folder, data={"TS5": test_data()["TS5"]})
        assert checksum() != before

    def test_missing(self, tmp_path):
        with pytest.raises(ValueError, match="needs a root: "):
            load_dataset("mpi_inf_3dhp")
        with pytest.raises(FileNotFoundError, match="no folder"):
            load_dataset("mpi_inf_3dhp", root=tmp_path / "nowhere")
        with pytest.raises(FileNotFoundError, match="nothing of MPI-INF-3DHP"):
            load_dataset("mpi_inf_3dhp", root=tmp_path)

    def test_other_annotation(self, folder, monkeypatch):
        monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
        with pytest.raises(ValueError, match="MpiInf3dhpConfig.annotation is 'annot2'; known: univ_annot3, annot3"):
            load_dataset("mpi_inf_3dhp", root=folder, annotation="annot2")


def changed(recording="TS1", **fields):
    data = test_data()
    data[recording] = {name: value for name, value in {**data[recording], **fields}.items() if value is not None}
    return {"data": data}


class TestBadNpz:
    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ({"poses": np.zeros(3)}, "has no 'data'; it holds: poses"),
            ({"data": np.zeros(3)}, "is no dictionary of recordings"),
            ({"data": {}}, "is no dictionary of recordings"),
            ({"data": {1: 2}}, "is no dictionary of recordings"),
            ({"data": {"TS7": {}}}, "'TS7': no recording of the test set"),
            ({"data": {"TS1": [1]}}, "'TS1': expected data_2d, data_3d, valid; found: list"),
            (changed(valid=None), "found: data_2d, data_3d"),
            (changed(valid=np.ones(8)), r"valid frames: \[8\] given, expected 0 or 1 for each of 9 frames"),
            (changed(valid=np.full(9, 2)), "found other numbers"),
            (changed(valid=np.array(["a"] * 9)), "expected 0 or 1"),
            (changed(valid=np.zeros(9)), "'TS1': no frame is valid"),
            (changed(data_2d=np.zeros((9, 28, 2))), r"keypoints: \[9, 28, 2\] given, expected \[frames, 17, 2\]"),
            (changed(data_3d=np.zeros((9, 17, 2))), r"positions: \[9, 17, 2\] given, expected \[frames, 17, 3\]"),
            (changed(data_3d=np.zeros((9, 51))), "positions: .* given, expected"),
            (changed(data_3d=np.zeros((9, 17, 3), int)), "expected an array of floating-point numbers"),
            (changed(data_3d="none"), "expected an array of floating-point numbers"),
            (changed(data_3d=draw(8)[1]), "9 frames of keypoints and 8 of positions"),
            (changed(data_3d=draw(9)[1] / 1000), "must be millimetres"),
            (changed(data_2d=np.full((9, 17, 2), np.inf)), "keypoints: NaN, infinite or huge value, first in frame 0"),
            (changed(data_2d=np.zeros((0, 17, 2)), data_3d=np.zeros((0, 17, 3))), "given, expected"),
        ],
    )
    def test_test_files(self, tmp_path, content, message):
        with pytest.raises(ValueError, match=message) as raised:
            load_dataset("mpi_inf_3dhp", root=write_test(tmp_path, **content))
        assert "data_test_3dhp.npz" in str(raised.value)

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ({"S1 Seq3": []}, "'S1 Seq3': no recording of the training set"),
            ({"S1 Seq1": [{}, 25]}, "expected a list of a dictionary of cameras"),
            ({"S1 Seq1": []}, "expected a list of a dictionary of cameras"),
            ({"S1 Seq1": {"0": {}}}, "expected a list of a dictionary of cameras"),
            ({"S1 Seq1": [{"0": {}}, 30]}, "25 or 50 frames/s, this one says 30"),
            ({"S1 Seq1": [{"0": {}}, np.ones(2)]}, "25 or 50 frames/s"),
            ({"S1 Seq1": [{"0": {"data_2d": 1}}]}, "camera 0: expected data_2d, data_3d; found: data_2d"),
        ],
    )
    def test_training_files(self, tmp_path, entry, message):
        with pytest.raises(ValueError, match=message):
            load_dataset("mpi_inf_3dhp", root=write_test(tmp_path, "data_train_3dhp", data=entry))

    def test_other_bytes(self, folder):
        path = folder / "data_test_3dhp.npz"
        whole = path.read_bytes()
        for content in (whole[:-100], whole[: len(whole) // 2], b"", b"MATLAB 5.0 MAT-file", b"\x80\x02]."):
            path.write_bytes(content)
            with pytest.raises(ValueError, match=r"data_test_3dhp\.npz"):
                load_dataset("mpi_inf_3dhp", root=folder)

    def test_a_pickle_that_would_run_is_refused(self, tmp_path):
        class Bomb:
            def __reduce__(self):
                return (open, (str(tmp_path / "ran"), "w"))

        with pytest.raises(ValueError, match="nothing of it was run"):
            load_dataset("mpi_inf_3dhp", root=write_test(tmp_path, data={"TS1": Bomb()}))
        assert not (tmp_path / "ran").exists()


def cells(rows):
    column = np.empty((len(rows), 1), object)
    column[:, 0] = rows
    return column


def write_train_mat(root, subject="S2", sequence="Seq1", frames=5, packed=True, **changes):
    """annot.mat: a cell for each camera, frames by 28 * 2 or 28 * 3."""
    fields = [draw(frames, 28, seed) for seed in range(14)]
    content = {
        "annot2": cells([keypoints.reshape(frames, 56) for keypoints, _ in fields]),
        "annot3": cells([positions.reshape(frames, 84) for _, positions in fields]),
        "univ_annot3": cells([positions.reshape(frames, 84) * 0.9 for _, positions in fields]),
        "cameras": np.arange(14, dtype=np.uint8)[None],
        "frames": np.arange(frames)[:, None],
    } | changes
    path = root / subject / sequence / "annot.mat"
    path.parent.mkdir(parents=True, exist_ok=True)
    savemat(path, {name: value for name, value in content.items() if value is not None}, do_compression=packed)
    return path


class TestTrainingMat:
    @pytest.mark.parametrize(("annotation", "scale"), [("annot3", 1.0), ("univ_annot3", 0.9)])
    def test_what_is_loaded(self, tmp_path, annotation, scale):
        write_train_mat(tmp_path)
        write_train_mat(tmp_path, "S3", "Seq2", cameras=np.arange(14.0)[:, None])
        clips = load_dataset("mpi_inf_3dhp", root=tmp_path, annotation=annotation)
        assert [(clip.subject, clip.clip, clip.camera, clip.fps) for clip in clips] == [
            *(("S2", "Seq1", camera, 25.0) for camera in CAMERAS),
            *(("S3", "Seq2", camera, 50.0) for camera in CAMERAS),
        ]
        kept = [ALL.index(name) for name in RELEVANT]
        for clip in clips:
            keypoints, positions = draw(5, 28, int(clip.camera))
            same(clip, keypoints[:, kept], positions[:, kept] * scale, (2048, 2048))

    def test_annotations_without_images_are_left_out(self, tmp_path, monkeypatch):
        write_train_mat(tmp_path, frames=9)
        monkeypatch.setitem(sys.modules["pygpose.data.sources.mpi_inf_3dhp_files"].FRAMES, "S2", (7, 7))
        assert {clip.num_frames for clip in load_dataset("mpi_inf_3dhp", root=tmp_path)} == {7}

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"univ_annot3": None}, "has no 'univ_annot3' of numbers"),
            ({"annot2": np.zeros((5, 56))}, "of different numbers of cameras"),
            ({"annot2": cells([np.zeros((5, 34))] * 14)}, r"camera 0, 'annot2': \[5, 34\] given, expected"),
            ({"univ_annot3": cells([np.zeros((4, 84))] * 14)}, "positions: .* mm|5 frames of keypoints and 4"),
            ({"univ_annot3": cells([np.full((5, 84), np.nan)] * 14)}, "positions: NaN, infinite or huge value"),
            ({"univ_annot3": cells(["x"] * 14)}, "expected an array of floating-point numbers"),
            ({"cameras": cells([np.ones((1, 1))] * 14)}, "of different numbers of cameras"),
            ({"cameras": np.arange(9, 23)[None]}, "none of its cameras is one of 0, 1"),
        ],
    )
    def test_other_content(self, tmp_path, changes, message):
        write_train_mat(tmp_path, **changes)
        with pytest.raises(ValueError, match=message) as raised:
            load_dataset("mpi_inf_3dhp", root=tmp_path)
        assert "annot.mat" in str(raised.value)

    def test_other_bytes(self, tmp_path):
        path = write_train_mat(tmp_path)
        whole = path.read_bytes()
        bomb = whole[:128] + b"\x0f\0\0\0" + len(ZEROS).to_bytes(4, "little") + ZEROS
        for content in (whole[:-40], whole[:131], whole[:200], b"", b"\x89HDF\r\n\x1a\n" * 40, b"PK\3\4" * 99, bomb):
            path.write_bytes(content)
            with pytest.raises(ValueError, match=r"annot\.mat"):
                load_dataset("mpi_inf_3dhp", root=tmp_path)

    def test_changed_bytes(self, tmp_path):
        path = write_train_mat(tmp_path, frames=2, packed=False)
        whole = path.read_bytes()
        rng = np.random.default_rng(0)
        for _ in range(60):
            content = bytearray(whole)
            for at in rng.integers(0, len(whole), 3):
                content[at] = rng.integers(256)
            path.write_bytes(content)
            try:
                load_dataset("mpi_inf_3dhp", root=tmp_path)
            except ValueError as error:
                assert "annot.mat" in str(error)


ZEROS = zlib.compress(bytes(2**21), 9)


def hdf5_content(valid=(1, 1, 1, 0, 1, 1), activity=(1, 1, 4, 4, 4, 7)):
    keypoints, positions = draw(len(valid))
    return {
        "annot2": keypoints[:, None],
        "annot3": positions[:, None],
        "univ_annot3": positions[:, None] * 0.9,
        "valid_frame": np.array(valid, np.uint8)[:, None],
        "activity_annotation": np.array(activity, float)[:, None],
    }


@pytest.fixture(params=["h5py", "stand-in"])
def write_hdf5(request, tmp_path, monkeypatch):
    """Writes an annot_data.mat as h5py shows MATLAB's: its axes turned round. Without h5py, by a stand-in of it."""
    kept = {}

    class File(dict):
        def __init__(self, path, mode):
            if not path.read_bytes().startswith(b"\x89HDF"):
                raise OSError("file signature not found")
            super().__init__(kept[path])

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    def write(content, name="TS1", outer="."):
        path = tmp_path / outer / name / "annot_data.mat"
        path.parent.mkdir(parents=True, exist_ok=True)
        if request.param == "h5py":
            import h5py

            with h5py.File(path, "w") as file:
                for key, value in content.items():
                    file[key] = value
        else:
            path.write_bytes(b"\x89HDF".ljust(9999))
            kept[path] = content
        return path

    if request.param == "h5py":
        pytest.importorskip("h5py")
    else:
        monkeypatch.setitem(sys.modules, "h5py", types.SimpleNamespace(File=File))
    return write


class TestTestMat:
    @pytest.mark.parametrize(("annotation", "scale"), [("annot3", 1.0), ("univ_annot3", 0.9)])
    @pytest.mark.parametrize("outer", [".", "mpi_inf_3dhp_test_set", "mpi_inf_3dhp_test_set/mpi_inf_3dhp_test_set"])
    def test_a_recording_and_its_activities(self, tmp_path, write_hdf5, annotation, scale, outer):
        content = hdf5_content()
        write_hdf5(content, outer=outer)
        (clip,) = load_dataset("mpi_inf_3dhp", root=tmp_path, annotation=annotation)
        assert (clip.clip, clip.action, tuple(clip.activities)) == ("TS1", "motion", ACTIVITIES)
        same(clip, content["annot2"][:, 0], content["annot3"][:, 0] * scale, (2048, 2048))
        counted = {action: mask.nonzero().flatten().tolist() for action, mask in clip.counted().items()}
        assert counted == {"Standing/Walking": [0, 1], "Reaching/Crouching": [2, 4], "Miscellaneous": [5]}

    def test_per_sequence_and_activity_as_the_benchmark_counts(self, tmp_path, write_hdf5):
        """PCK and AUC out of rows of clips, against the errors of all frames pooled in numpy."""
        rng = np.random.default_rng(3)
        written, frames = {}, 60
        for name in ("TS1", "TS2"):
            valid, activity = rng.integers(0, 2, frames), np.sort(rng.integers(1, 8, frames))
            written[name] = hdf5_content(valid, activity)
            write_hdf5(written[name], name)
        source = MpiInf3dhp(MpiInf3dhpConfig(), tmp_path)
        errors, rows = [], []
        for clip in source.load(["TS1", "TS2"]).sequences:
            target = clip.pose()
            pred = target + torch.from_numpy(rng.normal(scale=0.07, size=target.shape)).float()
            names = {name: clip[name] for name in ("fps", "subject", "camera", "clip")}
            for action, valid in clip.counted().items():
                skeleton = get_skeleton(clip.skeleton)
                rows.append(metrics.clip_row(pred, target, skeleton, action=action, valid=valid, **names))
            of_frames = np.linalg.norm((pred - target).double().numpy()[:, :14], axis=-1) * 1000
            content = written[clip.subject]
            for error, valid, number in zip(
                of_frames, content["valid_frame"][:, 0], content["activity_annotation"][:, 0], strict=True
            ):
                if valid:
                    errors.append((clip.subject, ACTIVITIES[int(number) - 1], error))

        for column, by in enumerate(("subject", "action")):
            table = metrics.averages(pd.DataFrame(rows), by=by)
            assert set(table.index) == {error[column] for error in errors}
            for group in table.index:
                of_group = np.array([error[2] for error in errors if error[column] == group])
                curve = [(of_group < threshold).mean() for threshold in range(0, 151, 5)]
                assert table.loc[group, "pck_150mm"] == pytest.approx(100 * (of_group < 150).mean())
                assert table.loc[group, "auc"] == pytest.approx(100 * np.mean(curve))
        assert sum(row["frames"] for row in rows) == len(errors)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"activity_annotation": np.full((6, 1), 8.0)}, "activities: expected a number from 1 to 7"),
            ({"activity_annotation": np.ones((5, 1))}, "activities: expected a number from 1 to 7"),
            ({"annot2": np.zeros((6, 2, 17, 2))}, r"keypoints: \[6, 2, 17, 2\] given"),
            ({"annot2": np.zeros((6, 1, 28, 2))}, r"keypoints: \[6, 28, 2\] given"),
            ({"valid_frame": np.zeros((6, 1))}, "no frame is valid"),
            ({"univ_annot3": None}, "has no 'univ_annot3'"),
        ],
    )
    def test_other_content(self, tmp_path, write_hdf5, changes, message):
        content = hdf5_content() | changes
        write_hdf5({name: value for name, value in content.items() if value is not None})
        with pytest.raises(ValueError, match=message) as raised:
            load_dataset("mpi_inf_3dhp", root=tmp_path)
        assert "annot_data.mat" in str(raised.value)

    def test_other_bytes_and_twice(self, tmp_path, write_hdf5):
        write_hdf5(hdf5_content(), outer="again")
        path = write_hdf5(hdf5_content())
        with pytest.raises(ValueError, match="has 'TS1' twice"):
            load_dataset("mpi_inf_3dhp", root=tmp_path)
        (tmp_path / "again/TS1/annot_data.mat").unlink()
        for content in (b"", b"MATLAB 5.0 MAT-file", b"PK\3\4" * 20):
            path.write_bytes(content)
            with pytest.raises(ValueError, match=r"annot_data\.mat cannot be read"):
                load_dataset("mpi_inf_3dhp", root=tmp_path)

    def test_without_h5py(self, tmp_path, monkeypatch):
        (tmp_path / "TS1").mkdir()
        (tmp_path / "TS1/annot_data.mat").write_bytes(b"\x89HDF")
        monkeypatch.setitem(sys.modules, "h5py", None)
        with pytest.raises(ValueError, match="needs h5py: pip install h5py"):
            load_dataset("mpi_inf_3dhp", root=tmp_path)


def test_registered():
    assert DATASETS["mpi_inf_3dhp"].config is MpiInf3dhpConfig


@pytest.mark.parametrize(
    ("labels", "expected"),
    [([0, 0], []), ([1], [(0, 1)]), ([0, 2, 2, 1, 0, 1], [(1, 3), (3, 4), (5, 6)])],
)
def test_stretches(labels, expected):
    assert stretches(np.array(labels)) == expected
