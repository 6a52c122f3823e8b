"""Several objectives with equal budgets, in one table."""

import pandas as pd
import pytest

from train.compare import main


def test_a_table_of_objectives_that_is_made_once(tmp_path, small, capsys):
    folder = tmp_path / "losses"
    words = [str(folder), "pose", "motion+lap:0.5", "--", *small, "--epochs", "1"]
    main(words)
    table = pd.read_csv(folder / "comparison.csv", index_col="loss")
    assert table.index.tolist() == ["pose", "motion+lap:0.5", "mean pose"]
    assert (table["mpjpe_mm"] > 0).all()
    text = (folder / "comparison.md").read_text()
    assert "synthetic" in text and "python -m train.compare" in text and "MPJVE (mm/s)" in text

    made = (folder / "pose" / "last.pt").stat().st_mtime_ns
    (folder / "motion+lap_0.5" / "summary.json").unlink()  # as if it had been killed before its report
    main(words)
    assert (folder / "pose" / "last.pt").stat().st_mtime_ns == made
    pd.testing.assert_frame_equal(pd.read_csv(folder / "comparison.csv", index_col="loss"), table)

    with pytest.raises(SystemExit) as stop:
        main([*words, "--lr", "0.1"])
    assert stop.value.code == 2
    assert "holds a run with other flags" in " ".join(capsys.readouterr().err.split())


def test_usage():
    for words, code in ((["--help"], 0), ([], 2), (["folder"], 2)):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == code
