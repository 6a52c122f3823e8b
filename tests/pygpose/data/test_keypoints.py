"""Anyone's keypoints as sequences: the skeleton, the units, what must be given, and training on them.

Covers :mod:`pygpose.data.keypoints` and ``sources.keypoints``.
"""

import json

import numpy as np
import pytest
import torch

from graphs import find_remap, get_skeleton
from pygpose.data import KeypointTrack, WindowDataset, load_dataset, load_keypoints, save_keypoints
from pygpose.data.sources.keypoints import Keypoints, KeypointsConfig
from pygpose.geometry import h36m_cameras, project_points

COCO, H36M = get_skeleton("coco17"), get_skeleton("h36m17")


@pytest.fixture
def results(tmp_path):
    """AlphaPose's results on 6 frames of one person, of whom both ears are hidden in frame 2."""
    draw = np.random.default_rng(0)
    shape = draw.uniform([100, 50], [300, 400], (17, 2))
    records = []
    for frame in range(6):
        joints = np.concatenate([shape + frame * 3, np.full((17, 1), 0.8)], 1)
        joints[3:5] *= frame != 2
        records.append(
            {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": joints.flatten().tolist(), "score": 2}
        )
    path = tmp_path / "alphapose-results.json"
    path.write_text(json.dumps(records))
    return path, shape


def test_joints_pixels_and_confidence(results):
    path, shape = results
    (clip,) = load_keypoints(path, size=(640, 480), fps=30.0)
    assert (clip.skeleton, clip.num_frames, clip.fps) == ("h36m17", 6, 30.0)
    assert (clip.subject, clip.clip) == ("alphapose-results", "alphapose-results/1")
    assert "y" not in clip
    pixels = (clip.keypoints().numpy() + [1, 480 / 640]) * 320
    hips = shape[[11, 12]].mean(0)
    assert np.allclose(pixels[:, 0], hips + np.arange(6)[:, None] * 3, atol=1e-3)
    head = H36M.index("Head")
    eyes, ears = shape[[1, 2]].mean(0), shape[[3, 4]].mean(0)
    assert np.allclose(pixels[2, head], eyes + 6, atol=1e-3) and np.allclose(pixels[3, head], ears + 9, atol=1e-3)
    assert torch.allclose(clip.confidence, torch.tensor(0.8))


def test_a_target_joint_that_is_missing_is_interpolated(results):
    path, shape = results
    records = json.loads(path.read_text())
    records[4]["keypoints"][3 * 11 : 3 * 11 + 3] = [0, 0, 0]  # the left hip
    path.write_text(json.dumps(records))
    (clip,) = load_keypoints(path, size=(640, 480), fps=30.0)
    missing = {H36M.joints[joint] for joint in (clip.confidence.view(6, 17)[4] == 0).nonzero().flatten()}
    assert missing == {"Hip", "LHip", "Spine"}
    x = clip.keypoints()[:, 0, 0]
    assert torch.allclose(x.diff(), x.diff().mean(), atol=1e-5)


def test_the_detectors_own_skeleton(results):
    (clip,) = load_keypoints(results[0], size=(640, 480), fps=30.0, skeleton="coco17")
    assert clip.skeleton == "coco17" and (clip.confidence.view(6, 17)[2, 3:5] == 0).all()
    with pytest.raises(ValueError, match="alphapose-results.json: skeleton 'halpe26' does not follow from 'coco17'"):
        load_keypoints(results[0], size=(640, 480), fps=30.0, skeleton="halpe26")


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"fps": 30.0}, "alphapose-results.json: alphapose-results/1: the file does not say its size; give size"),
        ({"size": (640, 480)}, "the file does not say its fps; give fps"),
        ({"size": (100, 50), "fps": 30.0}, "100% of the keypoints lie outside an image of 100 x 50"),
        ({"size": (640, 0), "fps": 30.0}, "width and height must be positive"),
        ({"size": (640, 480), "fps": 30.0, "format": "openpose"}, "alphapose-results.json: no 'people' .not an object"),
    ],
)
def test_nothing_is_guessed(results, facts, message):
    with pytest.raises(ValueError, match=message):
        load_keypoints(results[0], **facts)


