"""People followed from frame to frame.

With track ids, a person is an id. Without track ids, a detection continues the person whose last box it fits best, by
the overlap of their boxes (intersection over union, less the squared distance of the centres over the squared diagonal
of both, so that the nearest centre decides where nothing overlaps). Nobody is exchanged silently: where a second
detection fits almost as well, as when people cross, the tracks of all concerned end, new ones begin, and a note says
so. A person who is not seen for more than 30 frames, or turns up elsewhere, is a new person. Boxes cannot show that two
people change places from one frame to the next: fast crowds need a tracker's ids.

Where a tracker gave ids to some detections alone, the others are followed in the same way, beside and between those
with ids; who gets an id late has it from the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from pygpose.io.keypoints.detections import Seen

FIT = -0.2  # the worst fit that continues a person: boxes about half their size apart
MARGIN = 0.1  # by which the best fit must beat the second
LOST = 30  # frames after which a person is not looked for any more


@dataclass(eq=False)
class _Person:
    """A person so far: the track id, if any, and the detections."""

    id: str | None
    ones: list[Seen] = field(default_factory=list)


def follow(detections: Sequence[Seen], video: str) -> tuple[dict[str, list[Seen]], tuple[str, ...]]:
    """People by the rule of this module, by their ids, and without ids named 1, 2, ... as they come; notes on frames
    where the rule cannot tell, and on detections without ids beside others."""
    people: list[_Person] = []
    looked_for: list[_Person] = []
    by_id: dict[str, _Person] = {}
    notes = []
    for frame, group in groupby(detections, key=lambda one: one.frame):
        here, rest, looked_for = list(group), [], [one for one in looked_for if frame - one.ones[-1].frame <= LOST]
        for one in here:
            known = None if one.person is None else by_id.get(one.person)
            if known is None:
                rest.append(one)
                continue
            if known.ones[-1].frame == frame:
                raise ValueError(f"video '{video}': track id '{one.person}' occurs twice in frame {frame}")
            known.ones.append(one)
            looked_for += [] if known in looked_for else [known]
        if not rest:
            continue
        free = [one for one in looked_for if one.ones[-1].frame < frame]
        fit = _fit(_boxes([one.ones[-1] for one in free]), _boxes(rest))
        fit[np.ix_([one.id is not None for one in free], [one.person is not None for one in rest])] = -np.inf
        near = fit >= FIT
        near &= fit >= fit.max(0, initial=-np.inf) - MARGIN
        near &= fit >= fit.max(1, initial=-np.inf, keepdims=True) - MARGIN
        clear = near & (near.sum(0) == 1) & (near.sum(1, keepdims=True) == 1)
        who = {int(column): free[row] for row, column in np.argwhere(clear)}
        unclear = [one for one, lost in zip(free, near.any(1) & ~clear.any(1), strict=True) if lost and one.id is None]
        if unclear:
            notes.append(f"Frame {frame}: {len(unclear)} people could not be told apart; new tracks begin there.")
        looked_for = [one for one in looked_for if one not in unclear]
        for column, one in enumerate(rest):
            person = who.get(column)
            if person is None:
                person = _Person(None)
                people.append(person)
                looked_for.append(person)
            person.ones.append(one)
            if one.person is not None:
                if one.person in by_id:
                    raise ValueError(f"video '{video}': track id '{one.person}' occurs twice in frame {frame}")
                person.id = one.person
                by_id[one.person] = person
    without = len({one.frame for one in detections if one.person is None})
    if without and by_id:
        notes.append(f"Video '{video}': in {without} frames people without track ids are followed by where they are.")
    return _named(people), tuple(notes)


def _named(people: Sequence[_Person]) -> dict[str, list[Seen]]:
    taken = {one.id for one in people}
    free = (str(number) for number in range(1, 2 * len(people) + 1) if str(number) not in taken)
    return {one.id if one.id is not None else next(free): one.ones for one in people}


def check_followed(people: dict[str, list[Seen]], video: str) -> None:
    """Refuse people of whom nobody can be followed."""
    alone = [ones[0].frame for ones in people.values() if len(ones) == 1]
    if len(set(alone)) >= 3 and len(alone) > sum(map(len, people.values())) / 2:
        raise ValueError(
            f"video '{video}': {len(alone)} of {len(people)} people are seen in one frame alone, so that nobody is "
            "followed from frame to frame; give all frames of one video, or track ids"
        )


def _boxes(detections: Sequence[Seen]) -> np.ndarray:
    return np.array([one.box for one in detections]).reshape(-1, 4)


def _fit(last: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Overlap less distance of every two boxes, ``[last, new]``, in [-1, 1] (Zheng et al., Distance-IoU, AAAI 2020)."""
    last, new = last[:, None], new[None]
    low, high = np.maximum(last[..., :2], new[..., :2]), np.minimum(last[..., 2:], new[..., 2:])
    shared = (high - low).clip(0).prod(-1)
    union = sum((box[..., 2:] - box[..., :2]).prod(-1) for box in (last, new)) - shared
    apart = ((last[..., :2] + last[..., 2:] - new[..., :2] - new[..., 2:]) / 2) ** 2
    around = (np.maximum(last[..., 2:], new[..., 2:]) - np.minimum(last[..., :2], new[..., :2])) ** 2
    tiny = 1e-9  # boxes of one joint have no area
    return shared / (union + tiny) - apart.sum(-1) / (around.sum(-1) + tiny)
