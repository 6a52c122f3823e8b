"""Training recipes, of the papers and of the weights that come with the package: values for the fields of a run's
config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# UGCN, section 3.2 "Training & inference" and eq. 4 to 6: lambda is 1. The paper states no unit of length. With lengths
# in decimetres, and encodings in that unit, too, 1 balances (docs/results.md); eq. 6 is then 10 times what stands here.
_UGCN: dict[str, Any] = {
    "arch": "ugcn",
    "loss": "pose:0+pose_sq:10+motion",
    "loss_options": {"motion": {"normalize": "length"}},
    "term_ramp": 0.0,
    "num_frames": 96,
    "train_stride": 5,
    "epochs": 110,
    "batch_size": 256,
    "optimizer": "adam",
    "lr": 1e-2,
    "schedule": "steps",
    "weight_decay": 1e-5,
    "max_minutes": 0.0,
    "inference": "windows",
}

# Papers have all terms of their objectives from the first step on, where terms grow by default: hence term_ramp 0. In
# videopose3d and tcmr all terms teach positions, and those never grow.
PRESETS: dict[str, Mapping[str, Any]] = {
    # UGCN, section 3.2: its network as far as text and figure go, with the widths that public re-implementations agree
    # on, and scales merged at the finest width.
    "ugcn": {
        **_UGCN,
        "framing": "plain",
        "model": {
            "channels": (16, 32, 64, 128, 256),
            "root_relative": False,
            "regressor": "joint",
            "upsampling": "nearest",
            "merge_channels": 16,
            "dropout": 0.5,
            "context": 0,
        },
    },
    # The same training of our own form of the network, which --arch ugcn has.
    "ugcn_ours": _UGCN,
    # VideoPose3D, appendix A.2 and its published command: one pose from one receptive field.
    "videopose3d": {
        "arch": "tcn",
        "framing": "plain",
        "loss": "pose",
        "num_frames": 1,
        "train_stride": 1,
        "epochs": 80,
        "batch_size": 1024,
        "optimizer": "amsgrad",
        "lr": 1e-3,
        "schedule": "exponential",
        "weight_decay": 0.0,
        "max_minutes": 0.0,
    },
    # Gupta, tables 1 to 3: VideoPose3D's recipe (its printed learning rate of 0.95 is the decay). Its losses over time
    # need poses in a row: 11 windows of 96 are about VideoPose3D's 1024 poses.
    "joint_aware": {
        "arch": "tcn",
        "framing": "plain",
        "loss": "joint_aware",
        "term_ramp": 0.0,
        "num_frames": 96,
        "train_stride": 96,
        "epochs": 85,
        "batch_size": 11,
        "optimizer": "amsgrad",
        "lr": 1e-3,
        "schedule": "exponential",
        "weight_decay": 0.0,
        "max_minutes": 0.0,
        "model": {"channels": 2048},
    },
    # CVM-Net, section 6; epochs, optimiser and rate from its authors' code. Its people, S1 5 6 7 / S9 11, are for the
    # data set to choose: --data-options.protocol cvm of h36m, which its tables set.
    "cvm": {
        "arch": "cvm",
        "framing": "plain",
        "loss": "lap",
        "term_ramp": 0.0,
        "num_frames": 81,
        "train_stride": 81,
        "epochs": 150,
        "batch_size": 64,
        "optimizer": "adam",
        "lr": 1e-3,
        "schedule": "exponential",
        "lr_decay": 1.0,
        "weight_decay": 0.0,
        "max_minutes": 0.0,
    },
    # TCMR, section 4: one pose from one window of 16 frames. All numbers are those of the configurations that made its
    # tables, and none the defaults of its code: two layers of 1024 states; 300 times the mean squared coordinate, which
    # is 100 times the mean squared distance; and the weights of the SMPL terms that such a model implies. There, an
    # epoch is 500 steps; here it is all windows.
    "tcmr": {
        "arch": "tcmr",
        "framing": "plain",
        "loss": "pose:0+pose_sq:100",
        "num_frames": 1,
        "train_stride": 1,
        "epochs": 30,
        "batch_size": 32,
        "optimizer": "adam",
        "lr": 5e-5,
        "schedule": "plateau",
        "weight_decay": 0.0,
        "max_minutes": 0.0,
        "model": {"channels": 2048, "hidden": 1024, "layers": 2},
    },
}


# VideoPose3D, section 6 and the command of its README: GT keypoints, 27 frames, batches of 64 labelled poses (and as
# many that are not). That command is for a tenth of S1; the paper's other regimes have the same recipe here.
_SEMI: dict[str, Any] = {
    "arch": "tcn",
    "framing": "plain",
    "loss": "pose",
    "trajectory": "model",
    "semi": ("rest",),
    "num_frames": 1,
    "train_stride": 1,
    "epochs": 200,
    "batch_size": 128,
    "optimizer": "amsgrad",
    "lr": 1e-3,
    "schedule": "exponential",
    "lr_decay": 0.98,
    "weight_decay": 0.0,
    "max_minutes": 0.0,
    "semi_warmup": 5,
    "model": {"filter_widths": (3, 3, 3)},
}
PRESETS |= {
    "semi_s1_10": {**_SEMI, "labelled": ("S1",), "labelled_share": 0.1},
    "semi_s1_50": {**_SEMI, "labelled": ("S1",), "labelled_share": 0.5},
    "semi_s1": {**_SEMI, "labelled": ("S1",)},
    "semi_s1_5": {**_SEMI, "labelled": ("S1", "S5")},
    "semi_s1_5_6": {**_SEMI, "labelled": ("S1", "S5", "S6")},
}


# The weights that come with the package (make weights): as many epochs as some ninety minutes of two cores give.
_OURS: dict[str, Any] = {
    "arch": "mgu",
    "loss": "motion+lap",
    "data": "mocap",
    "epochs": 220,
    "validate_every": 20,
    "lr": 2.5e-3,
    "max_minutes": 90.0,
}
PRESETS |= {
    "default": _OURS,
    "small": {
        **_OURS,
        "model": {"channels": (48, 64, 96), "mixing": 32, "merge_channels": 32},
    },
}


def preset_values(name: str) -> Mapping[str, Any]:
    if name not in PRESETS:
        raise ValueError(f"unknown preset '{name}'; known: {', '.join(sorted(PRESETS))}")
    return PRESETS[name]
