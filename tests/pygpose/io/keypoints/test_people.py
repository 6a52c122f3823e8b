"""Frames put in order, gaps, and people followed without ids: who continues whom, and when nobody does."""

import numpy as np
import pytest

from pygpose.io.keypoints import KeypointTrack, fill_missing
from pygpose.io.keypoints.detections import Detection
from pygpose.io.keypoints.people import MAX_GAP, gather

FACTS = dict(video="v")
SHAPE = np.random.default_rng(0).uniform([0, 0], [50, 150], (17, 2))


def person(frame, x, y=100.0, id=None, confidence=0.9):
    joints = np.concatenate([SHAPE + [x, y], np.full((17, 1), confidence)], 1)
    return Detection(frame, id, joints)


def spans(tracks):
    """First and last frame in which each person is seen, and the x of their first joint there."""
    out = []
    for track in tracks:
        seen = np.flatnonzero(track.confidence[:, 0])
        out.append(
            [(int(seen[0]), int(seen[-1])), *(track.keypoints[seen[[0, -1]], 0, 0] - SHAPE[0, 0]).round().tolist()]
        )
    return out


class TestFrames:
    def test_order_does_not_count_and_gaps_are_missing(self):
        (track,) = gather([person(frame, 10.0 * frame) for frame in (7, 3, 4)], [7, 3, 4, 5], **FACTS)
        assert track.first_frame == 3 and track.keypoints.shape == (5, 17, 2)
        assert track.confidence[:, 0].astype(bool).tolist() == [True, True, False, False, True]
        assert np.allclose(track.keypoints[:, 0, 0], SHAPE[0, 0] + [30, 40, 50, 60, 70])

    def test_all_tracks_have_the_frames_of_the_video(self):
        tracks = gather([person(0, 0, id="a"), person(9, 0, id="b")], range(12), **FACTS)
        assert [track.keypoints.shape[0] for track in tracks] == [12, 12]
        assert [int((track.confidence > 0).any(1).sum()) for track in tracks] == [1, 1]

    def test_a_frame_twice(self):
        with pytest.raises(ValueError, match="video 'v': frame 4 occurs 2 times"):
            gather([person(4, 0)], [3, 4, 5, 4], **FACTS)

    def test_frames_far_apart(self):
        with pytest.raises(ValueError, match="frame 1000000 follows frame 2; a gap of more than"):
            gather([person(2, 0), person(10**6, 0)], [2, 10**6], **FACTS)

    def test_more_than_memory_should_hold(self):
        people = [person(0, 100 * number, id=str(number)) for number in range(100)]
        with pytest.raises(ValueError, match="100 people in .* frames are more than a file should hold"):
            gather(people, range(0, 10 * MAX_GAP, MAX_GAP), **FACTS)

    def test_nobody(self):
        with pytest.raises(ValueError, match="video 'v': nobody is seen in any of 3 frames"):
            gather([], range(3), **FACTS)

    @pytest.mark.parametrize("confidence", [0.0, -0.1])
    def test_no_confidence_above_zero(self, confidence):
        with pytest.raises(ValueError, match="the confidence of every joint is 0, .*; if the detector gave no"):
            gather([person(1, 0, confidence=confidence)], range(3), **FACTS)

    def test_people_of_several_models(self):
        people = [person(0, 0), person(1, 0), Detection(2, None, np.ones((18, 3)))]
        with pytest.raises(
            ValueError, match="people of 17 joints with .*, and in frame 2 one of 18 with; give the keypoints of one"
        ):
            gather(people, range(3), **FACTS)


