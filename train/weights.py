"""Put the weights of a training run into the package, under a name by which load_model finds them.

python -m train.weights runs/NAME default --data-root DIR

The spread that the model states is calibrated on the validation people, weights are stored in half precision, and the
card, pygpose/weights/README.md, gets the errors on every protocol. `make weights DATA=DIR` trains, too.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
import tyro
from torch import Tensor

from pygpose.console import console, fail_with_sentence
from pygpose.data import SkeletonSequence
from pygpose.inference.checkpoint import load_model, save_model
from pygpose.inference.motion import Motion
from pygpose.metrics import RADII
from pygpose.safe.atomic import write_atomic
from pygpose.weights import CHECKSUMS, FOLDER, SUFFIX, checksum
from train.config.flags import in_flags, read_flags
from train.config.help import command_help
from train.loop.folder import run_record
from train.report.markup import markdown_table
from train.scoring.protocols import lift_protocols, protocol_cells, protocol_clips, protocol_rows

CALIBRATED = ("any", "detector")  # protocols
MOST_LOST = 0.05  # mm of MPJPE that half precision may cost


@dataclass(frozen=True)
class WeightsConfig:
    """Put the weights of a training run into the package."""

    run: Annotated[Path, tyro.conf.Positional]
    """Folder of the training run, on motion capture."""
    name: Annotated[str, tyro.conf.Positional]
    """Name of the weights: default, small, or another."""
    data_root: str = ""
    """Folder of the motion capture; where none is given, that of the run."""
    folder: Path = FOLDER
    """Folder that the weights are put into."""


def ship(config: WeightsConfig) -> None:
    """Calibrate, store, check and describe the weights of a run."""
    model, header = load_model(config.run)
    stored, _ = run_record(config.run)
    if not (config.run / "summary.json").is_file():
        raise ValueError(f"{config.run} has no summary.json; let the run end in its report")
    cpu = torch.device("cpu")
    clips = protocol_clips(Path(config.data_root or stored.data_root))
    exact = lift_protocols(model, clips, cpu)
    if model.gives_spread:
        model.spread_scale.mul_(
            calibration([part for name in CALIBRATED for part in zip(clips[name], exact[name], strict=True)])
        )
    config.folder.mkdir(parents=True, exist_ok=True)
    path = config.folder / f"{config.name}{SUFFIX}"
    facts = {name: header[name] for name in ("epoch", "loss", "data", "subjects", "num_frames")}
    save_model(path, model, header["arch"], facts, half=True)
    shipped, _ = load_model(path)
    rows = protocol_rows(clips, lift_protocols(shipped, clips, cpu), shipped)
    before = protocol_rows({"h36m": clips["h36m"]}, exact, model)
    lost = float(abs(rows.at["h36m", "mpjpe_mm"] - before.at["h36m", "mpjpe_mm"]))
    if lost > MOST_LOST:
        path.unlink()
        raise ValueError(
            f"half precision changes MPJPE by {lost:.3f} mm, more than {MOST_LOST} mm; nothing was shipped"
        )
    _keep_checksum(config, path)
    training = json.loads((config.run / "summary.json").read_text())["training"]
    command = re.sub(r" --out-dir \S+", "", training["command"]).replace(stored.data_root, "DIR")
    people = ", ".join(sorted({clip.subject for clip in clips["h36m"]}))
    section = [
        f"## {config.name}",
        f"Architecture {header['arch']}, {sum(p.numel() for p in model.parameters()):,} weights, "
        f"{path.stat().st_size / 1e6:.1f} MB packed and in half precision, which changes MPJPE by {lost:.3f} mm. "
        f"Trained at {header.get('fps', 'an unknown number of')} frames/s, framing {header['framing']}, by",
        f"    {command}",
        f"Epoch {header['epoch']} of {stored.epochs}, {training['minutes']} minutes of training, seed "
        f"{stored.seed}. Errors on the validation people ({people}), who chose the epoch and the calibration; means "
        "over frames, whole clips, flip averaging:",
        markdown_table(protocol_cells(rows)),
        f"Made by `python -m train.weights RUN {config.name}`.",
    ]
    card = config.folder / "README.md"
    known = card.read_text() if card.is_file() else ""
    write_atomic(card, lambda part: part.write_text(with_section(known, config.name, "\n\n".join(section) + "\n")))
    console.print(f"{path}: {path.stat().st_size / 1e6:.1f} MB; figures are in {card}", highlight=False)


def calibration(lifted: Sequence[tuple[SkeletonSequence, Motion]]) -> float:
    """What the spread has to be multiplied by, so that 90 % of the true positions lie within the radius that should
    hold 90 %."""
    ratios = torch.cat([_ratios(clip, motion) for clip, motion in lifted]).sort().values
    return (ratios[int(0.9 * len(ratios))] / RADII[90]).item()


def _ratios(clip: SkeletonSequence, motion: Motion) -> Tensor:
    """Errors in spreads, of all joints but the root."""
    assert motion.spread is not None
    pose = clip.pose()
    ratio = (motion.pose - pose).norm(dim=-1) / motion.spread
    return ratio[:, pose.abs().amax((0, 2)) > 0].flatten()


def with_section(card: str, name: str, section: str) -> str:
    """A card with the section of these weights in the place of the one it has, or after all others."""
    head, *sections = re.split(r"(?m)^(?=## )", card)
    kept = [part.strip() + "\n" for part in sections]
    place = next((i for i, part in enumerate(kept) if part.startswith(f"## {name}\n")), len(kept))
    kept[place : place + 1] = [section]
    return "\n".join([head.strip() + "\n", *kept] if head.strip() else kept)


def _keep_checksum(config: WeightsConfig, path: Path) -> None:
    file = config.folder / CHECKSUMS.name
    known = json.loads(file.read_text()) if file.is_file() else {}
    known[config.name] = checksum(path)
    write_atomic(file, lambda part: part.write_text(json.dumps(known, indent=2) + "\n"))


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    with fail_with_sentence(in_flags):
        about = command_help(__doc__, {})
        config = read_flags(WeightsConfig, words, module="train.weights", about=about)
        ship(config)


if __name__ == "__main__":
    main()
