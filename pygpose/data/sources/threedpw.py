"""3DPW, from its sequence files: people outdoors before a camera that is carried along."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pygpose.data.datasets import DATASETS, Dataset, DataSource, LoadedData, Recognition, Split, folder_with
from pygpose.data.sequence import SkeletonSequence, make_sequence
from pygpose.data.sources.threedpw_mesh import PARAMETERS, open_lsp_body, regressed_joints
from pygpose.frames import check_finite, check_flags, check_frames, stretches
from pygpose.geometry import Camera, normalize_screen, project_points
from pygpose.safe.pickles import read_pickle

FOLDERS: dict[Split, str] = {"train": "train", "val": "validation", "test": "test"}
FPS = 30.0
MIN_DEPTH = 0.1  # metres: what lies closer to the lens, or behind it, is in no picture
_KEYS = ("cam_intrinsics", "cam_poses", "campose_valid")


@dataclass(frozen=True)
class ThreeDPWConfig:
    """Options of the data set ``threedpw``."""

    body: str = ""
    """Body model file of SMPL (.pkl or .npz; your own, licensed). With a body and a joint regressor, the joints are the
    14 of published tables instead of the 24 in the files. Published tables use the neutral body, whoever is in the
    picture."""
    joint_regressor: str = ""
    """File J_regressor_h36m.npy, which gives these 14 joints as means of the body's vertices."""

    def __post_init__(self) -> None:
        if bool(self.body) != bool(self.joint_regressor):
            raise ValueError(
                f"ThreeDPWConfig.body is '{self.body}' and ThreeDPWConfig.joint_regressor is '{self.joint_regressor}'; "
                "the 14 joints need both, the 24 neither"
            )


class ThreeDPW(DataSource):
    """The folder ``sequenceFiles``, or the one that holds it, with ``train``, ``validation`` and ``test``.

    One sequence for each person and stretch of frames whose camera is known (``campose_valid``): the 24 SMPL joints
    (``jointPositions``) in the frame of each picture's camera, and their exact projection. The files' own keypoints are
    detections of 18 other joints and stay unused. The camera moves, so clips have intrinsics and no extrinsics; the
    path of the root is that before the moving camera. The files do not name people, so that a subject is a recording.

    With a body and a joint regressor, the joints are ``lsp15``: means of the vertices of that body, in each person's
    pose (``poses``), shape (``betas``) and place (``trans``), as VIBE and TCMR are scored.

    Raises:
        FileNotFoundError: Where the folder, any .pkl file in it, or the files of a body do not exist.
        ValueError: For files that are damaged, are not in 3DPW's form, or hold other objects than numpy arrays and
            plain containers.
    """

    def __init__(self, config: ThreeDPWConfig, root: Path | None) -> None:
        if root is None:
            raise ValueError("data set 'threedpw' needs a root: the folder sequenceFiles")
        if not root.is_dir():
            raise FileNotFoundError(f"no folder {root}; give sequenceFiles, with train, validation and test")
        folder = root / "sequenceFiles" if (root / "sequenceFiles").is_dir() else root
        self._paths: dict[Split, dict[str, Path]] = {
            split: {path.stem: path for path in sorted((folder / name).glob("*.pkl"))}
            for split, name in FOLDERS.items()
        }
        self._files = {stem: path for paths in self._paths.values() for stem, path in paths.items()}
        if not self._files:
            raise FileNotFoundError(f"no .pkl file in train, validation or test of {folder}")
        if len(self._files) < sum(map(len, self._paths.values())):
            raise ValueError(f"{folder}: a recording is in two of train, validation and test")
        self._of_body = [Path(name) for name in (config.body, config.joint_regressor) if name]
        self.skeleton = "lsp15" if self._of_body else "smpl24"
        for path in self._of_body:
            if not path.is_file():
                raise FileNotFoundError(f"no file {path}; give a body model file and a joint regressor that exist")

    def subjects(self, split: Split) -> list[str]:
        return list(self._files if split == "all" else self._paths[split])

    def load(self, subjects: Sequence[str]) -> LoadedData:
        sequences, used, total = [], 0, 0
        body = open_lsp_body(*self._of_body) if self._of_body else None
        for subject in subjects:
            clips, frames = _read(self._files[subject], self.skeleton, body)
            sequences += clips
            used, total = used + sum(clip.num_frames for clip in clips), total + frames
        what, errors = (
            "24 SMPL joints",
            "24 SMPL joints; published ones are mostly over 14 joints regressed from the mesh",
        )
        if self._of_body:
            model, regressor = (path.name for path in self._of_body)
            what = f"15 joints, which {regressor} regresses from the mesh of {model},"
            errors = "LSP's 14 joints and the pelvis between the hips, the root; published ones leave out the pelvis"
        notes = (
            f"2D input is the exact projection of the {what} (GT); the 18 keypoints in the files are of other joints.",
            f"{total - used} of {total} frames left out: their camera is unknown, or a joint is closer to it than "
            f"{MIN_DEPTH:g} m. Images are taken to be 1080 x 1920 or 1920 x 1080, as the principal point lies in them.",
            f"Errors are over {errors}.",
            "A subject is a recording: the files do not say who is in it, and people may be in several splits.",
        )
        return LoadedData(sequences, "3DPW", notes)

    def checksum(self) -> str:
        digest = hashlib.sha256()
        for stem, path in [*self._files.items(), *((path.name, path) for path in self._of_body)]:
            with path.open("rb") as file:
                digest.update(stem.encode() + hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]


