"""Features of frames: the network's answer on known crops, what is written, and the message for what is not possible.

Covers :mod:`pygpose.inference.features`, ``backbone`` and :mod:`pygpose.data.features.sightings`.
"""

import sys
import types

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from pygpose.data import KeypointTrack, read_smpl_features, save_keypoints
from pygpose.data.check import check_data
from pygpose.data.features.crops import crop_image
from pygpose.inference.backbone import load_backbone
from pygpose.inference.features import main
from pygpose.safe.arrays import read_npz

MEAN, SPREAD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


class SmallResNet(nn.Module):
    """A ResNet's names and its 2048 features, with one layer where there are fifty."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 2048, 8, 32, bias=False)
        self.bn1 = nn.BatchNorm2d(2048)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2048, 1000)

    def forward(self, x):
        return self.fc(self.avgpool(torch.relu(self.bn1(self.conv1(x)))).flatten(1))


def resnet50(*, weights):
    assert weights is None
    return SmallResNet()


@pytest.fixture
def torchvision(monkeypatch):
    package, models = types.ModuleType("torchvision"), types.ModuleType("torchvision.models")
    package.models, models.resnet50 = models, resnet50
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.models", models)


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(0)
    network = SmallResNet()
    network.bn1.running_mean.normal_()
    torch.save(network.state_dict(), tmp_path / "resnet.pth")
    return tmp_path / "resnet.pth"


@pytest.fixture
def frames(tmp_path):
    folder, rng = tmp_path / "frames", np.random.default_rng(0)
    folder.mkdir()
    for number in range(1, 6):
        Image.fromarray(rng.integers(0, 256, (60, 80, 3), np.uint8)).save(folder / f"img_{number:03d}.png")
    (folder / "notes.txt").write_text("no picture")
    return folder


def track(frames=5, name="Anna", skeleton_joints=17, first=0):
    rng = np.random.default_rng(1)
    points = rng.uniform(10, 50, (frames, skeleton_joints, 2)).astype(np.float32)
    confidence = np.ones((frames, skeleton_joints), np.float32)
    return KeypointTrack(points, confidence, "coco17", video=name, fps=25.0, size=(80, 60), first_frame=first)


def expected(path, box, weights):
    """The network by hand, on the crop."""
    image = np.array(Image.open(path))
    crop = (crop_image(image, np.array(box)).numpy() - MEAN[:, None, None]) / SPREAD[:, None, None]
    state = {name: value.double().numpy() for name, value in torch.load(weights, weights_only=True).items()}
    blocks = crop.reshape(3, 7, 32, 7, 32)[:, :, :8, :, :8].transpose(1, 3, 0, 2, 4).reshape(49, -1)
    out = blocks @ state["conv1.weight"].reshape(2048, -1).T
    out = (out - state["bn1.running_mean"]) / np.sqrt(state["bn1.running_var"] + 1e-5)
    return (out * state["bn1.weight"] + state["bn1.bias"]).clip(0).mean(0)


def test_from_boxes(torchvision, weights, frames, tmp_path, capsys):
    table = tmp_path / "boxes.csv"
    table.write_text(
        "image,video,cx,cy,w,h\nimg_002.png,B,30,20,10,24\nimg_001.png,A,40,30,20,10\nimg_002.png,A,41.5,30,20,20\n"
    )
    flags = [str(frames), "--boxes", str(table), "--weights", str(weights), "--fps", "30", "--batch-size", "2"]
    assert main([*flags, "--out", str(tmp_path / "out/features.npz")]) == 0
    said = capsys.readouterr().out
    assert "2 people, 3 crops, features [3, 2048]." in said
    assert "For training it has no joints3D and no joints2D, and no pose and shape" in said
    content = read_npz(tmp_path / "out/features.npz")
    assert content["vid_name"].tolist() == ["A", "A", "B"] and content["frame_id"].tolist() == [1, 2, 2]
    assert content["bbox"].tolist() == [[40, 30, 20, 20], [41.5, 30, 20, 20], [30, 20, 24, 24]]
    for name, box, features in zip(content["img_name"], content["bbox"], content["features"], strict=True):
        np.testing.assert_allclose(features, expected(frames / name, box, weights), atol=1e-4)
    first, second = read_smpl_features(tmp_path / "out/features.npz")
    assert (first.subject, first.num_frames, first.fps, second.num_frames) == ("A", 2, 30.0, 1)


def test_from_keypoints(torchvision, weights, frames, tmp_path, capsys):
    anna, ben = track(), track(name="Ben")
    ben.confidence[2] = 0  # nobody knows where Ben is
    ben.confidence[3, 5:] = 0
    save_keypoints(tmp_path / "keypoints.npz", [anna, ben])
    out = tmp_path / "features.npz"
    flags = [str(frames), "--keypoints", str(tmp_path / "keypoints.npz"), "--weights", str(weights), "--out", str(out)]
    assert main(flags) == 2
    assert "frames 0 to 4 of the keypoints need pictures of these numbers, there are 1 to 5 and no 0; " in (
        said := capsys.readouterr().err
    )
    assert "(offset 1?)" in said
    assert main([*flags, "--offset", "1"]) == 0
    assert "has no joints3D, and no pose" in capsys.readouterr().out
    clips = read_smpl_features(out)
    assert [(clip.clip, clip.num_frames, clip.fps) for clip in clips] == [
        ("Anna", 5, 25.0),
        ("Ben", 2, 25.0),
        ("Ben#1", 2, 25.0),
    ]
    points = anna.keypoints[0]
    low, high = points.min(0), points.max(0)
    side = 1.1 * (high - low).max()
    box = [*(low + high) / 2, side, side]
    np.testing.assert_allclose(clips[0].features[0], expected(frames / "img_001.png", box, weights), atol=1e-4)
    knee = clips[0].keypoints()[0, 1].numpy()  # LSP's right knee is COCO's joint 14
    np.testing.assert_allclose(knee, (points[14] - box[:2]) / (0.6 * side), atol=1e-5)
    confidence = clips[0].confidence.view(-1, 15)
    assert (confidence[:, 12:14] == 0).all() and (confidence[:, :12] == 1).all()  # COCO has no neck and no top
    (findings,) = check_data(out)
    assert not findings.problems


@pytest.mark.parametrize("kind", ["spin", "state_dict", "safetensors", "old"])
def test_weights_of_every_form(torchvision, weights, tmp_path, kind):
    state = torch.load(weights, weights_only=True)
    del state["fc.weight"], state["fc.bias"]
    if kind == "old":
        del state["bn1.num_batches_tracked"]
    extra = {"fc1.weight": torch.zeros(3, 3), "decpose.bias": torch.zeros(2)}
    path = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.pt")
    if kind == "safetensors":
        save_file({**state, **extra}, path)
    else:
        name = {"spin": "model", "state_dict": "state_dict"}.get(kind)
        torch.save({**state, **extra} if name is None else {name: {**state, **extra}, "epoch": 3}, path)
    pictures = torch.rand(2, 3, 224, 224)
    ours, theirs = load_backbone(path), load_backbone(weights)
    assert not ours.training and ours(pictures).shape == (2, 2048)
    torch.testing.assert_close(ours(pictures), theirs(pictures))


class Bomb:
    def __reduce__(self):
        return print, ("ran",)


def test_weights_that_do_not_fit(torchvision, weights, tmp_path, capsys):
    path, state = tmp_path / "w.pt", torch.load(weights, weights_only=True)
    for content, message in (
        (
            {"layer9.weight": torch.zeros(1)},
            "lacks 5 of the ResNet-50's 6 weights, first 'conv1.weight'; it has layer9",
        ),
        (state | {"conv1.weight": torch.zeros(64, 3, 7, 7)}, r"'conv1.weight' is \[64, 3, 7, 7\], the ResNet-50's is"),
        (state | {"bn1.bias": torch.full((2048,), torch.nan)}, "'bn1.bias' holds NaN"),
        (torch.zeros(3), "holds a Tensor; expected a state dict"),
        ({"model": Bomb()}, "which are not loaded as they could run code"),
    ):
        torch.save(content, path)
        with pytest.raises(ValueError, match=message):
            load_backbone(path)
    assert "ran" not in capsys.readouterr().out
    for name in ("w.pt", "w.safetensors"):
        (tmp_path / name).write_bytes(weights.read_bytes()[:1000])
        with pytest.raises(ValueError, match="no complete weights|is damaged"):
            load_backbone(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="give weights of a ResNet-50"):
        load_backbone(tmp_path / "nothing.pt")


def test_without_torchvision(monkeypatch, weights):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(ValueError, match="features need torchvision, which cannot be imported .*: pip install torchvi"):
        load_backbone(weights)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("image,cx,cy\n", "has no column 'w'; its first row must name image, cx, cy, w, h"),
        ("image,cx,cy,w,h\n", "holds no box"),
        ("image,cx,cy,w,h\nimg_009.png,1,1,1,1\n", "line 2: no picture 'img_009.png' in the folder"),
        ("image,cx,cy,w,h\nimg_001.png,1,1,x,1\n", "line 2: cx, cy, w and h must be numbers"),
        ("image,cx,cy,w,h\nimg_001.png,1,1\n", "line 2: cx, cy, w and h must be numbers"),
        ("image,cx,cy,w,h\nimg_001.png,1,1,0,5\n", "line 2: 1, 1, 0, 5 is no box"),
        ("image,cx,cy,w,h\nimg_001.png,1,nan,5,5\n", "is no box"),
        ("image,cx,cy,w,h\n" + "img_001.png,1,1,5,5\n" * 2, "two boxes of one video in one picture; column 'video'"),
    ],
)
def test_boxes_that_are_none(frames, weights, tmp_path, capsys, table, message):
    (tmp_path / "boxes.csv").write_text(table)
    flags = [str(frames), "--boxes", str(tmp_path / "boxes.csv"), "--weights", str(weights), "--fps", "25"]
    assert main(flags) == 2
    assert message in capsys.readouterr().err


def test_pictures_that_are_none(torchvision, frames, weights, tmp_path, capsys):
    (tmp_path / "boxes.csv").write_text("image,cx,cy,w,h\nimg_001.png,30,30,20,20\n")
    flags = ["--boxes", str(tmp_path / "boxes.csv"), "--weights", str(weights), "--fps", "25"]

    def said(folder):
        assert main([str(folder), *flags]) == 2
        return capsys.readouterr().err

    (frames / "img_001.png").write_bytes((frames / "img_001.png").read_bytes()[:500])
    assert "img_001.png is no complete picture" in said(frames)
    (frames / "other_2.png").touch()
    assert "has the number of" in said(frames)
    (frames / "cover.png").touch()
    assert "'cover.png' gives no frame number" in said(frames)
    assert "no picture in" in said(weights.parent)
    assert "no folder" in said(tmp_path / "nowhere")


def test_flags_that_contradict(capsys):
    for flags, message in (
        (["--boxes", "b.csv", "--keypoints", "k.npz"], "give either --keypoints or --boxes"),
        ([], "give either --keypoints or --boxes"),
        (["--boxes", "b.csv", "--offset", "1"], "--format and --offset are about keypoints"),
        (["--keypoints", "k.npz", "--format", "x"], "unknown --format 'x'; known: alphapose"),
        (["--keypoints", "k.npz", "--batch-size", "0"], "both must be positive"),
    ):
        with pytest.raises(SystemExit, match="2"):
            main(["frames", "--weights", "w", *flags])
        assert message in " ".join(capsys.readouterr().err.split())
