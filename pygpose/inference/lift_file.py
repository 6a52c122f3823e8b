"""From a file of anyone's keypoints to the motion of everybody in it, in a world whose z points up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from graphs import Skeleton, get_skeleton
from pygpose.console import track
from pygpose.data import SkeletonSequence, load_keypoints
from pygpose.inference.checkpoint import load_model
from pygpose.inference.correcting import correct_clip, way_up
from pygpose.inference.doubts import find_doubts
from pygpose.inference.lift import confidence_of
from pygpose.inference.motion import Motion, predict, with_solved_paths
from pygpose.models import Lifter
from pygpose.models.framing import ASSUMED_VIEW
from pygpose.refine.contacts import Floor
from pygpose.safe.atomic import write_atomic, write_npz

SUFFIXES = (".npz", ".csv")


@dataclass(frozen=True)
class PersonMotion:
    """The motion of one person, named ``VIDEO/TRACK`` as in the file.

    Shapes:
        - **positions:** :math:`(T, J, 3)`, metres, z up; standing feet are at z = 0, and the first frame is over the
          origin
        - **confidence:** :math:`(T, J)`, the probability that a position is within 150 mm of the true one; 1 where the
          model does not say
        - **contacts:** :math:`(T, F)`, whether each joint of ``feet`` stands
    """

    name: str
    positions: Tensor
    confidence: Tensor
    contacts: Tensor
    feet: list[str]
    fps: float
    skeleton: Skeleton
    notes: list[str]
    """What was assumed, and what in the keypoints is unlike the training."""

    def save(self, path: str | Path) -> None:
        """Write the motion: ``.npz``, the positions alone in the form that the data set ``mocap`` and ``pygpose edit``
        read; or ``.csv``, a row for each frame and joint, with its confidence.

        Raises:
            ValueError: For another suffix.
            OSError: Where the file cannot be written.
        """
        path = Path(path)
        if path.suffix not in SUFFIXES:
            raise ValueError(f"{path}: motion is written as {' or '.join(SUFFIXES)}; give such a name")
        if path.suffix == ".npz":
            write_npz(path, {self.name: self.positions.numpy().astype(np.float32)})
            return
        frames, joints = self.confidence.shape
        table = pd.DataFrame(self.positions.flatten(0, 1).numpy(), columns=["x", "y", "z"])
        table.insert(0, "frame", np.repeat(np.arange(frames), joints))
        table.insert(1, "joint", list(self.skeleton.joints) * frames)
        table["confidence"] = self.confidence.flatten().numpy()
        write_atomic(path, lambda part: table.to_csv(part, index=False, float_format="%.5f"))


def lift_file(
    path: str | Path,
    *,
    weights: str | Path | Lifter = "default",
    size: tuple[int, int] | None = None,
    fps: float | None = None,
    field_of_view: float | None = None,
    format: str | None = None,
    correct: bool = True,
) -> list[PersonMotion]:
    """The motion of everybody in a file of keypoints.

    Args:
        path: A file of any keypoint format that ``python -m pygpose.data check`` knows, or OpenPose's folder.
        weights: A name of weights of the package, a run folder, a model file, or a model.
        size: Width and height of the picture in pixels, where the file does not say them.
        fps: Frames per second, where the file does not say them.
        field_of_view: Degrees across the picture's width, where the file has no intrinsics. Not given:
            :data:`~pygpose.models.framing.ASSUMED_VIEW`, and the notes say so.
        format: Name of the file's format. Not given: it is recognised.
        correct: Whether motion is corrected (:func:`~pygpose.refine.correct_motion`).

    Raises:
        FileNotFoundError, ValueError: What :func:`~pygpose.load_keypoints` and :func:`~pygpose.load_model` refuse.
    """
    model = weights if isinstance(weights, Lifter) else load_model(weights)[0]
    stated = {"format": format, "skeleton": model.skeleton.name, "size": size, "fps": fps}
    people = load_keypoints(path, field_of_view=field_of_view, **stated)
    return [lift_person(model, person, correct) for person in track(people, "lifting")]


def lift_person(model: Lifter, clip: SkeletonSequence, correct: bool = True) -> PersonMotion:
    """The motion of the person of a clip; where its camera is not known, one of
    :data:`~pygpose.models.framing.ASSUMED_VIEW` degrees is assumed, and the notes say so."""
    notes = []
    if "intrinsics" not in clip:
        focal = 1 / math.tan(math.radians(ASSUMED_VIEW) / 2)
        clip = clip.clone()
        clip.intrinsics = torch.tensor([[focal, focal, *[0.0] * 7]], dtype=clip.keypoints().dtype)
        view = f"{ASSUMED_VIEW:g} degrees across the picture are assumed"
        notes.append(f"The camera is not known; {view}, which scales distances.")
    (motion,) = predict(model, [clip], device=torch.device("cpu"), inference="whole")
    motion = with_solved_paths([clip], [Motion(motion.pose, spread=motion.spread)])[0]
    assert motion.path is not None
    skeleton = get_skeleton(clip.skeleton)
    notes += [f"Unlike training: {doubt}." for doubt in find_doubts(model, clip)]
    confidence = torch.ones(motion.pose.shape[:2]) if motion.spread is None else confidence_of(motion.spread)
    if correct:
        found = correct_clip(clip, motion)
        place, floor, contacts = found.positions, found.floor, found.contacts
    else:
        place, floor = motion.pose + motion.path[:, None], None
        contacts = torch.zeros(len(place), len(skeleton.feet), dtype=torch.bool)
    if floor is None:
        notes.append("No floor was found; the camera is taken to be level, and the lowest foot to be on the ground.")
    feet = [skeleton.joints[joint] for joint in skeleton.feet]
    world = into_world(place.double(), floor, way_up(clip), skeleton)
    return PersonMotion(clip.clip, world, confidence, contacts, feet, clip.fps, skeleton, notes)


def into_world(
    positions: Float[Tensor, "frames joints 3"], floor: Floor | None, up: Float[Tensor, "3"], skeleton: Skeleton
) -> Float[Tensor, "frames joints 3"]:
    """Positions before a camera, in a world whose z points up: y is the way that the camera looks, x to its right,
    standing feet are at z = 0, and the root of the first frame is over the origin."""
    z = (up if floor is None else floor.normal).to(positions)
    z = z / z.norm()
    ahead = positions.new_tensor([0.0, 0.0, 1.0])
    y = ahead - (ahead @ z) * z
    y = y / y.norm()
    world = positions @ torch.stack([torch.linalg.cross(y, z), y, z]).T
    if floor is None:
        feet = list(skeleton.feet) or list(range(skeleton.num_joints))
        height = world[:, feet, 2].amin(1).quantile(0.05)
    else:
        height = floor.height.to(positions)
    origin = torch.stack([*world[0, skeleton.root, :2], height])
    return world - origin
