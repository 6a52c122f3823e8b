"""Ratios measured side by side, in one run, on this machine.

python -m train.benchmark
python -m train.benchmark --device cuda --batch-size 256
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import torch
import tyro
from rich.console import Console
from rich.table import Table
from torch import Tensor

from graphs import Laplacian, get_skeleton, motion_laplacian
from graphs.laplacian import Backend
from pygpose.console import fail_with_sentence, track
from pygpose.data import WindowDataset, WindowLoader, load_dataset
from pygpose.data.windows import window_starts
from pygpose.geometry import h36m_cameras, project_points, solve_root_path
from pygpose.inference.lift import lift
from pygpose.losses import build_loss
from pygpose.models import build_model
from pygpose.models.tcn import TCN, TCNConfig
from pygpose.models.ugcn import UGCN, UGCNConfig
from pygpose.nn import ForecastEncoder
from train.config.environment import choose_device, use_bfloat16, versions
from train.config.settings import parse_command
from train.loop.trainer import Trainer
from train.speed.classic import ClassicForecastEncoder, ClassicTCN, ClassicUGCN
from train.speed.measure import medians, peak_memory

SKELETON = get_skeleton("h36m17")
LENGTHS = (27, 96, 243, 1000)


@dataclass(frozen=True)
class BenchmarkConfig:
    """Ratios measured side by side, in one run, on this machine."""

    device: str = "auto"
    """auto, cpu, cuda, cuda:1, mps."""
    batch_size: int = 32
    """Windows of a training step."""
    num_frames: int = 96
    """Frames of a window."""
    channels: tuple[int, ...] = UGCNConfig().channels
    """Widths of both networks; public re-implementations have 16 32 64 128 256."""
    clip_frames: tuple[int, ...] = (1000, 2400)
    """Frames of the clips for inference: UGCN lifts each, TCN and TCMR the first. Human3.6M's have 2,400 on average."""
    repeats: int = 7
    """Timed rounds in which all candidates take turns; tables show medians."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "num_frames", "repeats"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} must be at least 1, got {getattr(self, name)}")
        if not self.clip_frames or min(self.clip_frames) < 1:
            raise ValueError(f"--clip-frames must be lengths of at least 1, got {self.clip_frames}")


def training_step(config: BenchmarkConfig, device: torch.device) -> pd.DataFrame:
    """A UGCN training step, the classic formulation's, and the shares of loss and loading in ours."""
    torch.manual_seed(0)
    model = UGCN(SKELETON, UGCNConfig(channels=config.channels, merge_channels=config.channels[0])).to(device)
    classic = ClassicUGCN(SKELETON, model.config).to(device)
    dataset = WindowDataset(load_dataset("synthetic", subjects=["S1"], frames=300), config.num_frames, 1)
    loader = WindowLoader(dataset, config.batch_size, seed=0)
    windows = next(loader.epoch(0)).to(device)
    x, target = windows.keypoints, windows.pose
    objectives = {name: build_loss(name, skeleton=SKELETON) for name in ("motion+lap", "pose:0+lap")}
    prediction = torch.randn_like(target).requires_grad_()
    batches = loader.epoch(1)

    def step(network: torch.nn.Module, half: bool = False) -> Callable[[], None]:
        optimizer = torch.optim.AdamW(network.parameters(), fused=True)

        def work() -> None:
            optimizer.zero_grad()
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
                prediction = network(x)
            objectives["motion+lap"](prediction, target)[0].backward()
            optimizer.step()

        return work

    def load() -> None:
        next(batches).to(device)

    half = use_bfloat16("auto", device)
    candidates = {f"ours in {'bfloat16' if half else 'float32'}, as train.run trains here": step(model, half)}
    if half:
        candidates |= {"ours in float32": step(model), "classic formulation in bfloat16": step(classic, half)}
    candidates |= {
        "classic formulation (NCHW, einsum) in float32, as public code": step(classic),
        "Laplacian loss alone (sparse), forward and backward": lambda: objectives["pose:0+lap"](prediction, target)[
            0
        ].backward(),
        "loading a batch": load,
    }
    times = medians(candidates, config.repeats, device)
    ours = next(iter(times.values()))
    frames = config.batch_size * config.num_frames
    rows = [(name, value, 1e3 * frames / value, value / ours) for name, value in times.items()]
    return pd.DataFrame(rows, columns=["UGCN training step, motion+lap", "ms", "frames/s", "ratio to ours"])


