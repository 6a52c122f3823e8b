"""The weights that come with the package."""

import hashlib
import json
import shutil

import pytest
import torch

import pygpose
from pygpose import weights
from pygpose.weights import find_weights, weight_names


@pytest.mark.parametrize("name", weight_names())
def test_weights_are_found_by_name_and_lift(name, skeleton):
    model, header = pygpose.load_model(name)
    assert header["framing"] == model.framing == "person" and model.fps == 50 and model.gives_spread
    found = pygpose.inference.lift.lift_all(model, torch.rand(1, 30, 17, 2) - 0.5)
    assert found.pose.shape == (1, 30, 17, 3) and (found.spread > 0).all()
    bones = (found.pose - found.pose[:, :, [max(parent, 0) for parent in skeleton.parents]]).norm(dim=-1)
    assert 0.02 < bones[..., 1:].mean() < 0.5  # metres


def test_all_weights_together_are_small_and_are_those_of_the_checksums():
    assert {"default", "small"} <= set(weight_names())
    files = {name: weights.FOLDER / f"{name}.safetensors.gz" for name in weight_names()}
    assert sum(path.stat().st_size for path in files.values()) < 10e6
    for name, digest in json.loads(weights.CHECKSUMS.read_text()).items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == digest
        assert f"## {name}\n" in (weights.FOLDER / "README.md").read_text()


def test_a_changed_or_lost_file_and_an_unknown_name_are_refused(tmp_path, monkeypatch):
    (tmp_path / "checksums.json").write_text(json.dumps({"one": hashlib.sha256(b"right").hexdigest(), "two": "0"}))
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    monkeypatch.setattr(weights, "CHECKSUMS", tmp_path / "checksums.json")
    (tmp_path / "one.safetensors.gz").write_bytes(b"right")
    assert find_weights("one") == tmp_path / "one.safetensors.gz"
    (tmp_path / "one.safetensors.gz").write_bytes(b"wrong")
    with pytest.raises(ValueError, match="its checksum differs"):
        find_weights("one")
    with pytest.raises(FileNotFoundError, match="two.safetensors.gz is missing from the package"):
        find_weights("two")
    with pytest.raises(ValueError, match="no weights are named 'three'; known: one, two"):
        find_weights("three")
    with pytest.raises(FileNotFoundError, match="the name of weights that come with the package: one, two"):
        pygpose.load_model("three")


def test_a_run_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(find_weights(weight_names()[0]), tmp_path / "best.safetensors")
    (tmp_path / weight_names()[0]).mkdir()
    with pytest.raises(FileNotFoundError, match="no model file"):
        pygpose.load_model(weight_names()[0])
