"""Keypoint files of any format as sequences of a model's skeleton: for inference, and for training with 3D targets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import torch

from graphs import find_remap, get_skeleton
from pygpose.data.sequence import SkeletonSequence, make_sequence
from pygpose.geometry import Camera, normalize_screen
from pygpose.io.keypoints import KeypointTrack, fill_missing, read_tracks
from pygpose.io.keypoints.own import read_keypoints as read_keypoints
from pygpose.io.keypoints.own import save_keypoints as save_keypoints
from pygpose.io.keypoints.plausibility import share_outside
from pygpose.io.keypoints.track import Size
from pygpose.safe.text import shown

Fact = TypeVar("Fact")


def load_keypoints(
    path: str | Path,
    *,
    format: str | None = None,
    joints: str | None = None,
    skeleton: str = "h36m17",
    size: Size | None = None,
    fps: float | None = None,
    field_of_view: float | None = None,
) -> list[SkeletonSequence]:
    """The people of a keypoint file of any known format, one sequence for each.

    ``graphs.find_remap(source, target).describe()`` says which joints give those of ``skeleton``.

    Args:
        path: File, or OpenPose's folder.
        format: A name of ``KEYPOINT_FORMATS``. Recognised by the file's content where not given.
        joints: Registered name of the skeleton whose joints the file holds, in its order. Not given: what the file's
            form says, its names, or its number of joints.
        skeleton: Registered name of the skeleton to which the joints are mapped.
        size: Width and height of the image in pixels. It wins over what the file says.
        fps: Frames per second. They win over what the file says.
        field_of_view: Horizontal field of view in degrees. It states a camera without distortion where the file has no
            intrinsics.

    Raises:
        FileNotFoundError: Where there is no such path.
        ValueError: For a file that no format or several recognise, that is damaged, whose joints do not give
            ``skeleton``, or that does not say its size or fps where they are not given.
    """
    path = Path(path)
    tracks = read_tracks(path, format=format, size=size, fps=fps, joints=joints)
    return track_sequences(path, tracks, skeleton, field_of_view)


def track_sequences(
    path: Path,
    tracks: Sequence[KeypointTrack],
    skeleton: str,
    field_of_view: float | None,
) -> list[SkeletonSequence]:
    try:
        return [track_sequence(track, skeleton, field_of_view) for track in tracks]
    except ValueError as error:
        raise ValueError(f"{shown(path)}: {error}") from error


def track_sequence(
    track: KeypointTrack,
    skeleton: str,
    field_of_view: float | None = None,
) -> SkeletonSequence:
    """One person of a file as a sequence; see :func:`load_keypoints`."""
    size, fps = known_fact("size", track, track.size), known_fact("fps", track, track.fps)
    outside, reason = share_outside(track, size)
    if outside > 0.5:
        raise ValueError(
            f"{track.name}: {outside:.0%} of the keypoints lie outside an image of {size[0]} x {size[1]} ({reason}); "
            "give the image's size, and keypoints in pixels"
        )
    if track.pose is not None and track.skeleton != skeleton:
        raise ValueError(
            f"{track.name} has 3D targets of '{track.skeleton}'; load it with that skeleton, not '{skeleton}'"
        )
    remap = find_remap(get_skeleton(track.skeleton), get_skeleton(skeleton))
    keypoints, confidence = remap.apply(track.keypoints, track.confidence)
    camera = None if field_of_view is None else Camera.of_view(field_of_view, size)
    if track.intrinsics is not None:
        fx, fy, cx, cy, k1, k2, k3, p1, p2 = track.intrinsics
        camera = Camera((fx, fy), (cx, cy), size, (k1, k2, k3), (p1, p2))
    return make_sequence(
        normalize_screen(torch.from_numpy(fill_missing(keypoints, confidence)), size),
        None if track.pose is None else torch.from_numpy(track.pose),
        confidence=torch.from_numpy(confidence),
        skeleton=skeleton,
        subject=track.video,
        action="motion",
        camera="camera",
        clip=track.name,
        fps=float(fps),
        calibration=camera,
    )


def known_fact(fact: str, track: KeypointTrack, said: Fact | None) -> Fact:
    """A fact of a track, which the user gave to the reader or the file says.

    Raises:
        ValueError: Where neither says it.
    """
    if said is None:
        raise ValueError(f"{track.name}: the file does not say its {fact}; give {fact}")
    return said
