"""People followed from picture to picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from pygpose.video.detectors import Detector, Seen
from pygpose.video.everyone import find_everyone
from pygpose.video.region import Region

AGAIN = 0.5
"""Seconds after which new people are looked for."""
LOST = 0.5
"""Seconds for which a person who is not seen is looked for where they were."""
REMEMBERED = 2.0
"""Seconds after which somebody at the same place counts as another person."""
SAME_REGION = 0.5
"""Share of a region that a followed person's covers, at which it is of that person."""
SAME_POSE = 0.15
"""Mean distance of two people's keypoints, in sides of their regions, below which they are one."""


@dataclass
class Followed:
    """A person, and when they were seen last."""

    number: int
    region: Region
    seen: int


class Tracker:
    """Follows the people of a video: each is looked for where they were in the picture before, and new people are
    looked for twice a second.

    Args:
        detector: Finds people and their joints.
        fps: Frames per second of the video.
        people: Who is followed already, where an earlier call goes on.
        count: How many people there were before.
    """

    def __init__(self, detector: Detector, fps: float, people: Iterable[Followed] = (), count: int = 0) -> None:
        self.detector, self.people, self.count = detector, list(people), count
        self.again, self.lost, self.remembered = (max(1, round(time * fps)) for time in (AGAIN, LOST, REMEMBERED))

    def step(self, frame: int, picture: UInt8[np.ndarray, "height width 3"]) -> dict[int, Seen]:
        """The people in the next picture, by their numbers, from 1."""
        found: dict[int, Seen] = {}
        self.people = [person for person in self.people if frame - person.seen <= self.remembered]
        for person in self.people:
            if frame - person.seen > self.lost:
                continue
            seen = self.detector.look(picture, person.region)
            if seen is not None and not self._doubled(seen, found):
                found[person.number] = seen
                person.region, person.seen = seen.region, frame
        if frame % self.again == 0:
            for region in find_everyone(self.detector, picture):
                if any(region.overlap(seen.region) >= SAME_REGION for seen in found.values()):
                    continue
                seen = self.detector.look(picture, region)
                if seen is not None and not self._doubled(seen, found):
                    person = self._known(seen.region, found, frame)
                    found[person.number] = seen
                    person.region, person.seen = seen.region, frame
        return found

    def _doubled(self, seen: Seen, found: dict[int, Seen]) -> bool:
        """Whether somebody is there already: two regions may drift onto one person."""
        for other in found.values():
            away = np.linalg.norm(seen.keypoints - other.keypoints, axis=-1).mean()
            if away < SAME_POSE * min(seen.region.size, other.region.size):
                return True
        return False

    def _known(self, region: Region, found: dict[int, Seen], frame: int) -> Followed:
        """Who was lost a moment ago where somebody is found, or somebody new."""
        for person in self.people:
            if person.number not in found and person.region.overlap(region) >= SAME_REGION:
                return person
        self.count += 1
        self.people.append(Followed(self.count, region, frame))
        return self.people[-1]