class TestJoints:
    @pytest.mark.parametrize(
        "values", [(0, 0, 0.8), (-1, -1, 0.8), (np.nan, 300, 0.8), (np.nan, np.nan, np.nan), (300, 400, np.nan)]
    )
    def test_one_rule_for_missing(self, values):
        people = [person(frame, 10.0 * frame) for frame in range(3)]
        people[1].joints[4] = values
        (track,) = gather(people, range(3), **FACTS)
        assert track.confidence[1, 4] == 0
        assert np.allclose(track.keypoints[1, 4], SHAPE[4] + [10, 100])

    def test_confidence_zero_is_missing_wherever_it_is(self):
        people = [person(frame, 10.0 * frame) for frame in range(3)]
        people[1].joints[4] = [300, 400, 0]
        assert np.allclose(gather(people, range(3), **FACTS)[0].keypoints[1, 4], SHAPE[4] + [10, 100])

    def test_a_joint_that_is_never_seen_lies_within_the_body(self):
        people = [person(frame, 10.0 * frame) for frame in range(3)]
        for one in people:
            one.joints[4] = 0
        (track,) = gather(people, range(3), **FACTS)
        assert (track.confidence[:, 4] == 0).all()
        assert np.allclose(track.keypoints[:, 4], np.delete(track.keypoints, 4, 1).mean(1), atol=1e-3)

    def test_confidence_above_one_is_clipped_and_said(self):
        people = [person(frame, 0, confidence=3.2 if frame == 1 else 0.5) for frame in range(3)]
        (track,) = gather(people, range(3), **FACTS)
        assert track.confidence[:, 0].tolist() == [0.5, 1, 0.5]
        assert track.notes == ("Video 'v', track '1': 17 confidences above 1 clipped to 1.",)

    def test_without_confidences_joints_are_seen_and_that_is_said(self):
        people = [Detection(frame, None, SHAPE + 100.0) for frame in range(3)]
        people[1].joints[4] = np.nan
        (track,) = gather(people, range(3), **FACTS)
        assert (track.confidence == 0).sum() == 1 and track.confidence.max() == 1
        assert track.notes == ("The file has no confidences; every joint that is there counts as seen.",)

    def test_one_absurd_value_is_a_missing_joint(self):
        people = [person(frame, 10.0 * frame) for frame in range(3)]
        people[1].joints[4] = [4e9, 100, 0.8]
        (track,) = gather(people, range(3), **FACTS)
        assert track.confidence[1, 4] == 0 and "1 joints at more than 1e+06 pixels are missing" in track.notes[0]

    def test_absurd_values(self):
        with pytest.raises(ValueError, match="frame 2: 1e[+]07 is neither a pixel nor a confidence"):
            gather([person(2, 1e7)], [2], **FACTS)


class TestIds:
    def test_ids_decide_also_against_the_nearest(self):
        people = [person(frame, 300.0 * (frame % 2), id="a") for frame in range(4)]
        people += [person(frame, 300.0 - 300.0 * (frame % 2), id="b") for frame in range(4)]
        tracks = gather(people, range(4), **FACTS)
        assert [track.track for track in tracks] == ["a", "b"]
        assert np.allclose(tracks[0].keypoints[:, 0, 0] - SHAPE[0, 0], [0, 300, 0, 300], atol=1e-3)

    def test_an_id_twice_in_a_frame(self):
        with pytest.raises(ValueError, match="track id '7' occurs twice in frame 2"):
            gather([person(2, 0, id="7"), person(2, 300, id="7")], [2], **FACTS)

    def test_who_gets_an_id_late_has_it_from_the_beginning(self):
        people = [person(frame, 2.0 * frame, id="7" if frame in (3, 4, 8) else None) for frame in range(10)]
        (track,) = gather(people, range(10), **FACTS)
        assert track.track == "7" and spans([track]) == [[(0, 9), 0, 18]]
        assert track.notes == ("Video 'v': in 7 frames people without track ids are followed by where they are.",)

    def test_who_has_no_id_beside_others(self):
        people = [person(frame, 0, id="1") for frame in range(6)] + [person(frame, 400) for frame in range(6)]
        tracks = gather(people, range(6), **FACTS)
        assert [track.track for track in tracks] == ["1", "2"] and spans(tracks)[1] == [(0, 5), 400, 400]

    def test_ids_are_never_joined(self):
        people = [person(frame, 0, id="a" if frame < 3 else "b") for frame in range(6)]
        assert [track.track for track in gather(people, range(6), **FACTS)] == ["a", "b"]


