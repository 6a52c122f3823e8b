"""Draw the acceleration error of one clip over time for several systems: which shakes, where, and how much.

python -m train.compare runs/A runs/B --data mocap --data-root DIR --split val --out-dir comparison
python -m train.compare runs/A theirs.npz --units mm --clip "S9/Eating/54138969/Eating 1"
python -m train.compare runs/A --smooth average gaussian

A system is a run folder, a model file or a file of 3D predictions. Models lift whole clips, and average each
prediction with the prediction for the mirrored keypoints. The picture is that of TCMR's Figure 5.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Generic, TypeVar

import numpy as np
import pandas as pd
import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graphs import get_skeleton
from pygpose.console import fail_with_sentence
from pygpose.data import DATASETS, SkeletonSequence, Split
from pygpose.inference.checkpoint import load_model
from pygpose.inference.motion import Motion, check_filters, predict, smooth_motions
from pygpose.inference.predictions import Units, by_key, read_predictions
from pygpose.metrics import acceleration_errors
from pygpose.refine import FILTERS
from pygpose.safe.atomic import write_atomic
from pygpose.smpl import Body
from train.config.command import peek
from train.config.environment import check_free, check_skeleton, choose_device, load_scored, new_folder, open_data
from train.config.extensions import Imports, import_named
from train.config.flags import in_flags, read_flags
from train.config.help import command_help
from train.report.pictures import acceleration_over_time
from train.report.spreadsheet import inert
from train.report.style import png

DataConfig = TypeVar("DataConfig")
Clips = Mapping[str, SkeletonSequence]  # by subject/action/camera/clip
Errors = dict[str, np.ndarray]  # by clip


@dataclass(frozen=True, kw_only=True)
class CompareConfig(Generic[DataConfig]):
    """Which systems are compared, and on which clips."""

    systems: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Folders of training runs, model files (.safetensors, or official weights of VideoPose3D or TCMR), and files of 3D
    predictions (.npz, .csv)."""
    data_options: DataConfig
    data: str = "synthetic"
    """Name of the data set with the true motion; the list above has all names."""
    data_root: str = ""
    """Folder or file that holds the data set; synthetic data need none."""
    split: Split = "test"
    """Whose clips may be drawn: people held out for testing, people held out for validation, those of training, or
    all."""
    clip: str = ""
    """Clip to draw, as SUBJECT/ACTION/CAMERA/CLIP; where none is given, the clip on which the systems' acceleration
    errors differ most."""
    smooth: tuple[str, ...] = ()
    """Filters over time; the list above has all names. Each system's motion after each filter is drawn as a system of
    its own."""
    names: tuple[str, ...] = ()
    """Names of the systems in picture and table, in their order; where none are given, those of their folders and
    files."""
    units: Units | None = None
    """Unit of lengths in files of predictions, whatever they state. Not given: what they state."""
    out_dir: Path = Path("comparison")
    """Folder for acceleration-error.png and acceleration-error.csv; a folder that holds files is refused."""
    device: str = "auto"
    """Device that computes: cpu, cuda, cuda:1, mps; auto: a GPU where there is one, or else the CPU."""

    imports: Imports = ()
    """Module of one's own to import first, by its name or the path of its file: losses, models, data sets and filters
    that it registers are known to all flags. Give --import again for every further module."""

    def __post_init__(self) -> None:
        check_filters(self.smooth)


def systems_by_name(config: CompareConfig) -> dict[str, Path]:
    """The systems of the command line, by the names that picture and table show.

    Raises:
        ValueError: For one system without ``--smooth``, more or fewer names than systems, and two systems of one name.
    """
    paths = config.systems
    if len(paths) * (1 + len(config.smooth)) < 2:
        raise ValueError(f"a comparison needs two or more systems, or one and --smooth; got {len(paths)}")
    names = list(config.names) or [path.name if path.is_dir() else path.stem for path in paths]
    if not config.names and len(set(names)) < len(names):
        names = list(map(str, paths))
    if len(names) != len(paths) or len(set(names)) < len(names):
        raise ValueError(f"{len(paths)} systems need as many different names, got {', '.join(names)}; give --names")
    return dict(zip(names, paths, strict=True))


def parse_command(words: Sequence[str]) -> CompareConfig:
    """The command line as a config: ``--data`` chooses which data options there are."""
    import_named(words)
    data = peek(words, "--data", "synthetic")
    options = DATASETS[data].config()
    default = CompareConfig(data_options=options, systems=(), data=data)
    kind = CompareConfig[type(options)]  # pyright: ignore[reportInvalidTypeArguments]
    datasets = {name: DATASETS[name].description for name in DATASETS}
    about = command_help(__doc__, {"--data": datasets, "--smooth": FILTERS})
    return read_flags(kind, words, module="train.compare", about=about, default=default)