def tcn(config: BenchmarkConfig, device: torch.device) -> pd.DataFrame:
    """The TCN of 27 frames against its classic formulation: training on windows, on single poses, and inference."""
    torch.manual_seed(0)
    options = TCNConfig(filter_widths=(3, 3, 3))
    ours = TCN(SKELETON, options).to(device)
    pairs: dict[str, tuple[torch.nn.Module, int, int]] = {}
    for name, frames, windows in (
        (f"training, {config.batch_size} windows of {config.num_frames} frames", config.num_frames, config.batch_size),
        ("training, 1,024 single poses", 1, 1024),
        (f"inference, {config.clip_frames[0]} frames", config.clip_frames[0], 1),
    ):
        pairs[name] = (ClassicTCN(options, SKELETON.num_joints, strided=frames == 1).to(device), frames, windows)

    def work(network: torch.nn.Module, frames: int, windows: int, training: bool) -> Callable[[], None]:
        x = torch.randn(windows, frames + ours.receptive_field - 1, SKELETON.num_joints, 2, device=device)
        target = torch.randn(windows, frames, SKELETON.num_joints, 3, device=device)
        optimizer = torch.optim.Adam(network.parameters(), fused=True)
        call = (lambda: ours(x, with_context=True)) if network is ours else (lambda: network(x))

        def run() -> None:
            network.train(training)
            with torch.set_grad_enabled(training):
                pose = call()
            if training:
                optimizer.zero_grad()
                (pose - target).norm(dim=-1).mean().backward()
                optimizer.step()

        return run

    rows = []
    for name, (classic, frames, windows) in pairs.items():
        training = not name.startswith("inference")
        times = medians(
            {"ours": work(ours, frames, windows, training), "classic": work(classic, frames, windows, training)},
            config.repeats,
            device,
        )
        rows.append((name, times["ours"], times["classic"], times["classic"] / times["ours"]))
    x = torch.randn(256, ours.receptive_field + 1, SKELETON.num_joints, 2, device=device)
    ours.eval()
    with torch.no_grad():
        times = medians(
            {"strided": lambda: ours.lift(x[:, :-1]), "dilated": lambda: ours.lift(x)}, config.repeats, device
        )
    rows.append(("256 single poses: strides against dilations", *times.values(), times["dilated"] / times["strided"]))
    return pd.DataFrame(rows, columns=["TCN, 27 frames, 1,024 channels", "ms", "other ms", "ratio"])


def places(config: BenchmarkConfig, device: torch.device) -> pd.DataFrame:
    """Semi-supervised steps of the TCN against a supervised one of as many windows, and solving for a root's path."""
    clips = load_dataset("synthetic", subjects=["S1"], frames=300)
    words = ["--arch", "tcn", "--model.filter-widths", "3", "3", "3", "--loss", "pose", "--amp", "off"]
    words += ["--num-frames", str(config.num_frames), "--batch-size", str(config.batch_size)]
    both = ["--semi", "rest", "--semi-options.warmup", "0"]
    ways = {
        "supervised": [],
        "semi-supervised, trajectory model": ["--trajectory", "model", *both],
        "semi-supervised, shared trunk": ["--trajectory", "model", "--shared-trunk", *both],
        "semi-supervised, solved path": ["--trajectory", "solve", *both],
    }
    candidates: dict[str, Callable[[], object]] = {}
    for name, flags in ways.items():
        run = parse_command([*words, *flags])
        model = build_model("tcn", skeleton=SKELETON, config=run.model, root_head=run.root_head).to(device)
        data = [WindowDataset(clips, run.num_frames, 1, model.context, labelled=labelled) for labelled in (True, False)]
        mean, scale, root, root_scale = (
            data[0].mean_pose(),
            data[0].pose_scale(),
            data[0].mean_root(),
            data[0].root_scale(),
        )
        model.set_statistics(mean, scale, root, root_scale)
        loss = build_loss(run.loss, skeleton=SKELETON)
        unlabelled = data[1] if run.semi else None
        trainer = Trainer(run, model, loss, data[0], lambda _: {}, Path(), device, unlabelled)
        windows = next(trainer.loader.epoch(0)).to(device)
        candidates[f"training step, {name}"] = partial(trainer.step, windows)
    times = medians(candidates, config.repeats, device)
    rows = [(name, value, value / times["training step, supervised"]) for name, value in times.items()]
    camera, draw = h36m_cameras("S1")[0], torch.Generator().manual_seed(0)
    pose = 0.4 * torch.randn(10_000, SKELETON.num_joints, 3, generator=draw, dtype=torch.float64)
    keypoints = project_points(pose + torch.tensor([0.0, 0.0, 5.0]), camera)
    solving = {
        f"solve_root_path, 10,000 frames, smoothness {value:g}": partial(
            solve_root_path, pose.to(device), keypoints.to(device), camera, smoothness=value
        )
        for value in (0.0, 1.0)
    }
    rows += [(name, value, math.nan) for name, value in medians(solving, config.repeats, device).items()]
    return pd.DataFrame(rows, columns=["places", "ms", "ratio"])


