"""Regions of pictures, model files by their checksums, and BlazePose where its files are.

Covers :mod:`pygpose.video.region`, ``model_files``, ``blazepose`` and ``rtmpose``.
"""

import hashlib
import io
import math
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.__main__ import main
from pygpose.video import DETECTORS, Region, model_files
from pygpose.video.blazepose import _anchors, _merged

PICTURES = Path("/usr/share/doc/opencv-doc/examples/data")


class TestRegion:
    @pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, math.pi])
    @pytest.mark.parametrize("size", [60.0, 300.0])
    def test_what_is_cut_is_what_the_picture_has_there(self, angle, size):
        y, x = np.mgrid[:400, :500]
        picture = np.stack([x / 2, y / 2, 0 * x], -1).round().astype(np.uint8)  # colours are places
        region = Region(250.0, 200.0, size, angle)
        cut = region.cut(picture, 64) * 255
        rows, columns = np.mgrid[4:64:11, 4:64:11]
        places = region.into_picture(np.stack([columns + 0.5, rows + 0.5], -1).reshape(-1, 2) / 64)
        np.testing.assert_allclose(2 * cut[rows, columns, :2].reshape(-1, 2), places, atol=3.5)

    def test_beyond_the_edge_it_is_black(self):
        cut = Region(0.0, 0.0, 20.0).cut(np.full((50, 50, 3), 255, np.uint8), 20)
        assert cut[:9, :9].max() == 0 and cut[11:, 11:].min() == 1

    def test_overlap(self):
        one = Region(10.0, 10.0, 10.0)
        assert one.overlap(one) == 1 and one.overlap(Region(15.0, 10.0, 10.0)) == 0.5
        assert one.overlap(Region(30.0, 10.0, 10.0)) == 0 and one.overlap(Region(11.0, 11.0, 4.0)) == 1


def archive(path, files):
    if path.suffix == ".tgz":
        with tarfile.open(path, "w:gz") as file:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                file.addfile(entry, io.BytesIO(content))
    elif path.suffix == ".whl":
        with zipfile.ZipFile(path, "w") as file:
            for name, content in files.items():
                file.writestr(name, content)
    else:
        path.mkdir()
        for name, content in files.items():
            (path / Path(name).name).write_bytes(content)
    return path


@pytest.fixture
def made(monkeypatch, tmp_path):
    """Model files of a few bytes, under their own checksums, and a cache of the test's own."""
    monkeypatch.setenv("PYGPOSE_CACHE", str(tmp_path / "cache"))
    content = {model_files.PERSON: b"person", model_files.LANDMARKS: b"landmarks"}
    checksums = {name: hashlib.sha256(one).hexdigest() for name, one in content.items()}
    monkeypatch.setattr(model_files, "BLAZEPOSE", checksums)
    return content


@pytest.mark.parametrize("kind", ["pose.tgz", "mediapipe.whl", "folder"])
def test_model_files_are_taken_by_their_checksums(made, tmp_path, kind, capsys):
    files = {"package/other.data": made[model_files.PERSON], "package/x.tflite": made[model_files.LANDMARKS]}
    source = archive(tmp_path / kind, files | {"package/pose_landmark_heavy.tflite": b"another"})
    from pygpose.commands import detector

    detector.BLAZEPOSE = model_files.BLAZEPOSE
    assert main(["detector", "install", str(source)]) == 0
    for name, content in made.items():
        assert model_files.model_file(name).read_bytes() == content
    (model_files.cache_folder() / model_files.PERSON).write_bytes(b"damaged")
    with pytest.raises(ValueError, match="its checksum differs"):
        model_files.model_file(model_files.PERSON)


def test_files_with_other_checksums(made, tmp_path):
    source = archive(tmp_path / "pose.tgz", {"a.tflite": b"no model", "b.data": made[model_files.PERSON]})
    with pytest.raises(ValueError, match=f"has no {model_files.LANDMARKS} with the right checksum"):
        model_files.install(source)
    (tmp_path / "text").write_text("no package")
    with pytest.raises(ValueError, match="neither a package nor a wheel"):
        model_files.install(tmp_path / "text")
    with pytest.raises(FileNotFoundError, match="no file"):
        model_files.install(tmp_path / "nothing")


