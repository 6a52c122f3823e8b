"""Human3.6M and HumanEva-I out of VideoPose3D's files, against its preparation computed once more in numpy.

Covers :mod:`pygpose.data.sources.videopose3d`, ``h36m`` and ``humaneva``.
"""

import json
from importlib.resources import files

import numpy as np
import pytest
import torch

from pygpose.data import DATASETS, load_dataset
from pygpose.data.sources.h36m import H36M, JOINTS, H36MConfig
from pygpose.data.sources.humaneva import HumanEva, HumanEvaConfig

IDS = ["54138969", "55011271", "58860488", "60457274"]
REMOVED = [4, 5, 9, 10, 11, 16, 20, 21, 22, 23, 24, 28, 29, 30, 31]
H36M_METADATA = {
    "layout_name": "h36m",
    "num_joints": 17,
    "keypoints_symmetry": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]],
}
HUMANEVA_METADATA = {
    "layout_name": "humaneva15",
    "num_joints": 15,
    "keypoints_symmetry": [[2, 3, 4, 8, 9, 10], [5, 6, 7, 11, 12, 13]],
}
FRAMES = {"Directions": 7, "Directions 1": 11}
SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")


def make(names, recordings, cameras, joints_3d, joints_2d, extra=2):
    """World positions and keypoints; the keypoints go on for some frames after the positions."""
    draw = np.random.default_rng(0)
    positions, keypoints = {}, {}
    for name in names:
        positions[name], keypoints[name] = {}, {}
        for recording, frames in recordings.items():
            body = draw.normal(size=(frames, joints_3d, 3)) * 0.4 + [0.3, -0.2, 0.9]
            positions[name][recording] = body.astype(np.float32)
            keypoints[name][recording] = [
                draw.uniform(0, 1000, (frames + extra * (camera % 2), joints_2d, 2)).astype(np.float32)
                for camera in range(cameras)
            ]
    return positions, keypoints


def write(folder, data, keypoints="gt", *, positions_3d=None, positions_2d=None, metadata=None, name="h36m"):
    np.savez_compressed(folder / f"data_3d_{name}.npz", positions_3d=data[0] if positions_3d is None else positions_3d)
    metadata = metadata or (H36M_METADATA if name == "h36m" else HUMANEVA_METADATA)
    arrays = dict(positions_2d=data[1] if positions_2d is None else positions_2d, metadata=metadata)
    np.savez_compressed(folder / f"data_2d_{name}_{keypoints}.npz", **arrays)
    return folder


@pytest.fixture
def data():
    return make(SUBJECTS, FRAMES, 4, 32, 17)


@pytest.fixture
def folder(tmp_path, data):
    return write(tmp_path, data)


def rotate_inverse(quaternion, points):
    """Points turned by the inverse of a quaternion, as the vector part's two cross products."""
    w, axis = quaternion[0], -np.asarray(quaternion[1:])
    first = np.cross(np.broadcast_to(axis, points.shape), points)
    return points + 2 * (w * first + np.cross(np.broadcast_to(axis, points.shape), first))


def prepared(positions, keypoints, orientation, position, size):
    """Root path, root-relative pose and normalised keypoints of one recording and camera."""
    camera_frame = rotate_inverse(orientation, positions.astype(np.float64) - position)
    root = camera_frame[:, :1].copy()
    screen = keypoints[: len(positions)].astype(np.float64) / size[0] * 2 - [1, size[1] / size[0]]
    return root[:, 0], camera_frame - root, screen


def close(clip, expected):
    root, pose, screen = expected
    assert clip.num_frames == len(root)
    for ours, theirs in ((clip.root, root), (clip.pose(), pose), (clip.keypoints(), screen)):
        assert ours.dtype == torch.float32
        np.testing.assert_allclose(ours.numpy(), theirs, atol=1e-6, rtol=0)


