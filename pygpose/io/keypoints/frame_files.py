"""Folders with a file for each frame, of one video or of several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from pygpose.frames import named_frames
from pygpose.io.keypoints.records import JsonHead, json_head
from pygpose.safe.text import shown

LOOKED_AT = 5  # files of a folder


def holds_frames(folder: Path, of_a_frame: Callable[[JsonHead], bool]) -> bool:
    """Whether one of the first JSON files of a folder is that of a frame. False for what is no folder."""
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".json") if folder.is_dir() else []
    except OSError:
        return False
    return any(of_a_frame(json_head(file)) for file in files[:LOOKED_AT])


def videos_of(files: Sequence[Path], folder: Path) -> dict[str, list[tuple[int, Path]]]:
    """The frames of each video, by the names of their files: ``VIDEO_000012.json``, with or without ``_keypoints`` at
    the end and a video's name at the beginning. A video without a name has the folder's; a file alone needs no number.

    Raises:
        ValueError: For several files of which one has no number.
    """
    stems = [file.name.removesuffix(".json").removesuffix("_keypoints") for file in files]
    if len(files) == 1 and not any(letter.isdigit() for letter in stems[0]):
        return {shown(Path(stems[0] or folder.resolve().name)): [(0, files[0])]}
    for file, stem in zip(files, stems, strict=True):
        if not any(letter.isdigit() for letter in stem):
            raise ValueError(
                f"file '{shown(Path(file.name))}' has no frame's number in its name; name the files VIDEO_FRAME.json "
                "with FRAME a number"
            )
    videos: dict[str, list[tuple[int, Path]]] = defaultdict(list)
    for file, (video, frame) in zip(files, named_frames([f"{stem}.json" for stem in stems], "files"), strict=True):
        videos[shown(Path(video)) if video else shown(Path(folder.resolve().name))].append((frame, file))
    return videos
