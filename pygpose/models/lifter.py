"""What every architecture shares: its input, its output, and the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch_geometric.data import Data

from graphs import Skeleton
from graphs.registry import Registry
from pygpose import keys
from pygpose.data.sequence import SkeletonSequence
from pygpose.smpl import SMPLOutput

RootHead = Literal["none", "model", "shared"]


@dataclass(frozen=True)
class Outputs:
    """What a model gives in training."""

    poses: Float[Tensor, "outputs batch frames joints 3"]
    """Of every output (:attr:`Lifter.targets`), the first of which a call gives; metres, root-relative."""
    path: Float[Tensor, "batch frames 3"] | None = None
    """Of the root, where there is a root head; metres, camera frame."""
    smpl: SMPLOutput | None = None
    """The bodies of all outputs, where they are SMPL's."""


class Lifter(nn.Module):
    """From 2D keypoints to a root-relative 3D pose of every frame, and to the path of its root.

    A subclass is built as ``Model(skeleton, config, num_points)``, names its frozen dataclass in ``config_class`` and
    defines :meth:`lift`, whose output are :attr:`num_points` positions in units of the training data's spread
    (:meth:`set_statistics`): the joints; or the joints and then the root in the camera's frame; or that root alone.

    Args of a call:
        x: Keypoints.
        with_context: Whether the first and last :attr:`context` frames of ``x`` are only there to be looked at, and
            get no pose; otherwise the first and last frame are repeated to stand for them.

    Shapes:
        - **input:** :math:`(B, T, J, 2)` normalised screen coordinates, or a :class:`SkeletonSequence`, or PyG's batch
          of sequences of equal length; any :math:`T`
        - **output:** :math:`(B, T, J, 3)`, metres, camera frame; the root joint is 0

    Input of another precision is brought to the weights'.

    Raises:
        ValueError: For another joint count, another skeleton, or clips of different lengths in one batch.
        TypeError: For what is neither a tensor nor a sequence.
    """

    config_class: ClassVar[type]
    mean_pose: Tensor
    pose_scale: Tensor
    context: tuple[int, int] = (0, 0)
    """Frames before and after those it lifts that the model looks at; :meth:`lift` gets them and returns no pose for
    them."""
    input: Literal["x", "features"] = keys.X
    """The field of a :class:`SkeletonSequence` that is lifted: keypoints, or features of its pictures."""
    subtract_root: bool = True
    """Whether the pose is made relative to what the model gives for the root."""
    frame_multiple: int = 1
    """:meth:`lift` gets a number of frames that this divides: the last frame is repeated and cut off again."""
    targets: tuple[int, ...] = (0,)
    """Of every output of :meth:`lift_all`: how many frames after the one that is lifted the truth stands that training
    compares it with."""

    def __init__(self, skeleton: Skeleton, config: Any, num_points: int | None = None) -> None:
        super().__init__()
        self.trajectory: Lifter | None = None  # the network of the root's path, where it is one of its own
        self.skeleton = skeleton
        self.config = config
        self.num_points = skeleton.num_joints if num_points is None else num_points
        self.register_buffer("mean_pose", torch.zeros(self.num_points, 3))
        self.register_buffer("pose_scale", torch.ones(self.num_points))

    @property
    def root_head(self) -> RootHead:
        """Where the root's path comes from: nowhere, a network of its own, or this one."""
        if self.trajectory is not None:
            return "model"
        return "shared" if self.num_points > self.skeleton.num_joints else "none"

    def lift(self, x: Float[Tensor, "batch frames joints 2"]) -> Float[Tensor, "batch frames points 3"]:
        raise NotImplementedError(f"{type(self).__name__} must define lift(x)")

    def lift_all(self, x: Float[Tensor, "batch long joints 2"]) -> Float[Tensor, "outputs batch frames points 3"]:
        """All that training supervises: what :meth:`lift` gives, and after it what else a model has to say."""
        return self.lift(x)[None]

    def forward(
        self, x: Float[Tensor, "batch frames *input"] | SkeletonSequence, *, with_context: bool = False
    ) -> Tensor:
        return self._relative(self._points(x, with_context))

    def outputs(
        self, x: Float[Tensor, "batch frames *input"] | SkeletonSequence, *, with_context: bool = False
    ) -> Outputs:
        """For training: all that :meth:`lift_all` gives, and the root's path."""
        seen, frames = self._padded(x, with_context)
        points = self._metres(self.lift_all(seen)[:, :, :frames])
        path = None if self.root_head == "none" else self._path(points[0], x, with_context)
        return Outputs(self._relative(points), path)

    def motion(
        self, x: Float[Tensor, "batch frames *input"] | SkeletonSequence, *, with_context: bool = False
    ) -> tuple[Tensor, Tensor]:
        """The pose, as the model itself gives it, and the path of the root joint.

        Shapes:
            - **path:** :math:`(B, T, 3)`, metres, camera frame

        Raises:
            ValueError: For a model without a root head, beside what a call raises.
        """
        if self.root_head == "none":
            raise ValueError("this model has no root head: train one with --trajectory model, or solve for the path")
        points = self._points(x, with_context)
        return self._relative(points), self._path(points, x, with_context)

    def _path(self, points: Tensor, x: Tensor | SkeletonSequence, with_context: bool) -> Tensor:
        if self.trajectory is not None:
            points = self.trajectory._points(x, with_context)
        return points[..., -1, :]

    def _relative(self, points: Tensor) -> Tensor:
        pose = points[..., : self.skeleton.num_joints, :]
        return pose - pose[..., self.skeleton.root, None, :] if self.subtract_root else pose

    def _metres(self, points: Tensor) -> Tensor:
        return points * self.pose_scale[:, None] + self.mean_pose

    def _points(self, x: Tensor | SkeletonSequence, with_context: bool) -> Float[Tensor, "batch frames points 3"]:
        """What :meth:`lift` gives, in metres."""
        seen, frames = self._padded(x, with_context)
        return self._metres(self.lift(seen)[:, :frames])

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Of the input of one frame."""
        return (self.skeleton.num_joints, 2)

    def _padded(self, x: Tensor | SkeletonSequence, with_context: bool) -> tuple[Tensor, int]:
        """The input with its context, and how many frames of it are lifted."""
        seen = (x if isinstance(x, Tensor) else self._unbatch(x)).to(self.mean_pose.dtype)
        before, after = self.context
        least = before + after + 1 if with_context else 1
        if seen.dim() < 3 or seen.shape[2:] != self.input_shape or seen.size(1) < least:
            what = "keypoints" if self.input == keys.X else "features, as many as --model.channels,"
            why = ", its receptive field" if least > 1 else ""
            raise ValueError(
                f"model of skeleton '{self.skeleton.name}' expects {what} "
                f"[B, T, {', '.join(map(str, self.input_shape))}] with T >= {least}{why}, got {list(seen.shape)}"
            )
        if with_context:
            before = after = 0
        frames = seen.size(1) + before + after - sum(self.context)
        return repeat_ends(seen, before, after + -frames % self.frame_multiple), frames

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
    ) -> None:
        """Mean and spread of the training data's poses and roots, metres: so that an untrained model starts there."""
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

    def _unbatch(self, data: SkeletonSequence) -> Float[Tensor, "batch frames joints 2"]:
        if not isinstance(data, Data):
            raise TypeError(f"a model takes a torch tensor or a SkeletonSequence, got {type(data).__name__}")
        names = {data.skeleton} if isinstance(data.skeleton, str) else set(data.skeleton)
        if names != {self.skeleton.name}:
            raise ValueError(f"model of skeleton '{self.skeleton.name}' got clips of {', '.join(sorted(names))}")
        lengths = {int(frames) for frames in torch.as_tensor(data.num_frames).flatten()}
        if len(lengths) > 1:
            raise ValueError(f"clips of {sorted(lengths)} frames in one batch; pass windows of equal length")
        if self.input not in data:
            raise ValueError(
                f"model of skeleton '{self.skeleton.name}' lifts '{self.input}', which the clips do not have"
            )
        return data[self.input].unflatten(0, (-1, lengths.pop(), *self.input_shape[:-1]))


