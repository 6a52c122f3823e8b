"""TCMR on image features: trained, scored with its mesh, smoothed and evaluated again, on files that are made here."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import torch

from graphs import get_skeleton
from pygpose.data import load_dataset, save_smpl_features
from pygpose.inference.checkpoint import load_model
from pygpose.inference.motion import predict
from pygpose.smpl import load_body, project_crop, split_parameters
from train.evaluate import main as evaluate
from train.run import main
from train.scoring.scores import score

WIDTH = 2048


@pytest.fixture(scope="module")
def folder(tmp_path_factory, made_body):
    """Files of a person who moves her body, and features that say how."""
    folder = tmp_path_factory.mktemp("features")
    arrays = made_body.make_arrays()
    made_body.write_npz(folder / "body.npz", arrays)
    lsp = get_skeleton("lsp15").joints[:14]
    np.save(folder / "lsp.npy", made_body.make_rows(lsp, arrays))
    body = load_body(folder / "body.npz", folder / "lsp.npy", skeleton="lsp15")
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(82, WIDTH)) / 9
    for split, videos in (("train", 3), ("val", 1), ("test", 2)):
        frames = 24
        time = np.linspace(0, 3, frames)[:, None, None]
        phase, speed, size = (rng.uniform(0, 3, (1, videos, 72)) for _ in range(3))
        pose = (0.1 * size * np.sin(phase + speed * time)).swapaxes(0, 1).reshape(-1, 72)
        shape = np.repeat(rng.normal(size=(videos, 10)), frames, 0)
        smpl = torch.tensor(np.concatenate([pose, shape], 1), dtype=torch.float32)
        joints = body(*split_parameters(smpl)).joints[:, :14]
        seen = 112 * project_crop(joints, torch.tensor([[0.9, 0.0, 0.3]]).expand(len(joints), -1)).numpy()
        content = {
            "vid_name": np.repeat([f"{split}_walk_0{video}_0" for video in range(videos)], frames),
            "frame_id": np.tile(np.arange(frames), videos),
            "features": (smpl.numpy() @ mixing).astype(np.float32),
            "joints3D": joints.numpy(),
            "joints2D": np.concatenate([500 + seen, np.ones((len(joints), 14, 1))], -1),
            "bbox": np.tile([500.0, 500.0, 224 / 1.2, 224 / 1.2], (len(joints), 1)),
            "pose": pose.astype(np.float32),
            "shape": shape.astype(np.float32),
        }
        if split == "test":
            content["valid"] = np.arange(len(joints)) % 7 > 0
        save_smpl_features(folder / f"3dpw_{split}_db.npz", content)
    return folder


@pytest.fixture(scope="module")
def flags(folder):
    return [
        *("--preset", "tcmr", "--data", "smpl_features", "--data-root", str(folder)),
        *("--model.hidden", "8", "--model.layers", "1", "--model.body", str(folder / "body.npz")),
        *("--model.joint-regressor", str(folder / "lsp.npy"), "--device", "cpu"),
    ]


@pytest.fixture(scope="module")
def run(folder, flags):
    out = folder / "run"
    short = ["--epochs", "6", "--lr", "2e-4", "--num-frames", "4", "--train-stride", "4", "--batch-size", "4"]
    main([*flags, *short, "--smooth", "average", "--out-dir", str(out)])
    return out


def test_it_learns_and_every_loss_is_logged(run):
    log = pd.read_csv(run / "log.csv")
    for name in ("pose_sq", "crop_keypoints", "smpl_pose", "smpl_shape"):
        assert log[f"train_{name}"].iloc[-1] < log[f"train_{name}"].iloc[0], name
    assert json.loads((run / "config.json").read_text())["config"]["model"]["input"] == "features"
    names = load_model(run)[0].state_dict()
    assert not [name for name in names if name.startswith("body")]  # the licensed file is not copied


def test_the_terms_of_smpl_bodies_are_part_of_the_objective(run, flags, tmp_path):
    line = "| objective | pose:0+pose_sq:100+crop_keypoints:300+smpl_pose:60+smpl_shape:0.06 |"
    assert line in (run / "report.md").read_text()
    short = ["--epochs", "1", "--num-frames", "8", "--train-stride", "8", "--batch-size", "4"]
    main([*flags, *short, "--loss", "pose_sq:10+crop_keypoints:60", "--out-dir", str(tmp_path / "r")])
    line = "| objective | pose:1+pose_sq:10+crop_keypoints:60+smpl_pose:60+smpl_shape:0.06 |"
    assert line in (tmp_path / "r" / "report.md").read_text()


def test_the_report_has_the_mesh_and_the_smoothed_motion(run, folder):
    rows = pd.read_csv(run / "metrics.csv")
    assert list(rows["system"].unique()) == ["tcmr", "tcmr + average", "mean pose"]
    clips = load_dataset("smpl_features", root=folder, split="test")
    counted = sum(int(clip.valid.sum()) for clip in clips)
    for name in ("tcmr", "tcmr + average"):
        mine = rows[rows["system"] == name]
        assert mine["mpvpe_frames"].sum() == mine["frames"].sum() == counted
        assert (mine["mpvpe_sum"] > 0).all()
    assert "MPVPE" in (run / "report.md").read_text()


def test_the_error_of_the_mesh_is_that_of_its_vertices(run, folder, made_body):
    model, _ = load_model(run)
    clips = load_dataset("smpl_features", root=folder, split="test")
    motions = predict(model, clips, device=torch.device("cpu"), inference="whole", flip=True)
    rows = score(clips, motions, model.skeleton, model.body)
    arrays, lsp = made_body.make_arrays(), np.load(folder / "lsp.npy")
    for clip, motion, (_, row) in zip(clips, motions, rows.iterrows(), strict=True):
        errors = []
        for frame in clip.valid.nonzero().flatten().tolist():
            true = split_parameters(clip.smpl[frame].double())
            both = []
            for rotations, shape in ((motion.rotations[frame], motion.shape[frame]), true):
                vertices, _ = made_body.skin(arrays, rotations.double().numpy(), shape.double().numpy())
                hips = (lsp @ vertices)[[2, 3]].mean(0)
                both.append(vertices - hips)
            errors.append(1000 * np.linalg.norm(both[0] - both[1], axis=-1).mean())
        assert row["mpvpe_sum"] == pytest.approx(sum(errors), rel=1e-3)


def test_the_saved_model_evaluates_the_same(run, folder, tmp_path):
    data = ["--data", "smpl_features", "--data-root", str(folder)]
    evaluate([str(run), *data, "--smooth", "average", "--out-dir", str(tmp_path / "again")])
    again, first = (pd.read_csv(path / "metrics.csv") for path in (tmp_path / "again", run))
    pd.testing.assert_frame_equal(again, first)


def test_the_body_may_have_moved(run, folder, tmp_path, capsys):
    data = ["--data", "smpl_features", "--data-root", str(folder)]
    for name in ("body.npz", "lsp.npy"):
        (folder / name).rename(tmp_path / name)
    try:
        with pytest.raises(SystemExit):
            evaluate([str(run), *data, "--out-dir", str(tmp_path / "lost")])
        assert "body.npz" in capsys.readouterr().err
        files = ["--body", str(tmp_path / "body.npz"), "--joint-regressor", str(tmp_path / "lsp.npy")]
        evaluate([str(run), *data, *files, "--out-dir", str(tmp_path / "found")])
    finally:
        for name in ("body.npz", "lsp.npy"):
            (tmp_path / name).rename(folder / name)


def test_a_model_of_keypoints_takes_the_same_data(folder, tmp_path):
    data = ["--data", "smpl_features", "--data-root", str(folder), "--device", "cpu", "--epochs", "1"]
    small = ["--arch", "tcn", "--model.channels", "8", "--model.filter-widths", "3", "--num-frames", "8"]
    main([*small, *data, "--loss", "pose", "--out-dir", str(tmp_path / "tcn")])
    assert "mpvpe_sum" not in pd.read_csv(tmp_path / "tcn/metrics.csv").columns


@pytest.mark.parametrize(
    "words, message",
    [
        (["--model.body", ""], "gives joints through a SMPL body and has none"),
        (["--trajectory", "model"], "a root path needs keypoints"),
        (["--model.channels", "100"], r"expects features, as many as --model.channels, \[B, T, 100\]"),
        (["--model.input", "keypoints"], "--model.body is for models of image features"),
        (["--inference", "windows"], "windows of its own; give --inference whole"),
        (["--smooth", "nothing"], "unknown filter 'nothing'; known: average"),
    ],
)
def test_what_does_not_go_together(flags, tmp_path, capsys, words, message):
    with pytest.raises(SystemExit) as stop:
        main([*flags, *words, "--epochs", "1", "--num-frames", "8", "--out-dir", str(tmp_path / "run")])
    assert stop.value.code == 2
    assert re.search(message, " ".join(capsys.readouterr().err.split()))
