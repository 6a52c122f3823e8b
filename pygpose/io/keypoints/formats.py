"""The registry of keypoint formats, and the reader of a file of any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from graphs import get_skeleton
from graphs.registry import Registry
from pygpose.io.keypoints.exchanged import with_exchanges_told
from pygpose.io.keypoints.plausibility import without_strays
from pygpose.io.keypoints.stated import StatedFacts
from pygpose.io.keypoints.track import KeypointTrack, Size
from pygpose.io.keypoints.unread import unread_form
from pygpose.io.recognition import one_format, recognising
from pygpose.safe.door import UnexpectedContentError, reading
from pygpose.safe.text import shown


@dataclass(frozen=True)
class KeypointFormat:
    """One format of keypoint files.

    Args:
        description: The format in a line, for messages and help.
        recognises: Whether a path looks like this format. Looks at names and the first bytes, and never raises.
        reader: Reads the tracks of a path that exists. Of what the user states it sees to the joints.
    """

    description: str
    recognises: Callable[[Path], bool]
    reader: Callable[[Path, StatedFacts], list[KeypointTrack]]

    def read(
        self, path: str | Path, size: Size | None = None, fps: float | None = None, joints: str | None = None
    ) -> list[KeypointTrack]:
        """The tracks of all people in a file; see :func:`read_tracks`.

        Raises:
            FileNotFoundError: Where there is no such path.
            ValueError: For a file that is damaged or of another format, naming the file, the clip and the field, and
                for an unknown skeleton.
        """
        path = Path(path)
        _need(path)
        stated = StatedFacts(size, fps, None if joints is None else get_skeleton(joints).name)
        with reading(path):
            try:
                return with_exchanges_told([without_strays(stated.over(track)) for track in self.reader(path, stated)])
            except UnexpectedContentError:
                raise
            except (ValueError, OSError) as error:
                message = str(error).encode("utf-8", "backslashreplace").decode()  # names in the file may be no text
                raise ValueError(f"{shown(path)}: {message}") from error


def _need(path: Path) -> None:
    if not (path.is_file() or path.is_dir()):  # a pipe would be waited for
        raise FileNotFoundError(f"no file or folder {shown(path)}; give keypoints that exist")


KEYPOINT_FORMATS: Registry[KeypointFormat] = Registry("keypoint format")


def read_tracks(
    path: str | Path,
    *,
    format: str | None = None,
    size: Size | None = None,
    fps: float | None = None,
    joints: str | None = None,
) -> list[KeypointTrack]:
    """The tracks of all people in a keypoint file of any registered format.

    What is stated wins over what the file says, and a note of the tracks tells where they differ.

    Args:
        path: File, or folder where the format has one.
        format: A name of ``KEYPOINT_FORMATS``. Recognised by the file's content where not given.
        size: Width and height of the image, pixels.
        fps: Frames per second.
        joints: Registered name of the skeleton whose joints the file holds, in the file's order.

    Raises:
        FileNotFoundError: Where there is no such path.
        ValueError: For an unknown format, a file that no format or several recognise, or one that cannot be used.
    """
    path = Path(path)
    if format is None:
        _need(path)
        named = None if recognising(path, KEYPOINT_FORMATS) else unread_form(path)
        if named is not None:
            raise ValueError(f"{shown(path)} {named}")
        format = one_format(path, KEYPOINT_FORMATS)
    return KEYPOINT_FORMATS[format].read(path, size, fps, joints)
