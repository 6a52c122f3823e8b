"""People of a video whose ids are exchanged from one frame to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
from jaxtyping import Float

from pygpose.io.keypoints.track import KeypointTrack

JUMP = 0.5
"""How far both people jump at least, in sizes of a person."""
NEARER = 0.5
"""How much nearer each is to where the other was: their way then, as a share of the jump."""


def with_exchanges_told(tracks: Sequence[KeypointTrack]) -> list[KeypointTrack]:
    """The tracks, with a note of each exchange on both people's."""
    said = find_exchanges(tracks)
    return [replace(one, notes=(*one.notes, *said[one.name])) if one.name in said else one for one in tracks]


def find_exchanges(tracks: Sequence[KeypointTrack]) -> dict[str, list[str]]:
    """Sentences about each person (by :attr:`KeypointTrack.name`) who seems to change places with another of the same
    video from one frame to the next: both jump, and each lands where the other was."""
    said: dict[str, list[str]] = {}
    places = [_places(one) for one in tracks]
    for (one, first), (two, second) in combinations(zip(tracks, places, strict=True), 2):
        if one.video != two.video:
            continue
        begin, end = max(one.first_frame, two.first_frame), min(_end(one), _end(two))
        if end - begin < 2:
            continue
        (a, large), (b, other) = (
            (x[begin - track.first_frame : end - track.first_frame], size)
            for (x, size), track in ((first, one), (second, two))
        )
        stay = np.linalg.norm(np.diff(a, axis=0), axis=-1), np.linalg.norm(np.diff(b, axis=0), axis=-1)
        cross = np.linalg.norm(a[1:] - b[:-1], axis=-1) + np.linalg.norm(b[1:] - a[:-1], axis=-1)
        jump = np.minimum(*stay) > JUMP * min(large, other)
        for frame in (np.flatnonzero(jump & (cross < NEARER * sum(stay))) + begin + 1).tolist():
            for name, partner in ((one.name, two.name), (two.name, one.name)):
                said.setdefault(name, []).append(
                    f"Seems to change places with {partner} from frame {frame - 1} to frame {frame}, as where a "
                    f"tracker takes one person for the other: both jump there. Exchange the two from frame {frame} on "
                    "in the file."
                )
    return said


def _end(track: KeypointTrack) -> int:
    return track.first_frame + len(track.keypoints)


def _places(track: KeypointTrack) -> tuple[Float[np.ndarray, "frames 2"], float]:
    """The middle of the seen joints in every frame, NaN where there are none; and how large the person is."""
    seen = np.where(track.confidence[..., None] > 0, track.keypoints, np.nan).astype(np.float64)
    places, sizes = np.full((len(seen), 2), np.nan), np.full(len(seen), np.nan)
    there = (track.confidence > 0).any(1)
    places[there] = np.nanmedian(seen[there], axis=1)
    sizes[there] = (np.nanmax(seen[there], axis=1) - np.nanmin(seen[there], axis=1)).max(-1)
    return places, float(np.nanmedian(sizes)) if there.any() else 0.0
