"""Measure how fast the library trains and lifts on this machine, beside the classic formulations of the same networks.

python -m train.benchmark
python -m train.benchmark --device cuda --batch-size 256

All candidates of a table take turns in one process, so the ratios between them hold where the times do not. Tables are
printed in this order: a training step of UGCN, the TCN, training with places, the Laplacian, inference with UGCN, and
TCMR's encoders.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from pygpose.console import fail_with_sentence
from pygpose.models.ugcn import UGCNConfig
from train.config.environment import choose_device, versions
from train.config.flags import in_flags, read_flags
from train.config.help import command_help
from train.speed.forecast import forecast
from train.speed.inference import inference
from train.speed.laplacians import laplacians
from train.speed.places import places
from train.speed.tcn import tcn
from train.speed.training_step import training_step


@dataclass(frozen=True)
class BenchmarkConfig:
    """Sizes of what is measured."""

    device: str = "auto"
    """Device that computes: cpu, cuda, cuda:1, mps; auto: a GPU where there is one, or else the CPU."""
    batch_size: int = 32
    """Windows in a training step."""
    num_frames: int = 96
    """Frames of a window."""
    channels: tuple[int, ...] = UGCNConfig().channels
    """Channel widths of UGCN and of its classic formulation, from full length to the coarsest; public
    re-implementations have 16 32 64 128 256."""
    clip_frames: tuple[int, ...] = (1000, 2400)
    """Frames of the clips for inference: UGCN lifts a clip of each length, TCN and TCMR one of the first length.
    Human3.6M's clips have 2,400 on average."""
    repeats: int = 7
    """Timed rounds in which all candidates of a table take turns; tables show medians over the rounds."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "num_frames", "repeats"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} must be at least 1, got {getattr(self, name)}")
        if not self.clip_frames or min(self.clip_frames) < 1:
            raise ValueError(f"--clip-frames must be lengths of at least 1, got {self.clip_frames}")


def all_tables(config: BenchmarkConfig, device: torch.device) -> Iterator[pd.DataFrame]:
    """All tables, one after another."""
    repeats, window = config.repeats, config.num_frames
    yield training_step(device, repeats, channels=config.channels, batch_size=config.batch_size, num_frames=window)
    yield tcn(device, repeats, batch_size=config.batch_size, num_frames=window, clip_frames=config.clip_frames[0])
    yield places(device, repeats, batch_size=config.batch_size, num_frames=window)
    yield laplacians(device, repeats)
    yield inference(device, repeats, num_frames=window, clip_frames=config.clip_frames)
    yield forecast(device, repeats, clip_frames=config.clip_frames[0])


def show(frame: pd.DataFrame) -> None:
    """A table on the terminal."""
    table = Table()
    for column in frame.columns:
        table.add_column(str(column), justify="left" if frame[column].dtype.kind in "OUT" else "right")
    for row in frame.itertuples(index=False):
        table.add_row(*(value if isinstance(value, str) else f"{value:,.4g}" for value in row))
    Console().print(table)


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    with fail_with_sentence(in_flags):
        config = read_flags(BenchmarkConfig, words, module="train.benchmark", about=command_help(__doc__, {}))
        device = choose_device(config.device)
        for name, value in versions(device).items():
            print(f"{name}: {value}")
        print(f"batch {config.batch_size} windows of {config.num_frames} frames, widths {config.channels}")
        print(f"medians of {config.repeats} rounds")
        for table in all_tables(config, device):
            show(table)


if __name__ == "__main__":
    main()
