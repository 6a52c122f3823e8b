"""Parts of JSON that are checked, whatever the spelling of their keys."""

import numpy as np
import pytest

from pygpose.io.keypoints.records import field, json_head, numbers, optional, read_content, read_joints, track_id


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, "2"], "not all values are numbers; write numbers without quotes"),
        ([{}], "not all values are numbers"),
        ([10**400], "not all values are numbers|unequal"),
        ([True], "not all values are numbers"),
        ([[1, 2], [3]], "unequal lengths"),
        ([1.0, float("inf")], r"infinite, first at \[1\]"),
    ],
)
def test_what_is_no_number(values, message):
    with pytest.raises(ValueError, match=f"here: .*{message}"):
        numbers(values, "here")


def test_null_and_nan_are_missing_numbers():
    assert np.array_equal(numbers([1, None, float("nan")], "here"), [1, np.nan, np.nan], equal_nan=True)


@pytest.mark.parametrize("key", ["poseLandmarks", "pose_landmarks", "PoseLandmarks", "pose landmarks"])
def test_spelling_does_not_count(key):
    assert field({key: 5}, "pose_landmarks", "here") == 5 and optional({key: 5}, "other", "pose_landmarks") == 5


TRIPLES = [[float(3 * joint + axis) for axis in range(3)] for joint in range(17)]


@pytest.mark.parametrize(
    "values",
    [
        TRIPLES,
        [value for row in TRIPLES for value in row],
        [{"x": x, "y": y, "score": score} for x, y, score in TRIPLES],
        [{"X": x, "Y": y, "Z": 7, "Visibility": score} for x, y, score in TRIPLES],
        [{"position": {"x": x, "y": y}, "part": "nose", "score": score} for x, y, score in TRIPLES],
    ],
)
def test_forms_of_joints(values):
    assert np.array_equal(read_joints(values, "here"), TRIPLES)


def test_joints_without_confidences_or_with_scores_apart():
    pairs, scores = [row[:2] for row in TRIPLES], [row[2] for row in TRIPLES]
    flat = [value for row in pairs for value in row]
    for values in (pairs, flat, [{"x": x, "y": y} for x, y in pairs]):
        assert np.array_equal(read_joints(values, "here"), pairs)
        assert np.array_equal(read_joints(values, "here", scores=scores), TRIPLES)
        assert np.array_equal(read_joints(values, "here", scores=[[score] for score in scores]), TRIPLES)


def test_a_null_joint_is_missing():
    values = [None, *TRIPLES[1:]]
    assert np.isnan(read_joints(values, "here")[0]).all() and np.array_equal(
        read_joints(values, "here")[1:], TRIPLES[1:]
    )


def test_stated_joints_tell_pairs_from_triples():
    assert read_joints([5.0] * 30, "here", joints="humaneva15").shape == (15, 2)
    assert read_joints([5.0] * 45, "here", joints="humaneva15").shape == (15, 3)


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1.0] * 50 + [None], {"scores": [1.0] * 16}, "51 numbers, expected three"),
        ([5.0] * 31, {}, "31 numbers, expected three .* known numbers of joints are 17, 18"),
        ([[1.0, 2.0, 3.0, 4.0]] * 17, {}, r"\[17, 4\] given, expected x, y and a confidence"),
        ([[1.0, 2.0]] * 17, {"scores": [1.0] * 16}, "17 joints and 16 scores"),
        ([{"x": 1.0}] * 17, {}, "joint 0: no 'y'"),
        ([{"x": 1.0, "y": 1.0, "score": 1.0}, {"x": 1.0, "y": 1.0}], {}, "joint 1: no confidence, where other joints"),
        ({}, {}, "expected a list, found dict"),
    ],
)
def test_what_is_no_joints(values, options, message):
    with pytest.raises(ValueError, match=f"here.*{message}"):
        read_joints(values, "here", **options)


@pytest.mark.parametrize("value", [None, -1, -1.0, [], [-1], [[]], "", "-1", "null", float("nan")])
def test_nobody_is_tracked(value):
    assert track_id(value, "here") is None


@pytest.mark.parametrize(("value", "name"), [(3, "3"), (3.0, "3"), ([3.0, 4.0], "3"), ("Anna", "Anna"), (0, "0")])
def test_track_ids(value, name):
    assert track_id(value, "here") == name


@pytest.mark.parametrize("value", [True, {}, float("inf")])
def test_what_is_no_track_id(value):
    with pytest.raises(ValueError, match="here: a track id must be a number or text"):
        track_id(value, "here")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks(tmp_path, encoding):
    (tmp_path / "a.json").write_bytes('[{"Image_ID": 1}]'.encode(encoding))
    head = json_head(tmp_path / "a.json")
    assert head.start == "[" and head.has("image_id") and not head.has("keypoints")
    assert read_content(tmp_path / "a.json") == [{"Image_ID": 1}]


def test_json_lines(tmp_path):
    (tmp_path / "a.json").write_text('{"a": 1}\n{"a": 2}\n\n')
    assert read_content(tmp_path / "a.json") == [{"a": 1}, {"a": 2}]
    (tmp_path / "a.json").write_text('{"a": 1}\n{"a": 2')
    with pytest.raises(ValueError, match="line 2 is no complete JSON"):
        read_content(tmp_path / "a.json")
