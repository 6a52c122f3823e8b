"""The viewer: motion as a page that any browser shows, built on three.js (see LICENSE.three.txt)."""

from collections.abc import Sequence
from pathlib import Path

from pygpose.io.writers import MOTION_WRITERS, MotionWriter, PersonMotion
from pygpose.viewer.page import viewer_page as viewer_page


def write(motion: PersonMotion, path: Path) -> None:
    """The page of one person."""
    write_people([motion], path)


def write_people(people: Sequence[PersonMotion], path: Path) -> None:
    """The page of several people."""
    path.write_text(viewer_page(people), encoding="utf-8")


MOTION_WRITERS.register("html")(
    MotionWriter(write, "a page that shows the motion in any browser", write_people=write_people)
)
