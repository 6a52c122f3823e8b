"""From a video to keypoints: who is followed, what is kept, uneven and turned videos, and files that are none.

Covers :mod:`pygpose.video.watching`, ``tracking``, ``everyone``, ``frames`` and ``overlay``.
"""

import numpy as np
import pytest

from graphs import get_skeleton
from pygpose.io.writers import MOTION_WRITERS
from pygpose.video import Drawn, is_video, watch, write_overlay
from pygpose.video import watching as module
from pygpose.video.everyone import find_everyone
from pygpose.video.frames import content_key, video_facts, video_frames


def test_people_are_followed_and_keep_their_numbers(detector, films, tmp_path):
    """One walks across, another comes after a second; the first is hidden for a moment, and is the same afterwards."""
    pictures = []
    for frame in range(75):
        people = {0: (40 + 3 * frame, 60, 50)} if not 30 <= frame < 36 else {}
        pictures.append(films.picture(people | ({1: (60, 180, 60)} if frame >= 24 else {})))
    tracks = watch(films.write(tmp_path / "film.mp4", pictures), "squares")
    assert [(one.name, one.first_frame, len(one.keypoints)) for one in tracks] == [
        ("film/1", 0, 75),
        ("film/2", 24, 51),
    ]
    first, second = tracks
    assert (first.size, first.fps, first.skeleton) == ((320, 240), pytest.approx(25), "h36m17")
    np.testing.assert_allclose(first.keypoints[60].mean(0), [220, 60], atol=2)
    assert (first.confidence[30:36] == 0).all() and (first.confidence[40:] > 0).all()
    np.testing.assert_allclose(second.keypoints.mean((0, 1)), [60, 180], atol=2)
    assert detector.finds < 15  # people are looked for twice a second, and followed between


def test_small_people_are_found_in_tiles(detector, films):
    small = films.picture({0: (31, 25, 22), 1: (300, 200, 22)})
    detector_ = detector()
    assert not detector_.find(small)
    found = sorted((round(one.x), round(one.y)) for one in find_everyone(detector_, small))
    assert found == [(31, 25), (300, 200)]
    assert not find_everyone(detector_, films.picture({}))


def test_an_interrupted_call_goes_on(detector, films, tmp_path, monkeypatch):
    pictures = [films.picture({0: (40 + 3 * frame, 60, 50)}) for frame in range(60)]
    film = films.write(tmp_path / "film.mp4", pictures)
    whole = watch(film, "squares")
    looks, look = detector.looks, detector.look

    def stop(self, picture, region):
        if detector.looks == looks + 40:
            raise KeyboardInterrupt
        return look(self, picture, region)

    monkeypatch.setattr(detector, "look", stop)
    with pytest.raises(KeyboardInterrupt):
        watch(film, "squares", tmp_path)
    (kept,) = tmp_path.glob("film.squares.*.seen.npz")
    monkeypatch.setattr(detector, "look", look)
    before = detector.looks
    again = watch(film, "squares", tmp_path)
    assert detector.looks - before < 25  # of 60 frames, 39 were done
    np.testing.assert_allclose(again[0].keypoints, whole[0].keypoints, atol=1e-3)
    before = detector.looks
    assert len(watch(film, "squares", tmp_path)[0].keypoints) == 60 and detector.looks == before
    assert kept == next(tmp_path.glob("*.seen.npz"))
    films.write(film, pictures[::-1])
    watch(film, "squares", tmp_path)
    assert detector.looks > before  # another video of the same name


def test_who_comes_after_an_interruption_is_somebody_else(detector, films):
    """Only people of the last seconds are looked for where they were."""
    watched = module.Watched()
    tracker = watched.tracker(detector(), 25.0)
    for frame in range(10):
        watched.add(frame, frame / 25, tracker.step(frame, films.picture({0: (60, 60, 50)})))
    for frame in range(10, 120):
        watched.add(frame, frame / 25, {})
    assert list(watched.tracker(detector(), 25.0).step(120, films.picture({0: (60, 60, 50)}))) == [2]
    assert list(tracker.step(120, films.picture({0: (60, 60, 50)}))) == [2]


