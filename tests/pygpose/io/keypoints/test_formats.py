"""What holds for every registered keypoint format, whatever happens to its file."""

import os
import random
import re
import shutil

import numpy as np
import pytest

from pygpose.io.keypoints import KEYPOINT_FORMATS, read_tracks

TEXT = ["openpose", "alphapose", "coco_results", "mmpose", "mmpose_demo", "mediapipe", "deeplabcut"]
TEXT += ["coco_annotations", "tracked_person", "mediapipe_csv"]
ONE_FILE_OF_TEXT = pytest.mark.parametrize("example", TEXT[1:], indirect=True)
OF_TEXT = pytest.mark.parametrize("example", TEXT, indirect=True)


def a_file(path):
    """The file itself, or one out of the middle of a folder."""
    return path if path.is_file() else sorted(path.iterdir())[4]


def test_what_was_written_is_read(example, tmp_path):
    people = example.people()
    tracks = example.read(example.write(tmp_path, people))
    assert [track.skeleton for track in tracks] == [example.skeleton] * example.num_people
    assert len({track.name for track in tracks}) == example.num_people
    for number, track in enumerate(tracks):
        truth = people[:, number]
        seen = ~np.isnan(truth[..., 2]) & (truth[..., 2] > 0)
        assert track.first_frame == example.first_frame
        assert np.array_equal(track.confidence > 0, seen)
        assert np.abs(track.keypoints - truth[..., :2])[seen].max() < 1e-3
        if example.format != "detectron":
            assert np.abs(track.confidence - truth[..., 2])[seen].max() < 1e-6
        # The walkers' speed is constant, so that interpolation over time finds what is missing.
        known = np.where(
            seen[..., None], truth[..., :2], truth[:1, :, :2] + np.arange(len(truth))[:, None, None] * [2, 1]
        )
        assert np.abs(track.keypoints - known).max() < 1e-3


def test_one_format_recognises_it(example, tmp_path):
    path = example.write(tmp_path, example.people())
    assert [name for name in KEYPOINT_FORMATS if KEYPOINT_FORMATS[name].recognises(path)] == [example.format]
    assert len(read_tracks(path, size=example.size)) == example.num_people


@pytest.mark.parametrize("name", list(KEYPOINT_FORMATS))
def test_recognises_never_raises(name, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "zeros.npz").write_bytes(b"PK\x03\x04" + bytes(100))
    (tmp_path / "folder").mkdir()
    for path in (*tmp_path.iterdir(), tmp_path / "nowhere"):
        assert KEYPOINT_FORMATS[name].recognises(path) is False


def test_truncated(example, tmp_path):
    path = example.write(tmp_path, example.people())
    file = a_file(path)
    content = file.read_bytes()
    for share in (0.3, 0.9):
        file.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(ValueError, match=re.escape(str(path))):
            example.read(path)


def test_empty_file(example, tmp_path):
    path = example.write(tmp_path, example.people())
    a_file(path).write_bytes(b"")
    with pytest.raises(ValueError, match=re.escape(str(path))):
        example.read(path)


@pytest.mark.parametrize("name", list(KEYPOINT_FORMATS))
def test_no_such_path(name, tmp_path):
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        KEYPOINT_FORMATS[name].read(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="no file or folder"):
        read_tracks(tmp_path / "nowhere")


@pytest.mark.parametrize("name", list(KEYPOINT_FORMATS))
def test_a_file_of_another_format(name, example, tmp_path):
    path = example.write(tmp_path, example.people())
    related = {name, example.format} <= {"alphapose", "coco_results"}  # COCO's results are AlphaPose's without tracks
    if name != example.format and not related:
        with pytest.raises(ValueError, match=re.escape(str(path))):
            KEYPOINT_FORMATS[name].read(path, example.size)


@ONE_FILE_OF_TEXT
def test_text_that_is_not_utf8(example, tmp_path):
    path = example.write(tmp_path, example.people())
    path.write_bytes(path.read_bytes()[:300] + b"\xe9\xff" + path.read_bytes()[300:])
    with pytest.raises(ValueError, match="not UTF-8 text"):
        example.read(path)


@OF_TEXT
def test_a_name_that_is_not_utf8(example, tmp_path):
    path = example.write(tmp_path, example.people())
    odd = os.fsdecode(b"caf\xe9_")
    for file in list(path.iterdir()) if path.is_dir() else [path]:
        path = shutil.move(file, file.with_name(odd + file.name))
    tracks = example.read(tmp_path if example.format == "openpose" else path)
    assert tracks[0].video.startswith("caf\ufffd_")
    assert tracks[0].name.encode()


@ONE_FILE_OF_TEXT
def test_messages_can_be_printed(example, tmp_path):
    """A lone surrogate is a JSON string, and no text."""
    path = example.write(tmp_path, example.people())
    path.write_text(r'[{"\ud800": 1}]')
    with pytest.raises(ValueError) as caught:
        example.read(path)
    assert str(caught.value).encode()


@OF_TEXT
def test_mutated_files_raise_value_error_or_nothing(example, tmp_path):
    """Seeded mutations of bytes and of values: whatever is read is finite, whatever is refused is a ValueError."""
    path = example.write(tmp_path, example.people(frames=6))
    file = path if path.is_file() else sorted(path.iterdir())[1]
    content, draw, refused = file.read_bytes(), random.Random(0), 0
    for _ in range(MUTATIONS):
        file.write_bytes(mutate(content, draw))
        try:
            tracks = example.read(path)
        except ValueError as error:
            refused += 1
            assert str(path) in str(error) and len(str(error)) < 2000
        else:
            assert all(np.isfinite(track.keypoints).all() for track in tracks)
    assert refused > MUTATIONS / 4


MUTATIONS = 60
TOKENS = b'null true NaN -Infinity 1e999 -1 0 99999999999999999999 [] {} "" "x" [[1]] 1e30 999999 , : } ] \n'.split(
    b" "
)


def mutate(content, draw):
    values = list(re.finditer(rb'-?[0-9.]+|"[a-z_]+"|[\[\]{},:\n]', content))
    for _ in range(draw.choice((1, 1, 1, 2, 5))):
        kind, start = draw.randrange(5), draw.randrange(len(content))
        stop = min(start + draw.randrange(1, 40), len(content))
        if kind == 0:
            content = content[:start] + bytes([draw.randrange(256)]) + content[start + 1 :]
        elif kind == 1:
            content = content[:start] + content[stop:]
        elif kind == 2:
            content = content[:stop] + content[start:stop] + content[stop:]
        else:
            value = draw.choice(values)
            content = content[: value.start()] + draw.choice(TOKENS) + content[value.end() :]
    return content


class TestReadTracks:
    def test_nobody_recognises_it(self, tmp_path):
        (tmp_path / "notes.txt").write_text("hello")
        with pytest.raises(
            ValueError, match=r"notes.txt looks like no keypoint format; give format .* alphapose \(Alpha"
        ):
            read_tracks(tmp_path / "notes.txt")

    def test_several_recognise_it(self, tmp_path):
        (tmp_path / "both.json").write_text('{"instances": [], "people": [{"pose_keypoints_2d": []}]}')
        with pytest.raises(ValueError, match=r"several keypoint formats; give format as one of: mmpose .*; openpose"):
            read_tracks(tmp_path / "both.json")

    def test_unknown_format(self, tmp_path):
        with pytest.raises(ValueError, match="unknown keypoint format 'open'; known: alphapose, coco_annotations"):
            read_tracks(tmp_path, format="open")
