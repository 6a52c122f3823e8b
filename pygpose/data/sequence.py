"""A clip, a window of a clip, or a batch of windows, as a PyG ``Data`` object."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch_geometric.data import Batch, Data

from graphs import MotionGraph, build_motion_graph, get_skeleton
from pygpose import keys
from pygpose.geometry import Camera


class SkeletonSequence(Data):
    """2D keypoints of one person over time, with 3D targets where they are known. Fields: :mod:`pygpose.keys`.

    One clip, one window of it and PyG's ``Batch`` of windows have the same meaning: nodes in frame-major order, and
    the motion graph in ``edge_index`` and ``edge_type``. Build one with :func:`make_sequence`.
    """

    def __cat_dim__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        return 0 if key == "root" else super().__cat_dim__(key, value, *args, **kwargs)

    def keypoints(self) -> Float[Tensor, "frames joints 2"]:
        """``x`` by frame and joint: a view. The frames of a batch follow each other clip by clip."""
        return self["x"].view(-1, self.num_joints, 2)

    def pose(self) -> Float[Tensor, "frames joints 3"]:
        """``y`` by frame and joint, metres: a view."""
        return self["y"].view(-1, self.num_joints, 3)

    def counted(self) -> dict[str, Bool[Tensor, " frames"] | None]:
        """By action, which frames' errors count; None where all do. Actions without such frames are not there.

        The frames of a batch follow each other clip by clip.
        """
        if self._is_batch:
            return self._counted_of_batch()
        valid = self.valid if "valid" in self else None
        if "activity" not in self:
            return {self.action: valid}
        shown = self.activity
        masks = {name: shown == i for i, name in enumerate(self.activities)}
        masks = {name: mask if valid is None else mask & valid for name, mask in masks.items()}
        return {name: mask for name, mask in masks.items() if mask.any()}

    def clips(self) -> list[SkeletonSequence]:
        """The clips of a batch, with plain numbers where PyG makes tensors of them; a clip alone is its only clip."""
        if not isinstance(self, Batch):
            return [self]
        clips = cast("list[SkeletonSequence]", self.to_data_list())
        for clip in clips:
            clip.num_frames, clip.fps = int(clip.num_frames), float(clip.fps)
        return clips

    @property
    def num_joints(self) -> int:
        """Joints of a frame; the clips of a batch must have one skeleton."""
        if isinstance(self.skeleton, str):
            return get_skeleton(self.skeleton).num_joints
        names = sorted(set(self.skeleton))
        if len(names) > 1:
            raise ValueError(f"the clips of this batch have several skeletons: {', '.join(names)}; batch each apart")
        return get_skeleton(names[0]).num_joints

    @property
    def _is_batch(self) -> bool:
        return isinstance(self, Batch)

    def _counted_of_batch(self) -> dict[str, Bool[Tensor, " frames"] | None]:
        assert isinstance(self, Batch)
        found: dict[str, list[Tensor]] = {}
        clips = self.clips()
        none = [torch.zeros(clip.num_frames, dtype=torch.bool) for clip in clips]
        for place, clip in enumerate(clips):
            for action, mask in clip.counted().items():
                found.setdefault(action, list(none))[place] = torch.ones_like(none[place]) if mask is None else mask
        masks = {action: torch.cat(parts) for action, parts in found.items()}
        return {action: None if mask.all() else mask for action, mask in masks.items()}

    def window(self, start: int, stop: int) -> SkeletonSequence:
        """Frames ``start`` to ``stop`` (excluded) of the clip, or of every clip of a batch, with their edges.

        Raises:
            ValueError: Where the range does not lie inside a clip.
        """
        if self._is_batch:
            return self._window_of_batch(start, stop)
        if not 0 <= start < stop <= self.num_frames:
            raise ValueError(f"window {start}:{stop} does not lie inside {self.describe()}")
        joints = self.num_joints
        nodes = slice(start * joints, stop * joints)
        graph = MotionGraph.of_data(self).window(start, stop)
        part = SkeletonSequence()
        for key, value in self.items():
            if key in keys.PER_NODE:
                value = value[nodes]
            elif key in keys.PER_FRAME:
                value = value[start:stop]
            elif key == "num_frames":
                value = stop - start
            part[key] = value
        part.num_nodes = (stop - start) * joints
        part.edge_index, part.edge_type = graph.for_data()
        return part

    def _window_of_batch(self, start: int, stop: int) -> SkeletonSequence:
        assert isinstance(self, Batch)
        edges = self._slice_dict["edge_index"][-1]
        if edges != self.num_edges:
            raise ValueError(
                f"edge_index has {self.num_edges} edges, and the clips were batched with {edges}; change the edges of "
                "the "
                "clips, and batch them again"
            )
        return Batch.from_data_list([clip.window(start, stop) for clip in self.clips()])  # pyright: ignore

    def unseen_joints(self) -> tuple[str, ...]:
        """Names of the joints that are missing in every frame: a model fills them in from the others."""
        seen = (self.confidence.view(-1, self.num_joints) > 0).any(0).tolist()
        return tuple(name for name, there in zip(get_skeleton(self.skeleton).joints, seen, strict=True) if not there)

    def describe(self) -> str:
        """The clip's facts in one line, for messages."""
        return f"clip '{self.clip}' ({self.subject}, {self.action}, camera {self.camera}, {self.num_frames} frames)"


