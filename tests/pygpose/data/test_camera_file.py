"""Cameras that somebody wrote into a file: what they mean, and what is wrong with others."""

import json

import pytest
import torch

from pygpose.data.camera_file import read_cameras
from pygpose.geometry import project_points, world_to_camera

DOOR = {"name": "door", "size": [1920, 1080], "horizontal_degrees": 60, "position": [0, -4, 1.5], "look_at": [0, 0, 1]}


def written(tmp_path, *cameras):
    path = tmp_path / "cameras.json"
    path.write_text(json.dumps({"cameras": list(cameras)}))
    return path


def test_a_camera_looks_where_it_is_told_to_and_stands_upright(tmp_path):
    (camera,) = read_cameras(written(tmp_path, DOOR))
    assert camera.id == "door" and camera.size == (1920, 1080) and camera.center == (960, 540)
    points = torch.tensor([[0.0, 0, 1], [0, 0, 2], [1, 0, 1]])
    pixels = project_points(world_to_camera(points, camera), camera)
    torch.testing.assert_close(pixels[0], torch.tensor([960.0, 540.0]))
    assert abs(pixels[1, 0] - 960) < 1e-3 and pixels[1, 1] < 400  # up is up
    assert pixels[2, 0] > 1200 and abs(pixels[2, 1] - 540) < 1e-3  # and x, seen from -y, right
    assert camera.focal[0] == pytest.approx(960 / 0.5773503)


def test_everything_can_be_stated(tmp_path):
    full = {
        **{key: DOOR[key] for key in ("name", "size", "position")},
        "focal": [1000, 1010], "center": [950, 530], "radial": [-0.2, 0.1, 0.0], "tangential": [0.001, -0.002],
        "orientation": [0.7071068, -0.7071068, 0, 0],
    }  # fmt: skip
    wall = {"name": "wall", "focal": 900} | {name: DOOR[name] for name in ("size", "position", "look_at")}
    camera, other = read_cameras(written(tmp_path, full, wall))
    assert camera.focal == (1000, 1010) and camera.center == (950, 530) and camera.radial == (-0.2, 0.1, 0)
    assert camera.tangential == (0.001, -0.002) and camera.orientation[0] == 0.7071068 and other.focal == (900, 900)


@pytest.mark.parametrize("change, message", [
    ({"horizontal_degrees": None}, r"camera 0 \('door'\) needs 'focal' or 'horizontal_degrees' for its intrinsics"),
    ({"focal": 900}, "needs 'focal' or 'horizontal_degrees' for its intrinsics, one of the two"),
    ({"look_at": None}, "needs 'orientation' or 'look_at' for its orientation"),
    ({"position": None}, "camera 0 has no 'position'; a camera needs name, size, position"),
    ({"name": 3}, "camera 0: its name must be text, got 3"),
    ({"zoom": 3}, "has 'zoom'; known: name, size, position, focal"),
    ({"size": [1920]}, r"'size' must be 2 numbers, finite and below 1e\+09, got \[1920\]"),
    ({"size": [1920, 0]}, r"size \[1920, 0\] must be positive"),
    ({"position": [0, "a", 1]}, "'position' must be 3 numbers"),
    ({"position": [0, 0, float("nan")]}, "'position' must be 3 numbers, finite"),
    ({"horizontal_degrees": 190}, "horizontal_degrees is 190; give an angle between 0 and 180"),
    ({"horizontal_degrees": "wide"}, "'horizontal_degrees' must be a number"),
    ({"look_at": [0, -4, 9]}, "looks straight up or down, or at itself"),
    ({"radial": [-2.0, 0, 0]}, "distortion cannot be inverted"),
    ({"look_at": None, "orientation": [1, 1, 0, 0]}, "is no unit quaternion"),
])  # fmt: skip
def test_what_is_wrong_is_said(tmp_path, change, message):
    row = {name: value for name, value in {**DOOR, **change}.items() if value is not None}
    with pytest.raises(ValueError, match=message):
        read_cameras(written(tmp_path, row))


def test_files_that_hold_no_cameras(tmp_path):
    path = tmp_path / "cameras.json"
    with pytest.raises(FileNotFoundError, match="give a JSON file of cameras that exists"):
        read_cameras(path)
    for content, message in (
        ("{", "is no JSON file of cameras"), ("[]", "holds no list of cameras"), ('{"cameras": [3]}', "holds no list"),
        ("[" * 5000, "is no JSON file"), ("3", "holds no list of cameras"),
    ):  # fmt: skip
        path.write_text(content)
        with pytest.raises(ValueError, match=message):
            read_cameras(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="is no JSON file"):
        read_cameras(path)
    with pytest.raises(ValueError, match="two cameras with the name 'door'"):
        read_cameras(written(tmp_path, DOOR, DOOR))
