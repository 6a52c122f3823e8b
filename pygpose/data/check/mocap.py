"""The form of ``--data mocap``: positions in the world, as ``convert`` writes them."""

from __future__ import annotations

from pathlib import Path

from pygpose.data.check.data_sets import tally_subjects
from pygpose.data.check.forms import FORMS, Findings, Form, Progress, Stated
from pygpose.data.check.tally import Tally
from pygpose.data.sources.mocap import Mocap, MocapConfig
from pygpose.safe.arrays import npz_names


def recognises(path: Path) -> bool:
    """A folder with ``motions.npz``; or an npz of this name, or all of whose arrays are named ``SUBJECT/CLIP``."""
    if path.is_dir():
        return (path / "motions.npz").is_file()
    names = npz_names(path)
    ours = {"skeleton", "joints"} <= names
    return path.name == "motions.npz" or (bool(names) and not ours and all("/" in name for name in names))


def check(path: Path, stated: Stated, progress: Progress) -> list[Findings]:
    tally = Tally()
    config = MocapConfig(skeleton=stated.wanted_skeleton, fps=stated.fps or MocapConfig.fps)
    problems, facts = tally_subjects(lambda: Mocap(config, path), path, tally, progress)
    units = {"units": "metres, z up; 2D: screen coordinates of Human3.6M's cameras, which see each clip"}
    return [
        Findings(
            "motion capture for --data mocap", tally.facts() | units | facts, problems, tally.doubts(), tally.stills()
        )
    ]


FORMS.register("mocap")(
    Form(
        "mocap: a folder with motions.npz ([T, J, 3] by SUBJECT/CLIP) and index.json",
        recognises,
        check,
        ("skeleton", "fps"),
    )
)