def make_sequence(
    keypoints: Float[Tensor, "frames joints 2"],
    pose: Float[Tensor, "frames joints 3"] | None = None,
    *,
    skeleton: str,
    subject: str,
    action: str,
    camera: str,
    clip: str,
    fps: float,
    confidence: Float[Tensor, "frames joints"] | None = None,
    calibration: Camera | None = None,
    placed: bool = True,
    valid: Bool[Tensor, " frames"] | None = None,
    activity: Int[Tensor, " frames"] | None = None,
    activities: Sequence[str] = (),
    features: Float[Tensor, "frames features"] | None = None,
    smpl: Float[Tensor, "frames 82"] | None = None,
) -> SkeletonSequence:
    """Check arrays and put them together as a :class:`SkeletonSequence`.

    Args:
        keypoints: Normalised screen coordinates.
        pose: Positions in the camera frame, metres, not yet root-relative: split here into ``y`` and ``root``.
        skeleton: Registered name.
        subject: See :mod:`pygpose.keys`, as for the facts that follow.
        confidence: 1 everywhere where it is not given.
        calibration: The camera, where it is known: what can be said of places needs it.
        placed: Whether ``pose`` says where the person is; otherwise it has no ``root``.
        valid: As ``activity``, ``activities``, ``features`` and ``smpl``, see :mod:`pygpose.keys`.

    Raises:
        ValueError: For another joint count, lengths that differ, fewer than 1 frame, or NaN and infinite values.
    """
    joints = get_skeleton(skeleton).num_joints
    where = f"clip '{clip}' ({subject}, {action}, camera {camera})"
    frames = keypoints.size(0)
    if keypoints.size(1) != joints:
        raise ValueError(f"{where}: {keypoints.size(1)} joints given, skeleton '{skeleton}' has {joints}")
    if frames < 1 or not 0 < fps < math.inf:
        raise ValueError(
            f"{where}: needs at least 1 frame and a positive frame rate that is finite, got {frames} and {fps}"
        )
    of_frames = {"valid": valid, "activity": activity, "features": features, "smpl": smpl}
    for name, value in {"keypoints": keypoints, "pose": pose, "confidence": confidence, **of_frames}.items():
        if value is None:
            continue
        alike = 1 if name in of_frames else 2
        if value.shape[:alike] != keypoints.shape[:alike]:
            raise ValueError(f"{where}: {name} is {list(value.shape)}, keypoints are {list(keypoints.shape)}")
        bad = ~torch.isfinite(value)
        if bad.any():
            first, axes = bad.nonzero()[0].tolist(), "[frame, value]" if name in of_frames else "[frame, joint, axis]"
            raise ValueError(
                f"{where}: {int(bad.sum())} values of {name} are NaN or infinite, first at {axes} "
                f"{first}; mark missing keypoints with confidence 0 and a finite value"
            )
    edge_index, edge_type = build_motion_graph(get_skeleton(skeleton), frames)
    sequence = SkeletonSequence(
        x=keypoints.reshape(-1, 2),
        edge_index=edge_index,
        edge_type=edge_type,
        confidence=(keypoints.new_ones(frames * joints) if confidence is None else confidence.reshape(-1)),
        subject=subject,
        action=action,
        camera=camera,
        clip=clip,
        fps=fps,
        num_frames=frames,
        skeleton=skeleton,
    )
    sequence.num_nodes = frames * joints
    if pose is not None:
        root = pose[:, get_skeleton(skeleton).root]
        sequence.y = (pose - root[:, None]).reshape(-1, 3)
        if placed:
            sequence.root = root
    for name, value in of_frames.items():
        if value is not None:
            sequence[name] = value
    if activity is not None:
        sequence.activities = list(activities)
    if calibration is not None:
        sequence.intrinsics = calibration.screen_intrinsics(keypoints)[None]
        if calibration.placed:
            sequence.extrinsics = calibration.extrinsics(keypoints)[None]
    return sequence
