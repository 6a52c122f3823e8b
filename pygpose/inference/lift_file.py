"""From a file of anyone's keypoints to the motion of everybody in it, in a world whose z points up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from graphs import get_skeleton
from pygpose.console import track
from pygpose.data import SkeletonSequence
from pygpose.data.keypoints import known_fact, track_sequence
from pygpose.inference.checkpoint import load_model
from pygpose.inference.correcting import CAMERAS_UP, correct_clip
from pygpose.inference.doubts import find_doubts
from pygpose.inference.lift import confidence_of
from pygpose.inference.motion import Motion, predict, with_solved_paths
from pygpose.inference.stated_camera import StatedCamera, assumed_lens
from pygpose.inference.world import (
    ANKLE,
    common_way_up,
    ground_of,
    likely_way_up,
    raised,
    standing_height,
    world_axes,
)
from pygpose.io.keypoints import KeypointTrack, doubts, read_tracks
from pygpose.io.writers import PeopleMotion, PersonMotion
from pygpose.models import Lifter
from pygpose.models.framing import ASSUMED_VIEW
from pygpose.refine.contacts import Floor
from pygpose.safe.text import shown
from pygpose.video import is_video, watch
from pygpose.viewer import viewer_page as viewer_page  # importing it registers its kind of file

LONGEST_BRIDGED = 1.0
"""Seconds without any keypoint that are bridged; at longer gaps a person's motion is cut."""
SCALE = "Nobody's height is told: the size of bodies, and so of paths, is a guess."
Skip = Callable[[str], None]


def lift_file(
    path: str | Path,
    *,
    weights: str | Path | Lifter = "default",
    size: tuple[int, int] | None = None,
    fps: float | None = None,
    joints: str | None = None,
    camera: StatedCamera | None = None,
    height: float | None = None,
    format: str | None = None,
    correct: bool = True,
    detector: str = "blazepose",
    keep_in: Path | None = None,
    skip: Skip | None = None,
) -> PeopleMotion:
    """The motion of everybody in a file of keypoints, or in a video: metres, z up, feet at z = 0; the first frame of a
    video's first person is over the origin.

    Args:
        path: A file of any keypoint format that ``pygpose check`` knows, OpenPose's folder, or a video.
        weights: A name of weights of the package, a run folder, a model file, or a model.
        size: Width and height of the picture in pixels. It wins over what the file says.
        fps: Frames per second. They win over what the file says.
        joints: Registered name of the skeleton whose joints the file holds, in its order. Not given: what the file's
            form says, its names, or its number of joints.
        camera: What is known of the camera. Not given, and not in the file:
            :data:`~pygpose.models.framing.ASSUMED_VIEW` degrees across the longer side of the picture, and the notes
            say so.
        height: Metres that the people are tall; bones and paths are scaled to it. Not given: the scale of the weights'
            training.
        format: Name of the file's format. Not given: it is recognised.
        correct: Whether motion is corrected (:func:`~pygpose.refine.correct_motion`).
        detector: Of a video: a name of :data:`~pygpose.video.DETECTORS`.
        keep_in: Of a video: folder in which its keypoints are kept, so that the next call need not look at it again.
        skip: Called with a sentence about each person who cannot be lifted. Not given: that is an error.

    Raises:
        FileNotFoundError, ValueError: What :func:`~pygpose.load_keypoints`, :func:`~pygpose.video.watch` and
            :func:`~pygpose.load_model` refuse; both a ``height`` and the camera's height.
    """
    camera = camera or StatedCamera()
    if height is not None and not 0.3 <= height <= 3:
        raise ValueError(f"height is {height:g}; give the person's height in metres, 0.3 to 3")
    if height is not None and camera.height is not None:
        raise ValueError("both the person's height and the camera's give the scale; state one of them")
    path = Path(path)
    model = weights if isinstance(weights, Lifter) else load_model(weights)[0]
    video = path if format is None and is_video(path) else None
    if video is not None:
        if size is not None or fps is not None or joints is not None:
            raise ValueError(
                f"{shown(path)} is a video, which says its size and frame rate itself, and whose detector says the "
                "joints; leave all of them out"
            )
        tracks = watch(path, detector, keep_in)
    else:
        tracks = read_tracks(path, format=format, size=size, fps=fps, joints=joints)
        for one in tracks:
            known_fact("fps", one, one.fps)
            known_fact("size", one, one.size)
    people: list[PersonMotion] = []
    for _, group in groupby(tracks, key=lambda one: one.video):
        placed = []
        for whole in track(list(group), "lifting"):
            with _skipping(path, whole.name, skip):
                placed += [_before_camera(model, one, camera, correct) for one in _pieces(whole)]
        up = camera.up(placed[0].positions) if placed else None
        if placed and up is None:
            floors, stood = [one.floor for one in placed], [int(one.contacts.sum()) for one in placed]
            up = common_way_up(floors, stood, [one.up for one in placed])
        origin = None
        for one in placed:
            assert up is not None
            with _skipping(path, one.keypoints.name, skip):
                person = _in_world(one, up, camera, height, video)
                if origin is None:
                    root = person.skeleton.root
                    origin = person.positions[0, root] * person.positions.new_tensor([1.0, 1.0, 0.0])
                people.append(replace(person, positions=person.positions - origin))
    return PeopleMotion(people)


