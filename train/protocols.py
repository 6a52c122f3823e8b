"""Score models on every protocol of motion capture, side by side: Human3.6M's cameras, any cameras, a detector, crops.

python -m train.protocols default runs/NAME ... --data-root DIR --out scores.csv

A model is a training run, a model file, or the name of weights that come with the package. Whole clips are lifted, with
flip averaging; errors are means over frames.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
import tyro

from pygpose.console import console, fail_with_sentence, track
from pygpose.data import Split
from pygpose.inference.checkpoint import load_model
from pygpose.safe.atomic import write_atomic
from train.config.environment import check_skeleton, choose_device
from train.config.extensions import Imports, import_named
from train.config.flags import in_flags, read_flags
from train.config.help import command_help
from train.report.markup import markdown_table
from train.scoring.cost import model_cost
from train.scoring.protocols import lift_protocols, protocol_cells, protocol_clips, protocol_rows


@dataclass(frozen=True)
class ProtocolsConfig:
    """Score models on every protocol of motion capture, side by side."""

    models: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Folders of training runs, model files, or names of weights that come with the package."""
    data_root: str
    """Folder of the motion capture."""
    split: Split = "val"
    """Which people are scored."""
    out: str = ""
    """File for the figures (.csv); where none is given, they are printed alone."""
    device: str = "auto"
    """Device that computes: cpu, cuda, cuda:1, mps; auto: a GPU where there is one, or else the CPU."""

    imports: Imports = ()
    """Module of one's own to import first, by its name or the path of its file: losses, models, data sets and filters
    that it registers are known to all flags. Give --import again for every further module."""

    def __post_init__(self) -> None:
        if not self.models:
            raise ValueError("no models to score; give a run folder, a model file, or the name of weights: default")


def score_models(config: ProtocolsConfig) -> pd.DataFrame:
    """A row for each model and protocol, a column for each metric, and what each model costs."""
    device = choose_device(config.device)
    clips = protocol_clips(Path(config.data_root), config.split)
    tables = {}
    for name in track(config.models, "models"):
        model, _ = load_model(name)
        check_skeleton(model, next(iter(clips["any"])).skeleton)
        model.to(device)
        rows = protocol_rows(clips, lift_protocols(model, clips, device), model)
        tables[name] = rows.assign(**model_cost(model))
    return pd.concat(tables, names=["model"])


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    with fail_with_sentence(in_flags):
        import_named(words)
        about = command_help(__doc__, {})
        config = read_flags(ProtocolsConfig, words, module="train.protocols", about=about)
        found = score_models(config)
        if config.out:
            write_atomic(Path(config.out), lambda part: found.to_csv(part))
        for name in config.models:
            rows = found.loc[name]
            cost = rows.iloc[0]
            console.print(
                f"\n{name}: {cost['weights']:,.0f} weights, {cost['macs_per_frame'] / 1e6:.1f} M multiply-adds and "
                f"{1e6 / cost['frames_per_s']:.0f} µs a frame",
                markup=False,
                highlight=False,
            )
            console.print(markdown_table(protocol_cells(rows)), markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
