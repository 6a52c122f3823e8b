"""The viewer: motion as a page that any browser shows, built on three.js (see LICENSE.three.txt)."""

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from pygpose.io.writers import MOTION_WRITERS, MotionWriter, PersonMotion
from pygpose.viewer.page import viewer_page as viewer_page


def write(motion: PersonMotion, path: Path) -> None:
    """The page of one person."""
    write_people([motion], path)


def write_people(people: Sequence[PersonMotion], path: Path) -> None:
    """The page of several people, with the address of their video as seen from it."""
    video = people[0].video if people else None
    address = None if video is None else _address(video.resolve(), path.resolve().parent)
    title = people[0].name.rsplit("/", 1)[0] if len(people) > 1 else ""
    path.write_text(viewer_page(people, title=title, video=address), encoding="utf-8")


def _address(video: Path, folder: Path) -> str:
    """The address of a video as seen from a folder."""
    try:
        return quote(Path(os.path.relpath(video, folder)).as_posix())
    except ValueError:  # on another drive
        return video.as_uri()


MOTION_WRITERS.register("html")(
    MotionWriter(write, "a page that shows the motion in any browser", write_people=write_people)
)
