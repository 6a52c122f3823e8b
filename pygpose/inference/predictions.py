"""Files of 3D predictions, of any system, which are scored in the same tables.

The key of a clip is ``subject/action/camera/clip``. Positions are in the camera frame of the clip, in the units that
the file or the caller states: they are never guessed. The root joint may be anywhere; it is subtracted. Two forms:

- npz: an array ``[T, J, 3]`` under the key of each clip, ``units`` ("m", "mm", ...) and ``joints`` (the names, in the
  order of the arrays; the skeleton's order where not given). An array ``[T, J]`` under ``confidence/KEY`` says how sure
  each position is; it is not scored. Older npz files hold one dictionary of dictionaries, as VideoPose3D's
  ``positions_3d``: the key of a clip is then what leads to it, and may be the beginning of a clip's key.
- csv: columns ``clip`` (the key), ``frame`` (from 0), ``joint`` (name, or index in the skeleton), ``x``, ``y``, ``z``
  and ``units``; one row for each clip, frame and joint, in any order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton
from pygpose.data import SkeletonSequence
from pygpose.io.motion.units import parse_unit
from pygpose.safe.arrays import read_npz
from pygpose.safe.atomic import write_npz
from pygpose.safe.door import reading
from pygpose.safe.text import reason

Units = Literal["m", "mm"]
FARTHEST = 100.0  # metres from the root that no person has a joint
CONFIDENCE = "confidence/"
DEEPEST, MOST = 6, 100_000  # dictionaries inside one another, and parts of them all
COLUMNS = ("clip", "frame", "joint", "x", "y", "z")
NAMES = ("clip", "joint", "units")  # columns of text
Content = tuple[dict[str, np.ndarray], str | None, Sequence[str] | None]  # arrays by clip; units and joints, if stated


@dataclass(frozen=True)
class Predictions:
    """Poses by clip key: metres, relative to the root joint."""

    path: Path
    skeleton: Skeleton
    poses: Mapping[str, Float[Tensor, "frames joints 3"]]
    facts: Mapping[str, str]  # lines of a report

    def of(self, clips: Sequence[SkeletonSequence], *, partial: bool) -> tuple[list[SkeletonSequence], list[Tensor]]:
        """The clips that have a prediction, and their predictions.

        Args:
            clips: All that are to be scored.
            partial: Whether clips may lack a prediction.

        Raises:
            ValueError: For predictions of other clips or of another number of frames, and for clips without one.
        """
        known = by_key(clips)
        predicted = {_whole_key(key, known): pose for key, pose in self.poses.items()}
        unknown = [key for key in predicted if key not in known]
        if unknown:
            raise ValueError(
                f"{self.path} holds {len(unknown)} clips that this data and split do not have: {_some(unknown)}; their "
                f"clips are, as subject/action/camera/clip, {_some(known)}"
            )
        missing = [key for key in known if key not in predicted]
        if missing and not partial:
            raise ValueError(
                f"{self.path} lacks {len(missing)} of {len(known)} clips: {_some(missing)}; add them, or give "
                "partial=True for scores over fewer clips, which are not comparable"
            )
        for key, pose in predicted.items():
            if len(pose) != known[key].num_frames:
                raise ValueError(
                    f"clip '{key}' in {self.path} has {len(pose)} frames, the data have {known[key].num_frames}; "
                    "predict every frame"
                )
        chosen = [key for key in known if key in predicted]
        return [known[key] for key in chosen], [predicted[key] for key in chosen]


def _whole_key(key: str, known: Iterable[str]) -> str:
    """The one known key that begins with this one, or this one itself."""
    begun = [one for one in known if one.startswith(f"{key}/")]
    return begun[0] if len(begun) == 1 else key


def by_key(clips: Iterable[SkeletonSequence]) -> dict[str, SkeletonSequence]:
    """Clips under the names that they have in files of predictions.

    Raises:
        ValueError: For two clips of one name.
    """
    found: dict[str, SkeletonSequence] = {}
    for clip in clips:
        key = f"{clip.subject}/{clip.action}/{clip.camera}/{clip.clip}"
        if key in found:
            raise ValueError(f"{clip.describe()} and {found[key].describe()} are both '{key}'; rename one in the data")
        found[key] = clip
    return found


def save_predictions(
    path: Path,
    clips: Sequence[SkeletonSequence],
    poses: Sequence[Float[Tensor, "frames joints 3"]],
    skeleton: Skeleton,
    confidences: Sequence[Float[Tensor, "frames joints"] | None] | None = None,
) -> None:
    """Write the poses of these clips, metres, in the npz form, with the confidence of every position where it is known.

    Raises:
        ValueError: For two clips of one name.
        OSError: Where ``path`` cannot be written.
    """
    arrays = {key: pose.numpy() for key, pose in zip(by_key(clips), poses, strict=True)}
    for key, confidence in zip(by_key(clips), confidences or (), strict=False):
        if confidence is not None:
            arrays[f"{CONFIDENCE}{key}"] = confidence.numpy()
    arrays |= {"units": np.array("m"), "joints": np.array(skeleton.joints)}
    write_npz(path, arrays)


def read_predictions(path: Path, skeleton: Skeleton, units: Units | None = None) -> Predictions:
    """Check a file of predictions, and subtract the root joint from every frame.

    Args:
        path: ``.npz`` or ``.csv``.
        skeleton: Skeleton of the data to be scored.
        units: Units of the file, whatever it states.

    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: For a file that is damaged, holds other joints, gaps, NaN, infinite values, or places where no
            person has a joint, and for units that are not known.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give an npz or csv file of predictions that exists")
    if path.suffix.lower() not in (".npz", ".csv"):
        raise ValueError(f"predictions {path} end in '{path.suffix}'; give an .npz or .csv file")
    with reading(path):
        return _checked(path, skeleton, units)


