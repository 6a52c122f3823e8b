"""Scoring a saved model on any data."""

import json

import pandas as pd
import pytest

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


def test_every_split_and_real_motion(finished_run, tmp_path, real_cmu):
    main(
        [
            str(finished_run),
            "--data",
            "mocap",
            "--data-root",
            str(real_cmu),
            "--split",
            "val",
            "--out-dir",
            str(tmp_path / "s"),
        ]
    )
    rows = pd.read_csv(tmp_path / "s" / "metrics.csv")
    assert set(rows["subject"]) == {"S06", "S08", "S39", "S127", "S131"}
    assert json.loads((tmp_path / "s" / "summary.json").read_text())["data"] == "mocap"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["/nowhere"], "no model file"),
        (["RUN", "--data", "mocap"], "needs --data-root"),
        (["RUN", "--data", "h37m"], "unknown data set 'h37m'"),
        (["RUN", "--out-dir", "RUN"], "exists and is not empty"),
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
    import numpy as np

    np.savez(tmp_path / "motions.npz", **{"A/1": np.zeros((9, 15, 3), np.float32)})
    data = ["--data", "mocap", "--data-root", str(tmp_path), "--data-options.skeleton", "humaneva15"]
    with pytest.raises(SystemExit):
        main([str(finished_run), *data, "--split", "all", "--out-dir", str(tmp_path / "s")])
    assert "skeleton 'h36m17', the data have 'humaneva15'" in " ".join(capsys.readouterr().err.split())
