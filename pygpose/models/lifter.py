"""What every architecture shares: its input, its output, and the statistics of its training data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch_geometric.data import Data

from graphs import MotionGraph, Skeleton
from pygpose.models.data_input import Call, check_graph, check_uncut, over_stretches
from pygpose.models.framing import FRAMINGS, Framed, FramingName, frame_keypoints, has_confidence
from pygpose.models.lifter_input import LifterInput
from pygpose.nn import bring_onto_rays
from pygpose.outputs import Outputs
from pygpose.smpl import Body, SMPLOutput

RootHead = Literal["none", "model", "shared"]
SPREAD, LEAST_SPREAD = 0.03, 0.002
"""Metres: the unit of what a network says about its spread, and the smallest spread."""


def full_precision(like: Tensor) -> torch.autocast:
    """A context in which autocast rounds nothing: half precision would move keypoints by pixels."""
    return torch.autocast(like.device.type, enabled=False)


class Lifter(LifterInput):
    """From 2D keypoints to a root-relative 3D pose of every frame, and to the path of its root.

    A subclass is built as ``Model(skeleton, config, num_points)``, names its frozen dataclass in ``config_class`` and
    defines :meth:`lift`, whose output are :attr:`num_points` positions in units of the training data's spread
    (:meth:`set_statistics`): the joints; or the joints and then the root in the camera's frame; or that root alone.

    Called with data (a :class:`SkeletonSequence`, PyG's ``Batch`` of sequences of one length, or a batch of windows),
    the model convolves over the data's own ``edge_index``, and no layer looks over a cut, where next-frame edges are
    missing: the stretches between cuts are lifted as clips of their own. Called with a tensor, it convolves over
    ``graph``, or over its skeleton's where there is none.

    What :meth:`lift` gets of the keypoints is up to the model's :attr:`framing`
    (:func:`~pygpose.models.framing.frame_keypoints`): by default what a virtual camera sees that looks at the person.

    Args of a call:
        x: Keypoints, or data that hold them and whatever else a call needs; or what :meth:`frames` gives.
        confidence: Of keypoints that come as a tensor; 0 means that a keypoint is missing. Not given: 1. A model with
            ``framing="plain"`` has no use for it.
        intrinsics: Of the cameras of keypoints that come as a tensor, in screen coordinates as :mod:`pygpose.keys` has
            them. Not given: a view of :data:`~pygpose.models.framing.ASSUMED_VIEW` degrees across the picture's width.
        graph: The motion graph of keypoints that come as a tensor.
        with_context: Whether the first and last :attr:`context` frames of ``x`` are only there to be looked at, and
            get no pose; otherwise others stand for them (:attr:`beyond`).
        all_outputs: Return :class:`~pygpose.outputs.Outputs`, all that training supervises, in the place of the pose.

    Shapes:
        - **input:** :math:`(B, T, J, 2)` normalised screen coordinates; any :math:`T`
        - **output:** :math:`(B, T, J, 3)`, metres, camera frame; the root joint is 0

    Input of another precision is brought to the weights'.

    Raises:
        ValueError: For another joint count, another skeleton, clips of different lengths in one batch, a graph of other
            frames or with edge types that the model has no weights for, and what
            :class:`~graphs.MotionGraph` refuses.
        TypeError: For what is neither a tensor nor data.
    """

    config_class: ClassVar[type]
    takes_graph: ClassVar[bool] = False
    """Whether the model is built with the name of a graph and :meth:`lift` takes a motion graph after the input."""
    mean_pose: Tensor
    pose_scale: Tensor
    bone_lengths: Tensor
    spread_scale: Tensor
    subtract_root: bool = True
    """Whether the pose is made relative to what the model gives for the root."""
    gives_spread: bool = False
    """Whether :meth:`lift` gives a fourth number for every point, which says how uncertain the position is."""
    gives_shares: bool = False
    """Whether :meth:`lift` gives two more numbers for every point, which say how much of the way to its ray a joint is
    brought (:func:`~pygpose.nn.bring_onto_rays`)."""
    fps: float | None = None
    """Frames per second of the motion that the model was trained on; None where nobody knows."""
    exact: bool | None = None
    """Whether the keypoints that the model was trained on were exact, without a detector's errors; None where nobody
    knows."""
    targets: tuple[int, ...] = (0,)
    """For every output of :meth:`lift_all`: how many frames after the lifted frame the truth stands that training
    compares it with."""
    body: Body | None
    """The SMPL body that the model moves, for models that give one."""

    def __init__(
        self, skeleton: Skeleton, config: Any, num_points: int | None = None, framing: FramingName = "person"
    ) -> None:
        super().__init__()
        if framing not in FRAMINGS:
            raise ValueError(f"unknown framing '{framing}'; known: {', '.join(FRAMINGS)}")
        self.body = None  # on the object: a value of the class would hide a body that is set later
        self.trajectory: Lifter | None = None  # the network of the root's path, where it is one of its own
        self.skeleton = skeleton
        self.config = config
        self.framing: FramingName = framing
        self.num_points = skeleton.num_joints if num_points is None else num_points
        self.register_buffer("mean_pose", torch.zeros(self.num_points, 3))
        self.register_buffer("pose_scale", torch.ones(self.num_points))
        if self.gives_spread:
            self.register_buffer("spread_scale", torch.ones(()))
        if has_confidence(framing):
            self.register_buffer("bone_lengths", torch.full((skeleton.num_joints,), 0.25))

    @property
    def root_head(self) -> RootHead:
        """Where the root's path comes from: nowhere, a network of its own, or this one."""
        if self.trajectory is not None:
            return "model"
        return "shared" if self.num_points > self.skeleton.num_joints else "none"

    def lift(self, x: Float[Tensor, "batch long joints channels"]) -> Float[Tensor, "batch frames points numbers"]:
        raise NotImplementedError(f"{type(self).__name__} must define lift(x)")

    def lift_all(
        self, x: Float[Tensor, "batch long joints channels"], graph: MotionGraph | None = None
    ) -> Float[Tensor, "outputs batch frames points numbers"]:
        """All that training supervises: what :meth:`lift` gives, and after it what else a model has to say."""
        return self._lift(x, graph)[None]

    def bodies(self, x: Tensor | Data) -> SMPLOutput:
        """SMPL's parameters and the joints of every frame, for models that give a body.

        Raises:
            ValueError: For a model that gives joints alone.
        """
        raise ValueError(f"{type(self).__name__} gives joints and no SMPL body; a model of image features gives one")

    def forward(
        self,
        x: Float[Tensor, "batch frames *input"] | Data,
        *,
        confidence: Float[Tensor, "batch frames joints"] | None = None,
        intrinsics: Float[Tensor, "batch 9"] | None = None,
        graph: MotionGraph | None = None,
        with_context: bool = False,
        all_outputs: bool = False,
    ) -> Any:
        frames, graph = self._read(x, confidence, intrinsics, graph)
        if all_outputs:
            if graph is not None:
                check_uncut(graph)
            return self.outputs(frames, graph, with_context)
        return self._relative(self._over_stretches(self._points, frames, graph, with_context))

    def outputs(
        self, x: Float[Tensor, "batch frames *input"], graph: MotionGraph | None, with_context: bool
    ) -> Outputs:
        """What a call with ``all_outputs`` returns: all that :meth:`lift_all` gives, and the root's path."""
        points = self._found(self.lift_all, x, graph, with_context)
        path = None if self.root_head == "none" else self._with_path(points[0], x, graph, with_context)[..., -1, :3]
        spread = points[0, ..., : self.skeleton.num_joints, 3] if self.gives_spread else None
        return Outputs(self._relative(points), path, offsets=self.targets, spread=spread)

    def lifted(
        self,
        x: Float[Tensor, "batch frames *input"] | Data,
        *,
        confidence: Float[Tensor, "batch frames joints"] | None = None,
        intrinsics: Float[Tensor, "batch 9"] | None = None,
        graph: MotionGraph | None = None,
        with_context: bool = False,
    ) -> Float[Tensor, "batch kept points numbers"]:
        """All that the model says of every frame, in one tensor: the joints as a call gives them; after them the root's
        place, where the model has a root head; beside every position its spread, where the model gives one.

        Shapes:
            - **output:** :math:`(B, T, P, 3)` or :math:`(B, T, P, 4)`, metres
        """
        frames, graph = self._read(x, confidence, intrinsics, graph)
        points = self._over_stretches(self._points_and_path, frames, graph, with_context)
        pose = torch.cat([self._relative(points), points[..., : self.skeleton.num_joints, 3:]], -1)
        return torch.cat([pose, points[..., self.skeleton.num_joints :, :]], -2)

    def motion(
        self,
        x: Float[Tensor, "batch frames *input"] | Data,
        **call: Any,
    ) -> tuple[Tensor, Tensor]:
        """The pose, as the model itself gives it, and the path of the root joint; ``call`` as of :meth:`lifted`.

        Shapes:
            - **path:** :math:`(B, T, 3)`, metres, camera frame

        Raises:
            ValueError: For a model without a root head, beside what a call raises.
        """
        if self.root_head == "none":
            raise ValueError("this model has no root_head: build one with root_head='model', or solve for the path")
        points = self.lifted(x, **call)
        return points[..., :-1, :3], points[..., -1, :3]

    def _over_stretches(self, call: Call, frames: Tensor, graph: MotionGraph | None, with_context: bool) -> Tensor:
        """What ``call`` makes of the frames; no call looks over a cut of the graph."""
        if not isinstance(graph, MotionGraph):  # none, or what check_graph refuses
            return call(frames, graph, with_context)
        return over_stretches(call, frames, graph, with_context, self.skeleton, self.graph_name)

    def _points_and_path(self, x: Tensor, graph: MotionGraph | None, with_context: bool) -> Tensor:
        return self._with_path(self._points(x, graph, with_context), x, graph, with_context)

    def _with_path(self, points: Tensor, x: Tensor, graph: MotionGraph | None, with_context: bool) -> Tensor:
        """The points, and the root after them."""
        if self.trajectory is None:
            return points
        path = self.trajectory._points(x, graph, with_context)
        return torch.cat([points, F.pad(path, (0, points.size(-1) - path.size(-1)))], -2)  # a path has no spread

    def _relative(self, points: Tensor) -> Tensor:
        pose = points[..., : self.skeleton.num_joints, :3]
        return pose - pose[..., self.skeleton.root, None, :] if self.subtract_root else pose

    def _metres(self, points: Tensor, framed: Framed) -> Tensor:
        """What a network gives, in metres and in the camera's axes; a spread beside it stays beside it."""
        positions, spread = points[..., :3], points[..., 3:4] if self.gives_spread else points[..., :0]
        if self.gives_spread:
            spread = self.spread_scale * (LEAST_SPREAD + SPREAD * F.softplus(spread))
        joints = self.skeleton.num_joints if self.num_points > 1 else 0
        if framed.aim is None:
            joints = self.num_points
        pose = positions[..., :joints, :] * self.pose_scale[:joints, None] + self.mean_pose[:joints]
        if self.gives_shares and framed.rays is not None:
            body = slice(0, self.skeleton.num_joints)
            rays, known = framed.rays.to(pose.dtype).split((2, 1), -1)
            shares = points[..., body, -2:].sigmoid()
            near = [
                bring_onto_rays(*both, rays, known.squeeze(-1)) for both in zip(pose[..., body, :], shares, strict=True)
            ]
            pose = torch.cat([torch.stack(near), pose[..., self.skeleton.num_joints :, :]], -2)
        pose = framed.turned_back(pose)
        if joints < self.num_points:
            pose = torch.cat([pose, framed.placed(positions[..., joints:, :])], -2)
        return torch.cat([pose, spread], -1)

    def _points(
        self, x: Tensor, graph: MotionGraph | None, with_context: bool
    ) -> Float[Tensor, "batch frames points numbers"]:
        """What :meth:`lift` gives, in metres."""
        return self._found(lambda seen, graph: self._lift(seen, graph)[None], x, graph, with_context)[0]

    def _found(
        self,
        lift: Callable[[Tensor, MotionGraph | None], Tensor],
        x: Tensor,
        graph: MotionGraph | None,
        with_context: bool,
    ) -> Float[Tensor, "outputs batch frames points numbers"]:
        """What ``lift`` makes of the frames with their context, in metres."""
        seen, frames = self._padded(x, with_context)
        if graph is not None:
            check_graph(graph, frames, self.skeleton.num_joints, len(x))
        framed = Framed(seen)
        if has_confidence(self.framing):
            with full_precision(seen):
                framed = frame_keypoints(seen, self.framing, self.skeleton, self.bone_lengths, self.causal)
        points = lift(framed.features, graph)[:, :, :frames]
        with full_precision(seen):
            return self._metres(points, framed.window(self.context[0], frames))

    def _lift(self, seen: Tensor, graph: MotionGraph | None) -> Tensor:
        """:meth:`lift` over the graph, for models that take one."""
        return self.lift(seen, graph) if self.takes_graph else self.lift(seen)  # pyright: ignore[reportCallIssue]

    def set_progress(self, done: float) -> None:
        """Told before every epoch which share of training is behind it; for what changes with time in a model."""
        if self.trajectory is not None:
            self.trajectory.set_progress(done)

    def set_statistics(
        self,
        mean_pose: Float[Tensor, "joints 3"],
        pose_scale: Float[Tensor, " joints"],
        mean_root: Float[Tensor, "3"] | None = None,
        root_scale: Float[Tensor, ""] | None = None,
        bone_lengths: Float[Tensor, " joints"] | None = None,
    ) -> None:
        """Mean and spread of the training data's poses and roots, and the mean lengths of its bones, metres: so that an
        untrained model starts there."""
        if bone_lengths is not None and has_confidence(self.framing):
            for model in (self, self.trajectory):
                if model is not None:
                    model.bone_lengths.copy_(bone_lengths)
        if mean_root is None or root_scale is None:
            if self.root_head != "none":
                raise ValueError(
                    "a model with a root head needs the mean and the scale of the root, too; data that do not say "
                    "where the person is give none"
                )
        elif self.trajectory is not None:
            self.trajectory.mean_pose.copy_(mean_root[None])
            self.trajectory.pose_scale.copy_(root_scale[None])
        elif self.root_head == "shared":
            mean_pose, pose_scale = torch.cat([mean_pose, mean_root[None]]), torch.cat([pose_scale, root_scale[None]])
        self.mean_pose.copy_(mean_pose)
        self.pose_scale.copy_(pose_scale)
