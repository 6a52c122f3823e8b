"""From clips to tables: one row of sums and counts for each clip, and averages over any groups of rows.

Sums are added and then divided, so that no mean is a mean of means, and nothing is measured across two clips. Every
``*_sum`` column is a clip's mean times the frames in its count column, so the average over any set of rows is the
average over all their frames.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import overload

import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import Skeleton
from pygpose.metrics import functional
from pygpose.metrics.joints import benchmark_joints, error_joints

# Human3.6M's fifteen actions in the papers' order, with the names at the head of the papers' columns.
H36M_ACTIONS = {
    "Directions": "Dir.",
    "Discussion": "Disc.",
    "Eating": "Eat",
    "Greeting": "Greet",
    "Phoning": "Phone",
    "Photo": "Photo",
    "Posing": "Pose",
    "Purchases": "Purch.",
    "Sitting": "Sit",
    "SittingDown": "SitD.",
    "Smoking": "Smoke",
    "Waiting": "Wait",
    "WalkDog": "WalkD.",
    "Walking": "Walk",
    "WalkTogether": "WalkT.",
}

# HumanEva-I's actions in VideoPose3D's order; its tables have the first three.
HUMANEVA_ACTIONS = {"Walking": "Walk", "Jog": "Jog", "Box": "Box", "Gestures": "Gestures", "ThrowCatch": "ThrowCatch"}


@dataclass(frozen=True)
class Metric:
    """A metric of the tables: its name in tables, what people call it, its unit, and the columns that give it."""

    name: str
    label: str
    unit: str
    sum_column: str
    count_column: str = "frames"
    higher_is_better: bool = False


METRICS: tuple[Metric, ...] = (
    Metric("mpjpe_mm", "MPJPE", "mm", "mpjpe_sum"),
    Metric("p_mpjpe_mm", "P-MPJPE", "mm", "p_mpjpe_sum"),
    Metric("n_mpjpe_mm", "N-MPJPE", "mm", "n_mpjpe_sum"),
    Metric("mpjve_mm", "MPJVE", "mm/frame", "mpjve_sum", "velocity_frames"),
    Metric("mpjve_mm_s", "MPJVE", "mm/s", "mpjve_s_sum", "velocity_frames"),
    Metric("mpjacce_mm", "MPJAccE", "mm/frame^2", "mpjacce_sum", "acceleration_frames"),
    Metric("mpjacce_m_s2", "MPJAccE", "m/s^2", "mpjacce_s2_sum", "acceleration_frames"),
    Metric("pck_150mm", "PCK@150mm", "%", "pck_sum", higher_is_better=True),
    Metric("auc", "AUC 0:5:150 mm", "%", "auc_sum", higher_is_better=True),
    Metric("bone_length_error_mm", "Bone length error", "mm", "bone_length_error_sum"),
    Metric("bone_length_deviation_mm", "Bone length deviation", "mm", "bone_length_deviation_sum"),
)

# In rows of a body model's motion, where the true mesh is known.
MESH_METRICS: tuple[Metric, ...] = (Metric("mpvpe_mm", "MPVPE", "mm", "mpvpe_sum", "mpvpe_frames"),)

# In rows that also hold what world_row adds, where the path of the root is known.
WORLD_METRICS: tuple[Metric, ...] = (
    Metric("mpjpe_absolute_mm", "Absolute MPJPE", "mm", "mpjpe_absolute_sum"),
    Metric("root_error_mm", "Root position error", "mm", "root_error_sum"),
    Metric("drift_mm_m", "Drift", "mm/m", "drift_sum", "walked_m"),
    Metric("foot_skating_mm_s", "Foot skating", "mm/s", "foot_skating_sum", "standing_feet"),
)

# In rows that also hold what trust_row adds.
TRUST_METRICS: tuple[Metric, ...] = (
    Metric("ends_mpjpe_mm", "MPJPE of first and last frames", "mm", "ends_sum", "ends_frames"),
    Metric("mpjpe_seen_mm", "MPJPE of joints that are seen", "mm", "mpjpe_seen_sum", "seen_joints"),
    Metric("mpjpe_unseen_mm", "MPJPE of joints that are missing", "mm", "mpjpe_unseen_sum", "unseen_joints"),
    Metric("within_50", "Within the radius of 50 %", "%", "within_50_sum", "spread_frames", higher_is_better=True),
    Metric("within_90", "Within the radius of 90 %", "%", "within_90_sum", "spread_frames", higher_is_better=True),
)


def clip_row(
    pred: Float[Tensor, "frames joints 3"],
    target: Float[Tensor, "frames joints 3"],
    skeleton: Skeleton,
    *,
    fps: float,
    subject: str,
    action: str,
    camera: str,
    clip: str,
    valid: Bool[Tensor, " frames"] | None = None,
) -> dict[str, str | float | int]:
    """The row of a clip: subject, action and camera, then a sum and a count for each metric.

    A clip too short for a velocity or an acceleration has sum 0 and count 0 there. The bone length deviation belongs to
    a clip as a whole and has the weight of all its frames. Which joints each metric counts is in
    :mod:`pygpose.metrics.joints`.

    Frames that do not count are as if they were not there, and nothing is measured across them: a velocity needs two
    neighbouring frames that count, an acceleration three. A clip without a frame that counts has sums and counts of 0.

    Args:
        pred: Predicted positions of one whole clip, ``[frames, joints, 3]``, metres, as ``target``.
        valid: Which frames count. Not given: all.

    Raises:
        ValueError: For more or less than one clip, an ``fps`` that is no positive number, positions or ``valid`` of
            different lengths, and what the metrics refuse.
    """
    if pred.ndim != 3 or not len(pred):
        raise ValueError(f"pred of clip '{clip}' has shape {tuple(pred.shape)}; give one clip, [frames, joints, 3]")
    if pred.shape != target.shape:
        raise ValueError(
            f"pred {tuple(pred.shape)} and target {tuple(target.shape)} of clip '{clip}' differ in shape; give both "
            "whole, whatever frames count"
        )
    if not (math.isfinite(fps) and fps > 0):
        raise ValueError(f"fps of clip '{clip}' is {fps}; give its frames per second")
    shares, errors = list(benchmark_joints(skeleton)), list(error_joints(skeleton))
    parts = [(pred[part], target[part]) for part in functional.stretches(len(pred), valid)]

    def count(lost: int = 0) -> int:
        return sum(max(len(ours) - lost, 0) for ours, _ in parts)

    def total(metric: Callable[[Tensor, Tensor], Tensor], lost: int = 0) -> float:
        """The sum over all stretches; in each, differences lose ``lost`` frames."""
        longer = [(ours, theirs) for ours, theirs in parts if len(ours) > lost]
        return sum(((len(ours) - lost) * metric(ours, theirs).item() for ours, theirs in longer), 0.0)

    def error(metric: Callable[[Tensor, Tensor], Tensor], lost: int = 0) -> float:
        return total(lambda ours, theirs: metric(ours[:, errors], theirs[:, errors]), lost)

    frames, velocity, acceleration = count(), error(functional.mpjve, 1), error(functional.mpjacce, 2)
    whole = torch.cat([ours for ours, _ in parts]) if parts else pred[:0]
    deviation = functional.bone_length_deviation(whole, skeleton).item() if frames else 0.0
    return {
        "subject": subject,
        "action": action,
        "camera": camera,
        "clip": clip,
        "fps": fps,
        "frames": frames,
        "velocity_frames": count(1),
        "acceleration_frames": count(2),
        "mpjpe_sum": error(functional.mpjpe),
        "p_mpjpe_sum": error(functional.p_mpjpe),
        "n_mpjpe_sum": error(functional.n_mpjpe),
        "mpjve_sum": velocity,
        "mpjve_s_sum": velocity * fps,
        "mpjacce_sum": acceleration,
        "mpjacce_s2_sum": acceleration * fps**2 / functional.MM_PER_METRE,
        "pck_sum": total(partial(functional.pck, joints=shares)),
        "auc_sum": total(partial(functional.auc, joints=shares)),
        "bone_length_error_sum": total(partial(functional.bone_length_error, skeleton=skeleton)),
        "bone_length_deviation_sum": frames * deviation,
    }


def metrics_of(rows: pd.DataFrame) -> list[Metric]:
    """The metrics that rows hold: those of the pose, and those of trust, meshes and places where they were measured."""
    measured = {column for column in rows.columns if rows[column].notna().to_numpy().any()}
    others = (*TRUST_METRICS, *MESH_METRICS, *WORLD_METRICS)
    return [*METRICS, *(metric for metric in others if metric.sum_column in measured)]


def canonical_action(name: str) -> str:
    """The action that a trial belongs to: "Directions 1" is "Directions", and HumanEva-I's "Jog 1 chunk0" is "Jog".

    Names outside these two stay as they are.
    """
    action = re.sub(r" \d+( chunk\d+)?$", "", name)
    return action if action in H36M_ACTIONS or action in HUMANEVA_ACTIONS else name


@overload
def averages(rows: pd.DataFrame, by: None = None) -> pd.Series: ...
@overload
def averages(rows: pd.DataFrame, by: str | list[str]) -> pd.DataFrame: ...
def averages(rows: pd.DataFrame, by: str | list[str] | None = None) -> pd.DataFrame | pd.Series:
    """Every metric, averaged over all frames of each group of rows; without ``by``, over all frames there are.

    A metric that no frame of a group has, as the velocity of single frames, is NaN there: pandas' "missing". Rows of
    clips without a frame that counts are left out, and with them a group that has no other.

    Raises:
        ValueError: For no rows, none with a frame that counts, absent columns, and rows with a value missing.
    """
    metrics = metrics_of(rows)
    measured = sorted({column for metric in metrics for column in (metric.sum_column, metric.count_column)})
    columns = [*([by] if isinstance(by, str) else by or []), *measured]
    absent = [column for column in columns if column not in rows.columns]
    if absent or rows.empty:
        raise ValueError(f"{len(rows)} rows without columns {absent}: give rows made by clip_row, one or more")
    gaps = [column for column in columns if rows[column].isna().to_numpy().any()]
    if gaps:
        raise ValueError(f"rows miss values in columns {gaps}: clip_row leaves none out, repair or drop those rows")
    rows = rows.loc[rows["frames"] > 0]
    if rows.empty:
        raise ValueError("rows of clips in which no frame counts; give rows of one that has such frames, or more")
    sums = rows.groupby([0] * len(rows) if by is None else by)[measured].agg("sum")
    table = pd.DataFrame({metric.name: sums[metric.sum_column] / sums[metric.count_column] for metric in metrics})
    return table.iloc[0].rename(None) if by is None else table


def per_action_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One line per action, then "mean over actions" (each action weighs the same) and "mean over frames".

    Papers print either mean under the same name. Human3.6M's actions, and HumanEva-I's, come in the papers' order under
    the papers' abbreviations; where any other action is among them, all come in alphabetical order under their own
    names.
    An action without a value leaves the mean over actions without one.
    """
    overall = averages(rows)
    if "action" not in rows.columns:
        raise ValueError("rows without column 'action': give rows made by clip_row")
    actions = rows["action"].astype("string").map(canonical_action, na_action="ignore")  # a CSV file may hold numbers
    table = averages(rows.assign(action=actions), by="action")
    for known in (H36M_ACTIONS, HUMANEVA_ACTIONS):
        if table.index.isin(list(known)).all():
            table = table.reindex([action for action in known if action in table.index]).rename(index=known)
            break
    means = {"mean over actions": table.mean(skipna=False), "mean over frames": overall}
    return pd.concat([table, pd.DataFrame(means).T]).rename_axis("action")


def summary(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Both means of every metric, by metric name: ``mean_over_actions`` and ``mean_over_frames``."""
    table = per_action_table(rows)
    return {
        "mean_over_actions": table.loc["mean over actions"].to_dict(),
        "mean_over_frames": table.loc["mean over frames"].to_dict(),
    }
