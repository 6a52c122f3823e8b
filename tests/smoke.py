"""What must work with any packages that pyproject.toml allows: `python -P tests/smoke.py`, in any environment.

Every module is imported, every architecture lifts a clip, a run of three steps leaves a report, and its predictions are
written, read and scored again; a bad flag ends in a sentence. Needs nothing but what pygpose itself needs.
"""

import importlib
import os
import pkgutil
import tempfile
import time
from importlib import metadata
from pathlib import Path

import torch
from packaging.requirements import Requirement  # matplotlib brings it

RUN = ("--data-options.frames", "40", "--num-frames", "40", "--train-stride", "40", "--batch-size", "100")


def main() -> None:
    core = [Requirement(line) for line in metadata.requires("pygpose") or () if "extra ==" not in line]
    print(", ".join(f"{need.name} {metadata.version(need.name)}" for need in core))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYGPOSE_CACHE"] = folder
        print(f"{import_everything()} modules imported")
        for name in lift_with_every_architecture():
            print(f"{name} lifts")
        train_three_steps(Path(folder))
        end_in_a_sentence()


def import_everything() -> int:
    rooms = [importlib.import_module(name) for name in ("graphs", "pygpose", "train")]
    modules = [module.name for room in rooms for module in pkgutil.walk_packages(room.__path__, room.__name__ + ".")]
    for name in modules:
        if not name.endswith("__main__"):
            importlib.import_module(name)
    return len(modules)


def lift_with_every_architecture():
    from graphs import get_skeleton
    from pygpose.data import load_dataset
    from pygpose.inference.lift import lift
    from pygpose.models import MODELS, build_model

    clip = load_dataset("synthetic", subjects=["S9"])[0]
    for name in MODELS:
        pose = lift(build_model(name, skeleton=get_skeleton("h36m17")), clip.keypoints()[None])
        assert pose.shape[2:] == (17, 3) and torch.isfinite(pose).all()
        yield name


def train_three_steps(folder: Path) -> None:
    from pygpose.inference.checkpoint import load_model
    from train.evaluate import main as evaluate
    from train.run import main as run

    start = time.perf_counter()
    run([*RUN, "--epochs", "1", "--out-dir", str(folder / "run")])
    model, _ = load_model(folder / "run")
    assert model(torch.randn(1, 50, 17, 2)).shape == (1, 50, 17, 3)
    evaluate([str(folder / "run"), "--save-predictions", "--out-dir", str(folder / "scores")])
    evaluate(["--predictions", str(folder / "scores/predictions.npz"), "--out-dir", str(folder / "again")])
    for report in (folder / f"{name}/report.html" for name in ("run", "scores", "again")):
        assert report.stat().st_size > 10_000, f"{report.name} is empty"
    print(f"trained, reported and scored in {time.perf_counter() - start:.0f} s")


def end_in_a_sentence() -> None:
    from train.benchmark import main as benchmark

    try:
        benchmark(["--repeats", "0"])
    except SystemExit as stop:
        assert stop.code == 2
    else:
        raise AssertionError("--repeats 0 was taken")


if __name__ == "__main__":
    main()
