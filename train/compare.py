"""The same run with several objectives, and one table of them.

python -m train.compare pose pose+motion pose+lap motion+lap -- --data mocap --data-root ../shared/data/cmu --epochs 3
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console

from pygpose.losses import parse_losses
from pygpose.metrics import METRICS
from train.checkpoint import write_atomic
from train.console import console, fail_with_sentence
from train.report import markdown_table
from train.run import read_command, run


def compare(losses: Sequence[str], flags: Sequence[str], out_dir: Path) -> pd.DataFrame:
    """One run folder for each objective under ``out_dir``, and ``comparison.csv`` and ``.md`` beside them.

    A run that is complete is not made again, so an interrupted comparison goes on where it stopped.
    """
    rows: dict[str, dict[str, float]] = {}
    title = ""
    for loss in losses:
        run_dir = out_dir / loss.replace(":", "_")
        if not (run_dir / "summary.json").is_file():
            begun = (run_dir / "last.pt").is_file()
            words = ["--resume", str(run_dir)] if begun else [*flags, "--loss", loss, "--out-dir", str(run_dir)]
            run(read_command(words), shlex.join(["python", "-m", "train.run", *words]))
        summary = json.loads((run_dir / "summary.json").read_text())
        rows[loss] = {metric.name: summary[metric.name] for metric in METRICS}
        rows["mean pose"] = {metric.name: summary["mean_pose"][metric.name] for metric in METRICS}
        title = f"{summary['data']}, mean over {summary['frames']} frames, {shlex.join(flags)}"
    rows["mean pose"] = rows.pop("mean pose")  # the baseline stands last
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("loss")
    write_atomic(out_dir / "comparison.csv", lambda part: table.to_csv(part))
    labels = {metric.name: f"{metric.label} ({metric.unit})" for metric in METRICS}
    text = f"# Objectives compared\n\n{title}\n\n{markdown_table(table.rename(columns=labels))}\n"
    write_atomic(out_dir / "comparison.md", lambda part: part.write_text(text))
    return table


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    if not words or words[0] in ("-h", "--help"):
        Console().print(__doc__, "Flags after -- are those of python -m train.run.", highlight=False)
        return
    losses, flags = (words[: words.index("--")], words[words.index("--") + 1 :]) if "--" in words else (words, [])
    with fail_with_sentence():
        for loss in losses:
            parse_losses(loss)
        config = read_command(flags)
        out_dir = Path(config.out_dir or f"runs/compare-{config.arch}-{config.data}")
        table = compare(losses, [word for word in flags], out_dir)
        console.print(f"{out_dir / 'comparison.md'}")
        Console().print(table.round(2).to_string())


if __name__ == "__main__":
    main()
