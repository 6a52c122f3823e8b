"""Data sets that are a folder in their own form: MPI-INF-3DHP and 3DPW."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pygpose.data.check.data_sets import tally_subjects
from pygpose.data.check.forms import FORMS, Findings, Form, Progress, Stated
from pygpose.data.check.tally import Tally
from pygpose.data.datasets import DataSource
from pygpose.data.sources.mpi_inf_3dhp import MpiInf3dhp, MpiInf3dhpConfig
from pygpose.data.sources.threedpw import ThreeDPW, ThreeDPWConfig


@dataclass(frozen=True)
class FolderForm:
    """One of them.

    Args:
        title: What it is called.
        open: Opens a folder.
        patterns: Of files that are in no other data set's folder.
    """

    title: str
    open: Callable[[Path], DataSource]
    patterns: tuple[str, ...]

    def recognises(self, path: Path) -> bool:
        """A folder with one of its files in their places."""
        return path.is_dir() and any(True for pattern in self.patterns for _ in path.glob(pattern))

    def check(self, path: Path, stated: Stated, progress: Progress) -> list[Findings]:
        tally = Tally()
        problems, facts = tally_subjects(lambda: self.open(path), path, tally, progress)
        units = {"units": "3D: metres, camera frame; 2D: told as screen coordinates"}
        return [Findings(self.title, tally.facts() | units | facts, problems, tally.doubts(), tally.stills())]


for name, form, words in (
    (
        "mpi_inf_3dhp",
        FolderForm(
            "MPI-INF-3DHP, annotation univ_annot3",
            lambda path: MpiInf3dhp(MpiInf3dhpConfig(), path),
            ("data_train_3dhp.npz", "data_test_3dhp.npz", "S[1-8]/Seq[12]/annot.mat", "**/TS[1-6]/annot_data.mat"),
        ),
        "MPI-INF-3DHP: a folder with data_train_3dhp.npz, data_test_3dhp.npz, S1/Seq1/annot.mat or TS1/annot_data.mat",
    ),
    (
        "threedpw",
        FolderForm(
            "3DPW's sequence files",
            lambda path: ThreeDPW(ThreeDPWConfig(), path),
            ("train/*.pkl", "validation/*.pkl", "test/*.pkl", "sequenceFiles/*/*.pkl"),
        ),
        "3DPW: the folder sequenceFiles, with train, validation and test",
    ),
):
    FORMS.register(name)(Form(words, form.recognises, form.check, ()))