def system_motions(
    path: Path, config: CompareConfig, skeleton: str, clips: Clips, wanted: Clips
) -> tuple[dict[str, Motion], Body | None]:
    """The motions of the wanted clips by one system, and the body of its model, where it has one.

    A model lifts all of them; a file may lack some.

    Raises:
        ValueError: For a file with none of the wanted clips, and a model of another skeleton.
    """
    if path.suffix.lower() in (".npz", ".csv"):
        found, poses = read_predictions(path, get_skeleton(skeleton), config.units).of(
            list(clips.values()), partial=True
        )
        known = {key: Motion(pose) for key, pose in zip(by_key(found), poses, strict=True) if key in wanted}
        if not known:
            raise ValueError(
                f"{path} has no prediction of {config.clip or 'a clip of 3 frames'}; add it, or choose another --clip"
            )
        return known, None
    model, _ = load_model(path)
    check_skeleton(model, skeleton)
    device = choose_device(config.device)
    motions = predict(model.to(device), list(wanted.values()), device=device, inference="whole", flip=True)
    return dict(zip(wanted, motions, strict=True)), model.body


def compare(config: CompareConfig) -> tuple[SkeletonSequence, dict[str, np.ndarray]]:
    """The clip to draw, and every system's acceleration errors on it, by the system's name.

    Raises:
        ValueError: For a clip that the data or a system does not have, and data without a clip of 3 frames.
    """
    systems = systems_by_name(config)
    source = open_data(config.data, config.data_root, config.data_options)
    clips = by_key(load_scored(source, config.split, config.data_root).sequences)
    wanted = {key: clip for key, clip in clips.items() if counted(clip).any() and config.clip in ("", key)}
    if not wanted:
        needs = "3 frames in a row that count, which an acceleration needs"
        some = ", ".join(f"'{key}'" for key in list(clips)[:3])
        raise ValueError(
            f"{config.data}, {config.split} has no clip '{config.clip}' of {needs}; its clips are {some}, ..."
            if config.clip
            else f"{config.data}, {config.split} has no clip of {needs}"
        )
    check_free(config.out_dir)
    errors: dict[str, Errors] = {}
    for name, path in systems.items():
        motions, body = system_motions(path, config, source.skeleton, clips, wanted)
        found = [wanted[key] for key in motions]
        ways = {name: list(motions.values())}
        ways |= {f"{name} + {smooth}": smooth_motions(found, ways[name], smooth, body) for smooth in config.smooth}
        for way, of_clips in ways.items():
            pairs = zip(motions, found, of_clips, strict=True)
            errors[way] = {key: clip_errors(motion, clip) for key, clip, motion in pairs}
    key = most_different(errors)
    return wanted[key], {name: of_clips[key] for name, of_clips in errors.items()}


def counted(clip: SkeletonSequence) -> np.ndarray:
    """Which accelerations count, ``[T - 2]``: those between three frames that all count."""
    valid = clip.valid.numpy() if "valid" in clip else np.ones(clip.num_frames, bool)
    return valid[:-2] & valid[1:-1] & valid[2:]


def clip_errors(motion: Motion, clip: SkeletonSequence) -> np.ndarray:
    """Acceleration errors of one clip, mm/frame^2, ``[T - 2]``; NaN where a frame does not count."""
    return np.where(counted(clip), acceleration_errors(motion.pose, clip.pose()).numpy(), np.nan)


def most_different(errors: Mapping[str, Errors]) -> str:
    """Of the clips that all systems have, the one whose mean error differs most between two systems.

    Raises:
        ValueError: For systems without a clip in common.
    """
    first, *others = errors.values()
    shared = [key for key in first if all(key in other for other in others)]
    if not shared:
        raise ValueError(f"{', '.join(errors)} have no clip in common; give predictions of the same clips")
    means = {key: [np.nanmean(of_clips[key]) for of_clips in errors.values()] for key in shared}
    return max(shared, key=lambda key: max(means[key]) - min(means[key]))


def error_table(clip: SkeletonSequence, errors: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """One row for each system and frame that counts; frames are numbered from 0, and the first and last of a clip have
    no acceleration."""
    (key,) = by_key([clip])
    parts = []
    for name, values in errors.items():
        frames = 1 + np.arange(len(values))
        per_second = values * clip.fps**2 / 1000
        columns = {"frame": frames, "seconds": frames / clip.fps, "mpjacce_mm": values, "mpjacce_m_s2": per_second}
        parts.append(pd.DataFrame({"clip": key, "system": name, **columns}))
    return pd.concat(parts, ignore_index=True).dropna(ignore_index=True)


def main(argv: Sequence[str] | None = None) -> None:
    words = sys.argv[1:] if argv is None else list(argv)
    with fail_with_sentence(in_flags):
        config = parse_command(words)
        clip, errors = compare(config)
        table = error_table(clip, errors)
        (key,) = by_key([clip])
        title = f"{key} ({config.data})"
        picture = png(acceleration_over_time(errors, clip.fps, title))
        new_folder(config.out_dir)
        write_atomic(config.out_dir / "acceleration-error.csv", lambda part: inert(table).to_csv(part, index=False))
        write_atomic(config.out_dir / "acceleration-error.png", lambda part: part.write_bytes(picture))
        shown = Table("MPJAccE", "mean (mm/frame^2)", "largest", "mean (m/s^2)", title=escape(title))
        for name, rows in table.groupby("system", sort=False):
            largest, means = rows["mpjacce_mm"].max(), rows[["mpjacce_mm", "mpjacce_m_s2"]].mean()
            shown.add_row(escape(str(name)), f"{means.iloc[0]:.2f}", f"{largest:.2f}", f"{means.iloc[1]:.2f}")
        Console().print(shown)
        Console().print(f"picture: {config.out_dir / 'acceleration-error.png'}", soft_wrap=True)


if __name__ == "__main__":
    main()
