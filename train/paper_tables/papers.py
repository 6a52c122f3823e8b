"""The tables of the papers as data: which runs a table is made of, and its rows and columns.

``python -m train.tables NAME`` makes the table. A run is written as flags of ``python -m train.run``: its paper's
preset and what the run changes in it. Rows and columns stand in the papers' order under the papers' labels, by which
``published.json`` knows them, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphs.registry import Registry
from pygpose.metrics import METRICS
from train.config.presets import PRESETS

Key = str | tuple[str, str]


@dataclass(frozen=True)
class PaperTable:
    """A table: its runs, and how their results are laid out."""

    title: str
    source: str
    """Paper and number of the table; empty for a table of our own."""
    runs: Mapping[Key, str]
    """The flags of every run, by its row. With ``columns`` every cell is a run of its own, and the key is ``(row,
    column)``."""
    metrics: tuple[str, ...] = ("mpjpe_mm",)
    """The metrics of the table; one where every cell is a run."""
    columns: tuple[str, ...] = ()
    """The heads of the columns where every cell is a run of its own."""
    by_action: bool = False
    """Whether every metric has a table of its own, with the actions as columns."""
    filters: Mapping[Key, str] = field(default_factory=dict)
    """The filter of the run's ``--smooth`` whose motion a row shows; rows without one show the motion as it is."""
    people: Mapping[str, str] = field(default_factory=dict)
    """By data set, flags that choose the people whom the paper trains on, where those are not the data set's usual
    ones."""
    other_data: bool = False
    """Whether the table is of people from other data than those that the systems were trained on: it needs
    ``--test-data``."""
    cost: bool = False
    """Whether weights, multiply-adds and frames/s stand beside the metrics."""


TABLES: Registry[PaperTable] = Registry("table")

_EVERY_METRIC = tuple(metric.name for metric in METRICS if metric.name not in ("mpjve_mm_s", "mpjacce_m_s2"))
_UGCN, _CVM, _TCN = "--preset ugcn", "--preset cvm", "--preset videopose3d"
_OURS = "--preset ugcn_ours"
_POSE = "--loss pose:0+pose_sq:10"  # the presets' position loss alone


def _motion(operators: str, intervals: str) -> str:
    return f"{_UGCN} --motion.operators {operators} --motion.intervals {intervals}"


_CVM_PEOPLE = {"h36m": "--data-options.protocol cvm"}  # S1, S5, S6 and S7; S8 is in neither split
_INTERVALS = ("2", "4", "8", "12", "16", "24", "36", "48")
_OPERATORS = {"subtraction": "sub", "inner product": "inner", "cross product": "cross"}

