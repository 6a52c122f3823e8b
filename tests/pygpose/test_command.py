"""The command pygpose: a file of keypoints becomes motion, and motion is edited."""

import numpy as np
import pandas as pd
import pytest
import torch

from graphs import get_skeleton
from pygpose import lift_file
from pygpose.__main__ import main
from pygpose.data import open_source
from pygpose.data.keypoints import save_keypoints
from pygpose.data.sources.mocap import MocapConfig
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.geometry import h36m_cameras, project_points, world_to_camera
from pygpose.inference.checkpoint import save_model
from pygpose.inference.lift_file import into_world
from pygpose.io.keypoints.track import KeypointTrack
from pygpose.models import build_model
from pygpose.refine import Floor

SKELETON = get_skeleton("h36m17")


@pytest.fixture(scope="module")
def walk():
    return torch.as_tensor(synthetic_motion("S1", "Walking", num_frames=60, seed=0)).float()


@pytest.fixture(scope="module")
def keypoints(walk, tmp_path_factory):
    """Two people in a file of our own form, which does not say what the camera is."""
    path = tmp_path_factory.mktemp("keypoints") / "keypoints.npz"
    camera = h36m_cameras("S9")[0]
    pixels = project_points(world_to_camera(walk, camera), camera).numpy().astype(np.float32)
    sure = np.ones(pixels.shape[:2], np.float32)
    tracks = [KeypointTrack(pixels + k, sure, "h36m17", "film", f"p{k}", fps=50.0, size=(1000, 1002)) for k in (0, 3)]
    save_keypoints(path, tracks)
    return path


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    torch.manual_seed(0)
    model = build_model("mgu", skeleton=SKELETON, channels=(8, 8), mixing=4, merge_channels=8)
    model.set_statistics(torch.zeros(17, 3), torch.full((17,), 0.1))
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    save_model(path, model, "mgu", {"epoch": "0", "loss": "pose", "data": "none", "num_frames": "96"})
    return path


def test_a_file_of_keypoints_becomes_motion(keypoints, weights, tmp_path, capsys):
    words = ["lift", str(keypoints), "--weights", str(weights), "--out", str(tmp_path / "motion")]
    assert main(words) == 0
    said = capsys.readouterr().err
    assert "55 degrees across the picture are assumed" in said and said.count("60 frames at 50 frames/s") == 2
    people = lift_file(keypoints, weights=weights)
    assert len(people) == 2 and len({person.name for person in people}) == 2
    for person in people:
        folder = tmp_path / "motion" / person.name.replace("/", "_")
        with np.load(folder / "motion.npz") as file:
            assert np.array_equal(file[person.name], person.positions.numpy().astype(np.float32))
        rows = pd.read_csv(folder / "motion.csv")
        assert list(rows.columns) == ["frame", "joint", "x", "y", "z", "confidence"] and len(rows) == 60 * 17
        assert np.allclose(rows[["x", "y", "z"]].to_numpy().reshape(60, 17, 3), person.positions, atol=1e-5)
        assert person.positions[0, 0, :2].abs().max() < 1e-6 and person.confidence.shape == (60, 17)
        source = open_source("mocap", MocapConfig(cameras="h36m"), folder / "motion.npz")  # the form that mocap reads
        assert source.load(source.subjects("all")).sequences
    assert main(words) == 2 and "--overwrite" in capsys.readouterr().err
    assert main([*words, "--overwrite", "--fov", "60", "--no-correct"]) == 0
    said = capsys.readouterr().err
    assert "are assumed" not in said and "No floor was found" in said


def test_corrected_bones_keep_their_lengths(keypoints, weights):
    for correct, least, most in ((True, 0.0, 1e-4), (False, 2e-4, 1.0)):
        x = lift_file(keypoints, weights=weights, correct=correct)[0].positions
        lengths = (x - x[:, [max(parent, 0) for parent in SKELETON.parents]]).norm(dim=-1)[:, 1:]
        assert least <= lengths.std(0).max() < most


def test_motion_is_edited(walk, tmp_path, capsys):
    np.savez(tmp_path / "motion.npz", **{"anna/motion": walk.numpy()})
    place = (walk[30, 13] + torch.tensor([0.02, 0.03, 0.04])).tolist()
    words = ["edit", str(tmp_path / "motion.npz"), "--out", str(tmp_path / "edited.npz")]
    assert main([*words, "--pin", "30", "LWrist", *map(str, place)]) == 0
    assert "1 pins, missed by at most 0.0 mm" in capsys.readouterr().err
    with np.load(tmp_path / "edited.npz") as file:
        assert np.allclose(file["anna/motion"][30, 13], place, atol=1e-5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lift", "/nowhere.json"], "/nowhere.json"),
        (["edit", "MOTION"], "no pins are given"),
        (["edit", "MOTION", "--clip", "ben"], "holds anna/motion; name one of these with --clip"),
        (["edit", "MOTION", "--pin", "3", "Tail", "0", "0", "0"], "a pin names joint 'Tail'"),
        (["edit", "MOTION", *["--pin", "3", "Head", "0", "0", "0"] * 2], "frame 3 and joint Head twice"),
    ],
)
def test_bad_commands(walk, tmp_path, capsys, words, message):
    np.savez(tmp_path / "motion.npz", **{"anna/motion": walk.numpy()})
    assert main([word.replace("MOTION", str(tmp_path / "motion.npz")) for word in words]) == 2
    assert message in capsys.readouterr().err


def test_an_empty_call_teaches(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 0 and "pygpose lift keypoints.json" in capsys.readouterr().out


def test_motion_has_two_forms(keypoints, weights, tmp_path):
    with pytest.raises(ValueError, match=r"motion is written as \.npz or \.csv"):
        lift_file(keypoints, weights=weights)[0].save(tmp_path / "motion.bvh")


def test_the_world_stands_on_its_floor(walk):
    for camera in h36m_cameras("S9"):
        seen = world_to_camera(walk, camera).double()
        low, high = world_to_camera(torch.tensor([[[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]]), camera)[0]
        up = high - low
        floor = Floor(up.double(), (seen @ up.double() - walk[..., 2].double())[0, 0] + 0.05)
        world = into_world(seen, floor, up, SKELETON)
        torch.testing.assert_close(world[..., 2].float(), walk[..., 2] - 0.05, atol=1e-3, rtol=0)
        torch.testing.assert_close(torch.cdist(world, world), torch.cdist(seen, seen), atol=1e-6, rtol=0)
        assert world[0, 0, :2].abs().max() < 1e-9
        ahead = (seen[..., 2] - seen[0, 0, 2]).flatten()
        assert torch.corrcoef(torch.stack([ahead, world[..., 1].flatten()]))[0, 1] > 0.8  # y is away from the camera
