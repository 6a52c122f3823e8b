"""``pygpose lift``: a file of keypoints becomes motion.

Covers :mod:`pygpose.commands.lift`, :mod:`pygpose.inference.lift_file` and ``stated_camera``.
"""

import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

import pygpose
from graphs import get_skeleton
from pygpose import lift_file
from pygpose.__main__ import main
from pygpose.data import open_source
from pygpose.data.keypoints import save_keypoints
from pygpose.data.sources.mocap import MocapConfig
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.geometry import Camera, h36m_cameras, project_points, world_to_camera
from pygpose.inference.checkpoint import save_model
from pygpose.inference.stated_camera import StatedCamera, assumed_lens
from pygpose.io.keypoints.track import KeypointTrack
from pygpose.io.writers import MOTION_WRITERS
from pygpose.models import build_model

SKELETON = get_skeleton("h36m17")


@pytest.fixture(scope="module")
def walk():
    return torch.as_tensor(synthetic_motion("S1", "Walking", num_frames=60, seed=0)).float()


@pytest.fixture(scope="module")
def pixels(walk):
    camera = h36m_cameras("S9")[0]
    return project_points(world_to_camera(walk, camera), camera).numpy().astype(np.float32)


def one_person(pixels, name, **facts):
    facts = {"fps": 50.0, "size": (1000, 1002), "confidence": np.ones(pixels.shape[:2], np.float32)} | facts
    return KeypointTrack(pixels, facts.pop("confidence"), "h36m17", "film", name, **facts)


@pytest.fixture(scope="module")
def keypoints(pixels, tmp_path_factory):
    """Two people in a file of our own form, which does not say what the camera is."""
    path = tmp_path_factory.mktemp("keypoints") / "keypoints.npz"
    save_keypoints(path, [one_person(pixels + 3 * k, f"p{k}") for k in (0, 1)])
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
    words = ["lift", str(keypoints), "--weights", str(weights), "--out", str(tmp_path / "motion"), "--formats", "all"]
    assert main(words) == 0
    said = capsys.readouterr().err
    assert "55 degrees across the longer side" in said and said.count("60 frames at 50 frames/s") == 2
    people = lift_file(keypoints, weights=weights)
    assert [person.name for person in people] == ["film/p0", "film/p1"]
    assert (tmp_path / "motion/viewer.html").stat().st_size > 500_000  # both together
    for person in people:
        folder = tmp_path / "motion" / person.name.replace("/", "_")
        assert {path.name for path in folder.iterdir()} == {
            "viewer.html" if kind == "html" else f"motion.{kind}" for kind in MOTION_WRITERS
        }
        with np.load(folder / "motion.npz") as file:
            assert np.array_equal(file[person.name], person.positions.numpy().astype(np.float32))
        source = open_source("mocap", MocapConfig(cameras="h36m"), folder / "motion.npz")  # the form that mocap reads
        assert source.load(source.subjects("all")).sequences
    assert people[0].positions[0, 0, :2].abs().max() < 1e-6  # the first over the origin, the other beside them
    assert main(words) == 2 and "--overwrite" in capsys.readouterr().err
    assert main([*words, "--overwrite", "--fov", "60", "--no-correct", "--formats", "csv"]) == 0
    assert "are assumed" not in capsys.readouterr().err


def test_the_first_lines_of_the_readme(keypoints, weights, tmp_path, pixels):
    one = tmp_path / "one.npz"
    save_keypoints(one, [one_person(pixels, "p0")])
    motion = lift_file(one, weights=weights)
    motion.save(tmp_path / "out.bvh")
    assert (tmp_path / "out.bvh").read_text().startswith("HIERARCHY")
    two = pygpose.lift_file(keypoints, weights=weights)
    with pytest.raises(ValueError, match="holds one person, and here are film/p0, film/p1; save them one by one"):
        two.save(tmp_path / "out.bvh")
    two.save(tmp_path / "out.html")


def test_what_is_stated_and_what_is_doubted_is_told(pixels, weights, tmp_path, capsys):
    coco = [one_person(pixels, "p0")]
    save_keypoints(tmp_path / "said.npz", [replace(one, skeleton="coco17") for one in coco])
    words = ["lift", str(tmp_path / "said.npz"), "--weights", str(weights), "--formats", "json", "--out"]
    assert main([*words, str(tmp_path / "wrong")]) == 0
    doubt = "are these the joints of coco17, in its order (as those of h36m17 they look like a person)?"
    assert doubt in capsys.readouterr().err
    assert main([*words, str(tmp_path / "right"), "--joints", "h36m17", "--fps", "25"]) == 0
    said = capsys.readouterr().err
    assert "are those of coco17; those of h36m17, as stated, are taken" in said and "25 frames/s, as stated" in said
    assert "in its order" not in said and "60 frames at 25 frames/s" in said
    assert main([*words, str(tmp_path / "none"), "--joints", "h37m"]) == 2
    assert "unknown skeleton 'h37m'; known: coco17" in capsys.readouterr().err