class TestH36M:
    @pytest.mark.parametrize(("fps", "step"), [(50, 1), (25, 2), (10, 5)])
    def test_equals_videopose3d(self, folder, data, fps, step):
        calibration = json.loads(files("pygpose.geometry").joinpath("h36m_cameras.json").read_text())
        kept = [joint for joint in range(32) if joint not in REMOVED]
        for subject in ("S1", "S11"):
            clips = load_dataset("h36m", root=folder, keypoints="gt", subjects=[subject], fps=fps)
            assert [(clip.action, clip.camera) for clip in clips] == [(name, i) for name in FRAMES for i in IDS]
            for clip in clips:
                assert (clip.subject, clip.clip, clip.fps, clip.skeleton) == (subject, clip.action, fps, "h36m17")
                camera = IDS.index(clip.camera)
                stood = calibration["extrinsics"][subject][camera]
                position = np.array(stood["translation"]) / 1000
                size = calibration["intrinsics"][camera]["size"]
                world = data[0][subject][clip.action][:, kept]
                seen = data[1][subject][clip.action][camera]
                close(clip, [x[::step] for x in prepared(world, seen, stood["orientation"], position, size)])

    def test_equals_videopose3d_in_single_precision(self, folder, data):
        """As far as its own rounding goes: 5e-7 m for each operation 5 m from a camera."""
        clip = load_dataset("h36m", root=folder, subjects=["S9"])[0]
        stood = json.loads(files("pygpose.geometry").joinpath("h36m_cameras.json").read_text())["extrinsics"]["S9"][0]
        orientation, position = (np.array(stood[name], dtype=np.float32) for name in ("orientation", "translation"))
        shifted = data[0]["S9"]["Directions"][:, list(JOINTS)] - position / 1000
        w, axis = orientation[:1], np.broadcast_to(-orientation[1:], shifted.shape)
        first = np.cross(axis, shifted)
        theirs = shifted + 2 * (w * first + np.cross(axis, first))
        assert theirs.dtype == np.float32
        np.testing.assert_allclose(clip.pose().numpy(), theirs - theirs[:, :1], atol=2e-6, rtol=0)

    def test_splits(self, folder):
        def members(protocol):
            source = H36M(H36MConfig(protocol=protocol), folder)
            return [source.subjects(split) for split in ("train", "val", "test", "all")]

        assert members("standard") == [["S1", "S5", "S6", "S7", "S8"], ["S8"], ["S9", "S11"], list(SUBJECTS)]
        assert members("cvm") == [["S1", "S5", "S6", "S7"], ["S8"], ["S9", "S11"], list(SUBJECTS)]
        assert "The papers hold nobody out" in H36M(H36MConfig(), folder).load(["S9"]).notes[0]

    def test_part_of_the_subjects(self, tmp_path):
        write(tmp_path, make(("S1", "S9"), FRAMES, 4, 32, 17))
        assert H36M(H36MConfig(), tmp_path).subjects("train") == ["S1"]
        with pytest.raises(ValueError, match="no 'val' split; they have: train, test"):
            load_dataset("h36m", root=tmp_path, split="val")

    def test_s11_directions(self, folder, tmp_path, data):
        def note_and_clips(**options):
            loaded = H36M(H36MConfig(**options), folder).load(["S9", "S11"])
            return loaded.notes[1], [clip.clip for clip in loaded.sequences if clip.subject == "S11"][::4]

        note, clips = note_and_clips()
        assert "is in the files and kept" in note and clips == ["Directions", "Directions 1"]
        note, clips = note_and_clips(s11_directions="drop")
        assert "is left out" in note and clips == ["Directions 1"]
        del data[0]["S11"]["Directions"]
        write(tmp_path, data)
        note, clips = note_and_clips()
        assert "is not in the files" in note and clips == ["Directions 1"]
        assert len(H36M(H36MConfig(), folder).load(["S9"]).notes) == 1

    def test_input_is_named_as_in_published_tables(self, folder, data):
        for name, word in (("cpn_ft_h36m_dbb", "CPN"), ("detectron_ft_h36m", "Mask R-CNN"), ("mine", "mine")):
            write(folder, data, name)
            assert H36M(H36MConfig(keypoints=name), folder).load(["S1"]).input == word
        assert H36M(H36MConfig(), folder).load(["S1"]).input == "GT"

    def test_checksum_follows_files_and_options(self, folder, data):
        before = H36M(H36MConfig(), folder).checksum()
        assert H36M(H36MConfig(), folder).checksum() == before
        assert H36M(H36MConfig(fps=25), folder).checksum() != before
        data[0]["S1"]["Directions"][0, 0, 0] += 1
        assert H36M(H36MConfig(), write(folder, data)).checksum() != before

    def test_views_as_one_array_and_older_metadata(self, tmp_path, data):
        keypoints = {s: {a: np.stack([v[:5] for v in views]) for a, views in r.items()} for s, r in data[1].items()}
        positions = {s: {a: p[:5] for a, p in r.items()} for s, r in data[0].items()}
        metadata = {key: value for key, value in H36M_METADATA.items() if key != "layout_name"}
        write(tmp_path, (positions, keypoints), metadata=metadata)
        assert {clip.num_frames for clip in load_dataset("h36m", root=tmp_path)} == {5}