def _checked(path: Path, skeleton: Skeleton, units: Units | None) -> Predictions:
    read = _read_npz if path.suffix.lower() == ".npz" else _read_csv
    arrays, stated, joints = read(path, skeleton)
    if not arrays:
        raise ValueError(f"{path} holds no clips; give the 3D positions of one or more")
    metres, of_units = _units(stated, units, path)
    order = _order(joints, skeleton, path)
    poses: dict[str, Tensor] = {}
    furthest = 0.0
    for key, array in arrays.items():
        _check(array, skeleton, f"clip '{key}' in {path}")
        pose = torch.from_numpy(np.ascontiguousarray(array[:, order], dtype=np.float64)) * metres
        root = pose[:, skeleton.root, None]
        farthest = (pose - root).abs().max().item()
        if farthest > FARTHEST:
            raise ValueError(
                f"clip '{key}' in {path} has a joint {farthest:.3g} m from '{skeleton.joints[skeleton.root]}', with "
                f"units {of_units}; state the units that the positions are in"
            )
        furthest = max(furthest, root.norm(dim=-1).max().item())
        poses[key] = pose - root
    root_name = skeleton.joints[skeleton.root]
    facts = {
        "predictions": f"{path.name}, checksum {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}",
        "units of the file": of_units,
        "joints of the file": "named" if joints else f"not named: taken to be in the order of '{skeleton.name}'",
        "root of the file": f"{root_name} subtracted from every frame; it was up to {furthest:.3f} m from the origin"
        if furthest
        else f"{root_name} at the origin, as in the targets",
    }
    return Predictions(path, skeleton, poses, facts)


def _units(stated: str | None, given: Units | None, path: Path) -> tuple[float, str]:
    """Metres in one unit, and where the unit comes from."""
    if given is not None:
        same = stated in (None, given)
        return parse_unit(given), f"{given}, as stated for it" + ("" if same else f"; the file states '{stated}'")
    if stated is None:
        raise ValueError(
            f"{path} does not state its units; give units='m' or units='mm', or write them into the file as 'units'"
        )
    try:
        return parse_unit(stated), f"{stated}, as it states"
    except ValueError:
        raise ValueError(f"{path} states units '{stated[:40]}'; give units='m' or units='mm'") from None


def _check(array: np.ndarray, skeleton: Skeleton, where: str) -> None:
    joints = skeleton.num_joints
    if array.dtype.kind not in "fiu" or array.ndim != 3 or array.shape[1:] != (joints, 3) or len(array) < 1:
        raise ValueError(
            f"{where} is {array.dtype} {list(array.shape)}; expected numbers [T, {joints}, 3], the joints of skeleton "
            f"'{skeleton.name}'"
        )
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(
            f"{where}: {bad.sum()} values are NaN or infinite, first at [frame, joint, axis] "
            f"{np.argwhere(bad)[0].tolist()}; predict every joint of every frame"
        )


def _order(joints: Sequence[str] | None, skeleton: Skeleton, path: Path) -> list[int]:
    """Place in the file of each joint of the skeleton."""
    if joints is None:
        return list(range(skeleton.num_joints))
    if sorted(joints) != sorted(skeleton.joints):
        odd = sorted(set(joints) ^ set(skeleton.joints)) or joints
        raise ValueError(
            f"{path} names {len(joints)} joints that are not those of skeleton '{skeleton.name}': they differ in "
            f"{_some(odd)}; give each of {', '.join(skeleton.joints)} once"
        )
    return [joints.index(joint) for joint in skeleton.joints]


def _read_npz(path: Path, skeleton: Skeleton) -> Content:
    arrays = read_npz(path, objects=True)
    words = {name: _words(arrays.pop(name), f"'{name}' in {path}") for name in ("units", "joints") if name in arrays}
    arrays = {key: array for key, array in arrays.items() if not key.startswith(CONFIDENCE)}
    clips: dict[str, np.ndarray] = {}
    for key, array in arrays.items():
        found = _leaves(array.item()) if array.dtype.hasobject and not array.shape else {key: array}
        twice = sorted(set(found) & set(clips))
        if twice:
            raise ValueError(f"{path} holds clip '{twice[0]}' twice; give one of the two")
        clips |= found
    return clips, ", ".join(words["units"]) if "units" in words else None, words.get("joints")