def test_without_a_network_both_ways_are_told(made, monkeypatch):
    def closed(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(model_files.urllib.request, "urlopen", closed)
    with pytest.raises(ValueError, match=r"no network.*pygpose detector install; .*pygpose detector install FILE"):
        model_files.model_file(model_files.PERSON)


def test_detectors_that_are_not_installed(made, tmp_path, monkeypatch):
    model_files.install(archive(tmp_path / "folder", {f"{name}": content for name, content in made.items()}))
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(ValueError, match=r"pip install 'pygpose\[video\]'"):
        DETECTORS["blazepose"]()
    with pytest.raises(ValueError, match=r"pip install 'pygpose\[rtmpose\]'"):
        DETECTORS["rtmpose"]()


def test_detections_of_one_person_are_averaged():
    box = np.array([[0.5, 0.5], [0.2, 0.2], [0.5, 0.6], [0.5, 0.3], [0.0, 0.0], [0.0, 0.0]])
    other = box.copy()
    other[[0, 2, 3]] += 0.3
    near = box.copy()
    near[[0, 2, 3]] += 0.01
    merged = _merged(np.stack([box, other, near]), np.array([0.6, 0.9, 0.8]))
    assert [sure for _, sure in merged] == [0.9, 0.8]
    np.testing.assert_allclose(merged[1][0], (0.6 * box + 0.8 * near) / 1.4)


def test_anchors_are_as_many_as_the_network_has():
    anchors = _anchors()
    assert anchors.shape == (2254, 2) and 0 < anchors.min() < anchors.max() < 1


@pytest.mark.slow
def test_blazepose_finds_the_people_in_real_pictures(monkeypatch):
    """With the user's own cache, and the pictures of Debian's opencv-doc."""
    pytest.importorskip("ai_edge_litert")
    pillow = pytest.importorskip("PIL.Image")
    if not PICTURES.is_dir():
        pytest.skip("no opencv-doc")
    monkeypatch.delenv("PYGPOSE_CACHE")
    if not all((model_files.cache_folder() / name).is_file() for name in model_files.BLAZEPOSE):
        pytest.skip("no model files: pygpose detector install")
    detector = DETECTORS["blazepose"]()
    joints = get_skeleton("mediapipe33").joints
    for name, wanted in (
        ("messi5.jpg", {"Nose": (247, 122), "LWrist": (365, 165), "RAnkle": (275, 325), "LAnkle": (425, 258)}),
        ("basketball1.png", {"LShoulder": (122, 163), "LAnkle": (133, 458), "RAnkle": (62, 466)}),
    ):
        picture = np.asarray(pillow.open(PICTURES / name).convert("RGB"))
        seen = detector.look(picture, detector.find(picture)[0])
        assert seen is not None
        again = detector.look(picture, seen.region)
        assert again is not None and np.abs(again.keypoints - seen.keypoints).mean() < 6
        for joint, place in wanted.items():
            assert np.abs(again.keypoints[joints.index(joint)] - place).max() < 30, (name, joint)


def test_rtmpose_by_rtmlib(monkeypatch):
    """With rtmlib's interface, made here: pictures go in as BGR, boxes and scores come out."""
    from types import SimpleNamespace

    points = np.stack([np.linspace(100, 200, 26), np.linspace(50, 400, 26)], -1)
    sure = np.linspace(0.2, 1.1, 26)
    boxes = []

    def people(picture):
        assert (picture[0, 0] == [3, 2, 1]).all()
        return np.array([[90.0, 40.0, 210.0, 410.0]])

    def pose(picture, bboxes):
        boxes.extend(bboxes)
        return points[None], sure[None]

    body = SimpleNamespace(det_model=people, pose_model=pose)
    monkeypatch.setitem(sys.modules, "rtmlib", SimpleNamespace(BodyWithFeet=lambda **_: body))
    detector = DETECTORS["rtmpose"]()
    picture = np.tile(np.array([1, 2, 3], np.uint8), (300, 640, 1))
    (region,) = detector.find(picture)
    assert (region.x, region.y, region.size) == (150, 225, 1.25 * 370)
    seen = detector.look(picture, region)
    np.testing.assert_allclose(boxes[0], [150 - 185, 225 - 185, 150 + 185, 225 + 185])
    assert np.array_equal(seen.keypoints, points) and get_skeleton(detector.skeleton).num_joints == 26
    assert (seen.confidence[points[:, 1] > 300] == 0).all() and seen.confidence.max() <= 1
    sure[:] = 0.1
    assert detector.look(picture, region) is None
