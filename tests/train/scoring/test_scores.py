"""Rows of metrics of motions against the true ones."""

import pandas as pd
import pytest
import torch

from graphs import get_skeleton
from pygpose.data import LoadedData, load_dataset
from pygpose.inference.motion import Motion
from train.config.environment import data_facts
from train.scoring.scores import score


def test_frames_that_do_not_count_are_not_scored():
    clips = load_dataset("synthetic", subjects=["S9"], frames=8)[:3]
    motions = [Motion(clip.pose().roll(1, 0), clip.root.roll(1, 0)) for clip in clips]
    before = score(clips, motions, get_skeleton("h36m17"))
    clips[0].valid = torch.tensor([1, 1, 0, 1, 1, 1, 0, 0]).bool()
    clips[1].valid = torch.zeros(8, dtype=torch.bool)
    rows = score(clips, motions, get_skeleton("h36m17"))
    assert rows["frames"].tolist() == [5, 0, 8] and rows["velocity_frames"].tolist() == [3, 0, 7]
    counted = (motions[0].pose + motions[0].path[:, None] - clips[0].pose() - clips[0].root[:, None])[clips[0].valid]
    assert rows["mpjpe_absolute_sum"][0] == pytest.approx(1000 * counted.norm(dim=-1).mean(1).sum().item(), rel=1e-5)
    pd.testing.assert_series_equal(rows.loc[2], before.loc[2])
    clips[2].activity, clips[2].activities = torch.arange(8) // 4, ["walk", "sit", "run"]
    rows = score(clips, motions, get_skeleton("h36m17"))
    assert rows.index.tolist() == [0, 1, 2, 2] and rows["action"].tolist()[2:] == ["walk", "sit"]
    assert rows.loc[2, "frames"].tolist() == [4, 4] and rows.loc[2, "velocity_frames"].tolist() == [3, 3]
    assert rows.loc[2, "auc_sum"].sum() == pytest.approx(before.loc[2, "auc_sum"])
    facts = data_facts(LoadedData(clips, "t"), "test", "c")
    assert facts["clips"] == "3 (clip and camera), 24 frames at 50 frames/s, of which 13 count"
