"""What every format keeps to, enrolled by registration, and what a motion cannot be."""

import numpy as np
import pytest

from pygpose.io.motion import MOTION_FORMATS, MotionFile, read_motion


@pytest.mark.parametrize("name", list(MOTION_FORMATS))
@pytest.mark.parametrize("suffix", ["", ".bvh", ".c3d", ".csv", ".npy", ".npz", ".trc"])
@pytest.mark.parametrize("content", [b"", b"\0" * 2000, b"HIERARCHY", b"PK\x03\x04", b"\x02\x50" + b"\xff" * 2000])
def test_recognising_never_raises_and_reading_says_why(tmp_path, name, suffix, content):
    path = tmp_path / f"clip{suffix}"
    path.write_bytes(content)
    assert MOTION_FORMATS[name].recognises(path) in (True, False)
    assert not MOTION_FORMATS[name].recognises(tmp_path)
    with pytest.raises(ValueError, match="clip"):
        read_motion(path, format=name, unit="m", up="z", fps=50.0)
    with pytest.raises(FileNotFoundError, match="no file"):
        MOTION_FORMATS[name].read(tmp_path / "none", unit="m", up="z")


def test_unknown_formats(tmp_path):
    (tmp_path / "a.xyz").write_text("hello")
    with pytest.raises(
        ValueError, match=r"a.xyz looks like no motion format; give format as .* amass \(AMASS-style.* c3d"
    ):
        read_motion(tmp_path / "a.xyz")
    with pytest.raises(ValueError, match="unknown motion format 'xyz'; known: amass, bvh, c3d"):
        read_motion(tmp_path / "a.xyz", format="xyz")
    with pytest.raises(FileNotFoundError, match="no file"):
        read_motion(tmp_path / "b.trc")


def test_a_file_that_two_formats_recognise(tmp_path):
    (tmp_path / "a.c3d").write_text("HIERARCHY")
    with pytest.raises(ValueError, match=r"several motion formats; give format as one of: bvh \(BVH.*; c3d \(C3D"):
        read_motion(tmp_path / "a.c3d")
    with pytest.raises(ValueError, match="has no MOTION part"):
        read_motion(tmp_path / "a.c3d", format="bvh", unit="cm", up="y")


@pytest.mark.parametrize(
    ("points", "shape", "fps", "message"),
    [
        ("ab", (4, 3, 3), 50.0, r"positions are \[4, 3, 3\], expected \[T, 2, 3\] for 2 named points"),
        ("ab", (4, 2, 2), 50.0, r"expected \[T, 2, 3\]"),
        ("", (4, 0, 3), 50.0, "for 0 named points"),
        ("ab", (0, 2, 3), 50.0, "there are no frames"),
        ("ab", (4, 2, 3), 0.0, "is 0 frames/s; expected 1 to 10000"),
        ("ab", (4, 2, 3), float("nan"), "is nan frames/s"),
        ("ab", (4, 2, 3), 1e6, "is 1e\\+06 frames/s"),
    ],
)
def test_what_a_motion_cannot_be(points, shape, fps, message):
    with pytest.raises(ValueError, match=message):
        MotionFile("walk", tuple(points), np.zeros(shape), fps)


def test_infinite_positions():
    positions = np.zeros((4, 2, 3))
    positions[2, 1, 0] = -np.inf
    with pytest.raises(ValueError, match="infinite position of 'b' in frame 2"):
        MotionFile("walk", ("a", "b"), positions, 50.0)
