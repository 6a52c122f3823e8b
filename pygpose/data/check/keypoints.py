"""Keypoint files of every registered format."""

from __future__ import annotations

from pathlib import Path

from graphs import find_remap, get_skeleton
from pygpose.data.check.forms import FORMS, Findings, Form, Problem, Progress, Stated
from pygpose.data.check.tally import Tally
from pygpose.data.keypoints import track_sequence
from pygpose.io.keypoints import KEYPOINT_FORMATS, KeypointTrack, read_tracks
from pygpose.safe.text import shown

SUFFIXES = (".json", ".csv", ".npz", ".h5")
REMEDY = "run the detector again, or copy its file again"
FLAGS = {"size": "--size WIDTH HEIGHT", "fps": "--fps N"}


def names_of(path: Path) -> list[str]:
    """Formats that recognise a file or folder."""
    return [name for name in KEYPOINT_FORMATS if KEYPOINT_FORMATS[name].recognises(path)]


def recognises(path: Path) -> bool:
    """What a keypoint format recognises, and a folder of such."""
    return bool(names_of(path)) or (path.is_dir() and bool(_inside(path)))


def _inside(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.is_dir() or path.suffix.lower() in SUFFIXES)
    return [path for path in found if names_of(path)]


def check(path: Path, stated: Stated, progress: Progress) -> list[Findings]:
    alone = stated.format is not None or not path.is_dir() or names_of(path)
    return [_check(file, stated) for file in progress([path] if alone else _inside(path))]


def _check(path: Path, stated: Stated) -> Findings:
    try:
        format = stated.format or "".join(names_of(path)[:1])
        tracks = read_tracks(path, format=stated.format, size=stated.size)
    except (ValueError, OSError) as error:
        return Findings(
            "keypoints", {"file": shown(path)}, (Problem.of(error, path, REMEDY, "--format, --size WIDTH HEIGHT"),)
        )
    tally = Tally()
    problems = [problem for track in tracks for problem in _track(track, stated, tally)]
    approximate = [sentence for name in {track.skeleton: 0 for track in tracks} for sentence in _remapped(name, stated)]
    facts = {"file": shown(path), **tally.facts(), "units": "pixels", "approximate": approximate}
    calibrated = sum(track.intrinsics is not None for track in tracks)
    facts["cameras"] = f"known for {calibrated} of {len(tracks)} clips"
    facts["notes"] = list(dict.fromkeys(note for track in tracks for note in track.notes))
    return Findings(KEYPOINT_FORMATS[format].description, facts, tuple(problems), tally.doubts(), tally.stills())


def _track(track: KeypointTrack, stated: Stated, tally: Tally) -> list[Problem]:
    """Counts a person; what keeps the person from being used."""
    values = {
        "x, pixels": track.keypoints[..., 0],
        "y, pixels": track.keypoints[..., 1],
        "confidence": track.confidence,
    }
    if track.pose is not None:
        values["3D, metres"] = track.pose
    tally.add(
        track.video,
        track.name,
        track.skeleton,
        track.fps or stated.fps,
        values=values,
        keypoints=track.keypoints,
        confidence=track.confidence,
        pose=track.pose,
    )
    problems = [
        Problem(track.name, f"the file does not say its {fact}", f"give {flag}")
        for fact, flag in FLAGS.items()
        if getattr(track, fact) is None and getattr(stated, fact) is None
    ]
    if not problems:
        try:
            wanted = stated.skeleton or (track.skeleton if track.pose is not None else stated.wanted_skeleton)
            tally.doubt_sequence(track_sequence(track, wanted, stated.size, stated.fps))
        except ValueError as error:
            problems.append(Problem.of(error, track.name, REMEDY))
    return problems


def _remapped(source: str, stated: Stated) -> list[str]:
    """How joints of the wanted skeleton are made; nothing where they cannot be, which is a problem said elsewhere."""
    try:
        return find_remap(get_skeleton(source), get_skeleton(stated.wanted_skeleton)).describe()
    except ValueError:
        return []


FORMS.register("keypoints")(
    Form(
        "keypoints: " + ", ".join(KEYPOINT_FORMATS[name].description for name in KEYPOINT_FORMATS),
        recognises,
        check,
        ("format", "size", "fps", "skeleton"),
    )
)