class TestHumanEva:
    RECORDINGS = {"Walking 1 chunk0": 6, "Jog 1 chunk2": 4}
    POSES = {
        "S1": ([0.0664734, -0.0690535, 0.7416416, -0.6639132], [-797.67377, 3916.3174, 1433.6602]),
        "S2": ([0.0699353, -0.0712403, 0.7421637, -0.662742], [-781.4915, 3838.8853, 1444.9929]),
        "S3": ([0.0664734, -0.0690535, 0.7416416, -0.6639132], [-797.6738, 3916.3174, 1433.6602]),
    }

    @pytest.fixture
    def data(self):
        names = [f"{part}/{person}" for part in ("Train", "Validate") for person in ("S1", "S2", "S3")]
        return make(names, self.RECORDINGS, 3, 15, 15)

    def test_equals_videopose3d(self, tmp_path, data):
        data[1]["Unlabeled/S4"] = {"Box 2": [np.zeros((3, 15, 2), np.float32)] * 3}  # has no positions
        write(tmp_path, data, name="humaneva15")
        for subject in data[0]:
            clips = load_dataset("humaneva", root=tmp_path, subjects=[subject])
            assert [(clip.action, clip.camera) for clip in clips] == [
                (name, camera) for name in self.RECORDINGS for camera in ("C1", "C2", "C3")
            ]
            for clip in clips[2::3]:
                orientation, position = self.POSES[subject[-2:]]
                world, seen = data[0][subject][clip.clip], data[1][subject][clip.clip][2]
                close(clip, prepared(world, seen, orientation, np.array(position) / 1000, (640, 480)))
                assert (clip.fps, clip.skeleton) == (60, "humaneva15")

    def test_splits(self, tmp_path, data):
        source = HumanEva(HumanEvaConfig(), write(tmp_path, data, name="humaneva15"))
        assert source.subjects("train") == ["Train/S1", "Train/S2", "Train/S3"]
        assert source.subjects("test") == ["Validate/S1", "Validate/S2", "Validate/S3"]
        assert source.subjects("val") == ["Train/S3"]
        loaded = source.load(source.subjects("test"))
        assert "people of Train and Validate are the same" in loaded.notes[0]
        assert (loaded.title, loaded.input, len(loaded.sequences)) == ("HumanEva-I", "GT", 18)
        assert source.checksum() == source.checksum()

    def test_other_subjects(self, tmp_path, data):
        data[0]["S1"] = data[0]["Train/S1"]
        with pytest.raises(ValueError, match="unknown subject 'S1'; known: Train/S1"):
            load_dataset("humaneva", root=write(tmp_path, data, name="humaneva15"))


