"""Human3.6M and HumanEva-I in VideoPose3D's files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graphs import get_skeleton
from pygpose.data.check.data_sets import REMEDY, tally_subjects
from pygpose.data.check.forms import FORMS, Findings, Form, Problem, Progress, Stated
from pygpose.data.check.tally import Tally
from pygpose.data.datasets import DataSource
from pygpose.data.sources.h36m import H36M, JOINTS, H36MConfig
from pygpose.data.sources.humaneva import HumanEva, HumanEvaConfig
from pygpose.data.sources.videopose3d import read_detections, read_positions


@dataclass(frozen=True)
class DataSet:
    """One data set in this form.

    Args:
        title: What it is called.
        name: In the files' names.
        open: Opens a folder with the keypoints of this name.
        joints: Of the 3D file.
        kept: Which of them are the skeleton's.
        skeleton: Registered name.
    """

    title: str
    name: str
    open: Callable[[Path, str], DataSource]
    joints: int
    kept: Sequence[int]
    skeleton: str

    def recognises(self, path: Path) -> bool:
        """A folder with one of the files, or one of them."""
        patterns = (f"data_3d_{self.name}.npz", f"data_2d_{self.name}_*.npz")
        if path.is_dir():
            return any(True for pattern in patterns for _ in path.glob(pattern))
        return any(path.match(pattern) for pattern in patterns)

    def check(self, path: Path, stated: Stated, progress: Progress) -> list[Findings]:
        """One by one for each file of keypoints, with the positions that are beside it."""
        folder, start = (path if path.is_dir() else path.parent), f"data_2d_{self.name}_"
        files = [path] if path.name.startswith(start) else sorted(folder.glob(f"{start}*.npz"))
        return [self._check(folder, file.stem.removeprefix(start), progress) for file in files] or [
            self._check(folder, "gt", progress)
        ]

    def _check(self, folder: Path, keypoints: str, progress: Progress) -> Findings:
        tally = Tally()
        problems, facts = tally_subjects(lambda: self.open(folder, keypoints), folder, tally, progress)
        if not facts:  # not even opened: what is wrong with which of the files
            problems = self._each_file(folder, keypoints) or problems
        units = {"units": "3D: metres, camera frame; 2D: pixels in the file, told here as screen coordinates"}
        title = f"{self.title} in VideoPose3D's files, keypoints '{keypoints}'"
        return Findings(title, tally.facts() | units | facts, problems, tally.doubts(), tally.stills())

    def _each_file(self, folder: Path, keypoints: str) -> tuple[Problem, ...]:
        positions = folder / f"data_3d_{self.name}.npz"
        pixels = folder / f"data_2d_{self.name}_{keypoints}.npz"
        readers = {
            positions: lambda: read_positions(positions, self.joints, self.kept),
            pixels: lambda: read_detections(pixels, get_skeleton(self.skeleton)),
        }
        problems = []
        for path, read in readers.items():
            try:
                read()
            except FileNotFoundError:
                problems.append(
                    Problem(
                        str(folder),
                        f"there is no {path.name}",
                        "put it there; VideoPose3D's DATASETS.md says how it is made",
                    )
                )
            except (ValueError, OSError) as error:
                problems.append(Problem.of(error, path, REMEDY))
        return tuple(problems)


for _set in (
    DataSet("Human3.6M", "h36m", lambda root, keypoints: H36M(H36MConfig(keypoints), root), 32, JOINTS, "h36m17"),
    DataSet(
        "HumanEva-I",
        "humaneva15",
        lambda root, keypoints: HumanEva(HumanEvaConfig(keypoints), root),
        15,
        range(15),
        "humaneva15",
    ),
):
    FORMS.register(_set.name)(
        Form(
            f"{_set.title}: a folder with VideoPose3D's data_3d_{_set.name}.npz and data_2d_{_set.name}_*.npz",
            _set.recognises,
            _set.check,
        )
    )
