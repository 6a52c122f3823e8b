"""What a run finds around it: its device, its folder, its data, and the versions that its report states."""

from __future__ import annotations

import platform
from collections.abc import Collection, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from pygpose.data import DataSource, LoadedData, Split, check_subjects, open_source
from pygpose.models import Lifter


def choose_device(name: str) -> torch.device:
    """The device of ``--device``; ``auto`` takes CUDA where it is there, then MPS, then the CPU.

    Raises:
        ValueError: For a device that is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"--device {name} cannot be used ({str(error).splitlines()[0]}); try auto or cpu") from error
    return device


def use_bfloat16(choice: str, device: torch.device) -> bool:
    """Whether training runs under bfloat16 autocast, by ``--amp``: ``on``, ``off``, or ``auto``: where the hardware
    multiplies bfloat16 natively."""
    if choice != "auto":
        return choice == "on"
    if device.type == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return device.type == "cuda" and torch.cuda.is_bf16_supported()


def check_free(path: Path, but: Collection[str] = ()) -> None:
    """
    Raises:
        ValueError: For a folder that holds files: nothing is ever written over.
    """
    if path.exists() and (not path.is_dir() or any(inside.name not in but for inside in path.iterdir())):
        raise ValueError(f"output folder {path} exists and is not empty; give another --out-dir")


def new_folder(path: Path, but: Collection[str] = ()) -> Path:
    """Make a folder, or take an empty one; called when there is something to write, so that a refusal leaves none.

    Raises:
        ValueError: As :func:`check_free`.
    """
    check_free(path, but)
    path.mkdir(parents=True, exist_ok=True)
    return path


def open_data(name: str, root: str, options: object) -> DataSource:
    """The data set of ``--data``, ``--data-root`` and ``--data-options``."""
    return open_source(name, options, Path(root) if root else None)


def load_scored(source: DataSource, split: Split, root: str) -> LoadedData:
    """The clips of a split, against whose true motion something is scored.

    Raises:
        ValueError: For data without true motion, and for a split without people.
    """
    held_out = any(source.subjects(one) for one in ("train", "val", "test"))
    data = source.load(check_subjects(source, None, split if held_out else "all"))
    without = [clip for clip in data.sequences if "y" not in clip]
    if without:
        some = "" if len(without) == len(data.sequences) else f" for {len(without)} of {len(data.sequences)} clips"
        raise ValueError(
            f"{data.title}: there is no true motion{some} to score against, only keypoints; to get motion from "
            f"keypoints: pygpose lift {root}"
        )
    check_subjects(source, None, split)
    return data


def check_skeleton(model: Lifter, skeleton: str) -> None:
    """Refuse data whose joints are not those that the model gives.

    Raises:
        ValueError: For data of another skeleton than the model's.
    """
    if model.skeleton.name != skeleton:
        raise ValueError(
            f"the model was trained on skeleton '{model.skeleton.name}', the data have '{skeleton}'; "
            "train a model on these data, or map their joints first"
        )


def data_facts(data: LoadedData, split: str, checksum: str) -> dict[str, str]:
    """The lines of a report that say what was scored, by their headings."""
    subjects = sorted({clip.subject for clip in data.sequences})
    frames = sum(clip.num_frames for clip in data.sequences)
    counted = sum(int(clip.valid.sum()) if "valid" in clip else clip.num_frames for clip in data.sequences)
    of_them = f", of which {counted} count" if counted < frames else ""
    rates = sorted({clip.fps for clip in data.sequences})
    return {
        "data": f"{data.title}, checksum {checksum}",
        "input": data.input,
        "scored on": f"{split} subjects {', '.join(subjects)}",
        "clips": f"{len(data.sequences)} (clip and camera), {frames} frames at {_join(rates)} frames/s{of_them}",
    }


def versions(device: torch.device) -> dict[str, str]:
    """The lines of a report that say what it was made with, by their headings."""
    packages = ("pygpose", "torch", "torch-geometric", "numpy", "torch-scatter", "torch-sparse")
    found = {name: _version(name) for name in packages}
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{device.type}, {_threads()}"
    return {
        "device": name,
        "versions": ", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {number}" for name, number in found.items() if number)]
        ),
    }


def _threads() -> str:
    return f"{torch.get_num_threads()} threads"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _join(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