def check_config(config: Any, config_class: type) -> None:
    """
    Raises:
        TypeError: For the config of another architecture.
        ValueError: For a word that is not among an option's choices.
    """
    if not isinstance(config, config_class):
        raise TypeError(f"this architecture takes a {config_class.__name__}, got {type(config).__name__}")
    for name, kind in get_type_hints(config_class).items():
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        if choices and getattr(config, name) not in choices:
            raise ValueError(f"unknown {name} '{getattr(config, name)}'; known: {', '.join(map(str, choices))}")


def repeat_ends(x: Float[Tensor, "batch frames *channels"], before: int, after: int) -> Tensor:
    """The first frame ``before`` times more, and the last ``after`` times."""
    if before == after == 0:
        return x
    first, last = x[:, :1], x[:, -1:]
    same = [-1] * (x.dim() - 2)
    return torch.cat([first.expand(-1, before, *same), x, last.expand(-1, after, *same)], 1)


@dataclass(frozen=True)
class Architecture:
    """A registered architecture."""

    model: type[Lifter]
    description: str


MODELS: Registry[Architecture] = Registry("arch")


def build_model(
    name: str, *, skeleton: Skeleton, config: Any = None, root_head: RootHead = "none", **options: Any
) -> Lifter:
    """A registered architecture, with fresh weights.

    Args:
        name: ``ugcn``, ...
        skeleton: Joints of input and output.
        config: The architecture's config; not given: its defaults with ``options``.
        root_head: What gives the root's path (:meth:`Lifter.motion`): ``none``; ``model``, a second network of the same
            architecture, as VideoPose3D has it; ``shared``, the pose network itself, with one position more.
        options: Fields of that config.

    Raises:
        ValueError: For an unknown architecture or option.
        TypeError: For a skeleton's name in the place of a skeleton, and the config of another architecture.
    """
    if not isinstance(skeleton, Skeleton):
        raise TypeError(f"skeleton must be a Skeleton, such as get_skeleton('h36m17'), got {skeleton!r}")
    if root_head not in get_args(RootHead):
        raise ValueError(f"unknown root_head '{root_head}'; known: {', '.join(get_args(RootHead))}")
    model = MODELS[name].model
    known = model.config_class.__dataclass_fields__
    for option in options:
        if option not in known:
            raise ValueError(f"arch '{name}' has no option '{option}'; known: {', '.join(known)}")
    if config is not None and options:
        raise ValueError("give a config or options, not both")
    config = config if config is not None else model.config_class(**options)
    check_config(config, model.config_class)
    built = model(skeleton, config, skeleton.num_joints + (root_head == "shared"))
    if root_head == "model":
        built.trajectory = model(skeleton, config, 1)
    return built
