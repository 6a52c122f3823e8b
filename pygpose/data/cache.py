"""Prepared data on disk: data that took long to read open at once the next time, mapped and not held in memory.

Files lie in ``$PYGPOSE_CACHE``, or else in ``~/.cache/pygpose``; ``PYGPOSE_CACHE=off`` prepares data anew each time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch

from graphs import build_motion_graph, get_skeleton
from pygpose import keys
from pygpose.data.datasets import SPLITS, DataSource, LoadedData, Split
from pygpose.data.sequence import SkeletonSequence
from pygpose.safe.atomic import write_whole

ARRAYS = ("x", "confidence", "y", "root", "intrinsics", "extrinsics", *keys.PER_FRAME[1:])
FACTS = ("subject", "action", "camera", "clip", "fps", "num_frames", "skeleton", "activities")


class CachedSource(DataSource):
    """A data set that is opened only where its prepared clips are not on disk yet.

    Prepared clips are found by the content of the data set's files, its options and the code that prepares them. The
    names, sizes and times of change of the files tell whether their content is the same. All clips of one
    :meth:`load` lie in a few arrays that are mapped into memory: their windows are views, and processes share them.

    Args:
        open: Opens the data set.
        config: Options of the data set.
        root: Folder or file of the data set.
    """

    def __init__(self, open: Callable[[], DataSource], config: Any, root: Path) -> None:
        self._open = open
        self._folder = cache_folder()
        options = asdict(config)
        record = self._folder / f"source-{_digest([options, _states(root, options.values()), _code()])}.json"
        known = _read_json(record)
        if known is None:
            known = self._prepare()
            write_whole(record, lambda part: part.write_text(json.dumps(known)))
        self.skeleton: str = known["skeleton"]
        self._checksum: str = known["checksum"]
        self._subjects: dict[str, list[str]] = known["subjects"]

    def _prepare(self) -> dict[str, Any]:
        """Open the data set once, and keep what every run asks of it."""
        source = self._open()
        subjects = {split: source.subjects(split) for split in SPLITS}
        checksum = source.checksum()
        self._folder.mkdir(parents=True, exist_ok=True)
        for split in SPLITS[:-1]:
            folder = self._clips(checksum, subjects[split])
            if subjects[split] and _read_clips(folder) is None:
                _write_clips(folder, source.load(subjects[split]))
        return {"skeleton": source.skeleton, "checksum": checksum, "subjects": subjects}

    def _clips(self, checksum: str, subjects: Sequence[str]) -> Path:
        return self._folder / f"clips-{_digest([checksum, list(subjects), _code()])}"

    def subjects(self, split: Split) -> list[str]:
        return list(self._subjects[split])

    def checksum(self) -> str:
        return self._checksum

    def load(self, subjects: Sequence[str]) -> LoadedData:
        folder = self._clips(self._checksum, subjects)
        found = _read_clips(folder)
        if found is None:
            _write_clips(folder, self._open().load(subjects))
            found = _read_clips(folder)
        if found is None:
            raise OSError(f"prepared data in {folder} cannot be read back; PYGPOSE_CACHE names another place for them")
        return found


def cache_folder() -> Path:
    """The folder of prepared data."""
    given = os.environ.get("PYGPOSE_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pygpose"


def cache_is_on() -> bool:
    return os.environ.get("PYGPOSE_CACHE") != "off"


def _write_clips(folder: Path, data: LoadedData) -> None:
    present = {name: next(c[name] for c in data.sequences if name in c) for name in ARRAYS if _some(data, name)}
    facts = {
        "title": data.title,
        "notes": data.notes,
        "input": data.input,
        "clips": [{name: clip[name] for name in FACTS if name in clip} for clip in data.sequences],
        "rows": {name: [len(clip[name]) if name in clip else 0 for clip in data.sequences] for name in present},
    }

    def write(part: Path) -> None:
        for name, first in present.items():
            shape, dtype = (sum(facts["rows"][name]), *first.shape[1:]), first.numpy().dtype
            array = np.lib.format.open_memmap(part / f"{name}.npy", "w+", dtype, shape)
            np.concatenate([clip[name].numpy() for clip in data.sequences if name in clip], out=array)
            array.flush()
        (part / "clips.json").write_text(json.dumps(facts))

    write_whole(folder, write)


def _some(data: LoadedData, name: str) -> bool:
    return any(name in clip for clip in data.sequences)


def _read_clips(folder: Path) -> LoadedData | None:
    """The clips that :func:`_write_clips` wrote. None where they are not there, or not complete."""
    facts = _read_json(folder / "clips.json")
    if facts is None:
        return None
    arrays = {}
    for name, rows in facts["rows"].items():
        try:
            # Copy on write: torch takes no array that must not be written to.
            arrays[name] = torch.from_numpy(np.load(folder / f"{name}.npy", mmap_mode="c")).split(rows)
        except (OSError, ValueError, RuntimeError):
            return None
    sequences = []
    for i, clip in enumerate(facts["clips"]):
        sequence = SkeletonSequence(**{name: parts[i] for name, parts in arrays.items() if len(parts[i])}, **clip)
        sequence.num_nodes = len(sequence["x"])
        skeleton = get_skeleton(clip["skeleton"])
        sequence.edge_index, sequence.edge_type = build_motion_graph(skeleton, clip["num_frames"])
        sequences.append(sequence)
    return LoadedData(sequences, facts["title"], tuple(facts["notes"]), facts["input"])


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def _states(root: Path, options: Iterable[Any]) -> list[tuple[str, int, int]]:
    """Name, size and time of change of every file, including files that options name."""
    paths = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
    paths += [Path(value) for value in options if isinstance(value, str) and value and Path(value).is_file()]
    return [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]


def code_files() -> list[Path]:
    """The code and tables that prepare data."""
    rooms = [Path(str(files(room))) for room in ("graphs", "pygpose")]
    prepare = ("data", "geometry", "io", "safe", "smpl")
    inside = [path for room in (rooms[0], *(rooms[1] / name for name in prepare)) for path in sorted(room.rglob("*"))]
    return [path for path in [*inside, *sorted(rooms[1].glob("*.py"))] if path.suffix in (".py", ".json")]


@cache
def _code() -> str:
    """A digest of :func:`code_files`, so that nothing is read that an older version prepared."""
    digest = hashlib.sha256()
    for path in code_files():
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]
