"""C3D: the header's promises, the bytes of every processor, the meaning of parameters, and what ezc3d reads of it.

Covers :mod:`pygpose.io.motion.c3d` and ``c3d_file``.
"""

import struct

import numpy as np
import pytest

from pygpose.io.motion import read_motion
from pygpose.io.motion.c3d import assemble
from pygpose.io.motion.c3d_file import check_header, read_c3d

MARKERS = ["LASI", "RASI", "LKNE"]


def c3d_header(markers=3, first=1, last=10, scale=-1.0, data_block=3, analog=0, processor=84):
    """The first two blocks of a C3D file, without parameters."""
    order = ">" if processor == 86 else "<"
    number = struct.pack(f"{order}f", scale)
    if processor == 85:
        number = number[2:] + number[:2]
    head = bytes([2, 0x50]) + struct.pack(f"{order}HHHHH", markers, analog, first, last, 0)
    return (head + number + struct.pack(f"{order}H", data_block)).ljust(512, b"\0") + bytes(
        [1, 0x50, 1, processor]
    ).ljust(512, b"\0")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "walk.c3d"


class TestHeader:
    @pytest.mark.parametrize("processor", [84, 85, 86])
    @pytest.mark.parametrize(("scale", "size"), [(-1.0, 16), (0.1, 8)])
    def test_data_that_is_there(self, path, processor, scale, size):
        content = c3d_header(scale=scale, processor=processor, analog=4) + bytes(10 * (3 * size + 4 * size // 4))
        path.write_bytes(content)
        check_header(path)
        path.write_bytes(content[:-1])
        with pytest.raises(ValueError, match=rf"holds {len(content) - 1} bytes, its header promises {len(content)}"):
            check_header(path)

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "does not begin like a C3D file"),
            (b"HIERARCHY" * 100, "does not begin like a C3D file"),
            (c3d_header()[:511], "does not begin like a C3D file"),
            (c3d_header()[:513], "ends before its parameters"),
            (b"\0" + c3d_header()[1:], "ends before its parameters"),
            (c3d_header(first=5, last=4), "has no frames; its header goes from 5 to 4"),
            (c3d_header(markers=65535, last=65535), "its header promises 6871"),
        ],
    )
    def test_what_is_wrong_is_said(self, path, content, message):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            check_header(path)


def parameters(**changes):
    values = {"LABELS": MARKERS, "UNITS": ["mm"], "RATE": [100.0], "X_SCREEN": ["+X"], "Y_SCREEN": ["+Z"], **changes}
    return {name: {"value": value} for name, value in values.items() if value is not None}


POINTS = np.concatenate([np.random.default_rng(0).normal(size=(3, 3, 6)) * 500, np.ones((1, 3, 6))])


def put_together(path, unit=None, up=None, fps=None, points=POINTS, residuals=None, **changes):
    residuals = np.zeros(points.shape[1:]) if residuals is None else residuals
    return assemble(path, parameters(**changes), points, residuals, unit=unit, up=up, fps=fps)