def laplacians(config: BenchmarkConfig, device: torch.device) -> pd.DataFrame:
    """Both backends against a dense product, forward and backward, with peak memory."""
    rows = []
    for frames in track(LENGTHS, "Laplacian"):
        candidates = {name: _laplacian_work(name, frames, device) for name in ("sparse", "product", "dense")}
        times = medians(candidates, config.repeats, device)
        for name, value in times.items():
            memory = peak_memory(_laplacian_work, (name, frames), ("sparse", 2), device)
            rows.append((frames, name, value, value / times["sparse"], memory))
    return pd.DataFrame(rows, columns=["T", "Laplacian (8 windows)", "ms", "ratio to sparse", "peak MiB"])


def _laplacian_work(name: str, frames: int, device: torch.device) -> Callable[[], None]:
    pose = torch.randn(8, frames, SKELETON.num_joints, 3, device=device, requires_grad=True)
    if name == "dense":
        matrix = motion_laplacian(SKELETON, frames).to_dense().to(device)

        def apply() -> Tensor:
            return matrix @ pose.flatten(1, 2)
    else:
        backend: Backend = "sparse" if name == "sparse" else "product"
        module = Laplacian(SKELETON, backend=backend)

        def apply() -> Tensor:
            return module(pose)

    def work() -> None:
        apply().square().sum().backward()

    return work


def inference(config: BenchmarkConfig, device: torch.device) -> pd.DataFrame:
    """Whole clips in one pass against windows every 5 frames, and those as public code runs them."""
    model = UGCN(SKELETON, UGCNConfig()).to(device)
    classic = ClassicUGCN(SKELETON, model.config).to(device)
    rows = []
    for frames in config.clip_frames:
        x = torch.randn(1, frames, SKELETON.num_joints, 2, device=device)
        sliding = {"inference": "windows", "window": config.num_frames, "step": 5}
        candidates = {
            "whole clip": partial(lift, model, x, flip=False),
            "windows, step 5": partial(lift, model, x, flip=False, **sliding),
            "windows, step 5, classic": partial(lift, classic, x, flip=False, **sliding),
        }
        times = medians(candidates, config.repeats, device)
        starts = window_starts(max(frames, config.num_frames), config.num_frames, sliding["step"])
        seen = len(starts) * config.num_frames / frames
        for name, value in times.items():
            passes = 1.0 if name == "whole clip" else seen
            rows.append((frames, name, value, value / times["whole clip"], passes))
    return pd.DataFrame(rows, columns=["frames", "inference with UGCN", "ms", "ratio to whole", "times lifted"])


def forecast(config: BenchmarkConfig, device: torch.device) -> pd.DataFrame:
    """TCMR's encoders over a whole clip against its windows one by one."""
    rows, frames = [], config.clip_frames[0]
    sizes = {"features: 2048 channels, 1024 states, 2 layers": (2048, 1024, 2), "keypoints: 256, 256, 1": (256, 256, 1)}
    for name, (channels, hidden, layers) in sizes.items():
        encoder = ForecastEncoder(channels, hidden, layers).to(device).eval()
        classic = ClassicForecastEncoder(encoder)
        x = torch.randn(1, frames + encoder.window - 1, channels, device=device)

        def timed(network: torch.nn.Module, x: Tensor = x) -> Callable[[], Tensor]:
            return torch.no_grad()(lambda: network(x))

        times = medians({"whole clip": timed(encoder), "windows": timed(classic)}, config.repeats, device)
        rows += [
            (f"{name}, {way}", value, 1e3 * frames / value, value / times["whole clip"]) for way, value in times.items()
        ]
    return pd.DataFrame(rows, columns=[f"TCMR's encoders, {frames} frames", "ms", "frames/s", "ratio"])


def show(frame: pd.DataFrame) -> None:
    table = Table()
    for column in frame.columns:
        table.add_column(str(column), justify="left" if frame[column].dtype.kind in "OUT" else "right")
    for row in frame.itertuples(index=False):
        table.add_row(*(value if isinstance(value, str) else f"{value:,.4g}" for value in row))
    Console().print(table)


def main(argv: Sequence[str] | None = None) -> None:
    config = tyro.cli(BenchmarkConfig, args=argv, prog="python -m train.benchmark", description=__doc__)
    with fail_with_sentence():
        device = choose_device(config.device)
        for name, value in versions(device).items():
            print(f"{name}: {value}")
        print(f"batch {config.batch_size} windows of {config.num_frames} frames, widths {config.channels}")
        print(f"medians of {config.repeats} rounds")
        for measure in (training_step, tcn, places, laplacians, inference, forecast):
            show(measure(config, device))


if __name__ == "__main__":
    main()
