"""Root path and semi-supervised training from the command line."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from pygpose.data import KeypointTrack, load_dataset, save_keypoints
from pygpose.data.sources.mocap import Mocap
from pygpose.data.synthetic.motion import synthetic_motion
from pygpose.geometry import h36m_cameras, world_to_camera
from pygpose.inference.checkpoint import load_model
from train.config.command import parse_command
from train.evaluate import main as evaluate
from train.run import main

# Flags of a run that takes a moment, but for the data.
SMALL = [
    *("--arch", "tcn", "--model.filter-widths", "3", "3", "--model.channels", "8"),
    *("--loss", "pose", "--num-frames", "16", "--train-stride", "16", "--batch-size", "64", "--device", "cpu"),
    *("--trajectory", "model", "--labelled", "S1"),
]
PLACES = {"mpjpe_absolute_mm", "root_error_mm", "drift_mm_m", "foot_skating_mm_s"}


def fails(words, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    return " ".join(capsys.readouterr().err.split())


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Flags of motion capture that is quickly read: five people, a clip each."""
    folder = tmp_path_factory.mktemp("data")
    splits = {"S1": "train", "S5": "train", "S6": "train", "S8": "val", "S9": "test"}
    positions = {f"{name}/walk": synthetic_motion(name, "Walking", num_frames=40, seed=0) for name in splits}
    np.savez(folder / "motions.npz", **{key: value.astype(np.float32) for key, value in positions.items()})
    clips = [
        {"key": f"{name}/walk", "subject": name, "action": "Walking", "split": part} for name, part in splits.items()
    ]
    index = {"skeleton": "h36m17", "units": "metres", "up": "+Z", "fps": 50, "clips": clips}
    (folder / "index.json").write_text(json.dumps(index))
    return ["--data", "mocap", "--data-options.cameras", "h36m", "--data-root", str(folder)]


