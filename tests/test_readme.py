"""Every command that README.md shows is one that its program takes, and does what the README says, on small data.

Python blocks are run by ``test_docs.py``. What trains long gets a small budget added; ``make`` and ``conda`` are looked
up, not run.
"""

import importlib
import json
import re
import runpy
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import pygpose as package
from graphs import get_skeleton
from pygpose import lift_file, load_model
from pygpose.__main__ import main as pygpose
from pygpose.data import load_dataset, save_smpl_features
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.geometry import Camera
from pygpose.inference.checkpoint import save_model
from pygpose.models import build_model, to_videopose3d
from pygpose.smpl import load_body, project_crop, split_parameters
from pygpose.video import DETECTORS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def commands():
    """The lines of the blocks that are no Python, without their comments."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE):
        if not language:
            for line in block.replace("\\\n", " ").splitlines():
                words = shlex.split(line, comments=True)
                if words:
                    yield words


COMMANDS = list(commands())
OURS = [words for words in COMMANDS if words[0] in ("python", "pygpose")]
UGCN = ["--model.channels", "4", "8", "--model.down-up-pairs", "1", "--num-frames", "32", "--train-stride", "32"]
TCN = ["--model.channels", "8", "--model.filter-widths", "3", "3", "--train-stride", "20"]
ONCE = ["--epochs", "1", "--batch-size", "16", "--device", "cpu", "--inference", "whole"]
BUDGETS = {
    "--preset tcmr": ["--model.hidden", "8", "--model.layers", "1", "--num-frames", "4", "--train-stride", "4"],
    "--preset semi_s1_10": TCN,
    "--arch tcn": [*TCN, "--num-frames", "32"],
    "train.run": UGCN,
}
"""What makes a run small, by what its command says; the first that fits."""


def test_the_others_are_there():
    others = [words for words in COMMANDS if words not in OURS]
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for words in others:
        if words[0] == "make":
            assert words[1] in targets
        else:
            assert words == "conda env create -f environment.yml && conda activate pygpose".split()
            assert "name: pygpose" in (ROOT / "environment.yml").read_text()


@pytest.fixture(scope="module")
def desk(tmp_path_factory, made_body):
    """A folder with what the README's commands name, made small, and in which they are called."""
    from train.evaluate import main as evaluate
    from train.run import main as run

    desk = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk)
        patch.setattr("pygpose.data.sources.synthetic.ACTIONS", ("Greeting", "Walking"))
        patch.setattr("webbrowser.open", lambda url: True)
        _keypoints(desk / "keypoints.json")
        _film(desk / "clip.mp4", patch)
        (desk / "bvh").mkdir()
        lift_file("keypoints.json", fps=30.0, size=(1920, 1080)).save("bvh/walk.bvh")
        _mocap(desk / "mocap")
        _human36m(desk / "h36m")
        _features(desk / "smpl_features", made_body)
        short = [*UGCN, *ONCE, "--data-options.frames", "40"]
        for name in ("NAME", "A", "B"):
            run([*short, "--seed", str(ord(name[0])), "--out-dir", f"runs/{name}"])
        small = ["runs/NAME", "--data-options.frames", "40", "--device", "cpu"]
        evaluate([*small, "--save-predictions", "--out-dir", "synthetic"])
        evaluate([*_of(["runs/NAME"], "mocap"), "--split", "val", "--save-predictions", "--out-dir", "of_mocap"])
        (desk / "of_mocap/predictions.npz").rename(desk / "theirs.npz")
        _csv(desk / "synthetic/predictions.npz", desk / "theirs.csv")
        yield desk


def _of(words, data):
    return [*words, "--data", data, "--data-root", data]


def _keypoints(path):
    clip = load_dataset("synthetic", subjects=["S9"], frames=40)[0]
    coco = [9, 9, 9, 9, 9, 11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3]  # joints of Human3.6M in COCO's places
    pixels = (960 * clip.keypoints()[:, coco] + torch.tensor([960.0, 540.0])).tolist()
    fixed = {"category_id": 1, "score": 2.0, "idx": 1}
    rows = [
        {"image_id": f"{frame}.jpg", "keypoints": [number for x, y in joints for number in (x, y, 0.9)], **fixed}
        for frame, joints in enumerate(pixels)
    ]
    path.write_text(json.dumps(rows))


def _film(path, patch):
    """A film of a square, which a detector of squares finds in the place of the usual one."""
    squares = runpy.run_path(str(ROOT / "tests/pygpose/video/conftest.py"))
    patch.setitem(DETECTORS._entries, "blazepose", squares["Squares"])
    places = [(60 + 2 * frame, 120, 80) for frame in range(60)]
    squares["write_film"](path, [squares["picture"]({0: place}) for place in places])


def _mocap(folder):
    folder.mkdir()
    splits = {"S1": "train", "S5": "train", "S8": "val", "S9": "test"}
    motions = {f"{name}/walk": synthetic_motion(name, "Walking", num_frames=120, seed=0) for name in splits}
    np.savez(folder / "motions.npz", **{key: value.astype(np.float32) for key, value in motions.items()})
    clips = [{"key": f"{n}/walk", "subject": n, "action": "Walking", "split": part} for n, part in splits.items()]
    index = {"skeleton": "h36m17", "units": "metres", "up": "+Z", "fps": 50, "clips": clips}
    (folder / "index.json").write_text(json.dumps(index))


def _human36m(folder):
    """Files in VideoPose3D's form, of noise."""
    made = runpy.run_path(str(ROOT / "tests/pygpose/data/sources/test_videopose3d.py"))
    folder.mkdir()
    made["write"](folder, made["make"](made["SUBJECTS"], {"Walking": 40}, 4, 32, 17))


