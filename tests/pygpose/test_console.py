"""What the program shows."""

import pandas as pd
import torch

from pygpose.metrics import clip_row
from train.report.headline import show_results


def test_names_are_no_markup_and_what_is_unknown_is_blank(capsys, tmp_path, skeleton):
    pose = torch.randn(1, 17, 3)  # one frame has no velocity
    row = clip_row(pose, pose, skeleton, fps=50.0, subject="s", action="a", camera="c", clip="k")
    show_results("on [/v2]", {"sys [/v2] [red]": pd.DataFrame([row])}, tmp_path / "run[old]")
    text = capsys.readouterr().out
    assert "on [/v2]" in text and "sys [/v2] [red]" in text and "run[old]" in text.replace("\n", "")
    assert "nan" not in text
