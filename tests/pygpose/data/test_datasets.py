"""The registry's data sets: splits by subject, files that are damaged, and the real motion where it is there.

Covers :mod:`pygpose.data.datasets`, ``loading``, ``sources.mocap`` and ``sources.synthetic``.
"""

import json

import numpy as np
import pytest
import torch

from graphs import get_skeleton
from pygpose.data import DATASETS, load_dataset
from pygpose.data.sources.mocap import Mocap, MocapConfig
from pygpose.data.sources.synthetic import Synthetic, SyntheticConfig
from pygpose.data.transforms.noise import DetectorNoise


def write_mocap(folder, motions, index=True, **changes):
    arrays = {key: np.random.default_rng(len(key)).normal(size=(20, 17, 3)).astype(np.float32) * 0.3 for key in motions}
    np.savez(folder / "motions.npz", **arrays)
    if index:
        facts = [
            {"key": key, "subject": key.split("/")[0], "action": "walk", "fps": 25, "split": split}
            for key, split in motions.items()
        ]
        content = {"skeleton": "h36m17", "joints": list(get_skeleton("h36m17").joints), "units": "metres", "up": "+Z"}
        (folder / "index.json").write_text(json.dumps({**content, "fps": 50, "clips": facts, **changes}))
    return arrays


def clip(key, subject, split="train", fps=25):
    return {"key": key, "subject": subject, "action": "walk", "split": split, "fps": fps}


CLIPS = {"A/1": "train", "A/2": "train", "B/1": "val", "C/1": "test"}


@pytest.fixture
def folder(tmp_path):
    write_mocap(tmp_path, CLIPS)
    return tmp_path


@pytest.mark.parametrize("name", ["mocap", "synthetic"])
def test_nobody_is_in_two_splits(name, folder):
    source = DATASETS[name].source(DATASETS[name].config(), folder if name == "mocap" else None)
    train, val, test = (set(source.subjects(split)) for split in ("train", "val", "test"))
    assert train and val and test
    assert not (train & val or train & test or val & test)
    assert train | val | test == set(source.subjects("all"))


class TestSynthetic:
    def test_what_is_loaded(self):
        clips = load_dataset("synthetic", subjects=["S9"], frames=20, trials=2)
        assert len(clips) == 15 * 2 * 4
        assert {clip.num_frames for clip in clips} == {20}
        assert len({(clip.action, clip.camera, clip.clip) for clip in clips}) == len(clips)
        again = load_dataset("synthetic", subjects=["S9"], frames=20, trials=2)
        assert all(torch.equal(a.x, b.x) and torch.equal(a.y, b.y) for a, b in zip(clips, again, strict=True))
        assert not torch.equal(clips[0].y, load_dataset("synthetic", subjects=["S9"], frames=20, seed=1)[0].y)

    def test_everything_is_in_front_of_its_camera(self):
        assert Synthetic(SyntheticConfig(frames=200), None).load(["S1", "S11"]).notes[1].startswith("0 frames")

    def test_checksum_follows_the_options(self):
        def checksum(**options):
            return Synthetic(SyntheticConfig(**options), None).checksum()

        assert checksum() == checksum() != checksum(frames=21) != checksum(seed=1)