def test_a_frame_that_was_interrupted_is_not_kept(detector, films, tmp_path):
    watched = module.Watched()
    watched.add(0, 0.0, detector_sees(detector, films))
    watched.frames.append(1)  # what an interruption leaves of the next frame
    watched.people.append(1)
    watched.write(tmp_path / "seen.npz", 17)
    again = module.Watched.read(tmp_path / "seen.npz")
    assert (again.times, again.frames, len(again.keypoints), len(again.regions)) == ([0.0], [0], 1, 1)


def detector_sees(detector, films):
    return module.Tracker(detector(), 25.0).step(0, films.picture({0: (60, 60, 50)}))


def test_work_is_kept_while_it_goes_on(detector, films, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "KEEP_EVERY", 0.0)
    writes = []
    monkeypatch.setattr(module.Watched, "write", lambda self, path, joints: writes.append(len(self.times)))
    watch(films.write(tmp_path / "f.mp4", [films.picture({0: (60, 60, 50)})] * 20), "squares", tmp_path)
    assert writes == [*range(1, 21), 20]


def test_frames_that_come_unevenly_are_brought_to_a_steady_rate(detector, films, tmp_path):
    rng = np.random.default_rng(0)
    times = np.sort(rng.permutation(200)[:120]) * 0.02 + 0.1
    pictures = [films.picture({0: (40 + 50 * time, 60, 50)}) for time in times]
    (track,) = watch(films.write(tmp_path / "film.mp4", pictures, times), "squares")
    seconds = np.arange(len(track.keypoints)) / track.fps
    np.testing.assert_allclose(track.keypoints.mean(1)[:, 0], 40 + 50 * (times[0] + seconds), atol=2.5)
    assert "frames come unevenly" in track.notes[0]


def test_a_turned_video_is_seen_upright(detector, films, tmp_path):
    pictures = [films.picture({0: (60, 60, 50)})] * 20
    path = films.write(tmp_path / "film.mp4", pictures, rotation=90)
    assert video_facts(path).size == (240, 320)
    _, shown = next(video_frames(path))
    assert shown.shape[1::-1] == (240, 320)
    (track,) = watch(path, "squares")
    np.testing.assert_allclose(track.keypoints.mean((0, 1)), [60, 260], atol=3)  # counterclockwise by 90 degrees


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ({}, "nobody is found in its 20 frames"),
        ({0: (60, 60, 50)}, "1 people are seen, all of them faintly or for less"),
    ],
)
def test_nobody(detector, films, tmp_path, people, message):
    pictures = [films.picture(people)] * 5 + [films.picture({})] * 15
    with pytest.raises(ValueError, match=message):
        watch(films.write(tmp_path / "film.mp4", pictures), "squares")


def test_files_that_are_no_videos(tmp_path, films):
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(ValueError, match="is no video that can be read here"):
        video_facts(tmp_path / "text.mp4")
    with pytest.raises(FileNotFoundError, match="no file"):
        video_facts(tmp_path / "nothing.mp4")
    film = films.write(tmp_path / "film.mp4", [films.picture({0: (60, 60, 50)})] * 20)
    with pytest.raises(ValueError, match="unknown detector 'yolo'; known: blazepose, rtmpose"):
        watch(film, "yolo")
    assert is_video(film) and not is_video(tmp_path) and not is_video(tmp_path / "k.json")
    assert content_key(film) == content_key(film) and "mp4" not in MOTION_WRITERS


def test_without_pyav(tmp_path, monkeypatch):
    import sys

    (tmp_path / "film.mp4").write_bytes(b"x")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ValueError, match=r"pip install 'pygpose\[video\]'"):
        video_facts(tmp_path / "film.mp4")


def test_the_overlay_has_the_frames_of_the_video_and_the_joints(films, tmp_path):
    film = films.write(tmp_path / "film.mp4", [films.picture({}, (321, 240))] * 12)
    skeleton = get_skeleton("h36m17")
    keypoints = np.tile(np.linspace([40, 40], [280, 200], 17), (6, 1, 1))
    people = [Drawn(keypoints, np.ones((6, 17)), skeleton, 3, 25.0, ("#ff0000", "#00ff00", "#0000ff"))]
    write_overlay(film, people, tmp_path / "overlay.mp4")
    drawn = [picture.max() > 100 for _, picture in video_frames(tmp_path / "overlay.mp4")]
    assert drawn == [3 <= frame < 9 for frame in range(12)]
    assert video_facts(tmp_path / "overlay.mp4").size == (320, 240)
