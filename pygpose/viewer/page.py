"""The page that shows motion: one HTML file with all that it needs."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from pygpose.io.writers import PersonMotion

COLOURS = (("#2f7de1", "#5b6b7b", "#f08c2e"), ("#8e44c9", "#7d5a96", "#c9a227"), ("#1a9e77", "#3c7a68", "#d9534f"))
"""Of each person in turn: left limbs, the trunk, right limbs."""
TRUTH = ("#a9b2bb", "#a9b2bb", "#a9b2bb")


def viewer_page(
    people: Sequence[PersonMotion],
    *,
    title: str = "",
    video: str | None = None,
    colours: Sequence[tuple[str, str, str]] = COLOURS,
) -> str:
    """A page that shows people who move over a floor: turn, zoom, play, and the keypoints in step with them. It asks
    no network for anything.

    Args:
        people: Of one frame rate, in one world.
        title: What stands above them; the first person's name where it is empty.
        video: Address of the video, as seen from the page, to show behind the keypoints.
        colours: Of each person in turn: left limbs, the trunk, right limbs.

    Raises:
        ValueError: For no people, and people of different frame rates.
    """
    if not people:
        raise ValueError("no people to show; give at least one person's motion")
    rates = sorted({person.fps for person in people})
    if len(rates) > 1:
        raise ValueError(f"people have {' and '.join(f'{rate:g}' for rate in rates)} frames/s; show them one by one")
    seen = [person for person in people if person.keypoints is not None and person.size is not None]
    motion = {
        "title": title or people[0].name,
        "fps": people[0].fps,
        "first": min(person.first_frame for person in people),
        "size": seen[0].size if seen else None,
        "video": video,
        "notes": list(dict.fromkeys(note for person in people for note in person.notes)),
    }
    motion["people"] = [
        _person(person, motion["first"], colours[number % len(colours)]) for number, person in enumerate(people)
    ]
    text = json.dumps(motion, separators=(",", ":")).replace("<", "\\u003c")
    page = _part("viewer.html").replace("%TITLE%", html.escape(motion["title"]))
    return page.replace("%MOTION%", text).replace("%SCRIPT%", _part("viewer.js"))


def _person(person: PersonMotion, first: int, colours: tuple[str, str, str]) -> dict[str, Any]:
    skeleton = person.skeleton
    return {
        "name": person.name,
        "first": person.first_frame - first,
        "joints": skeleton.joints,
        "parents": skeleton.parents,
        "left": skeleton.left,
        "right": skeleton.right,
        "root": skeleton.root,
        "feet": [skeleton.joints.index(name) for name in person.feet],
        "colours": colours,
        "positions": _whole(person.positions.numpy()),
        "confidence": _whole(person.confidence.numpy(), bits=8),
        "keypoints": None if person.keypoints is None or person.size is None else _whole(person.keypoints.numpy()),
        "seen": _whole(_seen(person), bits=8),
    }


def _seen(person: PersonMotion) -> np.ndarray:
    """The confidence of keypoints; that of positions, where nothing else is known."""
    return (person.confidence if person.keypoint_confidence is None else person.keypoint_confidence).numpy()


def _whole(values: np.ndarray, bits: int = 16) -> dict[str, Any]:
    """Values as whole numbers of 8 or 16 bits, and their unit."""
    kind, most = ("u1", 255) if bits == 8 else ("<i2", 32767)
    unit = 1 / 255 if bits == 8 else float(np.abs(values).max(initial=1e-9)) / most
    numbers = np.round(values.astype(np.float64) / unit).astype(kind)
    return {"unit": unit, "bits": bits, "data": base64.b64encode(numbers.tobytes()).decode()}


@cache
def _part(name: str) -> str:
    text = (files("pygpose.viewer") / name).read_text(encoding="utf-8")
    return text.replace("</script", "<\\/script") if name.endswith(".js") else text
