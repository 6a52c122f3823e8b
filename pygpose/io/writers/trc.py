"""TRC files, as OpenSim and Pose2Sim read them: the paths of named markers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float

from pygpose.io.writers.marker_names import marker_names
from pygpose.io.writers.person import PersonMotion
from pygpose.io.writers.registry import MOTION_WRITERS, MotionWriter
from pygpose.io.writers.y_up import y_up


def write(motion: PersonMotion, path: Path) -> None:
    """Markers in metres, y up, as in OpenSim; frames from 1, times in seconds."""
    names, positions = marker_names(motion.skeleton), y_up(motion.positions.double().numpy())
    path.write_text(trc_text(f"{motion.name.replace('/', '_')}.trc", names, positions, motion.fps), encoding="utf-8")


def trc_text(file: str, names: list[str], positions: Float[np.ndarray, "frames markers 3"], fps: float) -> str:
    frames, markers, _ = positions.shape
    head = [
        ("PathFileType", "4", "(X/Y/Z)", file),
        ("DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units")
        + ("OrigDataRate", "OrigDataStartFrame", "OrigNumFrames"),
        (f"{fps:.10g}", f"{fps:.10g}", frames, markers, "m", f"{fps:.10g}", 1, frames),
        ("Frame#", "Time", *(cell for name in names for cell in (name, "", ""))),
        ("", "", *(f"{axis}{marker + 1}" for marker in range(markers) for axis in "XYZ")),
        (),
    ]
    rows = (
        (frame + 1, f"{frame / fps:.8f}", *(f"{value:.6f}" for value in values))
        for frame, values in enumerate(positions.reshape(frames, -1))
    )
    return "".join("\t".join(map(str, line)) + "\n" for line in (*head, *rows))


MOTION_WRITERS.register("trc")(MotionWriter(write, "markers for OpenSim and Pose2Sim; metres, y up"))
