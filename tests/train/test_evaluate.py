"""Evaluating a saved model, or a file of predictions, on any data.

Covers ``train.evaluate``, and through its reports ``train.scoring.evaluation`` and ``train.scoring.examples``.
"""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.signal import savgol_filter

from graphs import get_skeleton
from pygpose.data import load_dataset
from pygpose.data.keypoints import save_keypoints
from pygpose.inference.checkpoint import save_model
from pygpose.inference.predictions import by_key
from pygpose.io.keypoints.track import KeypointTrack
from pygpose.models import build_model
from pygpose.models.weights.videopose3d import to_videopose3d
from train.evaluate import main


def test_the_same_report_from_the_saved_model(finished_run, tmp_path, small):
    data = small[: small.index("--num-frames")]
    main(
        [
            str(finished_run),
            "--split",
            "test",
            "--window",
            "32",
            "--out-dir",
            str(tmp_path / "s"),
            "--device",
            "cpu",
            "--inference",
            "both",
            *data,
        ]
    )
    scored, trained = (json.loads((path / "summary.json").read_text()) for path in (tmp_path / "s", finished_run))
    for name in ("mpjpe_mm", "p_mpjpe_mm", "mpjacce_mm", "auc"):
        assert scored[name] == pytest.approx(trained[name], rel=1e-5)
    assert scored["systems"].keys() == trained["systems"].keys()
    assert (tmp_path / "s" / "report.html").exists()


def test_people_who_were_in_training_are_not_called_unseen(finished_run, tmp_path, small):
    for split, words in (("test", "2 people it has never seen"), ("train", "it may have been trained on")):
        main([str(finished_run), *small[:2], "--device", "cpu", "--split", split, "--out-dir", str(tmp_path / split)])
        report = (tmp_path / split / "report.md").read_text()
        assert words in report
        assert "whole clips, flip averaging on" in report and "subjects S1, S5, S6, S7" in report


@pytest.mark.slow
def test_windows_are_as_long_as_in_training(finished_run, tmp_path, small):
    main([str(finished_run), *small[:2], "--inference", "windows", "--out-dir", str(tmp_path / "s"), "--device", "cpu"])
    scored, trained = (json.loads((path / "summary.json").read_text()) for path in (tmp_path / "s", finished_run))
    windows = trained["systems"]["ugcn (windows)"]["mean_over_frames"]
    assert scored["mpjacce_mm"] == pytest.approx(windows["mpjacce_mm"], rel=1e-5)
    assert "windows of 32 frames every 5" in (tmp_path / "s" / "report.md").read_text()
    longer = ["--window-step", "40", "--out-dir", str(tmp_path / "longer"), "--device", "cpu"]
    main([str(finished_run), *small[:2], "--inference", "windows", *longer])
    assert "windows of 96 frames every 40" in (tmp_path / "longer" / "report.md").read_text()


def test_what_cannot_be_scored(finished_run, tmp_path, small, capsys):
    def fails(*words):
        with pytest.raises(SystemExit) as stop:
            main([str(finished_run), *words, "--device", "cpu", "--out-dir", str(tmp_path / "s")])
        assert stop.value.code == 2
        return " ".join(capsys.readouterr().err.split())

    keypoints = np.random.default_rng(0).uniform(100, 900, (40, 17, 2))
    track = KeypointTrack(keypoints, np.ones((40, 17)), "h36m17", "video", size=(1000, 1000), fps=50.0)
    save_keypoints(tmp_path / "own.npz", [track])
    own = ["--data", "keypoints", "--data-root", str(tmp_path / "own.npz")]
    for split in ([], ["--split", "all"]):
        sentence = fails(*own, *split)
        assert "keypoints (own.npz): there is no true motion to score against, only keypoints" in sentence
        assert f"pygpose lift {tmp_path / 'own.npz'}" in sentence
    save_keypoints(tmp_path / "own.npz", [track, replace(track, track="posed", pose=keypoints[..., [0, 1, 1]] + 1)])
    assert "no true motion for 1 of 2 clips" in fails(*own, "--split", "all")
    assert "no root head for --trajectory model" in fails(*small[:2], "--trajectory", "model")
    assert not (tmp_path / "s").exists()


def test_official_weights_score_like_the_model_they_are_of(tmp_path, small):
    torch.manual_seed(0)
    model = build_model("tcn", skeleton=get_skeleton("h36m17"), framing="plain", filter_widths=(3, 3), channels=8)
    model.set_statistics(torch.randn(17, 3), torch.rand(17) + 0.5)
    facts = {"loss": "pose", "data": "nothing", "epoch": "0"}
    save_model(tmp_path / "ours.safetensors", model, "tcn", facts)
    content = {"epoch": 80, "random_state": np.random.RandomState(0), "model_pos": to_videopose3d(model)}
    torch.save(content, tmp_path / "pretrained.bin")
    scores = []
    for name in ("ours.safetensors", "pretrained.bin"):
        out_dir = tmp_path / name.split(".")[0]
        main([str(tmp_path / name), *small[:2], "--device", "cpu", "--out-dir", str(out_dir)])
        scores.append(json.loads((out_dir / "summary.json").read_text()))
    assert scores[0]["mpjpe_mm"] == pytest.approx(scores[1]["mpjpe_mm"], rel=1e-4)
    assert scores[0]["mean_pose"] and not scores[1]["mean_pose"]  # nobody knows what it was trained on
    report = (tmp_path / "pretrained" / "report.md").read_text()
    assert "tcn, official weights (pretrained.bin), on " in report and "what its authors say, epoch 80" in report
    assert "it may have been trained on" in report


