"""Films made here, and a detector that finds squares in them."""

from fractions import Fraction

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.video import DETECTORS, Region, Seen

JOINTS = get_skeleton("h36m17").num_joints


class Squares:
    """A square of one colour is a person, whose joints stand on a line across it."""

    skeleton = "h36m17"
    looks, finds = 0, 0
    least = 0.15  # of the picture's shorter side

    def find(self, picture):
        Squares.finds += 1
        found = []
        for region in squares(picture):
            if region.size >= self.least * min(picture.shape[:2]):
                found.append(region)
        return found

    def look(self, picture, region):
        Squares.looks += 1
        near = [one for one in squares(picture) if abs(one.x - region.x) + abs(one.y - region.y) < region.size]
        if not near:
            return None
        one = min(near, key=lambda one: abs(one.x - region.x) + abs(one.y - region.y))
        line = np.linspace(-0.5, 0.5, JOINTS)[:, None] * one.size
        return Seen(np.array([one.x, one.y]) + line, np.full(JOINTS, 0.9), one)


def squares(picture):
    """Where each colour is that is not black; videos change colours a little."""
    found = []
    for channel in range(3):
        others = np.delete(picture, channel, 2).max(2)
        rows, columns = np.nonzero((picture[..., channel] > 130) & (others < 100))
        if len(rows) > 30:
            found.append(Region(columns.mean() + 0.5, rows.mean() + 0.5, float(np.ptp(columns) + 1)))
    return found


@pytest.fixture
def detector(monkeypatch):
    monkeypatch.setitem(DETECTORS._entries, "squares", Squares)
    monkeypatch.setattr(Squares, "looks", 0)
    monkeypatch.setattr(Squares, "finds", 0)
    return Squares


def picture(people, size=(320, 240)):
    """People: colour channel -> (x, y, side)."""
    found = np.zeros((size[1], size[0], 3), np.uint8)
    for channel, (x, y, side) in people.items():
        left, top = int(x - side / 2), int(y - side / 2)
        found[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side), channel] = 220
    return found


def write_film(path, pictures, times=None, fps=25, rotation=0):
    """A video whose frames come at given times in seconds."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.bit_rate = 4_000_000
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        for number, one in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(one), format="rgb24")
            frame.time_base = Fraction(1, 1000)
            frame.pts = round(1000 * (number / fps if times is None else times[number]))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="session")
def films():
    """Functions that make pictures and films."""
    from types import SimpleNamespace

    return SimpleNamespace(picture=picture, write=write_film)
