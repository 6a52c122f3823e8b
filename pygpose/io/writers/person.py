"""The motion of one person, as it is written to files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        - **keypoint_confidence:** :math:`(T, J)`; 0 where a keypoint is not seen, but filled in
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
    keypoint_confidence: Tensor | None = None
    size: tuple[int, int] | None = None
    """Width and height of the picture in pixels."""
    first_frame: int = 0
    """Number of the first frame in the video."""
    video: Path | None = None
    """The video that the keypoints were found in."""

    def save(self, path: str | Path) -> None:
        """Write the motion as the kind of file that the suffix names (:data:`~pygpose.io.writers.MOTION_WRITERS`).

        Raises:
            ValueError: For a suffix that no writer has, positions that are not finite, and a kind of file that needs a
                package which is not here.
            OSError: Where the file cannot be written; what was there before is unharmed.
        """
        _written(Path(path), [self], lambda part, kind: MOTION_WRITERS[kind].write(self, part))


class PeopleMotion(tuple[PersonMotion, ...]):
    """The motion of everybody in a file of keypoints, one after the other."""

    def save(self, path: str | Path) -> None:
        """Write the motion of a file with one person as that person's; of several, as a kind of file that shows
        several people (``.html``).

        Raises:
            ValueError: For several people and a kind of file that holds one, beside what
                :meth:`PersonMotion.save` refuses.
        """
        if len(self) == 1:
            self[0].save(path)
            return
        path = Path(path)

        def write(part: Path, kind: str) -> object:
            together = MOTION_WRITERS[kind].write_people
            if together is None or not self:
                names = ", ".join(person.name for person in self) or "nobody"
                raise ValueError(f"{path}: such a file holds one person, and here are {names}; save them one by one")
            return together(self, part)

        _written(path, self, write)


def _written(path: Path, people: Sequence[PersonMotion], write: Callable[[Path, str], object]) -> None:
    kind = path.suffix.removeprefix(".").lower()
    if kind not in MOTION_WRITERS:
        kinds = "; ".join(f".{name}: {MOTION_WRITERS[name].description}" for name in MOTION_WRITERS)
        raise ValueError(f"{path}: the suffix says as what motion is written. {kinds}")
    for person in people:
        if not person.positions.isfinite().all():
            raise ValueError(f"{path}: the motion of '{person.name}' holds NaN or infinite positions")
    MOTION_WRITERS[kind].check()
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no folder {path.parent} to write {path.name} into; make it first")
    write_atomic(path, lambda part: write(part, kind))