def test_every_split_and_real_motion(finished_run, tmp_path, real_cmu):
    index = json.loads((real_cmu / "index.json").read_text())
    index["clips"] = list({clip["subject"]: clip for clip in index["clips"]}.values())  # one of each person is enough
    (tmp_path / "cmu").mkdir()
    (tmp_path / "cmu/motions.npz").symlink_to(real_cmu.resolve() / "motions.npz")
    (tmp_path / "cmu/index.json").write_text(json.dumps(index))
    main(
        [
            str(finished_run),
            "--data",
            "mocap",
            "--data-root",
            str(tmp_path / "cmu"),
            "--split",
            "val",
            "--out-dir",
            str(tmp_path / "s"),
        ]
    )
    rows = pd.read_csv(tmp_path / "s" / "metrics.csv")
    assert set(rows["subject"]) == {"S06", "S08", "S39", "S127", "S131"}
    assert json.loads((tmp_path / "s" / "summary.json").read_text())["data"] == "mocap"


def test_saved_poses_score_like_their_model(finished_run, tmp_path, small):
    data = [*small[: small.index("--num-frames")], "--split", "test"]
    main([str(finished_run), *data, "--device", "cpu", "--save-predictions", "--out-dir", str(tmp_path / "model")])
    file = tmp_path / "model" / "predictions.npz"
    main(["--predictions", str(file), *data, "--name", "theirs", "--out-dir", str(tmp_path / "file")])
    model, theirs = (json.loads((tmp_path / name / "summary.json").read_text()) for name in ("model", "file"))
    assert theirs["systems"] == {"theirs": model["systems"]["ugcn"]}
    assert theirs["mean_pose"] is None and theirs["title"] == "theirs, on synthetic motion"
    rows = [pd.read_csv(tmp_path / name / "metrics.csv", index_col="system") for name in ("model", "file")]
    pd.testing.assert_frame_equal(rows[0].loc[["ugcn"]], rows[1].rename({"theirs": "ugcn"}), check_exact=True)
    report = (tmp_path / "file" / "report.md").read_text()
    assert "mean pose" not in report and "it may have been trained on" in report
    assert "m, as it states" in report and "what theirs was given is not known" in report


def test_a_table_of_some_clips_in_millimetres(tmp_path, small, few_actions):
    clips = list(by_key(load_dataset("synthetic", subjects=["S9"], frames=int(small[1]))).items())[:2]
    lines = [
        f"{key},{frame},{joint},{100 + 1000 * x},{1000 * y},{1000 * z}"
        for key, clip in clips
        for frame, pose in enumerate(clip.pose().double().tolist())
        for joint, (x, y, z) in enumerate(pose)
    ]
    (tmp_path / "mine.csv").write_text("\n".join(["clip,frame,joint,x,y,z", *lines]))
    words = ["--predictions", str(tmp_path / "mine.csv"), *small[:2], "--units", "mm", "--partial"]
    main([*words, "--out-dir", str(tmp_path / "s")])
    found = json.loads((tmp_path / "s" / "summary.json").read_text())
    assert found["title"] == f"mine, on synthetic motion, 2 of {8 * len(few_actions)} clips" and found["clips"] == 2
    assert found["mpjpe_mm"] < 1e-6 and found["pck_150mm"] == 100
    assert "it was up to 0.100 m from the origin" in (tmp_path / "s" / "report.md").read_text()


def test_smoothed_motion_stands_beside_the_motion_as_it_is(finished_run, tmp_path, small):
    words = [str(finished_run), *small[:2], "--device", "cpu", "--save-predictions", "--smooth", "savgol", "average"]
    main([*words, "--trajectory", "solve", "--out-dir", str(tmp_path / "s")])
    found = json.loads((tmp_path / "s" / "summary.json").read_text())
    assert list(found["systems"]) == ["ugcn", "ugcn + savgol", "ugcn + average", "mean pose"]
    truth = by_key(load_dataset("synthetic", subjects=["S9", "S11"], frames=int(small[1])))
    saved = np.load(tmp_path / "s" / "predictions.npz")
    errors = []
    for key, clip in truth.items():
        smooth = savgol_filter(saved[key] - saved[key][:, :1], 31, 2, axis=0)
        errors.append(1000 * np.linalg.norm(smooth - clip.pose().numpy(), axis=-1).mean())
    systems = {name: both["mean_over_frames"] for name, both in found["systems"].items()}
    assert systems["ugcn + savgol"]["mpjpe_mm"] == pytest.approx(np.mean(errors), rel=1e-5)
    assert len({means["root_error_mm"] for name, means in systems.items() if name != "mean pose"}) == 3
    assert found["mpjacce_mm"] == systems["ugcn"]["mpjacce_mm"] > systems["ugcn + savgol"]["mpjacce_mm"]
    report = (tmp_path / "s" / "report.md").read_text()
    lines = {line.split(" | ")[0]: line.split(" | ")[1:] for line in report.split("## Smoothing")[1].splitlines()}
    was, now = systems["ugcn"]["mpjacce_mm"], systems["ugcn + average"]["mpjacce_mm"]
    assert lines["| ugcn"][6:] == [f"{was:.2f}", "–", "– |"]
    assert lines["| ugcn + average"][6:] == [f"{now:.2f}", f"{now - was:+.2f}", f"{100 * (now / was - 1):+.1f} |"]
    assert "SavitzkyGolay(window=31, degree=2), Average(ratio=0.3)" in report


