"""What the user states about a keypoint file. It wins over what the file says, and a note says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pygpose.io.keypoints.track import KeypointTrack, Size


@dataclass(frozen=True)
class StatedFacts:
    """What the user states about a keypoint file; None for what is left to the file.

    Args:
        size: Width and height of the image in pixels.
        fps: Frames per second.
        joints: Registered name of the skeleton whose joints the file holds, in the file's order.
    """

    size: Size | None = None
    fps: float | None = None
    joints: str | None = None

    def over(self, track: KeypointTrack) -> KeypointTrack:
        """The track with the stated size and frame rate, and a note where the file says otherwise.

        Readers see to the joints, since the order of a file's joints is theirs to know.
        """
        notes = list(track.notes)
        if self.size is not None and track.size is not None and tuple(self.size) != tuple(track.size):
            notes.append(
                f"The file says that its image is {track.size[0]} x {track.size[1]}; {self.size[0]} x {self.size[1]}, "
                "as stated, is taken."
            )
        if self.fps is not None and track.fps is not None and self.fps != track.fps:
            notes.append(f"The file says {track.fps:g} frames/s; {self.fps:g} frames/s, as stated, are taken.")
        size = track.size if self.size is None else self.size
        return replace(track, size=size, fps=track.fps if self.fps is None else self.fps, notes=tuple(notes))
