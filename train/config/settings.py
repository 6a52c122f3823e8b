"""Everything a run can be told, as one frozen dataclass; the field docstrings are the ``--help`` text."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, TypeVar

import tyro

from graphs import graph_name
from pygpose.inference.checkpoint import from_plain
from pygpose.inference.motion import check_filters
from pygpose.losses import LOSSES, Need, complete_losses, parse_losses
from pygpose.models import MODELS, FramingName, RootHead
from train.config.data_flags import all_names, data_names, data_options_from_plain
from train.config.extensions import Imports
from train.config.loss_flags import loss_options_class, loss_options_from_plain
from train.config.presets import preset_values

ModelConfig = TypeVar("ModelConfig")
DataConfig = TypeVar("DataConfig")
LossOptions = TypeVar("LossOptions")

# The flags that make a run give what a loss term needs.
BODIES = "a model of image features that gives SMPL bodies (--arch tcmr --data smpl_features)"
GIVERS: dict[Need, str] = {
    "path": "--trajectory model",
    "spread": "a model that says how uncertain it is (--arch mgu)",
    "smpl": BODIES,
    "true_smpl": BODIES,
    "unlabelled": "--semi or --semi-files",
}


@dataclass(frozen=True)
class Config(Generic[ModelConfig, DataConfig, LossOptions]):
    """Train a model that lifts 2D keypoints to 3D motion, then report on people whom the model has never seen."""

    model: ModelConfig
    data_options: DataConfig
    arch: str = "ugcn"
    """Architecture of the model; the list above has all names."""
    loss: str = "motion+lap"
    """Objective: names of loss terms joined by +, each with an optional weight, as in motion+lap:0.5; the list above
    has all names. These terms are part of it unless they are written with another weight: pose, always; traj, where the
    model gives the path of the root; reproj and bone_match, with --semi; crop_keypoints, smpl_pose and smpl_shape,
    where the model gives SMPL bodies."""
    graph: str = "bones"
    """Edges of the motion graph that graph convolutions and the loss term lap run over: bones (with the links to the
    next frame), or bones with further kinds of edges joined by +, as in bones+mirror; the list above has all kinds.
    Graph convolutions have a weight matrix for each further kind."""
    framing: FramingName = "person"
    """How keypoints are laid before the network. person: a virtual camera looks at the person and fills its picture
    with them, and its rotation is undone afterwards; turned: it looks at them and does not zoom; box: the picture is
    moved and scaled as a box around the person; screen: normalised screen coordinates; plain: the same without
    confidence, as the papers have it. All but plain get the confidence of keypoints as an input."""
    term_ramp: float = 0.5
    """Share of training during which the weights of all terms that do not teach positions grow from 0 to their full
    size; with 0 they have it from the start."""
    data: str = "synthetic"
    """Name of the data set; the list above has all names. Several names joined by commas: the run is trained on a
    mixture of these data sets, whose people are then named DATASET:SUBJECT and whose options are
    --data-options.DATASET.OPTION."""
    data_root: str = ""
    """Folder or file that holds the data set; synthetic data need none. Of several data sets the folders or files are
    joined by commas, in the order of --data."""
    data_shares: tuple[float, ...] = ()
    """Share of each data set of a mixture in every batch, in the order of --data, with the sum 1; where none are given,
    all data sets have the same share."""
    test_data: str = ""
    """Name of another data set, whose people the trained model is scored on in the place of those of --data. The best
    weights are still chosen on the validation people of --data."""
    test_root: str = ""
    """Folder or file that holds the data set of --test-data."""
    preset: str = ""
    """Name of a paper's training recipe; flags given beside it change the recipe."""
    loss_options: Annotated[LossOptions, tyro.conf.arg(name="")] = field(default_factory=lambda: loss_options_class()())

    trajectory: Literal["none", "model", "solve"] = "none"
    """Where the path of the root joint comes from. none: poses have no path; model: a root head is trained with the
    pose; solve: computed from poses, keypoints and cameras."""
    shared_trunk: bool = False
    """Let one network give both pose and root path, in the place of two networks of the same architecture; needs
    --trajectory model."""
    labelled: tuple[str, ...] = ()
    """Training subjects whose 3D targets are used; where none are given, all subjects except those of --semi."""
    labelled_share: float = 1.0
    """Share of each labelled clip that is used for training, cut in one piece."""
    semi: tuple[str, ...] = ()
    """Training subjects of whom only the 2D keypoints are used, which makes the training semi-supervised; rest stands
    for all subjects that are not --labelled. --semi-share of each batch is not labelled; an epoch is one pass over
    the labelled windows."""
    semi_files: tuple[str, ...] = ()
    """Files of keypoints with their cameras, as pygpose.data.save_keypoints writes them. The people in them are
    unlabelled, like those of --semi."""
    semi_share: float = 0.5
    """Share of the windows without 3D targets in each batch of semi-supervised training."""
    semi_warmup: int = 1
    """Epochs before the losses of the unlabelled windows count."""

    num_frames: int = 96
    """Frames of a training window."""
    train_stride: int = 48
    """Frames from the start of a training window to the start of the next one; each window moves by fewer frames than
    that from epoch to epoch."""
    epochs: int = 10
    """Passes over all training windows."""
    max_minutes: float = 40.0
    """Longest time for training, in minutes of wall time, as a clock on the wall has it; 0: no limit. Reading data,
    validation and the report are not counted. On a machine that is too slow for all --epochs the learning
    rate follows the clock, so that the run still ends in a full report, but then its numbers do not repeat exactly."""
    batch_size: int = 16
    """Windows in a training step."""
    optimizer: Literal["adam", "amsgrad", "adamw"] = "adamw"
    """Optimiser of the weights."""
    lr: float = 2e-3
    """Largest learning rate of the training."""
    schedule: Literal["cosine", "steps", "exponential", "plateau"] = "cosine"
    """How the learning rate changes. cosine: it warms up over 5 % of the steps, then falls to 0; steps: it falls to a
    tenth after each of --lr-steps; exponential: it is multiplied by --lr-decay after every epoch; plateau: it falls to
    a tenth whenever --lr-patience validations in a row were not better."""
    lr_steps: tuple[float, ...] = (80 / 110, 90 / 110, 100 / 110)
    """Shares of training after which --schedule steps divides the learning rate by 10."""
    lr_decay: float = 0.95
    """Factor by which --schedule exponential multiplies the learning rate."""
    lr_patience: int = 5
    """Validations in a row without improvement after which --schedule plateau lowers the learning rate."""
    weight_decay: float = 1e-2
    """Weight decay of weights with two or more dimensions; biases and norms have none."""
    flip: bool = True
    """Mirror every second window in training, and at test average each prediction with the prediction for the mirrored
    keypoints. This is for keypoints only: features of pictures have no mirror image."""

    hidden_ends: float = 0.3
    """Share of the training windows that lose the frames before them, and of those that lose the frames after them, as
    at the ends of a clip; for networks that look at such frames and get the confidence of keypoints. The window's own
    frames in reverse stand for them."""

    inference: Literal["whole", "windows", "both"] = "whole"
    """How the trained model lifts a clip. whole: in one pass; windows: in windows whose overlaps are averaged; both:
    the report shows both ways."""
    window_step: int = 5
    """Frames from the start of a window to the start of the next one in --inference windows."""
    smooth: tuple[str, ...] = ()
    """Filters over time; train.evaluate --help has all names. The report shows the motion after each filter beside the
    motion as it is."""
    correct: bool = False
    """Show the corrected motion beside the motion as it is: calm, with bones that keep their lengths and feet that
    stand still (docs/correction.md). Where a clip has its camera, joints are drawn to the rays of its keypoints,
    too."""
    validate_every: int = 1
    """Epochs from one validation to the next; the weights of the best validation are kept."""

    imports: Imports = ()
    """Module of one's own to import first, by its name or the path of its file: losses, models, data sets and filters
    that it registers are known to all flags. Give --import again for every further module."""

    seed: int = 0
    """Seed of everything that is random in the training."""
    device: str = "auto"
    """Device that computes: cpu, cuda, cuda:1, mps; auto: a GPU where there is one, or else the CPU."""
    amp: Literal["auto", "on", "off"] = "auto"
    """Whether training computes the model in bfloat16. auto: on CUDA devices and CPUs that multiply bfloat16 natively.
    Weights, losses and evaluation are always float32."""
    compile: bool = False
    """Compile the model with torch.compile, which makes the start slower and the steps faster."""
    out_dir: str = ""
    """Folder for the run; where none is given, a new folder under runs/."""
    resume: str = ""
    """Folder of an interrupted run to go on with. The run keeps its configuration, except for --max-minutes and
    --device."""

    def __post_init__(self) -> None:
        MODELS[self.arch]
        self._check_data()
        if self.preset:
            preset_values(self.preset)
        self._check_numbers()
        self._check_people()
        self._check_loss()
        self._check_graph()
        check_filters(self.smooth)
        if self.inference != "whole" and self.window_step > self.num_frames:
            raise ValueError(
                f"windows of {self.num_frames} frames every {self.window_step} frames leave gaps at inference; "
                "give a smaller --window-step, a larger --num-frames, or --inference whole"
            )

    def _check_data(self) -> None:
        names = data_names(self.data)
        if self.data_shares and len(self.data_shares) != len(names):
            raise ValueError(
                f"--data-shares needs a share for each of the {len(names)} data sets of --data {self.data}, got "
                f"{len(self.data_shares)}"
            )
        all_names(self.data, self.test_data)
        if self.test_data in names and self.test_root in ("", *self.data_root.split(",")):
            raise ValueError(
                f"--test-data {self.test_data} are data that are trained on, too; give the --test-root of others, or "
                "leave --test-data out to score their own test people"
            )
        if self.test_root and not self.test_data:
            raise ValueError("--test-root is for the data set of --test-data; name it")

    def _check_graph(self) -> None:
        if graph_name(self.graph) == "bones" or MODELS[self.arch].model.takes_graph:
            return
        if not any(LOSSES[name].uses_graph for name in self.weights):
            raise ValueError(
                f"--graph {self.graph} would change nothing: --arch {self.arch} has no graph convolutions, and the "
                "objective has no term on the graph; give --arch ugcn or --loss lap, or leave --graph out"
            )

    def _check_numbers(self) -> None:
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
        for name in ("max_minutes", "weight_decay", "semi_warmup"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(
                    f"--{name.replace('_', '-')} must be finite and not negative, got {getattr(self, name)}"
                )
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"--seed must lie in 0..{2**32 - 1}, got {self.seed}")
        if not all(0 <= share <= 1 for share in self.lr_steps):
            raise ValueError(f"--lr-steps are shares of training in [0, 1], got {self.lr_steps}")
        if not 0 <= self.hidden_ends <= 1:
            raise ValueError(f"--hidden-ends must lie in [0, 1], got {self.hidden_ends}")
        if not 0 <= self.term_ramp <= 1:
            raise ValueError(f"--term-ramp must lie in [0, 1], got {self.term_ramp}")
        if not 0 < self.lr_decay <= 1:
            raise ValueError(f"--lr-decay must lie in (0, 1], got {self.lr_decay}")
        if not 0 < self.lr < math.inf:
            raise ValueError(f"--lr must be positive and finite, got {self.lr}")
        if not 0 < self.semi_share < 1:
            raise ValueError(f"--semi-share must lie in (0, 1), got {self.semi_share}")
        if not 0 < self.labelled_share <= 1:
            raise ValueError(f"--labelled-share must lie in (0, 1], got {self.labelled_share}")

    def _check_people(self) -> None:
        if self.shared_trunk and self.trajectory != "model":
            raise ValueError("--shared-trunk needs --trajectory model: it is the root path that shares the network")
        if self.is_semi and self.trajectory == "none":
            raise ValueError(
                "--semi needs --trajectory model or solve: a pose that is nowhere cannot be projected to the image"
            )
        if self.is_semi and self.batch_size < 2:
            raise ValueError("--semi needs --batch-size 2 or more: a part of a batch is labelled, a part is not")

    def _check_loss(self) -> None:
        for name in self.weights:
            for need in LOSSES[name].needs:
                if need in GIVERS and need not in self.given:
                    raise ValueError(f"loss '{name}' needs {GIVERS[need]}; give that, or leave '{name}' out of --loss")
        for name in complete_losses(self.weights, self.given):
            term, options = LOSSES[name], getattr(self.loss_options, name, None)
            if term.frames_needed(options) > self.num_frames:
                others = f", or other options --{name.replace('_', '-')}.*" if term.options else ""
                raise ValueError(
                    f"loss '{name}' needs windows of at least {term.frames_needed(options)} frames; "
                    f"give a larger --num-frames than {self.num_frames}{others}"
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

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """The terms of ``--loss`` and their weights."""
        return parse_losses(self.loss)

    @property
    def given(self) -> set[Need]:
        """What this run's model and data give to loss terms, as far as the flags tell: which fields the clips of the
        data have is known when they are loaded (:func:`train.loop.objective.build_objective`)."""
        given: set[Need] = {"poses", "cameras"}
        if self.root_head != "none":
            given.add("path")
        if getattr(self.model, "input", "keypoints") == "features":
            given |= {"smpl", "true_smpl"}
        if getattr(self.model, "spread", False):
            given.add("spread")
        if self.is_semi:
            given.add("unlabelled")
        return given


def to_plain(config: Config) -> dict[str, Any]:
    return dataclasses.asdict(config)


def config_from_plain(values: Mapping[str, Any]) -> Config:
    """The config that :func:`to_plain` gave, after a round trip through JSON."""
    nested = {
        "model": from_plain(MODELS[values["arch"]].model.config_class, values["model"]),
        "data_options": data_options_from_plain(
            all_names(values["data"], values.get("test_data", "")), values["data_options"]
        ),
        "loss_options": loss_options_from_plain(values["loss_options"]),
    }
    framing = values["framing"]  # which runs of before do not say, whose networks had other input
    return from_plain(Config, {**values, **nested, "framing": framing})
