"""What is known of a motion beside its positions."""

from __future__ import annotations

import json
from pathlib import Path

from pygpose.io.writers.person import PersonMotion
from pygpose.io.writers.registry import MOTION_WRITERS, MotionWriter


def write(motion: PersonMotion, path: Path) -> None:
    """Frame rate, joints, what was assumed, and when each foot stands."""
    stands = motion.contacts.T.int().tolist()
    content = {
        "name": motion.name,
        "frames": len(motion.positions),
        "first_frame": motion.first_frame,
        "fps": motion.fps,
        "units": "metres",
        "up": "+Z",
        "skeleton": motion.skeleton.name,
        "joints": motion.skeleton.joints,
        "notes": motion.notes,
        "mean_confidence": dict(
            zip(motion.skeleton.joints, (round(value, 3) for value in motion.confidence.mean(0).tolist()), strict=True)
        ),
        "contacts": dict(zip(motion.feet, stands, strict=True)) if motion.feet else {},
    }
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


MOTION_WRITERS.register("json")(
    MotionWriter(write, "what is known beside positions: frame rate, joints, what was assumed, contacts of the feet")
)