def _words(array: np.ndarray, where: str) -> list[str]:
    words = [word.decode("utf-8", "replace") if isinstance(word, bytes) else word for word in array.ravel().tolist()]
    if not all(isinstance(word, str) for word in words):
        raise ValueError(f"{where} is {array.dtype}, expected text")
    return words


def _leaves(content: Any) -> dict[str, np.ndarray]:
    """The arrays of nested dictionaries and lists (of cameras), each under what leads to it, joined by slashes."""
    found, open_parts, count = {}, [((), content)], 0
    while open_parts:
        way, part = open_parts.pop()
        count += 1
        if isinstance(part, np.ndarray):
            found["/".join(way)] = part
        elif not isinstance(part, dict | list | tuple) or len(way) == DEEPEST or count > MOST:
            raise ValueError(
                f"'{'/'.join(way)[:80]}' is a {type(part).__name__}; give dictionaries of at most {MOST:,} arrays "
                "[T, J, 3], one for each clip"
            )
        else:
            items = part.items() if isinstance(part, dict) else enumerate(part)
            open_parts += [((*way, str(name)[:80]), inner) for name, inner in items]
    return dict(reversed(found.items()))


def _read_csv(path: Path, skeleton: Skeleton) -> Content:
    """Rows put into the skeleton's order of joints."""
    table = _read_table(path)
    numbers = {name: i for i, joint in enumerate(skeleton.joints) for name in (joint, str(i))}
    names = list(map(str, table["joint"].cat.categories))  # pandas makes numbers of them where it can
    unknown = [name for name in names if name not in numbers]
    if unknown:
        raise ValueError(
            f"{path} has joints {_some(unknown)}, which skeleton '{skeleton.name}' does not; give indices below "
            f"{skeleton.num_joints} or names: {', '.join(skeleton.joints)}"
        )
    joint = np.array([numbers[name] for name in names], dtype=np.int64)[table["joint"].cat.codes]
    place = table["frame"].to_numpy() * skeleton.num_joints + joint
    positions = table[["x", "y", "z"]].to_numpy()
    arrays: dict[str, np.ndarray] = {}
    for key, rows in table.groupby("clip", observed=True).indices.items():
        rows = rows[place[rows].argsort()]
        _check_places(place[rows], skeleton, f"clip '{key}' in {path}")
        arrays[str(key)] = positions[rows].reshape(-1, skeleton.num_joints, 3)
    stated = ", ".join(map(str, table["units"].cat.categories)) if "units" in table.columns else None
    return arrays, stated, skeleton.joints


def _read_table(path: Path) -> pd.DataFrame:
    """Rows as they are in the file. Every column is there, and only positions may have empty cells."""
    try:
        table = pd.read_csv(
            path,
            dtype={**dict.fromkeys(NAMES, "category"), "frame": "int64", **dict.fromkeys("xyz", "float64")},
            skipinitialspace=True,
            low_memory=False,  # in parts, a column could be numbers in one and names in another
        )
    except (ValueError, OverflowError) as error:  # whatever pandas has to say about a file is one
        raise ValueError(f"{path} is no csv file of predictions ({reason(error)})") from error
    absent = [name for name in COLUMNS if name not in table.columns]
    if absent and len(table.columns) == 1 and ";" in str(table.columns[0]):
        raise ValueError(f"{path} is separated by semicolons; save it with commas between columns and decimal points")
    if absent:
        raise ValueError(f"{path} has no column {_some(absent)}; give {', '.join(COLUMNS)}, separated by commas")
    if not isinstance(table.index, pd.RangeIndex):  # pandas took the first column for names of rows
        raise ValueError(f"{path} has rows of more values than its first line has columns; write one name for each")
    for name in NAMES:
        if name in table.columns and table[name].isna().to_numpy().any():
            raise ValueError(f"column '{name}' in {path} is empty in {table[name].isna().sum()} rows; fill it")
    first = [frames.min() for _, frames in table.groupby("clip", observed=True)["frame"]]
    if first and set(first) == {1}:
        raise ValueError(f"{path} counts the frames of every clip from 1; count from 0")
    if (table["frame"] < 0).to_numpy().any():
        raise ValueError(f"{path} has frame {table['frame'].min()}; count frames from 0")
    return table


def _check_places(place: np.ndarray, skeleton: Skeleton, where: str) -> None:
    """Sorted places ``frame * J + joint`` must count up from 0 to the last joint of a frame."""
    joints = skeleton.num_joints
    counted = np.arange(-(-len(place) // joints) * joints)
    wrong = np.flatnonzero(place != counted[: len(place)])
    if not len(wrong) and len(place) == len(counted):
        return
    first = int(wrong[0]) if len(wrong) else len(place)
    twice = len(wrong) > 0 and place[first] < first
    frame, joint = divmod(first - 1 if twice else first, joints)
    raise ValueError(
        f"{where} {'has two rows' if twice else 'has no row'} for frame {frame}, joint '{skeleton.joints[joint]}'; "
        "give one for each joint of every frame, from frame 0"
    )


def _some(names: Iterable[str]) -> str:
    """The first three names, quoted."""
    names = list(names)
    return ", ".join(f"'{name:.80}'" for name in names[:3]) + (", ..." if len(names) > 3 else "")
