"""The pictures of a video, as they are meant to be seen, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".3gp", ".gif")
STEADY = 0.1
"""Share of a frame's time by which frames may come early or late in a video of a steady rate."""


@dataclass(frozen=True)
class VideoFacts:
    """What a video says of itself."""

    size: tuple[int, int]
    """Width and height in pixels, turned as the video is meant to be seen."""
    fps: float
    """Average number of frames per second."""
    frames: int
    """Number of frames, as far as the video says it; 0 where it does not."""


def is_video(path: Path) -> bool:
    """Whether a file is named like a video."""
    return path.suffix.lower() in SUFFIXES and not path.is_dir()


def video_facts(path: Path) -> VideoFacts:
    """
    Raises:
        FileNotFoundError: Where there is no such file.
        ValueError: Without PyAV; for a file that is no video, or has no pictures or no codec that is known here.
    """
    with _opened(path) as container:
        stream = _pictures(container, path)
        rate = stream.average_rate or stream.guessed_rate
        if not rate:
            raise ValueError(f"{path} does not say how many frames it has in a second; convert it to mp4 first")
        count = stream.frames or int((container.duration or 0) / 1e6 * float(rate))
    (_, first) = next(video_frames(path), (0.0, None))
    if first is None:
        raise ValueError(f"{path} has no pictures; is it cut short?")
    return VideoFacts((first.shape[1], first.shape[0]), float(rate), count)


def video_frames(path: Path, skip: int = 0) -> Iterator[tuple[float, UInt8[np.ndarray, "height width 3"]]]:
    """Time in seconds and picture (RGB) of each frame, turned as the display matrix of the video says. (Mirroring
    by that matrix is left out.)

    Args:
        path: The video.
        skip: Frames at the start that are left out.

    Raises:
        FileNotFoundError, ValueError: As :func:`video_facts`, and for a video that is damaged in the middle.
    """
    with _opened(path) as container:
        stream = _pictures(container, path)
        stream.thread_type = "AUTO"
        start, number = None, 0
        try:
            for frame in container.decode(stream):
                time = frame.time if frame.time is not None else number / float(stream.average_rate or 25)
                start = time if start is None else start
                if number >= skip:
                    picture = frame.to_ndarray(format="rgb24")
                    yield time - start, np.ascontiguousarray(np.rot90(picture, round(_turned(frame) / 90) % 4))
                number += 1
        except _broken() as error:
            raise ValueError(
                f"{path} cannot be decoded after frame {number} ({error}); convert or copy it again"
            ) from error


def _turned(frame: Any) -> float:
    """Degrees counterclockwise by which a frame is to be turned before it is shown."""
    return float(frame.rotation)


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; give a video that exists")
    try:
        import av  # pyright: ignore[reportMissingImports]: an extra
    except ImportError as error:
        raise ValueError(f"{path}: reading videos needs PyAV; pip install 'pygpose[video]'") from error
    try:
        return av.open(str(path.resolve()))  # a colon in a relative name would be taken for a protocol
    except _broken() as error:
        raise ValueError(f"{path} is no video that can be read here ({error}); convert it to mp4") from error


def _broken() -> type[Exception]:
    """What PyAV throws at a file that it cannot read."""
    from av.error import FFmpegError  # pyright: ignore[reportMissingImports]: an extra

    return FFmpegError


def _pictures(container: Any, path: Path) -> Any:
    if not container.streams.video:
        raise ValueError(f"{path} holds sound and no pictures; give a video")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise ValueError(f"{path}: its codec is not known here; convert it to mp4 with H.264")
    return stream


def content_key(path: Path) -> str:
    """A name for the content of a file: that of its size, its first and its last megabyte."""
    size, most = path.stat().st_size, 2**20
    with path.open("rb") as file:
        first = file.read(most)
        file.seek(max(0, size - most))
        return hashlib.sha256(str(size).encode() + first + file.read(most)).hexdigest()[:16]
