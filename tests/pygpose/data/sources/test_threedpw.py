"""3DPW's sequence files, against numpy on what was written.

Covers :mod:`pygpose.data.sources.threedpw` and ``threedpw_mesh``.
"""

import pickle

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from graphs import get_skeleton
from pygpose.data import load_dataset
from pygpose.data.sources.threedpw import ThreeDPW, ThreeDPWConfig

UPRIGHT = np.array([[1961.8528, 0, 540], [0, 1969.2307, 960], [0, 0, 1]])
LYING = np.array([[1969.2307, 0, 960], [0, 1961.8528, 540], [0, 0, 1]])


def rotation(rng):
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return turn * np.sign(np.linalg.det(turn))


def content(frames=8, people=2, seed=0, **changes):
    """A sequence file with the fields of the public ones; the world is such that people stand before the camera."""
    rng = np.random.default_rng(seed)
    poses = np.tile(np.eye(4), (frames, 1, 1))
    world = []
    for pose in poses:
        pose[:3, :3], pose[:3, 3] = rotation(rng), rng.normal(size=3)
    for _ in range(people):
        seen = rng.normal(size=(frames, 24, 3)) * 0.3 + [0, 0, 4]
        world.append(np.stack([(joints - p[:3, 3]) @ p[:3, :3] for joints, p in zip(seen, poses, strict=True)]))
    data = {
        "sequence": "courtyard_golf_00",
        "genders": ["m", "f"][:people],
        "betas": [rng.normal(size=10) for _ in range(people)],
        "poses": [rng.normal(size=(frames, 72)) for _ in range(people)],
        "trans": [rng.normal(size=(frames, 3)) for _ in range(people)],
        "img_frame_ids": np.arange(frames) * 2,
        "jointPositions": [joints.reshape(frames, 72) for joints in world],
        "poses2d": [rng.uniform(0, 1000, (frames, 3, 18)) for _ in range(people)],
        "cam_intrinsics": UPRIGHT,
        "cam_poses": poses,
        "campose_valid": [np.ones(frames, bool) for _ in range(people)],
    } | changes
    return {key: value for key, value in data.items() if value is not None}


def write(root, data, split="train", name="courtyard_golf_00", protocol=2):
    path = root / "sequenceFiles" / split / f"{name}.pkl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(data, protocol=protocol))
    return path


def same(clip, data, person, frames):
    """A clip is what was written, moved to each frame's camera and projected by hand."""
    intrinsics = data["cam_intrinsics"]
    width, height = (1080, 1920) if intrinsics is UPRIGHT else (1920, 1080)
    for row, frame in enumerate(frames):
        joints = data["jointPositions"][person][frame].reshape(24, 3)
        homogeneous = np.concatenate([joints, np.ones((24, 1))], 1)
        camera = np.array([data["cam_poses"][frame] @ joint for joint in homogeneous])[:, :3]
        pixels = np.array([intrinsics @ joint for joint in camera])
        u, v = pixels[:, 0] / pixels[:, 2], pixels[:, 1] / pixels[:, 2]
        screen = np.stack([2 * u / width - 1, (2 * v - height) / width], 1)
        np.testing.assert_allclose(clip.root[row].numpy(), camera[0], atol=1e-6)
        np.testing.assert_allclose(clip.pose()[row].numpy(), camera - camera[0], atol=1e-6)
        np.testing.assert_allclose(clip.keypoints()[row].numpy(), screen, atol=1e-6)


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("intrinsics", [UPRIGHT, LYING], ids=["upright", "lying"])
def test_each_person_in_the_frame_of_each_camera(tmp_path, protocol, intrinsics):
    data = content(cam_intrinsics=intrinsics)
    write(tmp_path, data, protocol=protocol)
    clips = load_dataset("threedpw", root=tmp_path)
    assert [clip.clip for clip in clips] == ["courtyard_golf_00/person0", "courtyard_golf_00/person1"]
    for person, clip in enumerate(clips):
        assert (clip.subject, clip.action, clip.fps) == ("courtyard_golf_00", "courtyard_golf", 30.0)
        assert clip.skeleton == "smpl24" and clip.num_frames == 8
        assert clip.x.dtype == clip.y.dtype == clip.root.dtype == clip.intrinsics.dtype == torch.float32
        assert "extrinsics" not in clip
        same(clip, data, person, range(8))