def test_corrected_bones_keep_their_lengths(keypoints, weights):
    for correct, least, most in ((True, 0.0, 1e-4), (False, 2e-4, 1.0)):
        x = lift_file(keypoints, weights=weights, correct=correct)[0].positions
        lengths = (x - x[:, [max(parent, 0) for parent in SKELETON.parents]]).norm(dim=-1)[:, 1:]
        assert least <= lengths.std(0).max() < most


def test_a_long_gap_cuts_the_motion(pixels, weights, tmp_path):
    seen = np.ones((300, 17), np.float32)
    seen[:7] = seen[100:110] = seen[180:240] = 0  # before the first, bridged, cut
    film = np.concatenate([pixels] * 5)
    save_keypoints(tmp_path / "k.npz", [one_person(film, "p0", confidence=seen)])
    first, second = lift_file(tmp_path / "k.npz", weights=weights)
    assert (first.name, len(first.positions), first.first_frame) == ("film/p0.part1", 173, 7)
    assert (second.name, len(second.positions), second.first_frame) == ("film/p0.part2", 60, 240)
    assert any("nothing is seen for 1 s: part 2" in note for note in second.notes)


def test_what_is_not_seen_is_known(pixels, weights, tmp_path):
    """Positions are there and keypoints filled in, but what was seen is told apart: overlays draw that alone."""
    seen = np.ones(pixels.shape[:2], np.float32)
    seen[10:20, 16] = seen[:, 10] = 0
    save_keypoints(tmp_path / "k.npz", [one_person(pixels, "p0", confidence=seen)])
    (person,) = lift_file(tmp_path / "k.npz", weights=weights)
    assert torch.equal(person.keypoint_confidence > 0, torch.from_numpy(seen) > 0) and person.keypoints.isfinite().all()


def test_without_ezc3d_all_other_kinds_are_written(keypoints, weights, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    words = ["lift", str(keypoints), "--weights", str(weights), "--out", str(tmp_path / "out")]
    assert main([*words, "--formats", "all"]) == 0
    assert {path.suffix for path in (tmp_path / "out/film_p0").iterdir()} == {
        f".{kind}" for kind in MOTION_WRITERS if kind != "c3d"
    }
    assert main([*words, "--formats", "c3d"]) == 2 and "pip install 'pygpose[mocap]'" in capsys.readouterr().err


def test_people_who_can_be_lifted_are_lifted(pixels, weights, tmp_path, capsys):
    away = pixels.copy()
    away[5:] += 5000.0  # outside of the picture
    save_keypoints(tmp_path / "k.npz", [one_person(away, "far"), one_person(pixels, "near")])
    words = ["lift", str(tmp_path / "k.npz"), "--weights", str(weights), "--out", str(tmp_path / "out")]
    assert main([*words, "--formats", "npz"]) == 1
    assert "not lifted: film/far cannot be lifted" in capsys.readouterr().err
    assert (tmp_path / "out/film_near/motion.npz").is_file() and not (tmp_path / "out/film_far").exists()
    with pytest.raises(ValueError, match="film/far"):
        lift_file(tmp_path / "k.npz", weights=weights)


def test_one_frame_is_a_pose(pixels, weights, tmp_path):
    save_keypoints(tmp_path / "k.npz", [one_person(pixels[:1], "p0")])
    (person,) = lift_file(tmp_path / "k.npz", weights=weights)
    assert person.positions.shape == (1, 17, 3) and person.positions.isfinite().all()
    for kind in MOTION_WRITERS:
        person.save(tmp_path / f"one.{kind}")


def test_the_height_scales_bodies_and_paths_together(keypoints, weights):
    own = lift_file(keypoints, weights=weights)[0].positions
    one, two = (lift_file(keypoints, weights=weights, height=height)[0].positions for height in (1.6, 2.0))
    torch.testing.assert_close(two, 1.25 * one, atol=1e-9, rtol=0)
    scale = one.norm() / own.norm()
    torch.testing.assert_close(one, scale * own, atol=1e-6, rtol=0)
    cameras = [StatedCamera(height=height) for height in (None, 1.58, 3.08)]
    own, one, two = (lift_file(keypoints, weights="small", camera=camera)[0].positions for camera in cameras)
    torch.testing.assert_close(one, one.norm() / own.norm() * own, atol=1e-6, rtol=0)
    torch.testing.assert_close(two, 2 * one, atol=1e-6, rtol=0)  # but for the height of the ankles


class TestStatedCamera:
    def test_a_lens_is_told_in_three_ways(self):
        size = (1920, 1080)
        focal = 960 / math.tan(math.radians(35))
        assert StatedCamera(focal=focal).lens(size).focal == pytest.approx(
            StatedCamera(field_of_view=70.0).lens(size).focal
        )
        told = Camera((900.0, 905.0), (950.0, 530.0), size, radial=(0.1, 0.0, 0.0))
        assert StatedCamera(calibration=told).lens(size) is told and StatedCamera().lens(size) is None

    @pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920)])
    def test_the_assumed_view_lies_across_the_longer_side(self, size):
        lens = assumed_lens(size)
        assert math.degrees(2 * math.atan(max(size) / 2 / lens.focal[0])) == pytest.approx(55)

    @pytest.mark.parametrize("pitch", [-20.0, 0.0, 35.0])
    @pytest.mark.parametrize("roll", [-30.0, 0.0, 10.0])
    def test_the_way_up_is_that_of_a_camera_held_so(self, pitch, roll):
        """Against matrices: the camera is turned about its own right by the pitch, and before about its forward."""
        p, r = math.radians(pitch), math.radians(roll)
        level = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)  # columns: right, down, forward; z up
        about_x = np.array([[1, 0, 0], [0, math.cos(p), math.sin(p)], [0, -math.sin(p), math.cos(p)]])
        about_z = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
        axes = level @ about_x @ about_z  # down by p, then clockwise by r
        forward = axes[:, 2]
        assert forward[2] == pytest.approx(-math.sin(p))
        right = axes[:, 0]
        assert right[2] == pytest.approx(-math.sin(r) * math.cos(p))  # clockwise: the right side goes down
        up = StatedCamera(pitch=pitch, roll=roll).up(torch.zeros(3, dtype=torch.float64))
        np.testing.assert_allclose(up, axes.T @ [0, 0, 1], atol=1e-12)

    @pytest.mark.parametrize(
        ("told", "message"),
        [
            ({"field_of_view": 60.0, "focal": 900.0}, "say the same thing"),
            ({"field_of_view": 180.0}, "must lie between 0 and 180, got 180"),
            ({"pitch": 95.0}, "must lie between -90 and 90"),
            ({"height": -1.0}, "must lie between 0.2 and inf"),
        ],
    )
    def test_bad_statements(self, told, message):
        with pytest.raises(ValueError, match=message):
            StatedCamera(**told)

    def test_a_calibration_of_another_picture(self):
        with pytest.raises(ValueError, match="for pictures of 640 x 480, and these are 1920 x 1080"):
            StatedCamera(calibration=Camera((500.0, 500.0), (320.0, 240.0), (640, 480))).lens((1920, 1080))


