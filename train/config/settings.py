"""Everything a run can be told, as one frozen dataclass; the field docstrings are the ``--help`` text."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import tyro

from pygpose.data import DATASETS
from pygpose.inference.checkpoint import from_plain
from pygpose.inference.motion import check_filters
from pygpose.losses import BUNDLES, LOSSES, parse_losses
from pygpose.models import MODELS, RootHead
from train.config.options import LapOptions, MotionOptions, SemiOptions, SMPLOptions
from train.config.presets import PRESETS, preset_values

ModelConfig = TypeVar("ModelConfig")
DataConfig = TypeVar("DataConfig")


@dataclass(frozen=True)
class Config(Generic[ModelConfig, DataConfig]):
    """Train a lifter from 2D keypoints to 3D motion, then report on people it has never seen."""

    model: ModelConfig
    data_options: DataConfig
    arch: str = "ugcn"
    """Architecture."""
    loss: str = "motion+lap"
    """Terms joined by +, each with an optional weight: motion+lap:0.5. The position loss is always part of it."""
    term_ramp: float = 0.5
    """Share of training over which all terms but the position loss grow to their weights; 0: full from the start."""
    data: str = "synthetic"
    """Data set."""
    data_root: str = ""
    """Folder or file of the data, where they are not embedded."""
    preset: str = ""
    """A paper's training recipe, under the flags given beside it."""
    motion: MotionOptions = field(default_factory=MotionOptions)
    lap: LapOptions = field(default_factory=LapOptions)

    trajectory: Literal["none", "model", "solve"] = "none"
    """Where the root is. model: trained with the pose; solve: computed from pose, keypoints and camera."""
    shared_trunk: bool = False
    """One network for pose and root path, in the place of two of the same architecture (--trajectory model)."""
    labelled: tuple[str, ...] = ()
    """Training subjects whose 3D targets are used; not given: all, but those of --semi."""
    labelled_share: float = 1.0
    """Share of each of their clips that is used, in one piece."""
    semi: tuple[str, ...] = ()
    """Train semi-supervised: also on the 2D keypoints alone of these training subjects. rest: all that are not
    --labelled. Half of a batch is labelled, half is not; an epoch is a pass over the labelled half."""
    semi_files: tuple[str, ...] = ()
    """Keypoint files of people who are unlabelled, too; with their cameras in them (pygpose.data.save_keypoints)."""
    semi_options: SemiOptions = field(default_factory=SemiOptions)

    smpl_options: SMPLOptions = field(default_factory=SMPLOptions)

    num_frames: int = 96
    """Frames of a training window."""
    train_stride: int = 48
    """Frames between training windows; each moves by less than that from epoch to epoch."""
    epochs: int = 10
    """Passes over all training windows."""
    max_minutes: float = 40.0
    """Most time for training. A machine that is too slow for --epochs lets the learning rate follow the clock instead
    and still ends in a full report, but numbers then do not repeat exactly. 0: no limit."""
    batch_size: int = 16
    """Windows of a step."""
    optimizer: Literal["adam", "amsgrad", "adamw"] = "adamw"
    lr: float = 2e-3
    """Largest learning rate."""
    schedule: Literal["cosine", "steps", "exponential", "plateau"] = "cosine"
    """cosine: warm up over 5 % of the steps, then fall to 0. steps: x0.1 after each of --lr-steps. exponential: x
    --lr-decay after every epoch. plateau: x0.1 whenever --lr-patience validations in a row were not better."""
    lr_steps: tuple[float, ...] = (80 / 110, 90 / 110, 100 / 110)
    """Shares of training after which --schedule steps divides the rate by 10."""
    lr_decay: float = 0.95
    """Factor of --schedule exponential."""
    lr_patience: int = 5
    """Validations of --schedule plateau."""
    weight_decay: float = 1e-2
    """On weights of more than one dimension only, not on biases and norms."""
    flip: bool = True
    """Mirror every second training window; average with the mirrored prediction at test. Keypoints only: features of
    pictures have no mirror image."""

    inference: Literal["whole", "windows", "both"] = "whole"
    """Whole clips in one pass, or windows whose overlaps are averaged, or a report on both."""
    window_step: int = 5
    """Frames between the windows of --inference windows."""
    smooth: tuple[str, ...] = ()
    """Filters over time whose smoothed motion the report shows beside the motion as it is; train.evaluate --help names
    them."""
    validate_every: int = 1
    """Epochs between validations; the best one's weights are kept."""

    seed: int = 0
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    amp: Literal["auto", "on", "off"] = "auto"
    """bfloat16 autocast of the model in training; auto: on CUDA, and on CPUs that multiply it natively. Weights, losses
    and evaluation are float32 always."""
    compile: bool = False
    """torch.compile the model: slower to start, faster after."""
    out_dir: str = ""
    """Folder for the run; a new one under runs/ where not given."""
    resume: str = ""
    """Folder of a run to go on with: it keeps its configuration, except for --max-minutes and --device."""

    def __post_init__(self) -> None:
        MODELS[self.arch]
        DATASETS[self.data]
        if self.preset:
            preset_values(self.preset)
        weights = parse_losses(self.loss)
        for name in (
            "num_frames",
            "train_stride",
            "epochs",
            "batch_size",
            "window_step",
            "validate_every",
            "lr_patience",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} must be at least 1, got {getattr(self, name)}")
        for name in ("max_minutes", "weight_decay"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(
                    f"--{name.replace('_', '-')} must be finite and not negative, got {getattr(self, name)}"
                )
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"--seed must lie in 0..{2**32 - 1}, got {self.seed}")
        if not all(0 <= share <= 1 for share in self.lr_steps):
            raise ValueError(f"--lr-steps are shares of training in [0, 1], got {self.lr_steps}")
        if not 0 <= self.term_ramp <= 1:
            raise ValueError(f"--term-ramp must lie in [0, 1], got {self.term_ramp}")
        if not 0 < self.lr_decay <= 1:
            raise ValueError(f"--lr-decay must lie in (0, 1], got {self.lr_decay}")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"--lr must be positive and finite, got {self.lr}")
        if self.inference != "whole" and self.window_step > self.num_frames:
            raise ValueError(
                f"windows of {self.num_frames} frames every {self.window_step} frames leave gaps at inference; "
                "give a smaller --window-step, a larger --num-frames, or --inference whole"
            )
        for name in weights:
            if LOSSES[name].least_frames > self.num_frames:
                raise ValueError(
                    f"loss '{name}' needs windows of at least {LOSSES[name].least_frames} frames; "
                    f"give a larger --num-frames than {self.num_frames}"
                )
        check_filters(self.smooth)
        if not 0 < self.labelled_share <= 1:
            raise ValueError(f"--labelled-share must lie in (0, 1], got {self.labelled_share}")
        if self.shared_trunk and self.trajectory != "model":
            raise ValueError("--shared-trunk needs --trajectory model: it is the root path that shares the network")
        if self.is_semi and self.trajectory == "none":
            raise ValueError(
                "--semi needs --trajectory model or solve: a pose that is nowhere cannot be projected to the image"
            )
        if self.is_semi and self.batch_size < 2:
            raise ValueError("--semi needs --batch-size 2 or more: half of a batch is labelled, half is not")
        if self.is_semi and self.semi_options.rigid and self.num_frames < 2:
            raise ValueError("--semi-options.rigid needs windows of at least 2 frames; give a larger --num-frames")
        longest = max(self.motion.intervals, default=0)
        if "motion" in weights and longest >= self.num_frames:
            raise ValueError(
                f"motion interval {longest} does not fit into windows of {self.num_frames} frames; "
                "give a larger --num-frames or smaller --motion.intervals"
            )

    @property
    def is_semi(self) -> bool:
        return bool(self.semi or self.semi_files)

    @property
    def root_head(self) -> RootHead:
        """What the model is built with."""
        if self.trajectory != "model":
            return "none"
        return "shared" if self.shared_trunk else "model"

    def loss_options(self) -> dict[str, dict[str, Any]]:
        """Options of the terms that are in the objective."""
        options = {"motion": dataclasses.asdict(self.motion), "lap": dataclasses.asdict(self.lap)}
        return {name: options[name] for name in parse_losses(self.loss) if name in options}