def test_intrinsics_project_the_clip(tmp_path):
    write(tmp_path, content())
    clip = load_dataset("threedpw", root=tmp_path)[0]
    fx, fy, cx, cy = clip.intrinsics[0, :4].tolist()
    camera = clip.pose() + clip.root[:, None]
    screen = camera[..., :2] / camera[..., 2:] * torch.tensor([fx, fy]) + torch.tensor([cx, cy])
    torch.testing.assert_close(screen, clip.keypoints(), atol=1e-5, rtol=0)


def test_frames_without_camera_are_left_out_and_cut(tmp_path):
    flags = [np.array([1, 1, 0, 0, 1, 0, 1, 1]), np.zeros(8, int)]
    data = content(campose_valid=flags)
    data["cam_poses"][2] = np.nan  # nobody knows it
    data["jointPositions"][0][3] = np.inf
    write(tmp_path, data)
    source = ThreeDPW(ThreeDPWConfig(), tmp_path / "sequenceFiles")
    loaded = source.load(["courtyard_golf_00"])
    names = [f"courtyard_golf_00/person0{part}" for part in ("", "#1", "#2")]
    assert [clip.clip for clip in loaded.sequences] == names
    for clip, frames in zip(loaded.sequences, ([0, 1], [4], [6, 7]), strict=True):
        assert clip.num_frames == len(frames)
        same(clip, data, 0, frames)
    assert loaded.title == "3DPW" and loaded.input == "GT"
    assert loaded.notes[1].startswith("11 of 16 frames left out")


def test_a_person_behind_the_camera_is_left_out(tmp_path):
    data = content(people=1)
    pose, joints = data["cam_poses"][3], data["jointPositions"][0][3].reshape(24, 3)
    joints[7] -= pose[2, :3] * (pose[2, :3] @ joints[7] + pose[2, 3] + 1)  # its depth is now -1 m
    write(tmp_path, data)
    clips = load_dataset("threedpw", root=tmp_path)
    assert [clip.num_frames for clip in clips] == [3, 4]
    same(clips[1], data, 0, range(4, 8))


def test_splits_are_the_folders(tmp_path):
    for split, name in (("train", "a_00"), ("validation", "b_00"), ("test", "c_00"), ("test", "c_01")):
        write(tmp_path, content(2, 1), split, name)
    for root in (tmp_path, tmp_path / "sequenceFiles"):
        source = ThreeDPW(ThreeDPWConfig(), root)
        members = [source.subjects(split) for split in ("train", "val", "test", "all")]
        assert members == [["a_00"], ["b_00"], ["c_00", "c_01"], ["a_00", "b_00", "c_00", "c_01"]]
    before = source.checksum()
    assert ThreeDPW(ThreeDPWConfig(), tmp_path).checksum() == before
    write(tmp_path, content(3, 1), "test", "c_01")
    assert ThreeDPW(ThreeDPWConfig(), tmp_path).checksum() != before
    write(tmp_path, content(2, 1), "test", "a_00")
    with pytest.raises(ValueError, match="a recording is in two of train, validation and test"):
        load_dataset("threedpw", root=tmp_path)


def test_missing(tmp_path):
    with pytest.raises(ValueError, match="needs a root: "):
        load_dataset("threedpw")
    with pytest.raises(FileNotFoundError, match="no folder"):
        load_dataset("threedpw", root=tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"no \.pkl file in train"):
        load_dataset("threedpw", root=tmp_path)


def with_first(key, change, seed=0):
    """The change made to the first person's array."""
    data = content(seed=seed)
    data[key][0] = change(data[key][0])
    return data


def with_all(key, change):
    data = content()
    data[key] = change(data[key])
    return data