@pytest.fixture(scope="module")
def semi_run(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("semi") / "run"
    main([*data, *SMALL, "--semi", "rest", "--epochs", "2", "--out-dir", str(folder)])
    return folder


def test_the_report_has_places_and_says_who_had_no_targets(semi_run):
    summary = json.loads((semi_run / "summary.json").read_text())
    assert set(summary["systems"]) == {"tcn", "tcn, path solved", "mean pose"}
    for system in ("tcn", "tcn, path solved"):
        assert PLACES <= set(summary["systems"][system]["mean_over_frames"])
    text = (semi_run / "report.md").read_text()
    assert "| trained without targets on | S5, S6: " in text and "| trained on | S1: " in text
    assert "windows, from epoch 2 on |" in text
    assert "| objective | pose:1+traj:1+reproj:1+bone_match:1 |" in text
    assert "paths.png" in text and (semi_run / "pictures" / "paths.png").is_file()


def test_every_term_is_logged(semi_run):
    log = pd.read_csv(semi_run / "log.csv")
    for name in ("train_pose", "train_traj", "train_reproj", "train_bone_match", "val_root_error_mm"):
        assert (log[name] > 0).all()


def test_the_saved_model_has_its_root_head_and_evaluates_the_same(semi_run, tmp_path, data):
    model, header = load_model(semi_run)
    assert header["root_head"] == model.root_head == "model"
    out = tmp_path / "scores"
    evaluate([str(semi_run), *data, "--save-motion", "--save-predictions", "--out-dir", str(out)])
    ours, theirs = (json.loads((folder / "summary.json").read_text()) for folder in (semi_run, out))
    assert ours["systems"]["tcn"]["mean_over_frames"] == pytest.approx(theirs["systems"]["tcn"]["mean_over_frames"])

    clips = load_dataset("mocap", data[-1], split="test", cameras="h36m")
    world, camera = np.load(out / "motion.npz"), np.load(out / "predictions.npz")
    clip = clips[2]
    key = f"{clip.subject}/{clip.action}/{clip.camera}/{clip.clip}"
    assert world[key].shape == (40, 17, 3) and len(world.files) == len(clips)
    back = world_to_camera(torch.from_numpy(world[key]), clip.extrinsics[0]).numpy()
    np.testing.assert_allclose(back, camera[key], rtol=0, atol=1e-4)


def test_targets_of_unlabelled_clips_change_nothing(semi_run, tmp_path, monkeypatch, data):
    original = Mocap.load

    def spoilt(self, subjects):
        loaded = original(self, subjects)
        for clip in loaded.sequences:
            if clip.subject in ("S5", "S6"):
                clip.y, clip.root = torch.full_like(clip.y, torch.nan), torch.full_like(clip.root, torch.nan)
        return loaded

    monkeypatch.setattr(Mocap, "load", spoilt)
    main([*data, *SMALL, "--semi", "rest", "--epochs", "2", "--out-dir", str(tmp_path / "r")])
    for name in ("metrics.csv", "log.csv"):
        assert (tmp_path / "r" / name).read_bytes() == (semi_run / name).read_bytes()


@pytest.mark.slow
def test_unlabelled_windows_are_seen_by_drawn_cameras_too(tmp_path, data):
    drawn = [word.replace("h36m", "any") for word in data]
    main([*drawn, *SMALL, "--semi", "rest", "--labelled-share", "0.5", "--epochs", "2", "--out-dir", str(tmp_path)])
    report = (tmp_path / "report.md").read_text()
    assert "cameras any" in report and "| trained without targets on | S5, S6: 6 windows" in report
    assert (pd.read_csv(tmp_path / "log.csv")["train_reproj"] > 0).all()


def test_people_out_of_keypoint_files_are_unlabelled_too(tmp_path, capsys, data):
    camera = h36m_cameras("S1")[0]
    pixels = 500 + 100 * np.random.default_rng(0).standard_normal((30, 17, 2))
    facts = dict(
        keypoints=pixels, confidence=np.ones((30, 17)), skeleton="h36m17", track="0", fps=50.0, size=camera.size
    )
    lens = tuple(camera.intrinsics(torch.zeros(1, dtype=torch.float64)).tolist())
    save_keypoints(tmp_path / "seen.npz", [KeypointTrack(video="street", intrinsics=lens, **facts)])
    words = [*data, *SMALL, "--epochs", "1", "--out-dir", str(tmp_path / "r")]
    main([*words, "--semi-files", str(tmp_path / "seen.npz")])
    assert "| trained without targets on | street: " in (tmp_path / "r" / "report.md").read_text()
    assert (pd.read_csv(tmp_path / "r" / "log.csv")["train_reproj"] > 0).all()
    save_keypoints(tmp_path / "blind.npz", [KeypointTrack(video="street", **facts)])
    assert "has no camera intrinsics" in fails([*words, "--semi-files", str(tmp_path / "blind.npz")], capsys)


def test_weights_of_implied_terms_are_written_in_the_objective(tmp_path, data):
    words = [*data, *SMALL, "--semi", "S5", "--loss", "pose+reproj:2+traj:0", "--epochs", "1"]
    main([*words, "--out-dir", str(tmp_path / "r")])
    assert "| objective | pose:1+reproj:2+traj:0+bone_match:1 |" in (tmp_path / "r" / "report.md").read_text()


def test_a_shared_trunk_and_a_solved_path(tmp_path, data):
    main([*data, *SMALL, "--shared-trunk", "--semi", "S5", "--epochs", "1", "--out-dir", str(tmp_path / "shared")])
    model, header = load_model(tmp_path / "shared")
    assert header["root_head"] == model.root_head == "shared" and model.trajectory is None
    flags = "--trajectory solve --labelled S1 --semi S5 --loss pose+rigid --epochs 1"
    words = [*data, *SMALL[: SMALL.index("--trajectory")], *flags.split()]
    main([*words, "--out-dir", str(tmp_path / "solve")])
    summary = json.loads((tmp_path / "solve" / "summary.json").read_text())
    assert set(summary["systems"]) == {"tcn", "mean pose"} and set(summary) >= PLACES
    assert load_model(tmp_path / "solve")[0].root_head == "none"
    log = pd.read_csv(tmp_path / "solve" / "log.csv")
    assert (log["train_reproj"] > 0).all() and (log["train_rigid"] > 0).all() and "train_traj" not in log


def test_warm_up_epochs_do_not_look_at_unlabelled_clips(tmp_path, data):
    weights = []
    for share in ("0", "100"):
        folder = tmp_path / share
        words = ["--semi", "rest", "--epochs", "1", "--semi-warmup", "1", "--loss", f"pose+reproj:{share}"]
        main([*data, *SMALL, *words, "--out-dir", str(folder)])
        weights.append(load_file(folder / "best.safetensors"))
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


@pytest.mark.parametrize("name, people, share", [
    ("semi_s1_10", ("S1",), 0.1), ("semi_s1_50", ("S1",), 0.5), ("semi_s1", ("S1",), 1.0),
    ("semi_s1_5", ("S1", "S5"), 1.0), ("semi_s1_5_6", ("S1", "S5", "S6"), 1.0),
])  # fmt: skip
def test_the_papers_regimes(name, people, share):
    config = parse_command(["--preset", name])
    assert (config.labelled, config.labelled_share, config.semi) == (people, share, ("rest",))
    assert config.model.filter_widths == (3, 3, 3) and config.semi_warmup == 5 and config.epochs == 200


def test_what_does_not_go_together(capsys, data):
    small = [*data, *SMALL]
    plain = small[: small.index("--trajectory")]
    assert "--semi needs --trajectory model or solve" in fails([*plain, "--semi", "S5"], capsys)
    assert "--shared-trunk needs --trajectory model" in fails([*plain, "--shared-trunk"], capsys)
    assert "no training subject 'S9'; known: S1, S5, S6" in fails([*small, "--semi", "S9"], capsys)
    assert "--labelled-share must lie in (0, 1]" in fails([*small, "--labelled-share", "0"], capsys)
    assert "all 8 unlabelled clips are shorter than a window of 50 frames" in fails(
        [*small, "--semi", "rest", "--num-frames", "50"], capsys
    )
    single = [*small, "--semi", "S5", "--num-frames", "1", "--loss", "pose+rigid"]
    assert "loss 'rigid' needs windows of at least 2 frames; give a larger --num-frames than 1" in fails(single, capsys)
    for name, flag in (("traj", "--trajectory model"), ("reproj", "--semi or --semi-files"), ("rigid", "--semi or")):
        message = fails([*plain, "--loss", f"pose+{name}"], capsys)
        assert f"loss '{name}' needs {flag}" in message and f"leave '{name}' out of --loss" in message
    assert "loss 'smpl_pose' needs a model of image features" in fails([*small, "--loss", "pose+smpl_pose"], capsys)
    assert "--semi-warmup must be finite and not negative" in fails([*small, "--semi-warmup", "-1"], capsys)
    assert "subject 'S1' is both --labelled and --semi" in fails([*small, "--semi", "S1"], capsys)
    words = [*data, "--arch", "ugcn", "--model.regressor", "joint", "--trajectory", "model"]
    assert "--model.regressor 'joint' gives a position for each joint" in fails(words, capsys)