class TestMocap:
    def test_what_is_loaded(self, folder):
        clips = load_dataset("mocap", root=folder, split="train", cameras="h36m")
        assert [(clip.clip, clip.fps) for clip in clips[::4]] == [("A/1", 25.0), ("A/2", 25.0)]
        mean_root = [(clip.root.mean(0)) for clip in clips[:4]]
        assert all(3 < mean[2] < 7 for mean in mean_root)  # Human3.6M's cameras stand about 5 m away

    def test_cameras_of_scoring(self, folder):
        loaded = {
            name: Mocap(MocapConfig(cameras=name), folder).load(["A"]) for name in ("h36m", "any", "detector", "crop")
        }
        assert [data.input for data in loaded.values()] == ["GT", "GT", "GT + detector", "GT + crop"]
        folder_name = f"motion capture ({folder.name}/motions.npz)"
        assert loaded["h36m"].title == folder_name and loaded["crop"].title == f"{folder_name}, cameras crop"
        assert "four cameras of Human3.6M" in loaded["h36m"].notes[0]
        assert "fixed list views_any.json, with pictures cropped so that legs" in loaded["crop"].notes[0]
        assert loaded["detector"].notes[-1] == "2D input is the projection with the errors of a detector."
        keys = [[(clip.clip, clip.camera) for clip in loaded[name].sequences] for name in ("any", "detector", "crop")]
        assert keys[0] == keys[1] == keys[2] == [(key, f"any{i}") for key in ("A/1", "A/2") for i in range(4)]
        again = load_dataset("mocap", root=folder, subjects=["A"])
        assert all(torch.equal(a.x, b.x) for a, b in zip(again, loaded["any"].sequences, strict=True))

    def test_training_draws_its_cameras_where_they_are_not_given(self, folder):
        for name in ("any", "detector", "crop"):
            data = Mocap(MocapConfig(cameras=name), folder).load_training(["A"])
            assert data.sequences == [] and [motion.clip for motion in data.motions] == ["A/1", "A/2"]
            assert data.notes[0] == "Each training window is seen by a camera that is drawn with it."
        given = Mocap(MocapConfig(cameras="h36m"), folder).load_training(["A"])
        assert len(given.sequences) == 8 and given.motions == ()

    def test_noise_goes_with_every_camera(self, folder):
        noise = DetectorNoise(pixels=5.0)
        for name, expected in (("h36m", "GT + noise"), ("any", "GT + noise"), ("detector", "GT + detector + noise")):
            data = Mocap(MocapConfig(cameras=name, noise=noise), folder).load(["A"])
            plain = Mocap(MocapConfig(cameras=name), folder).load(["A"])
            assert data.input == expected and "Gaussian noise of 5 px" in data.notes[-1]
            assert not torch.equal(data.sequences[0].x, plain.sequences[0].x)

    def test_cameras_of_a_file(self, folder, tmp_path):
        row = {"name": "door", "size": [1280, 720], "horizontal_degrees": 60, "position": [0, -6, 1.5]}
        file = tmp_path / "cameras.json"
        file.write_text(json.dumps({"cameras": [{**row, "look_at": [0, 0, 0.3]}]}))
        source = Mocap(MocapConfig(cameras=str(file)), folder)
        data = source.load_training(["A"])
        assert [(clip.clip, clip.camera) for clip in data.sequences] == [("A/1", "door"), ("A/2", "door")]
        assert "Seen by the cameras of cameras.json (door), each clip centred" in data.notes[0]
        assert data.title.endswith(", cameras cameras.json") and data.input == "GT"
        before = source.checksum()
        file.write_text(json.dumps({"cameras": [{**row, "look_at": [0, -20, 1]}]}))
        away = Mocap(MocapConfig(cameras=str(file)), folder)
        assert away.checksum() != before != Mocap(MocapConfig(), folder).checksum()
        with pytest.raises(ValueError, match="camera 'door' sees nobody in clip 'A/1', whose root's mean position"):
            away.load(["A"])
        file.write_text(json.dumps({"cameras": [{key: row[key] for key in ("name", "size", "position")}]}))
        with pytest.raises(
            ValueError, match=r"camera 0 \('door'\) needs 'focal' or 'horizontal_degrees' for its intrin"
        ):
            Mocap(MocapConfig(cameras=str(file)), folder)
        with pytest.raises(
            ValueError, match="MocapConfig.cameras is 'h37m', which is no file; give h36m, any, detector"
        ):
            Mocap(MocapConfig(cameras="h37m"), folder)

    def test_one_npz_without_index(self, tmp_path):
        write_mocap(tmp_path, {f"P{i}/a": "" for i in range(6)}, index=False)
        source = Mocap(MocapConfig(fps=30.0), tmp_path / "motions.npz")
        assert source.subjects("val") == ["P4"]
        data = source.load(["P0"])
        assert data.sequences[0].fps == 30.0
        assert "skeleton h36m17, unit m, z up assumed, 30 frames/s stated" in data.notes[1]
        assert Mocap(MocapConfig(val_subjects=("P1",)), tmp_path / "motions.npz").subjects("val") == ["P1"]
        with pytest.raises(ValueError, match="names 'P9'; known: P0"):
            Mocap(MocapConfig(val_subjects=("P9",)), tmp_path / "motions.npz")

    def test_checksum_follows_the_file(self, folder):
        before = Mocap(MocapConfig(), folder).checksum()
        assert Mocap(MocapConfig(), folder).checksum() == before
        write_mocap(folder, {**CLIPS, "A/3": "train"})
        assert Mocap(MocapConfig(), folder).checksum() != before

    def test_missing_files(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="no file or folder"):
            load_dataset("mocap", root=tmp_path / "nowhere")
        with pytest.raises(FileNotFoundError, match=r"motions\.npz"):
            load_dataset("mocap", root=tmp_path)
        with pytest.raises(
            ValueError, match="data set 'mocap' needs a root: a folder with motions.npz, or one npz file"
        ):
            load_dataset("mocap")

    def test_truncated_npz(self, folder):
        path = folder / "motions.npz"
        path.write_bytes(path.read_bytes()[:-500])
        with pytest.raises(ValueError, match="is no complete npz file"):
            load_dataset("mocap", root=folder)

    def test_pickled_objects_are_refused_and_not_run(self, tmp_path):
        class Bomb:
            def __reduce__(self):
                return (open, (str(tmp_path / "ran"), "w"))

        np.savez(tmp_path / "motions.npz", clip=np.array([Bomb()], dtype=object))
        with pytest.raises(ValueError, match="array 'clip' in .* holds pickled Python objects"):
            load_dataset("mocap", root=tmp_path)
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"skeleton": "h36m16"}, "unknown skeleton 'h36m16'"),
            ({"units": "millimetres"}, "expected metres and \\+Z"),
            ({"joints": ["Hip"]}, "are not those of skeleton 'h36m17'"),
            ({"clips": [{"key": "A/1"}]}, "is no index of clips"),
            ({"clips": [{"key": "A/1", "subject": 1, "action": "a", "split": "val"}]}, "subjects, .* must be text"),
            ({"skeleton": ["h36m17"]}, "skeleton, .* must be text"),
            ({"clips": [clip("Z/1", "Z")]}, "first 'Z/1'"),
            ({"clips": [clip("A/1", "A", split="tset")]}, "'A/1' has split 'tset'; known: train, val, test"),
            ({"clips": [clip("A/1", "A"), clip("A/1", "A")]}, "names clip 'A/1' twice"),
            ({"clips": [clip("A/1", "A"), clip("A/2", "A", split="val")]}, "subject 'A' in train and val"),
            ({"clips": []}, "names no clips"),
            ({"clips": [clip("A/1", "A", fps="25")]}, "'A/1' has fps '25'; give its frames per second"),
            ({"clips": [clip("A/1", "A", fps=float("inf"))]}, "'A/1' has fps inf"),
            ({"clips": [clip("A/1", "A", fps=None)]}, "'A/1' has fps None"),
        ],
    )
    def test_index_that_does_not_fit(self, tmp_path, changes, message):
        write_mocap(tmp_path, CLIPS, **changes)
        with pytest.raises(ValueError, match=message):
            load_dataset("mocap", root=tmp_path)

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"val_subjects": ("A",)}, r"MocapConfig.val_subjects is \('A',\), and .*index.json says B, D"),
            ({"skeleton": "lsp15"}, r"positions are \[20, 17, 3\], expected \[T, 15, 3\] for skeleton 'lsp15'"),
            ({"unit": "mm"}, r"measures 0\.\d+ m along its bones; state the unit of the positions"),
        ],
    )
    def test_an_option_against_the_index(self, folder, options, message):
        write_mocap(folder, {**CLIPS, "D/1": "val"})
        with pytest.raises(ValueError, match=message):
            load_dataset("mocap", root=folder, **options)
        assert load_dataset("mocap", root=folder, val_subjects=("D", "B"), subjects=["B"])

    def test_what_is_stated_counts_and_a_note_says_so(self, tmp_path):
        arrays = write_mocap(tmp_path, {"A/1": "val"})
        np.savez(tmp_path / "motions.npz", **{key: 1000 * array[..., [0, 2, 1]] for key, array in arrays.items()})
        data = Mocap(MocapConfig(fps=60.0, unit="mm", up="y", cameras="h36m"), tmp_path).load(["A"])
        assert {clip.fps for clip in data.sequences} == {60.0}
        assert {"fps is 60.0, as stated; index.json says 25.0.", "up is y, as stated; index.json says z."} <= {
            *data.notes
        }
        mirrored = arrays["A/1"] * [1, -1, 1]
        turned = next(Mocap(MocapConfig(unit="mm", up="y"), tmp_path)._motions(["A"])).positions
        assert np.allclose(turned - turned[:, :1], mirrored - mirrored[:, :1], atol=1e-5)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                lambda x: 1000 * x,
                "the body of clip 'A/1' measures .* m along its bones; state the unit of the positions",
            ),
            (lambda x: x + 1e20 * (np.arange(len(x)) == 7)[:, None, None], "'A/1': 'Hip' is .* m from the origin in"),
            (
                lambda x: x + 9 * (np.arange(17) == 3)[:, None],
                "'A/1': the bone from 'RKnee' to 'RFoot' is .* m long in",
            ),
            (lambda x: x.astype(str), "clip 'A/1': positions are <U.*; give real numbers"),
            (lambda x: x + 1j, "clip 'A/1': positions are complex64; give real numbers"),
            (lambda x: x[:0], r"positions are \[0, 17, 3\], expected \[T, 17, 3\] .* T at least 1"),
        ],
    )
    def test_positions_that_are_none(self, tmp_path, change, message):
        arrays = write_mocap(tmp_path, {"A/1": "val"})
        arrays["A/1"] = change(arrays["A/1"])
        np.savez(tmp_path / "motions.npz", **arrays)
        with pytest.raises(ValueError, match=message):
            load_dataset("mocap", root=tmp_path)

    def test_unknown_names(self, folder):
        with pytest.raises(ValueError, match="unknown data set 'h37m'; known: .*mocap.*synthetic"):
            load_dataset("h37m")
        with pytest.raises(ValueError, match="no subject 'Z' in split 'all'; known: A, B, C"):
            load_dataset("mocap", root=folder, subjects=["Z"])
        with pytest.raises(ValueError, match="data set 'mocap' has no option 'rate'"):
            load_dataset("mocap", root=folder, rate=3)

    def test_real_motion(self, real_cmu):
        clips = load_dataset("mocap", root=real_cmu, split="val")
        assert {clip.subject for clip in clips} == {"S06", "S08", "S39", "S127", "S131"}
        assert len(clips) == 82 * 4  # every clip is seen by all four cameras, in one piece
        assert torch.cat([clip.confidence for clip in clips]).mean() > 0.999
        lengths = torch.stack([(clip.pose()[:, 1] - clip.pose()[:, 2]).norm(dim=-1).std() for clip in clips])
        assert lengths.max() < 1e-4  # bones are rigid