def moved(poses):
    poses[5, :3, :3] *= 1.1
    return poses


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([1, 2], "has no 'jointPositions'; expected a sequence file of 3DPW"),
        (content(cam_poses=None), "has no 'cam_poses'"),
        (content(campose_valid=None), "has no 'campose_valid'"),
        (content(jointPositions=[]), "must be lists with an entry for each person"),
        (content(jointPositions=3), "must be lists with an entry for each person"),
        (content(campose_valid=[np.ones(8)]), "people differ: 2 in 'jointPositions', 1 in 'campose_valid'"),
        (with_first("jointPositions", lambda a: a[:, :42]), r"person 0, 'jointPositions': \[8, 42\] given, .* 72\]"),
        (with_first("jointPositions", lambda a: a[:7]), "7 frames of 'jointPositions', 8 of 'cam_poses'"),
        (with_first("jointPositions", lambda a: a[:0]), r"\[0, 72\] given"),
        (with_first("jointPositions", lambda a: a.astype(int)), "expected an array of floating-point numbers"),
        (with_first("jointPositions", lambda a: a * 1000), "m from the pelvis; positions must be metres"),
        (
            with_first("jointPositions", lambda a: a * np.nan),
            "'jointPositions': NaN, infinite or huge value, first in frame 0",
        ),
        (with_first("campose_valid", lambda a: a[:5]), r"'campose_valid': \[5\] given, expected 0 or 1"),
        (with_first("campose_valid", lambda a: a * 3), "found other numbers"),
        (with_first("campose_valid", lambda a: [1, [2]]), "expected 0 or 1 for each of 8 frames"),
        (content(campose_valid=np.array(1.0)), "must be lists with an entry for each person"),
        (with_first("jointPositions", lambda a: a + 1e200), "NaN, infinite or huge value"),
        (with_first("campose_valid", lambda a: "yes"), "expected 0 or 1 for each of 8 frames"),
        (with_all("cam_poses", lambda a: a[:, :3]), r"'cam_poses': \[8, 3, 4\] given"),
        (with_all("cam_poses", lambda a: a * np.nan), "'cam_poses': NaN, infinite or huge value"),
        (with_all("cam_poses", moved), "'cam_poses': no rotation and translation, first in frame 5"),
        (with_all("cam_intrinsics", lambda a: a[:2]), "'cam_intrinsics': expected 3 x 3 numbers"),
        (with_all("cam_intrinsics", lambda a: a.T), "is no camera"),
        (with_all("cam_intrinsics", lambda a: a * [[-1], [1], [1]]), "is no camera"),
        (with_all("cam_intrinsics", lambda a: a * np.nan), "is no camera"),
        (with_all("cam_intrinsics", lambda a: a + [[0, 0, 2000], [0, 0, 0], [0, 0, 0]]), "is no camera"),
        (with_all("cam_intrinsics", lambda a: "K"), "expected 3 x 3 numbers"),
    ],
)
def test_other_content(tmp_path, data, message):
    path = write(tmp_path, data)
    with pytest.raises(ValueError, match=message) as raised:
        load_dataset("threedpw", root=tmp_path)
    assert str(path) in str(raised.value)


