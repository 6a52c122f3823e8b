"""The check of keypoint files of every registered format."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from graphs import find_remap, get_skeleton
from pygpose.data.check.data_sets import data_set_form
from pygpose.data.check.forms import FORMS, Findings, Problem, Progress, Stated
from pygpose.data.check.tally import Tally, listed
from pygpose.data.keypoints import track_sequence
from pygpose.data.sources.keypoints import keypoint_files
from pygpose.io.keypoints import KEYPOINT_FORMATS, KeypointTrack, doubts, read_tracks
from pygpose.io.recognition import one_format, recognising
from pygpose.safe.text import shown

REMEDY = "compare the file with its form in docs/data.md, and write or copy it again"
NEEDED = {
    "size": "give Stated.size: width and height of the image, pixels",
    "fps": "give Stated.fps: frames per second",
}


def check(path: Path, stated: Stated, progress: Progress) -> list[Findings]:
    alone = stated.format is not None or not path.is_dir() or recognising(path, KEYPOINT_FORMATS)
    return _joined([_check(file, stated) for file in progress([path] if alone else keypoint_files(path))])


def _joined(found: list[Findings]) -> list[Findings]:
    """The findings; files of one format that cannot be read are one finding with one problem, the first file's."""
    unread: dict[str, list[Findings]] = defaultdict(list)
    for one in found:
        if one.problems and not one.stills:
            unread[one.format].append(one)
    joined = []
    for one in found:
        alike = unread.get(one.format, []) if one.problems and not one.stills else []
        if len(alike) < 2:
            joined.append(one)
        elif one is alike[0]:
            problem = one.problems[0]
            others = f" ({len(alike) - 1} other files of this format cannot be read either)"
            problem = Problem(problem.where, problem.what + others, problem.remedy)
            files = listed([str(each.facts["file"]) for each in alike], 5)
            joined.append(Findings(one.format, {**one.facts, "file": files}, (problem,)))
    return joined


def _check(path: Path, stated: Stated) -> Findings:
    format = stated.format
    try:
        format = format or one_format(path, KEYPOINT_FORMATS)
        tracks = read_tracks(path, format=format, size=stated.size, fps=stated.fps, joints=stated.joints)
    except (ValueError, OSError) as error:
        asked = [fact for fact in ("format", "size", "joints") if re.search(rf"give (its )?{fact}\b", str(error))]
        problem = Problem.of(error, path, REMEDY, asked)
        title = "keypoints" if format is None else KEYPOINT_FORMATS[format].description
        return Findings(title, {"file": shown(path)}, (problem,))
    tally = Tally()
    problems = [problem for track in tracks for problem in _track(track, stated, tally)]
    approximate = [sentence for name in {track.skeleton: 0 for track in tracks} for sentence in _remapped(name, stated)]
    facts = {"file": shown(path), **tally.facts(), "units": "pixels", "approximate": approximate}
    calibrated = sum(track.intrinsics is not None for track in tracks)
    facts["cameras"] = f"known for {calibrated} of {len(tracks)} clips"
    facts["notes"] = list(dict.fromkeys(note for track in tracks for note in track.notes))
    return Findings(KEYPOINT_FORMATS[format].description, facts, tuple(problems), tally.doubts(), tally.stills())


def _track(track: KeypointTrack, stated: Stated, tally: Tally) -> list[Problem]:
    """Count a person. Gives what keeps the person from being used."""
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
        track.fps,
        values=values,
        keypoints=track.keypoints,
        confidence=track.confidence,
        pose=track.pose,
    )
    problems = [
        Problem(track.name, f"the file does not say its {fact}", remedy)
        for fact, remedy in NEEDED.items()
        if getattr(track, fact) is None
    ]
    if not problems:
        try:
            wanted = stated.skeleton or (track.skeleton if track.pose is not None else stated.wanted_skeleton)
            tally.doubt_sequence(track_sequence(track, wanted))
        except ValueError as error:
            problems.append(Problem.of(error, track.name, REMEDY))
            return problems
    for doubt in doubts(track):
        tally.doubt(doubt, track.name)
    return problems


def _remapped(source: str, stated: Stated) -> list[str]:
    """How joints of the wanted skeleton are made; nothing where they cannot be, which is a problem said elsewhere."""
    try:
        return find_remap(get_skeleton(source), get_skeleton(stated.wanted_skeleton)).describe()
    except ValueError:
        return []


FORMS.register("keypoints")(data_set_form("keypoints", check))