@pytest.fixture(scope="module")
def people():
    """Two clips each of six people seen by one camera, with their 3D targets."""
    camera, draw = h36m_cameras("S1")[0], torch.Generator().manual_seed(0)
    tracks = []
    for name in ("S1/a", "S1/b", "S2/a", "S2/b", "S3/a", "S3/b", "S4/a", "S4/b", "S5/a", "S5/b", "S6/a", "S6/b"):
        pose = torch.randn(12, 17, 3, generator=draw) * 0.3 + torch.tensor([0.0, 0.0, 5.0])
        seen, (video, track) = project_points(pose, camera), name.split("/")
        intrinsics = tuple(camera.intrinsics(seen).tolist())
        facts = dict(fps=50.0, size=camera.size, intrinsics=intrinsics, pose=pose.numpy())
        tracks.append(KeypointTrack(seen.numpy(), np.ones((12, 17), np.float32), "h36m17", video, track, **facts))
    return tracks


class TestSource:
    def test_own_files_train(self, people, tmp_path):
        save_keypoints(tmp_path / "own.npz", people)
        clips = load_dataset("keypoints", root=tmp_path / "own.npz", split="train")
        assert len(clips) == 10 and {clip.num_frames for clip in clips} == {12}
        assert len({(clip.subject, clip.action, clip.camera, clip.clip) for clip in clips}) == 10
        assert (clips[0].pose()[:, 0] == 0).all() and torch.allclose(
            clips[0].root, torch.from_numpy(people[0].pose[:, 0])
        )
        assert len(WindowDataset(clips, 8, 4)) == 20

    def test_nobody_is_in_two_splits(self, people, tmp_path):
        flat = [KeypointTrack(**{**vars(people[0]), "video": "Z", "pose": None})]
        save_keypoints(tmp_path / "own.npz", [*people, *flat])
        source = Keypoints(KeypointsConfig(), tmp_path / "own.npz")
        train, val = set(source.subjects("train")), set(source.subjects("val"))
        assert len(train) == 5 and len(val) == 1 and not train & val and source.subjects("test") == []
        assert set(source.subjects("all")) == train | val | {"Z"}  # without 3D targets nobody trains on Z
        chosen = Keypoints(KeypointsConfig(val_subjects=("S1", "S4")), tmp_path / "own.npz")
        assert chosen.subjects("val") == ["S1", "S4"] and "S1" not in chosen.subjects("train")
        with pytest.raises(ValueError, match="KeypointsConfig.val_subjects names 'Z'; with 3D targets: S1"):
            Keypoints(KeypointsConfig(val_subjects=("Z",)), tmp_path / "own.npz")

    def test_what_is_stated_wins_with_a_note(self, people, tmp_path):
        save_keypoints(tmp_path / "own.npz", people)
        source = Keypoints(KeypointsConfig(fps=25.0, size=(900, 1002)), tmp_path / "own.npz")
        data = source.load(source.subjects("all"))
        assert {clip.fps for clip in data.sequences} == {25.0}
        width, height = people[0].size
        assert "The file says 50 frames/s; 25 frames/s, as stated, are taken." in data.notes
        said = f"The file says that its image is {width} x {height}; 900 x 1002, as stated, is taken."
        assert (said in data.notes) == ((width, height) != (900, 1002))

    def test_targets_keep_their_skeleton(self, people, tmp_path):
        save_keypoints(tmp_path / "own.npz", people)
        with pytest.raises(
            ValueError, match="S1/a has 3D targets of 'h36m17'; load it with that skeleton, not 'coco17'"
        ):
            load_dataset("keypoints", root=tmp_path / "own.npz", skeleton="coco17")

    def test_a_detectors_file(self, results):
        path, _ = results
        source = Keypoints(KeypointsConfig(size=(640, 480), fps=30.0), path)
        assert source.subjects("train") == source.subjects("val") == []
        data = source.load(source.subjects("all"))
        assert data.title == "keypoints (alphapose-results.json)" and len(data.sequences) == 1
        assert data.notes[0].endswith("; 2.0% of joints are missing and interpolated over time.")
        assert list(data.notes[1:8]) == find_remap(COCO, H36M).describe()[:7]

    def test_checksum_follows_the_file_and_the_options(self, results):
        def checksum(**options):
            return Keypoints(KeypointsConfig(**options), results[0]).checksum()

        before = checksum()
        assert checksum() == before != checksum(fps=25.0)
        results[0].write_text(results[0].read_text().replace("0.8", "0.7"))
        assert checksum() != before

    def test_missing_root(self, tmp_path):
        with pytest.raises(ValueError, match="'keypoints' needs a root: "):
            load_dataset("keypoints")
        with pytest.raises(FileNotFoundError, match="no file or folder"):
            load_dataset("keypoints", root=tmp_path / "nowhere")
