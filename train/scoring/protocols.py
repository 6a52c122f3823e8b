"""The protocols of motion capture: the same people under Human3.6M's cameras, any cameras, a detector, and cropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import torch

from pygpose.data import SkeletonSequence, Split, check_subjects, open_source
from pygpose.data.sources.mocap import MocapConfig
from pygpose.inference.motion import Motion, predict
from pygpose.metrics import averages
from pygpose.models import Lifter
from train.scoring.scores import score

PROTOCOLS = ("h36m", "any", "detector", "crop")
COLUMNS = {
    "mpjpe_mm": "MPJPE (mm)",
    "p_mpjpe_mm": "P-MPJPE (mm)",
    "mpjve_mm": "MPJVE (mm/frame)",
    "mpjacce_mm": "MPJAccE (mm/frame²)",
    "ends_mpjpe_mm": "first and last frames (mm)",
    "mpjpe_seen_mm": "joints seen (mm)",
    "mpjpe_unseen_mm": "joints missing (mm)",
    "within_50": "within 50 % radius (%)",
    "within_90": "within 90 % radius (%)",
}


def protocol_clips(root: Path, split: Split = "val") -> dict[str, list[SkeletonSequence]]:
    """The clips of a split of motion capture by protocol."""
    found = {}
    for name in PROTOCOLS:
        source = open_source("mocap", MocapConfig(cameras=name), root)
        found[name] = source.load(check_subjects(source, None, split)).sequences
    return found


def lift_protocols(
    model: Lifter, clips: Mapping[str, Sequence[SkeletonSequence]], device: torch.device
) -> dict[str, list[Motion]]:
    """Whole clips of every protocol, with flip averaging."""
    return {name: predict(model, part, device=device, inference="whole") for name, part in clips.items()}


def protocol_rows(
    clips: Mapping[str, Sequence[SkeletonSequence]], motions: Mapping[str, Sequence[Motion]], model: Lifter
) -> pd.DataFrame:
    """Means over frames: a row for each protocol, a column for each metric."""
    rows = {name: averages(score(part, motions[name], model.skeleton)) for name, part in clips.items()}
    return pd.DataFrame(rows).T.rename_axis("cameras")


def protocol_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows as text, under the heads of :data:`COLUMNS`; metrics that no row has are left out."""
    columns = {name: label for name, label in COLUMNS.items() if name in rows}
    digits = {"mpjve_mm": 2, "mpjacce_mm": 2}

    def text(value: float, name: str) -> str:
        return "" if pd.isna(value) else f"{value:.{digits.get(name, 1)}f}"

    return pd.DataFrame(
        {label: [text(value, name) for value in rows[name]] for name, label in columns.items()}, index=rows.index
    )
