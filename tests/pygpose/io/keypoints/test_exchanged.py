"""People whose ids are exchanged are found out; people who pass each other are not."""

from dataclasses import replace

import numpy as np
import pytest

from pygpose.data.keypoints import save_keypoints
from pygpose.io.keypoints import read_tracks
from pygpose.io.keypoints.exchanged import find_exchanges
from pygpose.io.keypoints.track import KeypointTrack


def person(name, x, frames=30, first=0):
    """Somebody 200 pixels tall whose middle is at ``x`` in every frame."""
    body = np.stack([np.linspace(-30, 30, 17), np.linspace(-100, 100, 17)], -1)
    places = body + np.stack([np.broadcast_to(x, frames), np.full(frames, 300.0)], -1)[:, None]
    return KeypointTrack(
        places.astype(np.float32), np.ones((frames, 17), np.float32), "coco17", "film", name, first_frame=first
    )


def exchanged(one, two, frame):
    a, b = one.keypoints.copy(), two.keypoints.copy()
    one_from, two_from = frame - one.first_frame, frame - two.first_frame
    count = min(len(a) - one_from, len(b) - two_from)
    a[one_from : one_from + count] = two.keypoints[two_from : two_from + count]
    b[two_from : two_from + count] = one.keypoints[one_from : one_from + count]
    return replace(one, keypoints=a), replace(two, keypoints=b)


def test_exchanged_ids_are_said_of_both():
    found = find_exchanges([*exchanged(person("anna", 300), person("ben", 900), 12), person("carl", 600)])
    assert set(found) == {"film/anna", "film/ben"}
    (sentence,) = found["film/anna"]
    assert "change places with film/ben from frame 11 to frame 12" in sentence and "Exchange the two" in sentence


def test_numbers_are_those_of_the_file():
    one, two = person("anna", 300, 20, first=100), person("ben", 900, 25, first=95)
    found = find_exchanges(exchanged(one, two, 110))
    assert ["from frame 109 to frame 110" in sentence for sentence in found["film/ben"]] == [True]


@pytest.mark.parametrize("frames", [1, 30])
def test_people_who_pass_each_other_are_not_exchanged(frames):
    way = np.linspace(300, 900, frames)
    assert find_exchanges([person("anna", way, frames), person("ben", way[::-1], frames)]) == {}


def test_one_who_jumps_alone_is_not_exchanged():
    way = np.where(np.arange(30) < 12, 300, 900)
    assert find_exchanges([person("anna", way), person("ben", 900)]) == {}
    assert find_exchanges([person("anna", way), replace(person("ben", way[::-1]), video="other")]) == {}


def test_frames_in_which_somebody_is_missing_say_nothing():
    one, two = exchanged(person("anna", 300), person("ben", 900), 12)
    one.confidence[11] = 0
    assert find_exchanges([one, two]) == {}


def test_whoever_reads_the_file_is_told(tmp_path):
    people = [replace(one, fps=30.0, size=(1200, 600)) for one in exchanged(person("a", 300), person("b", 900), 12)]
    save_keypoints(tmp_path / "k.npz", [*people, replace(person("c", 600), fps=30.0, size=(1200, 600))])
    told = {one.track: sum("change places" in note for note in one.notes) for one in read_tracks(tmp_path / "k.npz")}
    assert told == {"a": 1, "b": 1, "c": 0}