def parse_command(argv: Sequence[str], default: Config | None = None) -> Config:
    """The command line as a config: ``--arch``, ``--data`` and ``--preset`` choose which flags there are.

    Raises:
        ValueError: For names that are not known and values that do not go together.
    """
    default = default or _default(argv)
    kind = Config[type(default.model), type(default.data_options)]  # pyright: ignore[reportInvalidTypeArguments]
    description = f"{Config.__doc__}\n\n{_choices()}"
    return tyro.cli(kind, args=list(argv), default=default, prog="python -m train.run", description=description)


def _default(argv: Sequence[str]) -> Config:
    preset_name = peek(argv, "--preset", "")
    preset = dict(preset_values(preset_name)) if preset_name else {}
    arch = peek(argv, "--arch", preset.get("arch", "ugcn"))
    data = peek(argv, "--data", "synthetic")
    config_class = MODELS[arch].model.config_class
    takes_features = DATASETS[data].features and "input" in config_class.__dataclass_fields__
    model = config_class(**{**preset.pop("model", {}), **({"input": "features"} if takes_features else {})})
    semi = SemiOptions(**preset.pop("semi_options", {}))
    parse_losses(peek(argv, "--loss", preset.get("loss", Config.loss)))  # said in one sentence, as of other names
    chosen = {**preset, "arch": arch, "data": data, "model": model, "semi_options": semi}
    return Config(**chosen, data_options=DATASETS[data].config())