def _pieces(whole: KeypointTrack) -> Iterable[KeypointTrack]:
    """A person's keypoints, cut where nothing is seen of them for long, and at both ends."""
    rate = known_fact("fps", whole, whole.fps)
    seen = np.flatnonzero(whole.confidence.any(1))
    cuts = np.flatnonzero(np.diff(seen) > max(1.0, LONGEST_BRIDGED * rate)) + 1
    parts = np.split(seen, cuts)
    for number, part in enumerate(parts):
        first, last = int(part[0]), int(part[-1]) + 1
        yield replace(
            whole,
            keypoints=whole.keypoints[first:last],
            confidence=whole.confidence[first:last],
            pose=None,
            track=f"{whole.track}.part{number + 1}" if len(parts) > 1 else whole.track,
            first_frame=whole.first_frame + first,
            notes=(
                *whole.notes,
                *(
                    [f"Cut where nothing is seen for {LONGEST_BRIDGED:g} s: part {number + 1}."]
                    if len(parts) > 1
                    else []
                ),
            ),
        )


@dataclass
class _Placed:
    """A person before the camera, on the way into the world."""

    keypoints: KeypointTrack
    size: tuple[int, int]
    clip: SkeletonSequence
    positions: Tensor
    confidence: Tensor
    floor: Floor | None
    contacts: Tensor
    up: Tensor
    notes: list[str]


def _before_camera(
    model: Lifter,
    one: KeypointTrack,
    camera: StatedCamera,
    correct: bool,
) -> _Placed:
    notes = [*one.notes, *doubts(one)]
    picture = known_fact("size", one, one.size)
    lens = camera.lens(picture)
    if lens is None and one.intrinsics is None:
        lens = assumed_lens(picture)
        notes.append(
            f"The camera is not known: {ASSUMED_VIEW:g} degrees across the longer side of the picture are assumed. "
            "Another view changes distances from the camera, and poses little."
        )
    if lens is not None:
        one = replace(one, intrinsics=tuple(lens.intrinsics(torch.zeros(0, dtype=torch.float64)).tolist()))
    clip = track_sequence(one, model.skeleton.name)
    (motion,) = predict(model, [clip], device=torch.device("cpu"), inference="whole")
    (motion,) = with_solved_paths([clip], [Motion(motion.pose, spread=motion.spread)])
    assert motion.path is not None
    notes += [f"Unlike training: {doubt}." for doubt in find_doubts(model, clip)]
    confidence = torch.ones(motion.pose.shape[:2]) if motion.spread is None else confidence_of(motion.spread)
    positions = (motion.pose + motion.path[:, None]).double()
    up = camera.up(positions)
    if up is None:
        up = likely_way_up(positions, model.skeleton, torch.tensor(CAMERAS_UP))
    if not correct:
        contacts = torch.zeros(len(positions), len(model.skeleton.feet), dtype=torch.bool)
        return _Placed(one, picture, clip, positions, confidence, None, contacts, up, notes)
    found = correct_clip(clip, motion, up=up)
    if found.floor is None:
        notes.append("No floor was found; the lowest foot is taken to be on the ground.")
    return _Placed(one, picture, clip, found.positions.double(), confidence, found.floor, found.contacts, up, notes)


def _in_world(one: _Placed, up: Tensor, camera: StatedCamera, height: float | None, video: Path | None) -> PersonMotion:
    """A person before the camera in the world, with their feet at z = 0, scaled to what is told."""
    skeleton = get_skeleton(one.clip.skeleton)
    world = one.positions @ world_axes(up).T
    ground = ground_of(world, one.contacts, skeleton)
    world = world - ground * world.new_tensor([0.0, 0.0, 1.0])
    world = world if one.floor is None else raised(world, skeleton, one.clip.fps)
    scale = 1.0
    if height is not None:
        scale = height / standing_height(world, skeleton)
    elif camera.height is not None:
        if ground >= 0:
            raise ValueError(
                "they stand above the camera, so the camera's height gives no scale; give the person's height"
            )
        scale = (camera.height - ANKLE) / -float(ground)
    return PersonMotion(
        one.clip.clip,
        scale * world,
        one.confidence,
        one.contacts,
        [skeleton.joints[joint] for joint in skeleton.feet],
        one.clip.fps,
        skeleton,
        [*one.notes, *([] if scale != 1.0 else [SCALE])],
        keypoints=one.clip.keypoints(),
        keypoint_confidence=one.clip.confidence.view(one.clip.num_frames, -1),
        size=one.size,
        first_frame=one.keypoints.first_frame,
        video=video,
    )


@contextmanager
def _skipping(path: Path, name: str, skip: Skip | None) -> Iterator[None]:
    """Tells ``skip`` what cannot be lifted; without it, that is an error."""
    try:
        yield
    except ValueError as error:
        if skip is None:
            raise ValueError(f"{shown(path)}: {name} cannot be lifted: {error}") from error
        skip(f"{name} cannot be lifted: {error}")
