"""What the program shows."""

import time

import pandas as pd
import torch

from pygpose.console import ProgressLines, progress, track
from pygpose.metrics import clip_row
from train.report.headline import show_results


def test_names_are_no_markup_and_what_is_unknown_is_blank(capsys, tmp_path, skeleton):
    pose = torch.randn(1, 17, 3)  # one frame has no velocity
    row = clip_row(pose, pose, skeleton, fps=50.0, subject="s", action="a", camera="c", clip="k")
    show_results("on [/v2]", {"sys [/v2] [red]": pd.DataFrame([row])}, tmp_path / "run[old]")
    text = capsys.readouterr().out
    assert "on [/v2]" in text and "sys [/v2] [red]" in text and "run[old]" in text.replace("\n", "")
    assert "nan" not in text


def test_in_a_log_what_takes_long_says_so_every_half_minute(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines = ProgressLines("lifting", 8)
    for _ in range(8):
        now[0] += 12.0
        lines.advance()
    said = capsys.readouterr().err.splitlines()
    assert said == [
        "lifting: 3 of 8 (38%), about 1.0 minutes left",
        "lifting: 6 of 8 (75%), about 0.4 minutes left",
    ]
    with progress("checking", None) as advance:
        advance()
    assert list(track([1, 2], "soon done")) == [1, 2] and not capsys.readouterr().err