def to_plain(config: Config) -> dict[str, Any]:
    return dataclasses.asdict(config)


def config_from_plain(values: Mapping[str, Any]) -> Config:
    """The config that :func:`to_plain` gave, after a round trip through JSON."""
    nested = {
        "model": from_plain(MODELS[values["arch"]].model.config_class, values["model"]),
        "data_options": _nested(DATASETS[values["data"]].config, values["data_options"]),
        "motion": from_plain(MotionOptions, values["motion"]),
        "lap": from_plain(LapOptions, values["lap"]),
        "semi_options": from_plain(SemiOptions, values.get("semi_options", {})),
        "smpl_options": from_plain(SMPLOptions, values.get("smpl_options", {})),
    }
    return from_plain(Config, {**values, **nested})


def _nested(config_class: type, values: Mapping[str, Any]) -> Any:
    """A config one level deeper: a data set's noise."""
    defaults = config_class()
    inner = {
        name: from_plain(type(getattr(defaults, name)), value) if isinstance(value, dict) else value
        for name, value in values.items()
    }
    return from_plain(config_class, inner)


def peek(argv: Sequence[str], flag: str, default: str) -> str:
    """A flag's value before the others are known; what is wrong with it is said when all are read."""
    for position, word in enumerate(argv):
        if word == flag and position + 1 < len(argv):
            return argv[position + 1]
        if word.startswith(f"{flag}="):
            return word.removeprefix(f"{flag}=")
    return default


def _choices() -> str:
    lines = [
        "--arch: " + "; ".join(f"{name}: {MODELS[name].description}" for name in MODELS),
        "--loss: " + ", ".join(LOSSES) + "".join(f"; {name} = {'+'.join(terms)}" for name, terms in BUNDLES.items()),
        "--data: " + "; ".join(f"{name}: {DATASETS[name].description}" for name in DATASETS),
        "--preset: " + ", ".join(sorted(PRESETS)),
    ]
    return "\n\n".join(lines)