TABLES.register("ugcn-1")(
    PaperTable(
        title="Operator and interval of the motion loss, MPJPE",
        source="Wang et al., ECCV 2020, Table 1",
        columns=("none", *_INTERVALS),
        runs={
            (row, column): f"{_UGCN} {_POSE}" if column == "none" else _motion(operator, column)
            for row, operator in _OPERATORS.items()
            for column in ("none", *_INTERVALS)
        },
    )
)
TABLES.register("ugcn-2")(
    PaperTable(
        title="Number of intervals of the motion loss",
        source="Wang et al., ECCV 2020, Table 2",
        runs={
            "1 interval": _motion("cross", "12"),
            "2 intervals": _motion("cross", "8 12"),
            "3 intervals": _motion("cross", "8 12 16"),
            "4 intervals": _motion("cross", "8 12 16 24"),
        },
    )
)
TABLES.register("ugcn-3")(
    PaperTable(
        title="Downsamplings and upsamplings, MPJPE",
        source="Wang et al., ECCV 2020, Table 3",
        columns=("0", "1", "2", "4"),
        runs={
            (row, column): f"{flags} --model.down-up-pairs {column}"
            for row, flags in {
                "without motion loss": f"{_UGCN} {_POSE}",
                "motion loss, interval 12": _motion("cross", "12"),
            }.items()
            for column in ("0", "1", "2", "4")
        },
    )
)
TABLES.register("ugcn-4")(
    PaperTable(
        title="Parts of the network, removed one by one",
        source="Wang et al., ECCV 2020, Table 4",
        runs={
            "UGCN": f"{_UGCN} {_POSE}",
            "UGCN without spatial graph": f"{_UGCN} {_POSE} --model.no-spatial-graph",
            "UGCN without merging": f"{_UGCN} {_POSE} --model.no-merging",
            "UGCN + motion loss": _UGCN,
            "UGCN + motion loss without merging": f"{_UGCN} --model.no-merging",
        },
    )
)
TABLES.register("ugcn-5")(
    PaperTable(
        title="Supervision of motion",
        source="Wang et al., ECCV 2020, Table 5",
        runs={
            "pose only": f"{_UGCN} {_POSE}",
            "derivative loss": f"{_UGCN} {_POSE}+derivative",
            "cross product": _motion("cross", "12"),
            "subtraction + cross product": _motion("sub cross", "12"),
            "subtraction + inner product + cross product": _motion("sub inner cross", "12"),
        },
    )
)
TABLES.register("ugcn-6")(
    PaperTable(
        title="Actions, protocols 1 and 2",
        source="Wang et al., ECCV 2020, Table 6",
        by_action=True,
        metrics=("mpjpe_mm", "p_mpjpe_mm"),
        runs={"UGCN": _UGCN, "UGCN, our form": _OURS},
    )
)
TABLES.register("ugcn-7")(
    PaperTable(
        title="Actions, velocity",
        source="Wang et al., ECCV 2020, Table 7",
        by_action=True,
        metrics=("mpjve_mm",),
        runs={
            "UGCN without motion loss": f"{_UGCN} {_POSE}",
            "UGCN": _UGCN,
            "UGCN, our form, without motion loss": f"{_OURS} {_POSE}",
            "UGCN, our form": _OURS,
        },
    )
)
TABLES.register("ugcn-8")(
    PaperTable(
        title="PCK, AUC and MPJPE",
        source="Wang et al., ECCV 2020, Table 8",
        metrics=("pck_150mm", "auc", "mpjpe_mm"),
        runs={
            "UGCN without motion loss": f"{_UGCN} {_POSE}",
            "UGCN": _UGCN,
            "UGCN, our form, without motion loss": f"{_OURS} {_POSE}",
            "UGCN, our form": _OURS,
        },
    )
)
TABLES.register("laplacian-1")(
    PaperTable(
        title="Three losses, by action",
        source="Tchenegnon et al., ECCVW 2022, Table 1",
        by_action=True,
        metrics=("mpjpe_mm", "mpjve_mm"),
        people=_CVM_PEOPLE,
        runs={
            "CVM-Net": f"{_CVM} --loss pose",
            "CVM-Net + motion loss": f"{_CVM} --loss motion --motion.normalize length",  # in which 1 balances
            "CVM-Net + Laplacian loss": _CVM,
        },
    )
)
TABLES.register("laplacian-2")(
    PaperTable(
        title="CVM-Net with the Laplacian loss beside other systems, by action",
        source="Tchenegnon et al., ECCVW 2022, Table 2",
        by_action=True,
        metrics=("mpjpe_mm", "mpjve_mm", "mpjacce_mm"),
        people=_CVM_PEOPLE,
        runs={"VideoPose3D, 243 frames": _TCN, "CVM-Net + Laplacian loss": _CVM},
    )
)

# The paper's baseline and its control (section 5: 2048 channels alone change little), and the fourth of the four. All
# see the same windows, so that losses and channels are all that differs; --preset videopose3d samples single poses.
_JOINT_AWARE: dict[Key, str] = {
    "1024 channels (VideoPose3D)": "--preset joint_aware --model.channels 1024 --loss pose",
    "2048 channels": "--preset joint_aware --loss pose",
    "1024 channels, joint-aware losses": "--preset joint_aware --model.channels 1024",
    "2048 channels, joint-aware losses": "--preset joint_aware",
}
_BY_ACTION = {
    "joint-aware-7": (("mpjpe_mm", "n_mpjpe_mm"), "Actions, protocols 1 and 3"),
    "joint-aware-8": (("p_mpjpe_mm",), "Actions, protocol 2"),
    "joint-aware-9": (("mpjve_mm",), "Actions, velocity"),
    "joint-aware-10": (("mpjacce_mm",), "Actions, acceleration"),
}
TABLES.register("joint-aware-5")(
    PaperTable(
        title="The three protocols",
        source="Gupta, 2020, Table 5",
        metrics=("mpjpe_mm", "p_mpjpe_mm", "n_mpjpe_mm"),
        runs=_JOINT_AWARE,
    )
)
TABLES.register("joint-aware-6")(
    PaperTable(
        title="Velocity and acceleration",
        source="Gupta, 2020, Table 6",
        metrics=("mpjve_mm", "mpjacce_mm"),
        runs=_JOINT_AWARE,
    )
)
for _name, (_metrics, _title) in _BY_ACTION.items():
    TABLES.register(_name)(
        PaperTable(
            title=_title,
            source=f"Gupta, 2020, Table {_name.rpartition('-')[2]}",
            by_action=True,
            metrics=_metrics,
            runs=_JOINT_AWARE,
        )
    )