class TestFollowing:
    def test_two_people_in_any_order(self):
        draw = np.random.default_rng(1)
        people = []
        for frame in range(20):
            people += draw.permutation([person(frame, 3.0 * frame), person(frame, 400 - 3.0 * frame)]).tolist()
        tracks = gather(people, range(20), **FACTS)
        assert sorted(spans(tracks)) == [[(0, 19), 0, 57], [(0, 19), 400, 343]]
        assert not any(track.notes for track in tracks)

    def test_a_person_who_is_away_for_some_frames(self):
        frames = [frame for frame in range(30) if not 10 <= frame < 20]
        (track,) = gather([person(frame, 2.0 * frame) for frame in frames], range(30), **FACTS)
        assert (track.confidence[10:20] == 0).all()
        assert np.allclose(track.keypoints[:, 0, 0] - SHAPE[0, 0], 2.0 * np.arange(30), atol=1e-3)

    def test_who_turns_up_elsewhere_or_much_later_is_new(self):
        elsewhere = gather([person(0, 0), person(1, 200)], [0, 1], **FACTS)
        later = gather([person(0, 0), person(40, 0)], [0, 40], **FACTS)
        assert spans(elsewhere) == [[(0, 0), 0, 0], [(1, 1), 200, 200]]
        assert spans(later) == [[(0, 0), 0, 0], [(40, 40), 0, 0]]

    def test_a_ghost_does_not_take_the_persons_place(self):
        """A detection of some joints beside the person's own, as detectors give now and then."""
        people = [person(frame, 2.0 * frame) for frame in range(10)]
        ghost = person(5, 30.0)
        ghost.joints[5:] = 0
        tracks = gather([*people[:5], ghost, *people[5:]], range(10), **FACTS)
        assert spans(tracks)[0] == [(0, 9), 0, 18]
        assert spans(tracks)[1][0] == (5, 5)

    @pytest.mark.parametrize("speed", [3.0, 7.0, 12.0, 20.0])
    def test_people_who_cross_are_never_exchanged(self, speed):
        """Two people pass each other; no track holds frames of both of them."""
        people = []
        for frame in range(41):
            at = speed * (frame - 20)
            people += [person(frame, 500 + at, id=None), person(frame, 500 - at, y=101.0)]
        tracks = gather(people, range(41), **FACTS)
        for track in tracks:
            seen = track.confidence[:, 0] > 0
            rows = track.keypoints[seen, 0, 1] - SHAPE[0, 1]
            assert np.ptp(rows) < 0.5, "a track changes from one person to the other"
        assert any("could not be told apart; new tracks begin there" in note for note in tracks[0].notes)
        assert max(last - first for (first, last), *_ in spans(tracks)) >= 15


class TestDoubles:
    """A person whom the detector found twice in a frame."""

    @pytest.mark.parametrize("ids", [(None, None), ("7", "7"), ("7", "8"), ("7", None)])
    def test_one_person_found_twice_is_one(self, ids):
        people = [person(frame, 5.0 * frame, id=ids[0]) for frame in range(8)]
        doubles = [person(frame, 5.0 * frame + 2, id=ids[1], confidence=0.95) for frame in (2, 5)]
        (track,) = gather([*people, *doubles], range(8), **FACTS)
        assert spans([track])[0][0] == (0, 7)
        assert "Video 'v': 2 times a person was found twice in a frame, and is one." in track.notes
        kept = 0.9 if ids in (("7", "8"), ("7", None)) else 0.95  # the longer track, or the more confident detection
        assert track.confidence[2, 0] == pytest.approx(kept)

    def test_two_people_side_by_side_are_two(self):
        people = [person(frame, x) for frame in range(8) for x in (0, 40)]
        assert len(gather(people, range(8), **FACTS)) == 2

    def test_one_joint_far_away_makes_no_other_person(self):
        people = [person(frame, 5.0 * frame) for frame in range(20)]
        for frame in (4, 9):
            people[frame].joints[3, :2] = 5000
        (track,) = gather(people, range(20), **FACTS)
        assert spans([track])[0][0] == (0, 19)