def _read(path: Path, skeleton: str, body: Any) -> tuple[list[SkeletonSequence], int]:
    """Clips of all people, and how many frames of people there are."""
    content = read_pickle(path)
    of_people = ("jointPositions",) if body is None else PARAMETERS
    keys = (*of_people, *_KEYS)
    missing = [key for key in keys if key not in content] if isinstance(content, dict) else keys
    if missing:
        raise ValueError(f"{path} has no '{missing[0]}'; expected a sequence file of 3DPW")
    camera = _camera(content["cam_intrinsics"], f"{path}, 'cam_intrinsics'")
    moves = check_frames(content["cam_poses"], (4, 4), f"{path}, 'cam_poses'")
    lists = {key: content[key] for key in (*of_people, "campose_valid")}
    lists = {key: list(part) if isinstance(part, np.ndarray) and part.ndim else part for key, part in lists.items()}
    if not all(isinstance(part, (list, tuple)) and part for part in lists.values()):
        raise ValueError(f"{path}: {' and '.join(map(repr, lists))} must be lists with an entry for each person")
    counts = {key: len(part) for key, part in lists.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"{path}: people differ: {', '.join(f'{count} in {key!r}' for key, count in counts.items())}")
    clips = []
    for person, valid in enumerate(lists["campose_valid"]):
        where = f"{path}, person {person}"
        known = check_flags(valid, len(moves), f"{where}, 'campose_valid'")
        mine = {key: lists[key][person] for key in of_people}
        if body is None:
            world = _joints(mine["jointPositions"], len(moves), known, where)
        else:
            world = regressed_joints(body, mine, len(moves), known, where)
        check_finite(moves, known, f"{where}, 'cam_poses'")
        _check_motion(world, moves, known, where)
        seen = np.einsum("tij,tkj->tki", moves[:, :3, :3], world) + moves[:, None, :3, 3]
        usable = known & (np.where(known[:, None], seen[..., 2], 0) >= MIN_DEPTH).all(1)
        clips += [
            _clip(seen[start:stop], camera, skeleton, path.stem, f"person{person}" + (f"#{part}" if part else ""))
            for part, (start, stop) in enumerate(stretches(usable))
        ]
    return clips, len(moves) * counts["campose_valid"]


def _joints(positions: Any, frames: int, known: np.ndarray, where: str) -> np.ndarray:
    world = check_frames(positions, (72,), f"{where}, 'jointPositions'").reshape(-1, 24, 3)
    if len(world) != frames:
        raise ValueError(f"{where}: {len(world)} frames of 'jointPositions', {frames} of 'cam_poses'")
    check_finite(world, known, f"{where}, 'jointPositions'")
    return world


def _camera(matrix: Any, where: str) -> Camera:
    """Without distortion. Its images are not in the file: theirs is the size of 3DPW's, upright or lying."""
    if not isinstance(matrix, np.ndarray) or matrix.shape != (3, 3) or matrix.dtype.kind not in "fiu":
        raise ValueError(f"{where}: expected 3 x 3 numbers")
    (fx, skew, cx), (zero, fy, cy) = matrix[:2].astype(float).tolist()
    size = (1080, 1920) if cx < cy else (1920, 1080)
    plain = skew == zero == 0 and np.array_equal(matrix[2], (0, 0, 1))
    if not plain or not (0 < fx < np.inf and 0 < fy < np.inf and 0 < cx < size[0] and 0 < cy < size[1]):
        raise ValueError(f"{where}: {matrix.tolist()} is no camera [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] of 3DPW")
    return Camera((fx, fy), (cx, cy), size)


def _check_motion(world: np.ndarray, moves: np.ndarray, known: np.ndarray, where: str) -> None:
    if not known.any():
        return
    turns = moves[known, :3, :3]
    rigid = np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)).max((1, 2)) < 1e-2
    rigid &= np.array_equal(moves[known, 3], np.broadcast_to((0, 0, 0, 1), (known.sum(), 4)))
    if not rigid.all():
        frame = int(np.flatnonzero(known)[rigid.argmin()])
        raise ValueError(f"{where}, 'cam_poses': no rotation and translation, first in frame {frame}")
    typical = np.median(np.linalg.norm(world[known] - world[known][:, :1], axis=-1))
    if typical > 20:
        raise ValueError(f"{where}: joints lie {typical:.0f} m from the pelvis; positions must be metres")


def _clip(pose: np.ndarray, camera: Camera, skeleton: str, recording: str, name: str) -> SkeletonSequence:
    positions = torch.from_numpy(pose)
    clip = make_sequence(
        normalize_screen(project_points(positions, camera), camera.size),
        positions,
        skeleton=skeleton,
        subject=recording,
        action=re.sub(r"_\d+$", "", recording),
        camera=camera.id,
        clip=f"{recording}/{name}",
        fps=FPS,
        calibration=camera,
    )
    return clip.apply(torch.Tensor.float, "x", "y", "root", "confidence", "intrinsics")


DATASETS.register("threedpw")(
    Dataset(
        ThreeDPWConfig,
        ThreeDPW,
        "3DPW: its sequenceFiles, 24 SMPL joints or 14 of LSP",
        cached=True,
        recognition=Recognition(
            "3DPW: the folder sequenceFiles, with train, validation and test",
            folder_with("train/*.pkl", "validation/*.pkl", "test/*.pkl", "sequenceFiles/*/*.pkl"),
        ),
    )
)
