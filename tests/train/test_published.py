"""Published figures: every row says what it is, and the ones the project is measured against are as printed."""

import json

import pandas as pd
import pytest

from pygpose.metrics import METRICS
from pygpose.metrics.table import H36M_ACTIONS
from train.published import FILE, published

DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))
ROWS = DOCUMENT["rows"]
INPUTS = {None, "GT", "GT orthographic", "CPN", "HRNet", "SH fine-tuned"}


def one(metric: str, method: str, given: str | None, source: str) -> pd.Series:
    table = published("h36m", metric)
    same_input = table["input"].isna() if given is None else table["input"] == given
    found = table[(table["method"] == method) & same_input & table["source"].str.contains(source, regex=False)]
    assert len(found) == 1
    return found.iloc[0]


def test_every_row_has_the_documented_fields_and_no_others():
    fields = set(DOCUMENT["about"]) - {"what"}
    assert all(set(row) == fields for row in ROWS)


def test_every_row_can_be_traced_and_compared():
    for row in ROWS:
        assert row["data"] == "h36m" and row["metric"] in {metric.name for metric in METRICS}
        assert row["input"] in INPUTS, row
        assert row["method"] and row["source"] and row["average"] > 0, row
        assert row["actions"] is None or len(row["actions"]) == len(H36M_ACTIONS), row


def test_no_result_stands_twice():
    keys = [(row["metric"], row["method"], row["input"], row["source"]) for row in ROWS]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "row",
    [row for row in ROWS if row["actions"] and None not in row["actions"]],
    ids=lambda row: f"{row['metric']}, {row['method']}",
)
def test_the_average_is_near_the_mean_over_actions(row):
    """Papers average over actions, clips or frames: near, not equal. A slipped digit or column would be far off."""
    assert sum(row["actions"]) / len(row["actions"]) == pytest.approx(row["average"], rel=0.012, abs=0.11)


def test_ugcn_protocol_1_is_as_printed():
    found = one("mpjpe_mm", "UGCN, 96 frames", "CPN", "Table 6")
    assert (found["Dir."], found["SitD."], found["WalkT."], found["average"]) == (41.3, 61.3, 31.8, 45.6)
    assert found["split"] == "S1,5,6,7,8 / S9,11"


def test_the_laplacian_loss_is_as_printed():
    velocity = one("mpjve_mm", "CVM-Net + Laplacian loss", "GT", "Table 1")
    assert (velocity["Dir."], velocity["Purch."], velocity["average"]) == (2.88, 3.55, 3.01)
    acceleration = one("mpjacce_mm", "CVM-Net + Laplacian loss", None, "Table 2")
    assert (acceleration["Sit"], acceleration["WalkT."], acceleration["average"]) == (0.88, 1.50, 1.33)


def test_damaged_cells_are_missing():
    found = one("mpjpe_mm", "UGCN, 96 frames, refined", "CPN", "Table 6")
    assert found[["Dir.", "Eat"]].isna().all() and found["Disc."] == 42.5
    assert one("mpjve_mm", "UGCN, 96 frames", "CPN", "section 4.4")[list(H36M_ACTIONS.values())].isna().all()


def test_other_data_have_no_rows_but_the_same_columns():
    table = published("synthetic", "mpjpe_mm")
    assert table.empty and list(table.columns) == list(published("h36m", "mpjpe_mm").columns)


def test_an_unknown_metric_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="unknown metric 'mpjpe'; known: mpjpe_mm, "):
        published("h36m", "mpjpe")
