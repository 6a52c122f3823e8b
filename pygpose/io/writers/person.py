"""The motion of one person, as it is written to files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from graphs import Skeleton
from pygpose.io.writers.registry import MOTION_WRITERS
from pygpose.safe.atomic import write_atomic


@dataclass(frozen=True)
class PersonMotion:
    """The motion of one person, named ``VIDEO/TRACK`` as in the file.

    Shapes:
        - **positions:** :math:`(T, J, 3)`, metres, z up
        - **confidence:** :math:`(T, J)`, the probability that a position is within 150 mm of the true one; 1 where the
          model does not say
        - **contacts:** :math:`(T, F)`, whether each joint of ``feet`` stands
        - **keypoints:** :math:`(T, J, 2)`, normalised screen coordinates of the picture, where there is one
    """

    name: str
    positions: Tensor
    confidence: Tensor
    contacts: Tensor
    feet: list[str]
    fps: float
    skeleton: Skeleton
    notes: list[str] = field(default_factory=list)
    """What was assumed, and what in the keypoints is unlike the training."""
    keypoints: Tensor | None = None
    size: tuple[int, int] | None = None
    """Width and height of the picture in pixels."""
    first_frame: int = 0
    """Number of the first frame in the video."""

    def save(self, path: str | Path) -> None:
        """Write the motion as the kind of file that the suffix names (:data:`~pygpose.io.writers.MOTION_WRITERS`).

        Raises:
            ValueError: For a suffix that no writer has, and what the kind of file cannot hold.
            OSError: Where the file cannot be written; what was there before is unharmed.
        """
        path = Path(path)
        kind = path.suffix.removeprefix(".").lower()
        if kind not in MOTION_WRITERS:
            raise ValueError(f"{path}: motion is written as {', '.join(f'.{name}' for name in MOTION_WRITERS)}")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"no folder {path.parent} to write {path.name} into; make it first")
        write_atomic(path, lambda part: MOTION_WRITERS[kind].write(self, part))