def test_corrected_motion_stands_beside_the_motion_as_it_is(finished_run, tmp_path, small):
    words = [str(finished_run), *small[:2], "--device", "cpu", "--correct", "--out-dir", str(tmp_path / "s")]
    main([*words, "--trajectory", "solve"])
    systems = json.loads((tmp_path / "s" / "summary.json").read_text())["systems"]
    assert list(systems) == ["ugcn", "ugcn + correction", "mean pose"]
    before, after = (systems[name]["mean_over_frames"] for name in ("ugcn", "ugcn + correction"))
    assert after["bone_length_deviation_mm"] < 0.01 < before["bone_length_deviation_mm"]
    assert after["mpjpe_mm"] < before["mpjpe_mm"] and "root_error_mm" in after
    report = (tmp_path / "s" / "report.md").read_text()
    assert "ugcn + correction: " in report and "It sees the keypoints and the camera of every clip" in report
    assert "| ugcn + correction | " in report.split("## Smoothing")[1]


def test_a_file_of_predictions_is_smoothed_too(tmp_path, small):
    key, clip = next(iter(by_key(load_dataset("synthetic", subjects=["S9"], frames=int(small[1]))).items()))
    shaken = clip.pose().numpy() + np.random.default_rng(0).normal(scale=0.01, size=(int(small[1]), 17, 3))
    np.savez(tmp_path / "theirs.npz", **{key: shaken, "units": "m"})
    words = ["--predictions", str(tmp_path / "theirs.npz"), *small[:2], "--partial", "--smooth", "gaussian"]
    main([*words, "--out-dir", str(tmp_path / "s")])
    systems = json.loads((tmp_path / "s" / "summary.json").read_text())["systems"]
    assert list(systems) == ["theirs", "theirs + gaussian"]
    shaking = [both["mean_over_frames"]["mpjacce_mm"] for both in systems.values()]
    assert shaking[1] < 0.2 * shaking[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["/nowhere"], "no model file"),
        (["RUN", "--data", "mocap"], "needs --data-root"),
        (["RUN", "--data", "h37m"], "unknown data set 'h37m'"),
        (["RUN", "--out-dir", "RUN"], "exists and is not empty"),
        ([], "give --predictions FILE in its place"),
        (["RUN", "--predictions", "a.npz"], "score one at a time"),
        (["RUN", "--units", "mm"], "Unrecognized options: --units"),
        (["--predictions", "a.npz", "--no-flip"], "Unrecognized options: --no-flip"),
        (["--predictions", "/nowhere.npz"], "no file /nowhere.npz"),
        (["RUN", "--smooth", "median"], "unknown filter 'median'; known: average, gaussian, kalman, one_euro, savgol"),
        (["RUN", "--smooth", "savgol", "savgol"], "names 'savgol' twice"),
        (["RUN", "--correction.smoothing", "2"], "--correction says how motion is corrected; give --correct, too"),
        (["RUN", "--correct", "--correction.bones", "-1"], "--correction.bones must be 0 or more, got -1"),
        (["--predictions", "a.npz", "--smooth", "mean"], "unknown filter 'mean'"),
        (["RUN", "--window-step", "0"], "--window-step must be at least 1, got 0"),
        (["RUN", "--inference", "both", "--save-predictions"], "give --inference whole or windows, not both"),
    ],
)
def test_bad_input(finished_run, capsys, words, message, tmp_path):
    words = [str(finished_run) if word == "RUN" else word for word in words]
    if "--out-dir" not in words:
        words += ["--out-dir", str(tmp_path / "s")]
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "s").exists()


def test_another_skeleton(finished_run, tmp_path, capsys):
    np.savez(tmp_path / "motions.npz", **{"A/1": np.zeros((9, 15, 3), np.float32)})
    data = ["--data", "mocap", "--data-root", str(tmp_path), "--data-options.skeleton", "humaneva15"]
    with pytest.raises(SystemExit):
        main([str(finished_run), *data, "--split", "all", "--out-dir", str(tmp_path / "s")])
    assert "skeleton 'h36m17', the data have 'humaneva15'" in " ".join(capsys.readouterr().err.split())
