"""The check of files of image features, as TCMR and VIBE prepare them, or in our own form."""

from __future__ import annotations

from pathlib import Path

from pygpose.data.check.data_sets import data_set_form
from pygpose.data.check.forms import FORMS, Findings, Problem, Progress, Stated
from pygpose.data.check.tally import Tally
from pygpose.data.features.clips import RATES, clip_sequence, clips_of
from pygpose.data.features.files import FeatureFile, read_feature_file
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.sources.smpl_features import feature_files, recognised_files
from pygpose.safe.text import shown

REMEDY = "compare the file with its form in docs/features.md, and copy, download or make it again"


def check(path: Path, stated: Stated, progress: Progress) -> list[Findings]:
    return [_check(file, stated) for file in progress(recognised_files(path))]


def _check(path: Path, stated: Stated) -> Findings:
    named = feature_files([path])
    dataset = named[0][0] if named else ""
    title = f"image features of {dataset}" if dataset in RATES else "image features"
    facts: dict[str, str | list[str]] = {"file": shown(path)}
    try:
        file = read_feature_file(path)
        clips = clips_of(file)
    except (ValueError, OSError) as error:
        return Findings(title, facts, (Problem.of(error, path, REMEDY),))
    if stated.fps is None and file.fps is None and dataset not in RATES:
        remedy = "give Stated.fps: frames per second, or write it as array 'fps'"
        return Findings(title, facts, (Problem(shown(path), "the file does not say its fps", remedy),))
    tally, problems, with_smpl = Tally(), [], 0
    for clip in clips:
        try:
            sequence: SkeletonSequence = clip_sequence(file, clip, dataset, stated.fps)
        except ValueError as error:
            problems.append(Problem.of(error, path, REMEDY))
            continue
        tally.add_sequence(sequence)
        with_smpl += "smpl" in sequence
    facts |= {"videos": f"{len({clip.video for clip in clips})}, in {len(clips)} stretches without a gap"}
    facts |= tally.facts() | _facts(file) | {"SMPL": f"parameters are known in {with_smpl} of {len(clips)} stretches"}
    return Findings(title, facts, tuple(problems), tally.doubts(), tally.stills())


def _facts(file: FeatureFile) -> dict[str, str | list[str]]:
    held = {name: array.shape[1] for name, array in file.numbers.items() if name.startswith("joints")}
    return {
        "features": f"{file.numbers['features'].shape[1]} numbers a frame",
        "held joints": [f"{name}: {count}" for name, count in held.items()],
        "valid": "all frames" if file.valid is None else f"{int(file.valid.sum())} of {len(file.valid)} frames",
        "units": "3D: metres, camera frame; 2D: pixels, told as coordinates of the crop",
        "training": f"lacks {', '.join(file.lacks)}" if file.lacks else "has all it needs",
    }


FORMS.register("smpl_features")(data_set_form("smpl_features", check))