def test_people_of_one_frame_each_are_no_video():
    people = [person(frame, 500.0 * frame) for frame in range(20)]
    with pytest.raises(
        ValueError, match="20 of 20 people are seen in one frame alone, .*; give all frames of one video"
    ):
        gather(people, range(20), **FACTS)
    ghosts = [person(frame, 3000.0 * frame + 5000) for frame in (3, 6, 9)]
    assert len(gather([*(person(frame, 2.0 * frame) for frame in range(20)), *ghosts], range(20), **FACTS)) == 4


class TestTrack:
    GOOD = dict(
        keypoints=np.full((3, 17, 2), 9.0), confidence=np.ones((3, 17)), skeleton="coco17", video="v", track="1"
    )

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"keypoints": np.ones((0, 17, 2))}, "v/1: no frames"),
            (
                {"keypoints": np.ones((3, 16, 2))},
                r"v/1: keypoints are \[3, 16, 2\], expected \[3, 17, 2\] for .* 'coco17'",
            ),
            ({"confidence": np.ones((2, 17))}, r"confidence are \[2, 17\], expected \[3, 17\]"),
            ({"pose": np.ones((3, 17, 2))}, r"pose are \[3, 17, 2\], expected \[3, 17, 3\]"),
            (
                {"keypoints": np.full((3, 17, 2), np.nan)},
                r"keypoints hold NaN or infinite values, first at \[0, 0, 0\]",
            ),
            ({"confidence": np.ones((3, 17), int)}, "confidence are int64, expected floats"),
            ({"confidence": np.full((3, 17), 1.2)}, r"confidence runs from 1.2 to 1.2; it must lie in \[0, 1\]"),
            ({"confidence": np.zeros((3, 17))}, "no joint is seen in any frame"),
            ({"keypoints": np.full((3, 17, 2), 0.4)}, "within 2 pixels of the corner, as normalised ones do"),
            ({"fps": 0.0}, "fps is 0; it must be positive"),
            ({"fps": float("nan")}, "fps is nan"),
            ({"size": (640, 0)}, r"size is \(640, 0\); width and height must be positive"),
            ({"intrinsics": (1.0,) * 8}, "give 9 finite numbers"),
            ({"intrinsics": (0.0,) * 9}, "with positive focal lengths"),
            ({"skeleton": "coco"}, "unknown skeleton 'coco'"),
        ],
    )
    def test_what_cannot_be(self, change, message):
        KeypointTrack(**self.GOOD)
        with pytest.raises(ValueError, match=message):
            KeypointTrack(**{**self.GOOD, **change})

    def test_names(self):
        assert KeypointTrack(**self.GOOD).name == "v/1"
        assert KeypointTrack(**{**self.GOOD, "track": ""}).name == "v"


def test_filling_leaves_what_is_seen_and_its_input_alone():
    draw = np.random.default_rng(3)
    keypoints, confidence = draw.normal(size=(20, 5, 2)), (draw.random((20, 5)) > 0.4).astype(float)
    before = keypoints.copy()
    filled = fill_missing(keypoints, confidence)
    assert np.array_equal(keypoints, before)
    assert np.array_equal(filled[confidence > 0], keypoints[confidence > 0])
    known = np.flatnonzero(confidence[:, 2])
    expected = np.interp(np.arange(20), known, keypoints[known, 2, 1])
    assert np.allclose(filled[:, 2, 1], expected)