def test_other_bytes(tmp_path):
    path = write(tmp_path, content())
    whole = path.read_bytes()
    for changed in (whole[:-1], whole[: len(whole) // 2], whole + b"x", b"", b"PK\3\4", b"MATLAB 5.0"):
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=r"courtyard_golf_00\.pkl"):
            load_dataset("threedpw", root=tmp_path)


def test_changed_bytes(tmp_path):
    path = write(tmp_path, content(2, 1))
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(120):
        changed = bytearray(whole)
        for at in rng.integers(0, len(whole), 3):
            changed[at] = rng.integers(256)
        path.write_bytes(changed)
        try:
            clips = load_dataset("threedpw", root=tmp_path)
        except ValueError as error:
            assert str(path) in str(error)
        else:
            assert all(torch.isfinite(clip.x).all() and torch.isfinite(clip.y).all() for clip in clips)


def test_a_pickle_that_would_run_is_refused(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    write(tmp_path, content(genders=Bomb()))
    with pytest.raises(ValueError, match="nothing of it was run"):
        load_dataset("threedpw", root=tmp_path)
    assert not (tmp_path / "ran").exists()


@pytest.fixture
def mesh(tmp_path, made_body):
    """Arrays of a made body, a joint regressor of 17 rows for it, and options that name their files."""
    arrays = made_body.make_arrays()
    rows = made_body.make_rows(get_skeleton("h36m17").joints, arrays)
    (tmp_path / "body").mkdir()
    np.save(tmp_path / "body/rows.npy", rows)
    body = made_body.write_pkl(tmp_path / "body/SMPL_NEUTRAL.pkl", arrays)
    return arrays, rows, {"body": str(body), "joint_regressor": str(tmp_path / "body/rows.npy")}


def with_parameters(frames=4, people=2):
    """A file whose people stand 4 m before each frame's camera."""
    rng, data = np.random.default_rng(5), content(frames, people)
    for person in range(people):
        data["poses"][person] = 0.4 * rng.normal(size=(frames, 72))
        places = [rng.normal(size=3) * 0.2 + [0, 0, 4] for _ in range(frames)]
        moves = zip(places, data["cam_poses"], strict=True)
        data["trans"][person] = np.array([move[:3, :3].T @ (place - move[:3, 3]) for place, move in moves])
    return data


# Human3.6M's index of each of LSP's joints: right ankle, knee and hip, left hip, ...
LSP_OF_H36M = (3, 2, 1, 4, 5, 6, 16, 15, 14, 11, 12, 13, 8, 10)


def test_joints_regressed_from_the_mesh(tmp_path, made_body, mesh):
    arrays, rows, options = mesh
    data = with_parameters()
    write(tmp_path, data)
    clips = load_dataset("threedpw", root=tmp_path / "sequenceFiles", **options)
    assert [clip.skeleton for clip in clips] == ["lsp15", "lsp15"]
    for person, clip in enumerate(clips):
        for frame, move in enumerate(data["cam_poses"]):
            turns = Rotation.from_rotvec(data["poses"][person][frame].reshape(24, 3)).as_matrix()
            vertices, _ = made_body.skin(arrays, turns, data["betas"][person])
            seen = (vertices + data["trans"][person][frame]) @ move[:3, :3].T + move[:3, 3]
            joints = (rows @ seen)[list(LSP_OF_H36M)]
            pelvis = (joints[2] + joints[3]) / 2
            np.testing.assert_allclose(clip.root[frame].numpy(), pelvis, atol=1e-5)
            np.testing.assert_allclose(clip.pose()[frame, :14].numpy(), joints - pelvis, atol=1e-5)
            pixels = joints @ UPRIGHT.T
            u, v = pixels[:, 0] / pixels[:, 2], pixels[:, 1] / pixels[:, 2]
            screen = np.stack([2 * u / 1080 - 1, (2 * v - 1920) / 1080], 1)
            np.testing.assert_allclose(clip.keypoints()[frame, :14].numpy(), screen, atol=1e-5)


def test_a_body_in_the_options(tmp_path, mesh):
    _, rows, options = mesh
    data = with_parameters()
    data["campose_valid"][1][1:] = False
    data["poses"][1][2] = np.nan  # of a frame that is left out
    write(tmp_path, data)
    source = ThreeDPW(ThreeDPWConfig(**options), tmp_path / "sequenceFiles")
    loaded = source.load(["courtyard_golf_00"])
    assert [clip.num_frames for clip in loaded.sequences] == [4, 1]
    assert "rows.npy regresses from the mesh of SMPL_NEUTRAL.pkl" in loaded.notes[0] and "LSP's 14" in loaded.notes[2]
    data["campose_valid"] = [np.zeros(4), np.zeros(4)]
    write(tmp_path, data, "test", "nobody_00")
    source = ThreeDPW(ThreeDPWConfig(**options), tmp_path / "sequenceFiles")
    assert source.load(["nobody_00"]).sequences == []
    before = source.checksum()
    assert ThreeDPW(ThreeDPWConfig(), tmp_path / "sequenceFiles").checksum() != before
    np.save(options["joint_regressor"], rows * 1.001)
    assert ThreeDPW(ThreeDPWConfig(**options), tmp_path / "sequenceFiles").checksum() != before
    for half in ({"body": "a.pkl"}, {"joint_regressor": "b.npy"}):
        with pytest.raises(ValueError, match="the 14 joints need both, the 24 neither"):
            ThreeDPWConfig(**half)
    with pytest.raises(FileNotFoundError, match=r"no file .*nowhere\.npy"):
        ThreeDPW(ThreeDPWConfig(**(options | {"joint_regressor": "nowhere.npy"})), tmp_path / "sequenceFiles")


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("poses", lambda a: a[:, :69], r"person 0, 'poses': \[4, 69\] given"),
        ("poses", lambda a: a[:3], "3 frames of 'poses', 4 of 'cam_poses'"),
        ("poses", lambda a: a * np.nan, "'poses': NaN, infinite or huge value, first in frame 0"),
        ("trans", lambda a: a + np.inf, "'trans': NaN"),
        ("betas", lambda a: a[:9], "'betas': expected 10 numbers of shape or more"),
        ("betas", lambda a: a * np.nan, "'betas': NaN"),
        ("trans", lambda a: None, "'trans': expected an array"),
    ],
)
def test_other_parameters(tmp_path, mesh, key, change, message):
    data = with_parameters()
    data[key][0] = change(data[key][0])
    path = write(tmp_path, data)
    with pytest.raises(ValueError, match=message) as raised:
        load_dataset("threedpw", root=tmp_path / "sequenceFiles", **mesh[2])
    assert str(path) in str(raised.value)
    del data[key]
    write(tmp_path, data)
    with pytest.raises(ValueError, match=f"has no '{key}'"):
        load_dataset("threedpw", root=tmp_path / "sequenceFiles", **mesh[2])
