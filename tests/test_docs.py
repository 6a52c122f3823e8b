"""The Python of README and docs does what it says."""

import json
import re
import runpy
import tomllib
from pathlib import Path

import pytest
import torch

from graphs import EDGE_KINDS, get_skeleton
from pygpose.data import DATASETS, load_dataset
from pygpose.data.features.files import FLAGS, NEEDED, SHAPES, TEXTS
from pygpose.data.transforms import TRANSFORMS
from pygpose.io.keypoints.own import FIELDS
from pygpose.io.motion.joint_map_tables import TABLES
from pygpose.losses import LOSSES, build_loss
from pygpose.models import MODELS, build_model
from pygpose.refine import FILTERS

ROOT = Path(__file__).parents[1]


def blocks(name):
    return re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)


(FEATURES,) = blocks("docs/features.md")
LIFT, *README = blocks("README.md")
EXTENDING, DATA = blocks("docs/extending.md"), blocks("docs/data.md")


@pytest.fixture
def registered(monkeypatch):
    """Registries that forget what a test registers."""
    for registry in (DATASETS, EDGE_KINDS, FILTERS, LOSSES, MODELS, TRANSFORMS):
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))


def test_from_python(capsys):
    names: dict = {}
    exec(README[0], names)
    assert capsys.readouterr().out.rstrip().endswith("mm")
    assert names["pose"].shape[2:] == (17, 3)
    exec(README[1], names)
    changed, lap = re.findall(r"tensor\(([0-9.e+-]+)", capsys.readouterr().out)
    plain = build_loss("pose:0+lap", skeleton=names["skeleton"])(names["pose"], names["clip"])[0]
    assert float(changed) > 1e-4 and abs(float(lap) - plain.item()) > 1e-4
    exec(README[2], names)
    torch.testing.assert_close(names["path"], names["clip"].root, rtol=0, atol=0.02)
    assert names["world"][..., 2].min() > -0.1  # nobody stands below the floor
    exec(README[3], names)
    assert names["found"].pose.shape == names["pose"].shape and 0 <= names["found"].confidence.mean() <= 1
    exec(README[4], names)
    assert names["poses"]["past"].shape == (1, 17, 3) and names["smooth"].shape == names["pose"][0].shape


@pytest.mark.parametrize("code", [LIFT, *blocks("docs/lift.md")], ids=["README", "lift"])
def test_a_file_becomes_motion(code, tmp_path, monkeypatch):
    clip = load_dataset("synthetic", subjects=["S9"], frames=20)[0]
    coco = [9, 9, 9, 9, 9, 11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3]  # joints of Human3.6M in COCO's places
    pixels = (960 * clip.keypoints()[:, coco] + torch.tensor([960.0, 540.0])).tolist()
    rows = [
        {"image_id": f"{frame}.jpg", "keypoints": [number for x, y in joints for number in (x, y, 0.9)], "idx": 1}
        for frame, joints in enumerate(pixels)
    ]
    (tmp_path / "keypoints.json").write_text(json.dumps([row | {"category_id": 1, "score": 2.0} for row in rows]))
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(code, names)
    assert len(names["motion"]) == 1 and (tmp_path / "out.bvh").read_text().startswith("HIERARCHY")


@pytest.mark.parametrize("code", [README[5], EXTENDING[0]], ids=["README", "extending"])
def test_a_loss_in_ten_lines(code, registered):
    lines = [line for line in code.splitlines() if line]
    assert len([line for line in lines if not line.startswith(("from", "import"))]) <= 10
    exec(code, {})
    loss = build_loss("pose:0+bone_direction", skeleton=get_skeleton("h36m17"))
    pose = torch.randn(1, 5, 17, 3)
    assert loss(pose, 2 * pose)[0].item() < 1e-5
    assert loss(pose, -pose)[0].item() > 1.9


def test_an_architecture_a_data_set_and_a_filter_work_from_the_command_line(registered, tmp_path):
    from train.run import main

    for code in EXTENDING[1:]:
        exec(compile(code, "extending", "exec", dont_inherit=True), {"__name__": "extending"})
    assert build_model("gru", skeleton=get_skeleton("coco17"), hidden=8)(torch.randn(1, 9, 17, 2)).shape == (
        1,
        9,
        17,
        3,
    )
    flags = [
        "--arch",
        "gru",
        "--model.hidden",
        "8",
        "--data",
        "swing",
        "--data-options.frames",
        "60",
        "--smooth",
        "pairs",
    ]
    flags += ["--graph", "bones+reach"]
    main([*flags, "--num-frames", "32", "--loss", "lap", "--epochs", "1", "--out-dir", str(tmp_path / "run")])
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert list(summary["systems"]) == ["gru", "gru + pairs", "mean pose"]
    assert "128 reach" in (tmp_path / "run" / "report.md").read_text()
    (clip,) = load_dataset("swing", subjects=["A"])
    assert torch.equal(TRANSFORMS["backwards"]()(clip).keypoints(), clip.keypoints().flip(0))
    assert summary["data"] == "swing" and summary["clips"] == 1 and summary["mpjpe_mm"] > 0


def test_the_groups_of_entry_points_are_those_that_are_looked_for():
    (block,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/extending.md").read_text(), re.DOTALL)
    shown = tomllib.loads(block)["project"]["entry-points"]
    assert list(shown) == [LOSSES.group, MODELS.group, DATASETS.group]


def test_data(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    for code in DATA:
        exec(code, {})
    assert capsys.readouterr().out.endswith("clip 'Anna/walk' (Anna, motion, camera camera, 50 frames)\n")


def test_correction(capsys):
    names: dict = {}
    exec(blocks("docs/correction.md")[0], names)
    assert names["found"].positions.shape == (60, 17, 3) and names["found"].residuals["bones"] < 1e-3
    assert names["moved"].residuals["pins"] < 100


def test_features(capsys):
    exec(FEATURES, {})
    assert capsys.readouterr().out == "clip 'walk' (Anna, motion, camera camera, 30 frames) [30, 2048]\n"
    page = (ROOT / "docs" / "features.md").read_text()
    assert [name for name in (*NEEDED, *SHAPES, *TEXTS, *FLAGS, "fps") if f"`{name}`" not in page] == []


def test_the_page_on_data_has_every_field_and_joint_map():
    page = (ROOT / "docs" / "data.md").read_text()
    assert [field for field in FIELDS if f"`CLIP/{field}`" not in page] == []
    assert [name for name in TABLES if f"`{name}`" not in page] == []
    assert len(page.splitlines()) <= 150


def test_the_pendulum_traces_have_one_position_error_and_are_told_apart():
    names = runpy.run_path(str(ROOT / "docs" / "pendulum.py"))
    truth = names["swing"]()
    losses = {
        name: build_loss(text, skeleton=names["PENDULUM"], options=options)
        for name, (text, options) in names["LOSSES"].items()
    }
    terms = {
        name: {loss: losses[loss](trace, truth)[0] for loss in losses}
        for name, trace in names["estimates"](truth).items()
    }
    same, other, shaking = (terms[name] for name in ("same shape", "other tendency", "shaking"))
    for term in terms.values():
        assert term["pose"].item() == pytest.approx(names["ERROR"] / 2, rel=1e-5)  # the pivot is never off
    for operator, least in (("motion, subtraction", 1.4), ("motion, cross product", 1.25)):
        assert other[operator] > least * same[operator] and shaking[operator] > least * same[operator]
    assert shaking["lap"] > 2 * same["lap"] and shaking["lap"] > 2 * other["lap"]
