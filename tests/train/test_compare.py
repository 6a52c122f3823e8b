"""Acceleration errors of one clip, by several systems."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.ndimage import gaussian_filter1d

from pygpose.data import DATASETS, load_dataset
from pygpose.inference.predictions import by_key
from train import compare
from train.compare import main


@pytest.fixture
def clips(small):
    return by_key(load_dataset("synthetic", subjects=["S9"], frames=int(small[1])))


def predict_badly(path, clips, noise):
    """Predictions of some clips, each with noise of its own size in metres."""
    rng = np.random.default_rng(0)
    poses = {key: clips[key].pose().numpy() + rng.normal(scale=size, size=(40, 17, 3)) for key, size in noise.items()}
    np.savez(path, units="m", **{key: pose - pose[:, :1] for key, pose in poses.items()})
    return {key: pose - pose[:, :1] for key, pose in poses.items()}


def acceleration_error(pose, clip):
    error = pose - clip.pose().numpy()
    return 1000 * np.linalg.norm(error[2:] - 2 * error[1:-1] + error[:-2], axis=-1).mean(-1)


def test_the_clip_in_which_systems_differ_most(finished_run, clips, small, tmp_path):
    quiet, loud, other = list(clips)[3:6]
    poses = predict_badly(tmp_path / "theirs.npz", clips, {quiet: 0.001, loud: 0.1, other: 0.01})
    words = [str(finished_run), str(tmp_path / "theirs.npz"), *small[:2], "--device", "cpu", "--smooth", "gaussian"]
    main([*words, "--out-dir", str(tmp_path / "c")])
    table = pd.read_csv(tmp_path / "c" / "acceleration-error.csv")
    systems = {name: rows for name, rows in table.groupby("system", sort=False)}
    assert list(systems) == ["finished", "finished + gaussian", "theirs", "theirs + gaussian"]
    assert set(table["clip"]) == {loud}
    for rows in systems.values():
        assert rows["frame"].tolist() == list(range(1, 39))
        np.testing.assert_allclose(rows["seconds"], np.arange(1, 39) / 50)
        np.testing.assert_allclose(rows["mpjacce_m_s2"], rows["mpjacce_mm"] * 2.5)
    smooth = gaussian_filter1d(poses[loud], 3.0, axis=0, mode="nearest")
    for name, pose in (("theirs", poses[loud]), ("theirs + gaussian", smooth)):
        np.testing.assert_allclose(systems[name]["mpjacce_mm"], acceleration_error(pose, clips[loud]), rtol=1e-4)
    assert (tmp_path / "c" / "acceleration-error.png").read_bytes().startswith(b"\x89PNG")


def test_two_runs_on_a_chosen_clip_have_the_errors_of_their_reports(finished_run, clips, small, tmp_path, capsys):
    key = list(clips)[7]
    runs = [str(finished_run), str(finished_run / "best.safetensors"), "--names", "a [b]", "c", "--clip", key]
    main([*runs, *small[:2], "--device", "cpu", "--out-dir", str(tmp_path / "c")])
    table = pd.read_csv(tmp_path / "c" / "acceleration-error.csv")
    rows = pd.read_csv(finished_run / "metrics.csv", dtype={"camera": str})
    place = rows[["subject", "action", "camera", "clip"]].agg("/".join, axis=1)
    row = rows[(place == key) & (rows["system"] == "ugcn (whole clips)")].squeeze()
    means = table.groupby("system")["mpjacce_mm"].mean()
    assert means.to_dict() == pytest.approx(dict.fromkeys(("a [b]", "c"), row.mpjacce_sum / 38), rel=1e-5)
    assert "a [b]" in capsys.readouterr().out


def test_frames_that_do_not_count_are_left_out(clips, small, tmp_path, monkeypatch):
    key, hidden, *_ = clips
    predict_badly(tmp_path / "a.npz", clips, {key: 0.001, hidden: 0.001})
    poses = predict_badly(tmp_path / "b.npz", clips, {key: 0.01, hidden: 1.0})
    load = compare.open_data

    def partly(*given):
        source = load(*given)
        monkeypatch.setattr(type(source), "load", lambda _, people: mark(whole(source, people)))
        return source

    def mark(data):
        for place, clip in by_key(data.sequences).items():
            clip.valid = torch.arange(clip.num_frames) % 20 != 10
            if place == hidden:
                clip.valid = torch.arange(clip.num_frames) % 3 > 0  # two frames in a row at most
        return data

    whole = type(load("synthetic", "", DATASETS["synthetic"].config())).load
    monkeypatch.setattr(compare, "open_data", partly)
    words = [str(tmp_path / "a.npz"), str(tmp_path / "b.npz"), *small[:2], "--out-dir", str(tmp_path / "c")]
    compare.main(words)
    table = pd.read_csv(tmp_path / "c" / "acceleration-error.csv")
    assert set(table["clip"]) == {key}  # not the one that differs more where nothing counts
    rows = table[table["system"] == "b"]
    frames = [frame for frame in range(1, 39) if not {frame - 1, frame, frame + 1} & {10, 30}]
    assert rows["frame"].tolist() == frames
    np.testing.assert_allclose(
        rows["mpjacce_mm"], acceleration_error(poses[key], clips[key])[np.array(frames) - 1], rtol=1e-4
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "needs two or more systems, or one and --smooth; got 0"),
        (["RUN"], "or one and --smooth; got 1"),
        (["RUN", "RUN"], "2 systems need as many different names, got /"),
        (["RUN", "RUN", "--names", "a"], "as many different names, got a; give --names"),
        (["RUN", "--smooth", "mean"], "unknown filter 'mean'; known: average"),
        (["RUN", "/nowhere"], "no model file /nowhere"),
        (["RUN", "/nowhere.npz"], "no file /nowhere.npz"),
        (
            ["RUN", "FILE", "--clip", "S9/Dancing"],
            "no clip 'S9/Dancing' of 3 frames in a row that count, which an acceleration needs; its clips",
        ),
        (["RUN", "FILE", "--clip", "LAST"], "theirs.npz has no prediction of S9/"),
        (["FILE", "OTHER"], "theirs, other have no clip in common"),
        (["RUN", "FILE", "--out-dir", "RUN"], "exists and is not empty"),
        (["RUN", "FILE", "--data", "h37m"], "unknown data set 'h37m'"),
    ],
)
def test_bad_input(finished_run, clips, small, tmp_path, capsys, words, message):
    first, second, *_, last = clips
    predict_badly(tmp_path / "theirs.npz", clips, {first: 0.01})
    predict_badly(tmp_path / "other.npz", clips, {second: 0.01})
    paths = {"RUN": finished_run, "FILE": tmp_path / "theirs.npz", "OTHER": tmp_path / "other.npz", "LAST": last}
    words = [str(paths.get(word, word)) for word in words]
    words += [] if "--out-dir" in words else ["--out-dir", str(tmp_path / "c")]
    data = [] if "--data" in words else small[:2]
    with pytest.raises(SystemExit) as stop:
        main([*words, *data, "--device", "cpu"])
    assert stop.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.glob("c/*"))