class TestParameters:
    def test_unit_and_up_are_read(self, path):
        motion = put_together(path)
        assert (motion.name, motion.points, motion.fps) == ("walk", tuple(MARKERS), 100.0)
        assert np.allclose(motion.positions[4, 2], POINTS[:3, 2, 4] / 1000)
        assert motion.notes == (
            "C3D: the unit is mm, from POINT:UNITS.",
            "C3D: the up axis is +Z, from POINT:Y_SCREEN.",
            "C3D: the frame rate is 100, from POINT:RATE.",
        )
        x, y, z = POINTS[:3, 1, 0] / 1000
        assert np.allclose(put_together(path, Y_SCREEN=["+Y"]).positions[0, 1], [x, -z, y])

    def test_stated_where_they_are_not_in_the_file(self, path):
        motion = put_together(path, unit="cm", up="y", UNITS=None, Y_SCREEN=[""])
        assert np.allclose(motion.positions[0, 0, 2], POINTS[1, 0, 0] / 100)
        assert motion.notes[:2] == ("C3D: the unit is cm, as stated.", "C3D: the up axis is y, as stated.")
        assert np.array_equal(put_together(path, unit=0.001, up="+z").positions, put_together(path).positions)

    def test_what_is_stated_counts(self, path):
        motion = put_together(path, unit="cm", up="y", fps=50.0)
        assert np.allclose(motion.positions[0, 0, 2], POINTS[1, 0, 0] / 100) and motion.fps == 50
        assert motion.notes == (
            "C3D: the unit is cm, as stated; the file says 'mm' (POINT:UNITS).",
            "C3D: the up axis is y, as stated; the file says '+Z' (POINT:Y_SCREEN).",
            "C3D: the frame rate is 50, as stated; the file says '100' (POINT:RATE).",
        )
        assert (
            put_together(path, unit="mm", UNITS=["furlong"]).notes[0].endswith("the file says 'furlong' (POINT:UNITS).")
        )
        assert put_together(path, up="z", Y_SCREEN=["-Z"]).positions[0, 0, 2] == POINTS[2, 0, 0] / 1000
        assert put_together(path, fps=50.0, RATE=None).fps == put_together(path, fps=50.0, RATE=[0.0]).fps == 50

    @pytest.mark.parametrize(
        ("word", "metres"), [("Millimeters", 0.001), ("METERS", 1), ("in", 0.0254), ("feet", 0.3048)]
    )
    def test_words_of_units(self, path, word, metres):
        assert np.allclose(put_together(path, UNITS=[word]).positions[4, 2], POINTS[:3, 2, 4] * metres)

    def test_markers_not_seen_are_nan(self, path):
        points, residuals = POINTS.copy(), np.zeros((3, 6))
        residuals[1, 2], points[0, 2, 3], points[:3, 0, 4:] = -1, np.nan, 0
        motion = put_together(path, points=points, residuals=residuals)
        assert np.argwhere(np.isnan(motion.positions).all(-1)).tolist() == [[2, 1], [3, 2], [4, 0], [5, 0]]
        assert motion.notes[3:] == (
            "22.22% of the points are missing.",
            "Points at exactly (0, 0, 0) count as missing.",
        )
        points[:3, 0] = 0  # never seen
        assert np.isnan(put_together(path, points=points).positions[:, 0]).all()

    def test_more_labels_than_255_and_none(self, path):
        labels = {"LABELS": ["LASI"], "LABELS2": [" ", "LKNE", "not used"]}
        assert put_together(path, **labels).points == ("LASI", "unlabelled 1", "LKNE")
        assert put_together(path, LABELS=["LASI"]).points == ("LASI", "unlabelled 1", "unlabelled 2")
        assert put_together(path, LABELS=["LASI", "*", "*"]).points == ("LASI", "*", "*")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"UNITS": None}, r"the file's unit \(POINT:UNITS\) is not there; state the unit"),
            ({"Y_SCREEN": None}, r"the file's up axis \(POINT:Y_SCREEN\) is not there; state the up axis"),
            ({"UNITS": ["furlong"]}, "says nothing that is known: unit 'furlong' is no length; state the unit"),
            ({"Y_SCREEN": ["up"]}, "up axis 'up' is unknown"),
            ({"Y_SCREEN": ["-Z"]}, "'-Z' points up on a screen, which is a hint of display; state the up axis"),
            ({"RATE": None}, r"the file's frame rate \(POINT:RATE\) is not there; state the frame rate"),
            ({"RATE": [0.0]}, "says nothing that is known: '0' is no frame rate; state the frame rate"),
            ({"unit": "furlong"}, "unit 'furlong' is no length; give m, dm"),
            ({"points": POINTS[:, :, :0], "residuals": np.zeros((3, 0))}, "there are no frames"),
            ({"points": POINTS[:, :0], "residuals": np.zeros((0, 6))}, "the file holds no points"),
        ],
    )
    def test_what_is_wrong_is_said(self, path, changes, message):
        with pytest.raises(ValueError, match=message):
            put_together(path, **changes)