class TestFilesThatDoNotFit:
    def test_missing(self, tmp_path, data):
        for name in ("h36m", "humaneva"):
            with pytest.raises(ValueError, match=f"'{name}' needs a root: "):
                load_dataset(name)
        with pytest.raises(FileNotFoundError, match="no folder"):
            load_dataset("h36m", root=tmp_path / "nowhere")
        with pytest.raises(FileNotFoundError, match=r"no data_3d_h36m\.npz in"):
            load_dataset("h36m", root=tmp_path)
        write(tmp_path, data)
        write(tmp_path, data, "cpn_ft_h36m_dbb")
        with pytest.raises(ValueError, match="no keypoints 'hrnet' in .*; there are: cpn_ft_h36m_dbb, gt"):
            load_dataset("h36m", root=tmp_path, keypoints="hrnet")
        for path in tmp_path.glob("data_2d*"):
            path.unlink()
        with pytest.raises(FileNotFoundError, match=r"no data_2d_h36m_\*\.npz with keypoints in"):
            load_dataset("h36m", root=tmp_path)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"fps": 30}, "H36MConfig.fps is '30'; known: 50, 25, 10"),
            ({"protocol": "other"}, "H36MConfig.protocol is 'other'; known: standard, cvm"),
            ({"s11_directions": "maybe"}, "H36MConfig.s11_directions is 'maybe'; known: keep, drop"),
        ],
    )
    def test_options(self, folder, monkeypatch, options, message):
        import jaxtyping

        monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
        with pytest.raises(ValueError, match=message):
            load_dataset("h36m", root=folder, **options)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda p, k: p["S1"].update(Directions=p["S1"]["Directions"][:, :17]), r"\[7, 17, 3\] given, .* 32, 3\]"),
            (lambda p, k: p["S1"].update(Directions=p["S1"]["Directions"] * 1000), "look like millimetres"),
            (lambda p, k: p["S1"].update(Directions=p["S1"]["Directions"][:0]), r"\[0, 32, 3\] given"),
            (lambda p, k: p["S1"].update(Directions="here"), "'Directions': expected an array of floating-point"),
            (
                lambda p, k: p["S1"]["Directions"].__setitem__((3, 2, 1), np.nan),
                "S1, 'Directions': NaN or .* frame 3, joint 2",
            ),
            (lambda p, k: p.update(S1={}), "subject 'S1' has no dictionary of recordings"),
            (lambda p, k: p.update(S2=p.pop("S1")), "no calibration for subject 'S2'; known: S1, S5"),
            (lambda p, k: k.pop("S1"), "S1, 'Directions': expected 4 arrays of keypoints"),
            (lambda p, k: k["S1"].pop("Directions 1"), "S1, 'Directions 1': expected 4 arrays of keypoints"),
            (lambda p, k: k["S1"].update(Directions=np.array(1.0)), "S1, 'Directions': expected 4 arrays of keypoints"),
            (lambda p, k: p.update({3: p.pop("S1")}), "subject 'int' has no dictionary of recordings by name"),
            (lambda p, k: k["S1"]["Directions"].pop(), "expected 4 arrays of keypoints, one for each camera"),
            (
                lambda p, k: k["S1"].update(Directions=[x[:6] for x in k["S1"]["Directions"]]),
                "'Directions', camera 54138969: 6 frames of keypoints for 7 of positions",
            ),
            (
                lambda p, k: k["S1"].update(Directions=[x[:, 1:] for x in k["S1"]["Directions"]]),
                r"camera 54138969: \[7, 16, 2\] given, expected \[frames, 17, 2\]",
            ),
            (
                lambda p, k: k["S1"]["Directions"][2].__setitem__((0, 0, 0), np.inf),
                "camera 58860488: NaN or .* frame 0, joint 0",
            ),
        ],
    )
    def test_contents(self, tmp_path, data, change, message):
        change(*data)
        with pytest.raises(ValueError, match=message):
            load_dataset("h36m", root=write(tmp_path, data), subjects=None)

    def test_whole_dictionaries(self, tmp_path, data):
        for key, content in (("positions_3d", np.zeros(3)), ("positions_2d", [1, 2])):
            with pytest.raises(ValueError, match=f"'{key}' in .* is no dictionary of subjects"):
                load_dataset("h36m", root=write(tmp_path, data, **{key: np.array(content, dtype=object)}))
        write(tmp_path, data)
        np.savez(tmp_path / "data_3d_h36m.npz", poses=np.zeros(3))
        with pytest.raises(ValueError, match=r"data_3d_h36m\.npz has no 'positions_3d'; it holds: poses"):
            load_dataset("h36m", root=tmp_path)

    @pytest.mark.parametrize(
        "metadata",
        [
            {"layout_name": "coco", "num_joints": 17, "keypoints_symmetry": [[1, 3, 5, 7], [2, 4, 6, 8]]},
            {"layout_name": "coco", "num_joints": 17, "keypoints_symmetry": H36M_METADATA["keypoints_symmetry"]},
            {"layout_name": "coco", "num_joints": 17, "keypoints_symmetry": [[*range(1, 17, 2)], [*range(2, 17, 2)]]},
            {"layout_name": "mpii", "num_joints": 16, "keypoints_symmetry": [[13, 14, 15], [12, 11, 10]]},
            {"num_joints": np.zeros(3), "keypoints_symmetry": None},
            {"num_joints": 17, "keypoints_symmetry": [["a"], 3]},
        ],
    )
    def test_keypoints_of_other_joints(self, tmp_path, data, metadata):
        with pytest.raises(
            ValueError, match="not those of skeleton 'h36m17'; map them|contradict themselves|is not known"
        ):
            load_dataset("h36m", root=write(tmp_path, data, metadata=metadata))

    def test_no_metadata(self, folder, data):
        np.savez_compressed(folder / "data_2d_h36m_gt.npz", positions_2d=data[1])
        with pytest.raises(ValueError, match="has no 'metadata' with keypoints_symmetry"):
            load_dataset("h36m", root=folder)


def test_mutated_files_are_refused_or_read(tmp_path):
    """Whatever the bytes, an error of the two kinds that say what is wrong, or clips."""
    write(tmp_path, make(("S1",), {"Eating": 3}, 4, 32, 17))
    draw, refused = np.random.default_rng(5), 0
    for path in (tmp_path / "data_3d_h36m.npz", tmp_path / "data_2d_h36m_gt.npz"):
        whole = path.read_bytes()
        for _ in range(60):
            damaged = bytearray(whole)
            for place in draw.integers(len(whole), size=draw.integers(1, 4)):
                damaged[place] = draw.integers(256)
            path.write_bytes(damaged[: draw.integers(len(whole))] if draw.random() < 0.2 else damaged)
            try:
                DATASETS["h36m"].source(H36MConfig(), tmp_path).load(["S1"])
            except (ValueError, FileNotFoundError, KeyError) as error:
                assert not isinstance(error, KeyError)
                refused += 1
        path.write_bytes(whole)
    assert refused > 75