TABLES.register("videopose3d")(
    PaperTable(
        title="Single frame, causal and full, by action",
        source="Pavllo et al., CVPR 2019, table of protocol 1",
        by_action=True,
        metrics=("mpjpe_mm",),
        runs={
            "single frame": f"{_TCN} --model.filter-widths 1 1 1",
            "243 frames, causal": f"{_TCN} --model.causal",
            "243 frames": _TCN,
        },
    )
)

_TCMR = "--preset tcmr --smooth average"  # smoothed in every table, so that the tables share their runs
_BASELINE = f"{_TCMR} --model.residual --model.no-forecast"  # what TCMR's authors start from
_MESH = ("p_mpjpe_mm", "mpjpe_mm", "mpvpe_mm", "mpjacce_mm", "mpjacce_m_s2")
_MOTION = ("p_mpjpe_mm", "mpjpe_mm", "mpjacce_mm", "mpjacce_m_s2")
TABLES.register("tcmr-1")(
    PaperTable(
        title="Residual connection and PoseForecast",
        source="Choi et al., CVPR 2021, Table 1",
        metrics=_MOTION,
        runs={
            "residual": _BASELINE,
            "residual, PoseForecast": f"{_TCMR} --model.residual",
            "no residual": f"{_TCMR} --model.no-forecast",
            "no residual, PoseForecast": _TCMR,
        },
    )
)
TABLES.register("tcmr-2")(
    PaperTable(
        title="What PoseForecast sees",
        source="Choi et al., CVPR 2021, Table 2",
        metrics=_MOTION,
        runs={
            "with current frame": f"{_TCMR} --model.forecast-input with_current",
            "without current frame": _TCMR,
        },
    )
)
# The truth of the frames beside is in windows of two frames; so all rows have these, half as many.
_PAIRS = f"{_TCMR} --num-frames 2 --train-stride 2 --batch-size 16"
TABLES.register("tcmr-3")(
    PaperTable(
        title="What PoseForecast is compared with in training",
        source="Choi et al., CVPR 2021, Table 3",
        metrics=_MOTION,
        runs={
            "none": f"{_PAIRS} --model.forecast-target none",
            "past and future frames": f"{_PAIRS} --model.forecast-target neighbours",
            "current frame": _PAIRS,
        },
    )
)
TABLES.register("tcmr-4")(
    PaperTable(
        title="Systems for video, trained on the data's own training people",
        source="Choi et al., CVPR 2021, Table 4",
        metrics=_MESH,
        runs={"residual, no PoseForecast, 16 frames": _BASELINE, "TCMR, 16 frames": _TCMR},
    )
)
TABLES.register("tcmr-5")(
    PaperTable(
        title="Average filter",
        source="Choi et al., CVPR 2021, Table 5",
        metrics=_MOTION,
        filters={"residual, no PoseForecast + average filter": "average", "TCMR + average filter": "average"},
        runs={
            "residual, no PoseForecast": _BASELINE,
            "residual, no PoseForecast + average filter": _BASELINE,
            "TCMR": _TCMR,
            "TCMR + average filter": _TCMR,
        },
    )
)
TABLES.register("tcmr-6")(
    PaperTable(
        title="Systems for images and video, trained on other data",
        source="Choi et al., CVPR 2021, Table 6",
        metrics=_MESH,
        other_data=True,
        runs={"TCMR": _TCMR},
    )
)

TABLES.register("objectives")(
    PaperTable(
        title="One network, four objectives",
        source="",
        metrics=_EVERY_METRIC,
        runs={loss: f"--loss {loss}" for loss in ("pose", "pose+motion", "pose+lap", "motion+lap")},
    )
)


def _model_flags(preset: str) -> str:
    """The network of a preset, without its training, as flags."""
    values = PRESETS[preset]
    words = [f"--arch {values['arch']} --framing {values['framing']}"]
    for name, value in values["model"].items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--model.{flag}" if value else f"--model.no-{flag}")
        else:
            words.append(f"--model.{flag} {' '.join(map(str, value)) if isinstance(value, tuple) else value}")
    return " ".join(words)


_ARCHITECTURES = {
    "ugcn, the paper's": _model_flags("ugcn"),
    "ugcn, our form": "--arch ugcn",
    "tcn-27": "--arch tcn --model.filter-widths 3 3 3",
    "tcn-243": "--arch tcn",
    "cvm": "--arch cvm",
    "tcmr": "--arch tcmr",
}
TABLES.register("architectures")(
    PaperTable(
        title="Five networks, one of them in two forms, two objectives",
        source="",
        metrics=_EVERY_METRIC,
        cost=True,
        runs={
            f"{name}, {loss}": f"{flags} --loss {loss}"
            for loss in ("pose", "motion+lap")
            for name, flags in _ARCHITECTURES.items()
        },
    )
)