def test_what_is_stated_beats_the_file(pixels, weights, tmp_path):
    lens = h36m_cameras("S9")[0]
    wide = replace_focal(lens, 2000.0)
    save_keypoints(
        tmp_path / "k.npz", [one_person(pixels, "p0", intrinsics=tuple(wide.intrinsics(torch.zeros(0)).tolist()))]
    )
    save_keypoints(tmp_path / "plain.npz", [one_person(pixels, "p0")])
    for path in ("k.npz", "plain.npz"):
        found = lift_file(tmp_path / path, weights=weights, camera=StatedCamera(focal=1100.0))[0].positions
        other = lift_file(tmp_path / "plain.npz", weights=weights, camera=StatedCamera(focal=1100.0))[0].positions
        assert torch.equal(found, other)


def replace_focal(camera, focal):
    return Camera((focal, focal), camera.center, camera.size)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["/nowhere.json"], "/nowhere.json"),
        (["FILE", "--formats", "npz,fbx"], "unknown kind of motion file 'fbx'"),
        (["FILE", "--fov", "60", "--focal", "900"], "--fov and --focal say the same thing"),
        (["FILE", "--height", "17"], "height is 17"),
        (["FILE", "--height", "1.7", "--camera-height", "1"], "state one of them"),
        (["FILE", "--camera-pitch", "100"], "--camera-pitch must lie between"),
        (["FILE", "--camera", "CAMERAS"], "holds 2 cameras"),
        (["FILE", "--out", "FILE"], "is a file; name a folder with --out"),
    ],
)
def test_bad_commands(keypoints, weights, tmp_path, capsys, words, message):
    row = {"size": [1000, 1002], "position": [0, -4, 1.5], "look_at": [0, 0, 1], "horizontal_degrees": 60}
    (tmp_path / "two.json").write_text(json.dumps({"cameras": [{"name": name, **row} for name in "ab"]}))
    words = [word.replace("FILE", str(keypoints)).replace("CAMERAS", str(tmp_path / "two.json")) for word in words]
    assert main(["lift", *words, "--weights", str(weights)]) == 2
    assert message in capsys.readouterr().err


def test_an_empty_call_teaches(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 0 and "pygpose lift keypoints.json" in capsys.readouterr().out


def test_check_is_a_subcommand(keypoints, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["check", str(keypoints)]) == 0
    assert capsys.readouterr().out.rstrip().endswith("usable")