def _features(folder, made_body):
    folder.mkdir()
    arrays = made_body.make_arrays()
    made_body.write_npz(folder / "SMPL_NEUTRAL.npz", arrays)
    np.save(folder / "J_regressor_h36m.npy", made_body.make_rows(get_skeleton("lsp15").joints[:14], arrays))
    body = load_body(folder / "SMPL_NEUTRAL.npz", folder / "J_regressor_h36m.npy", skeleton="lsp15")
    rng = np.random.default_rng(0)
    for split in ("train", "val", "test"):
        smpl = torch.tensor(0.1 * rng.normal(size=(24, 82)), dtype=torch.float32)
        joints = body(*split_parameters(smpl)).joints[:, :14]
        seen = 112 * project_crop(joints, torch.tensor([[0.9, 0.0, 0.3]]).expand(24, -1)).numpy()
        content = {
            "vid_name": np.repeat([f"{split}_walk_00_0"], 24),
            "frame_id": np.arange(24),
            "features": rng.normal(size=(24, 2048)).astype(np.float32),
            "joints3D": joints.numpy(),
            "joints2D": np.concatenate([500 + seen, np.ones((24, 14, 1))], -1),
            "bbox": np.tile([500.0, 500.0, 224 / 1.2, 224 / 1.2], (24, 1)),
            "pose": smpl[:, :72].numpy(),
            "shape": smpl[:, 72:].numpy(),
        }
        save_smpl_features(folder / f"3dpw_{split}_db.npz", content)


def _csv(source, path):
    with np.load(source) as arrays, path.open("w") as file:
        file.write("clip,frame,joint,x,y,z,units\n")
        for key in arrays:
            for (frame, joint), x in np.ndenumerate(1000 * arrays[key][..., 0] if arrays[key].ndim == 3 else []):
                y, z = 1000 * arrays[key][frame, joint, 1:]
                file.write(f"{key},{frame},{joint},{x},{y},{z},mm\n")


def tried(words, number):
    """The command as it is called here: names of data are those on the desk, and the budget is small."""
    line = " ".join(words)
    data = words[words.index("--data") + 1] if "--data" in words else "mocap"
    words = [{"DIR": data, "PATH": "mocap", "BVH_FOLDER": "bvh", "OUT": f"out{number}"}.get(w, w) for w in words]
    words = [str(Path(data) / w).replace(".pkl", ".npz") if w.startswith(("SMPL_", "J_reg")) else w for w in words]
    if "--help" in words or "--list" in words or "--resume" in words:
        return words
    if "train.run" in words:
        words += next(flags for said, flags in BUDGETS.items() if said in line) + ONCE
        words += ["--data-options.frames", "40"] * ("--data" not in words) + ["--out-dir", f"out{number}"]
    elif "train.evaluate" in words or "train.compare" in words:
        words += ["--data-options.frames", "40"] * ("--data" not in words)
        words = [f"out{number}" if word in ("scores", "comparison") else word for word in words]
        words += [] if "--out-dir" in words else ["--out-dir", f"out{number}"]
    elif "train.benchmark" in words:
        words += ["--repeats", "1", "--batch-size", "2", "--num-frames", "32", "--clip-frames", "64", "--device", "cpu"]
    return words


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(OURS)), ids=[" ".join(words) for words in OURS])
def test_a_command_does_what_it_says(desk, number, capsys, monkeypatch):
    words = tried(OURS[number], number)
    if words[0] == "pygpose":
        assert pygpose(words[1:]) == 0
        return
    assert words[:2] == ["python", "-m"] and words[2].startswith("train.")
    if words[2] == "train.tables" and "--list" not in words:
        _without_training(monkeypatch, desk)
    program = importlib.import_module(words[2]).main
    try:
        program(words[3:])
    except SystemExit as stop:
        assert not stop.code, capsys.readouterr().err
    said = capsys.readouterr()
    assert "usage: " in said.out or "Traceback" not in said.err


def _without_training(monkeypatch, desk):
    """In the place of a table's runs stands one that is there."""

    def copy(jobs, at_once):
        for job in jobs:
            if not job.done:
                shutil.copytree(desk / "runs/NAME", job.folder)
        return {}

    monkeypatch.setattr("train.tables.make_runs", copy)


def test_what_stands_in_sentences_can_be_called(tmp_path):
    """Expressions of Python between backticks, with the names that stand around them."""
    model = build_model(
        "tcn", skeleton=get_skeleton("h36m17"), channels=8, filter_widths=(3, 3), framing="plain"
    ).eval()
    torch.save({"model_pos": to_videopose3d(model)}, tmp_path / "pretrained_h36m_cpn.bin")
    (tmp_path / "NAME").mkdir()
    save_model(tmp_path / "NAME/best.safetensors", model, "tcn", {"epoch": "1", "loss": "pose", "data": "none"})
    names = {
        **dict(load_model=load_model, Camera=Camera, pygpose=package, to_videopose3d=to_videopose3d, model=model),
        **dict(clip=load_dataset("synthetic", subjects=["S9"], frames=20)[0], fx=1.0, fy=1.0, cx=1.0, cy=1.0, w=2, h=2),
    }
    found = [code for code in re.findall(r"`([^`\n]+\([^`\n]*\))`", README)]
    assert len(found) >= 8
    for code in found:
        here = code.replace("runs/NAME", f"{tmp_path}/NAME")
        assert eval(here.replace("pretrained", f"{tmp_path}/pretrained"), names) is not None, code
