"""The video with the people's joints drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import Float

from graphs import Skeleton
from pygpose.console import progress
from pygpose.video.frames import video_facts, video_frames


@dataclass(frozen=True)
class Drawn:
    """Joints of one person to draw.

    Shapes:
        - **keypoints:** ``[T, J, 2]``, pixels
        - **confidence:** ``[T, J]``
    """

    keypoints: Float[np.ndarray, "frames joints 2"]
    confidence: Float[np.ndarray, "frames joints"]
    skeleton: Skeleton
    first_frame: int
    fps: float
    colours: tuple[str, str, str]
    """Left limbs, the trunk, right limbs."""


def write_overlay(video: Path, people: Sequence[Drawn], path: Path) -> None:
    """An mp4 (H.264) of the video with people drawn over it, at the times of the video's frames.

    Raises:
        FileNotFoundError, ValueError: As :func:`~pygpose.video.frames.video_facts`.
        OSError: Where the file cannot be written.
    """
    import av  # pyright: ignore[reportMissingImports]: video_facts says what to do without it

    facts = video_facts(video)
    width, height = (length - length % 2 for length in facts.size)  # H.264 has even sizes alone
    with av.open(str(path.resolve()), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=Fraction(facts.fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 90000)
        with progress("drawing over the video", facts.frames or None) as advance:
            for time, picture in video_frames(video):
                drawn = _drawn(picture, people, time)
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(drawn[:height, :width]), format="rgb24")
                frame.pts, frame.time_base = round(time * 90000), Fraction(1, 90000)
                container.mux(stream.encode(frame))
                advance()
        container.mux(stream.encode())


def _drawn(picture: np.ndarray, people: Sequence[Drawn], time: float) -> np.ndarray:
    from PIL import Image, ImageDraw

    image = Image.fromarray(picture)
    pen = ImageDraw.Draw(image)
    for person in people:
        frame = round(time * person.fps) - person.first_frame
        if not 0 <= frame < len(person.keypoints):
            continue
        points, sure = person.keypoints[frame], person.confidence[frame]
        extent = float(np.ptp(points[sure > 0], axis=0).max()) if (sure > 0).any() else 0.0
        thick = max(2, round(extent / 80))
        for parent, child in person.skeleton.bones:
            if min(sure[parent], sure[child]) > 0:
                side = 0 if child in person.skeleton.left else 2 if child in person.skeleton.right else 1
                pen.line([tuple(points[parent]), tuple(points[child])], fill=person.colours[side], width=thick)
    return np.asarray(image)