def whole_file(processor=84, scale=-0.1, frames=4):
    """A file with one group and text, whole and floating-point numbers in it, and the points that it holds."""
    order, dec = "<" if processor != 86 else ">", processor == 85

    def real(*values):
        data = struct.pack(f"{order}{len(values)}f", *(4 * value if dec else value for value in values))
        words = [data[at : at + 2] for at in range(0, len(data), 2)]
        return b"".join(high + low for low, high in zip(words[::2], words[1::2], strict=True)) if dec else data

    def record(name, group, content):
        body = struct.pack(f"{order}h", len(content) + 2) + content
        return bytes([len(name), group % 256]) + name.encode() + body

    labels = b"".join(marker.ljust(6).encode() for marker in MARKERS)
    section = record("POINT", -1, b"\0") + record("LABELS", 1, bytes([255, 2, 6, 3]) + labels + b"\0")
    section += record("UNITS", 1, b"\xff\1\2mm\0") + record("RATE", 1, b"\4\0" + real(100.0) + b"\0")
    section += record("Y_SCREEN", 1, b"\xff\1\2+Z\0") + b"\0\0"
    points = np.round(np.random.default_rng(0).normal(size=(frames, 3, 4)) * 500)
    points[..., 3] = [0, 0, -1]
    stored = points if scale < 0 else np.concatenate([points[..., :3] / scale, points[..., 3:]], -1)
    flat = stored.ravel().tolist()
    data = real(*flat) if scale < 0 else struct.pack(f"{order}{len(flat)}h", *(round(value) for value in flat))
    header = c3d_header(markers=3, last=frames, scale=4 * scale if dec else scale, processor=processor)
    return header[:516] + section.ljust(508, b"\0") + data, points


@pytest.mark.parametrize("processor", [84, 85, 86])
@pytest.mark.parametrize("scale", [-0.1, 0.5])
def test_the_bytes_of_every_processor(path, processor, scale):
    content, points = whole_file(processor, scale)
    path.write_bytes(content)
    found = read_c3d(path)
    assert np.allclose(found.points[:3], points[..., :3].transpose(2, 1, 0), atol=0.3)
    assert (found.residuals < 0).tolist() == [[False] * 4, [False] * 4, [True] * 4]
    assert found.parameters["POINT"]["LABELS"]["value"] == MARKERS
    motion = read_motion(path)
    assert (motion.points, motion.fps) == (tuple(MARKERS), 100.0) and np.isnan(motion.positions[:, 2]).all()


def test_parameters_that_promise_what_is_not_there(path):
    content, _ = whole_file()
    labels, chain = content.index(b"LABELS") + 8, content.index(b"POINT") + 5
    for place, value in ((labels, 5), (labels + 1, 9), (labels + 2, 255), (chain + 1, 127)):
        changed = bytearray(content)
        changed[place] = value
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=r"walk\.c3d is no complete C3D file \(its parameter"):
            read_c3d(path)


class TestEzc3d:
    @pytest.fixture
    def written(self, path):
        ezc3d = pytest.importorskip("ezc3d")
        content = ezc3d.c3d()
        content["parameters"]["POINT"]["RATE"]["value"] = [100.0]
        content["parameters"]["POINT"]["LABELS"]["value"] = tuple(MARKERS)
        content.add_parameter("POINT", "UNITS", ["mm"])
        content.add_parameter("POINT", "X_SCREEN", ["+X"])
        content.add_parameter("POINT", "Y_SCREEN", ["+Z"])
        content["data"]["points"] = POINTS
        content.write(str(path))
        return path

    def test_round_trip(self, written):
        motion, theirs = read_motion(written), pytest.importorskip("ezc3d").c3d(str(written))
        assert np.array_equal(read_c3d(written).points[:3], theirs["data"]["points"][:3])
        assert motion.points == tuple(MARKERS) and motion.fps == 100.0
        assert np.abs(motion.positions - POINTS[:3].T / 1000).max() < 1e-6

    def test_truncated(self, written):
        content = written.read_bytes()
        data = (int.from_bytes(content[16:18], "little") - 1) * 512  # where the header says that they begin
        for length in (300, 600, data + 100):
            written.write_bytes(content[:length])
            with pytest.raises(ValueError, match=r"walk\.c3d"):
                read_motion(written)


def test_fuzzed_headers(path):
    """Whatever the bytes are: a header that promises what is there, or one sentence."""
    draw, content = np.random.default_rng(1), c3d_header() + bytes(480)
    outcomes = set()
    for _ in range(150):
        mutated = bytearray(content)
        for place in draw.integers(20, size=2):
            mutated[place] = draw.integers(256)
        path.write_bytes(mutated[: int(draw.integers(len(content))) if draw.random() < 0.2 else None])
        try:
            check_header(path)
            outcomes.add("fits")
        except ValueError as error:
            assert "walk.c3d" in str(error)
            outcomes.add("refused")
    assert outcomes == {"fits", "refused"}
