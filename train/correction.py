"""Fit the weights of the correction to people with known motion, and keep them only if they are better on others.

python -m train.correction runs/NAME --data-root DIR --pixels 5

The motion of a model on training people is calmed, its errors go back through the solve to the weights of smoothing and
keypoints, and Adam makes them smaller. The validation people say whether the found weights are better than the usual
ones; the flags for train.evaluate are printed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
import tyro
from torch import Tensor

from pygpose.console import console, fail_with_sentence, track
from pygpose.data import SkeletonSequence, Split, check_subjects, open_source
from pygpose.data.sources.mocap import MocapConfig
from pygpose.data.transforms.noise import DetectorNoise
from pygpose.inference.checkpoint import load_model
from pygpose.inference.correcting import correct_motions
from pygpose.inference.motion import Motion, clip_rays, predict, with_solved_paths
from pygpose.metrics import summary
from pygpose.models import Lifter
from pygpose.refine import CorrectionOptions
from pygpose.refine.calming import calm
from train.config.flags import in_flags, read_flags
from train.config.help import command_help
from train.scoring.scores import score


@dataclass(frozen=True)
class FitConfig:
    """Fit the weights of the correction to people with known motion."""

    run: Annotated[str, tyro.conf.Positional]
    """Folder of a training run, a model file, or a name of weights."""
    data_root: str
    """Folder of the motion capture."""
    pixels: float = 0.0
    """Noise of the keypoints, pixels."""
    cameras: str = "h36m"
    """Cameras that see the motion, as --data-options.cameras has them."""
    acceleration: float = 5.0
    """What a millimetre per frame² of acceleration error counts beside a millimetre of position error."""
    clips: int = 40
    """Number of clips of the training people, and of the validation people."""
    steps: int = 30
    """Number of steps."""
    lr: float = 0.2
    """Learning rate, on the logarithms of the weights."""

    def __post_init__(self) -> None:
        for name in ("clips", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"--{name} must be at least 1, got {getattr(self, name)}")


def lifted(config: FitConfig, model: Lifter, split: Split) -> tuple[list[SkeletonSequence], list[Motion]]:
    """Some clips of a split, evenly taken, and their motion as the model has it."""
    noise = DetectorNoise(pixels=config.pixels)
    source = open_source("mocap", MocapConfig(cameras=config.cameras, noise=noise), Path(config.data_root))
    every = source.load(check_subjects(source, None, split)).sequences
    clips = every[:: max(1, len(every) // config.clips)][: config.clips]
    return clips, with_solved_paths(clips, predict(model, clips, device=torch.device("cpu"), inference="whole"))


def error(clip: SkeletonSequence, motion: Motion, weights: Tensor, acceleration: float) -> Tensor:
    """MPJPE of the calmed motion, and its MPJAccE times ``acceleration``, millimetres."""
    assert motion.path is not None
    rays, confidence = clip_rays(clip)
    placed = (motion.pose + motion.path[:, None]).double()
    smoothing, reprojection = weights.exp().unbind()
    found, _ = calm(
        placed,
        torch.ones_like(confidence),
        clip.fps,
        smoothing=smoothing,
        rays=rays,
        seen=confidence,
        reprojection=reprojection,
    )
    off = 1000 * ((found - found[:, :1]) - clip.pose().double())
    return off.norm(dim=-1).mean() + acceleration * off.diff(n=2, dim=0).norm(dim=-1).mean()


def fit(config: FitConfig) -> tuple[CorrectionOptions, dict[str, dict[str, float]]]:
    """The options that are kept, and the validation people's errors by name: as it is, usual weights, fitted
    weights."""
    model, _ = load_model(config.run)
    clips, motions = lifted(config, model, "train")
    usual = CorrectionOptions()
    weights = torch.tensor([usual.smoothing, usual.reprojection], dtype=torch.float64).log().requires_grad_()
    optimizer = torch.optim.Adam([weights], lr=config.lr)
    draw = torch.Generator().manual_seed(0)
    for _ in track(range(config.steps), "fitting"):
        chosen = torch.randint(len(clips), (4,), generator=draw).tolist()
        loss = torch.stack([error(clips[k], motions[k], weights, config.acceleration) for k in chosen]).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    smoothing, reprojection = weights.detach().exp().tolist()
    fitted = replace(usual, smoothing=smoothing, reprojection=reprojection)
    clips, motions = lifted(config, model, "val")
    ways = {"as it is": motions}
    ways |= {name: correct_motions(clips, motions, way) for name, way in (("usual", usual), ("fitted", fitted))}
    errors = {name: _errors(clips, way, model) for name, way in ways.items()}
    totals = {name: row["mpjpe_mm"] + config.acceleration * row["mpjacce_mm"] for name, row in errors.items()}
    return fitted if totals["fitted"] < totals["usual"] else usual, errors


def _errors(clips: Sequence[SkeletonSequence], motions: Sequence[Motion], model: Lifter) -> dict[str, float]:
    means = summary(score(clips, motions, model.skeleton))["mean_over_frames"]
    return {name: means[name] for name in ("mpjpe_mm", "mpjve_mm", "mpjacce_mm")}


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    with fail_with_sentence(in_flags):
        config = read_flags(FitConfig, words, module="train.correction", about=command_help(__doc__, {}))
        kept, errors = fit(config)
        for name, row in errors.items():
            figures = ", ".join(f"{value:.2f}" for value in row.values())
            console.print(f"{name}: MPJPE, MPJVE, MPJAccE {figures}", highlight=False)
        best = "fitted" if kept != CorrectionOptions() else "usual"
        console.print(f"the {best} weights are better on the validation people:", highlight=False)
        flags = f"--correction.smoothing {kept.smoothing:.3g} --correction.reprojection {kept.reprojection:.3g}"
        console.print(f"  --correct {flags}", highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
