"""How a report prints numbers: their names, units and digits, and what they mean."""

import math
from collections.abc import Mapping
from typing import Any

from pygpose.metrics import MESH_METRICS, METRICS, WORLD_METRICS
from pygpose.metrics.table import Metric
from train.report.markup import NO_VALUE

BY_NAME = {metric.name: metric for metric in (*METRICS, *MESH_METRICS, *WORLD_METRICS)}
HEADLINE = ("mpjpe_mm", "p_mpjpe_mm", "mpjve_mm", "mpjacce_mm")
DIGITS = {"mm": 1, "mm/m": 1, "mm/frame": 2, "mm/frame^2": 2, "mm/s": 1, "m/s^2": 2, "%": 1}
MEANS = ["mean over actions", "mean over frames"]

MEANING = {
    "MPJPE": "Distance from the predicted joint to the true one, both relative to the root joint (protocol 1).",
    "P-MPJPE": "The same after the best rotation, scale and shift of every frame: the pose alone (protocol 2).",
    "N-MPJPE": "The same after the best scale of every frame (protocol 3).",
    "MPJVE": "Error of the movement from one frame to the next.",
    "MPJAccE": "Error of the change of that movement: it shows what the eye sees as shaking.",
    "PCK@150mm": "Joints closer than 150 mm to the truth.",
    "AUC 0:5:150 mm": "Joints closer than a threshold, averaged over the thresholds 0, 5, ... 150 mm.",
    "Bone length error": "Difference between predicted and true bone lengths.",
    "Bone length deviation": "How much predicted bones change their length within a clip; real ones do not.",
    "MPVPE": "Distance from the body's predicted surface to the true one, both relative to the root joint.",
    "Absolute MPJPE": "Distance from the predicted joint to the true one, where the person is: nothing is subtracted.",
    "Root position error": "Distance of the root joint from where it truly is.",
    "Drift": "Error of the way from a clip's first frame to its last, for each metre that the root moved.",
    "Foot skating": "Speed of predicted feet while the true foot stands.",
}


def head(name: str) -> str:
    """The head of a metric's column: its label, the better direction and its unit."""
    metric = BY_NAME[name]
    return f"{metric.label} {'↑' if metric.higher_is_better else '↓'} ({unit(metric)})"


def unit(metric: Metric) -> str:
    """The metric's unit, as it is printed."""
    return metric.unit.replace("^2", "²")


def text(name: str, values: Mapping[Any, float]) -> str:
    """The value of the metric ``name``, with the digits that its unit deserves."""
    value = values.get(name, math.nan)
    return f"{value:.{DIGITS[BY_NAME[name].unit]}f}" if math.isfinite(value) else NO_VALUE


def printed(value: str | float) -> str:
    """A published value with the digits that were published."""
    return value if isinstance(value, str) else str(value) if math.isfinite(value) else NO_VALUE
