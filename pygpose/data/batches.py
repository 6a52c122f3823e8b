"""A batch of windows, and what a model is trained on: whatever gives such batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch_geometric.data import Data

from graphs import MotionGraph, Skeleton


class Windows(Data):
    """A batch of windows that share the motion graph of one window: PyG's static graph.

    The first :attr:`labelled` windows have 3D targets, those that follow have none. Fields are named as in
    :mod:`pygpose.keys`; a field that is not known for every window is not there (``"root" in windows``).

    Shapes:
        - **x:** :math:`(B, T + \\text{context}, J, 2)` normalised screen coordinates; the ``context`` frames before and
          after the window are only there to be looked at
        - **confidence:** :math:`(B, T + \\text{context}, J)`; 0 for context beyond the ends of a clip
        - **y:** :math:`(B_l, T, J, 3)`, metres, root-relative
        - **root:** :math:`(B_l, T, 3)`, metres, camera frame
        - **intrinsics:** :math:`(B, 9)`
        - **features:** :math:`(B, T + \\text{context}, F)`
        - **smpl:** :math:`(B_l, T, 82)`, NaN where a clip has none
        - **edge_index, edge_type:** :math:`(2, E)` and :math:`(E)`, the graph of the window's :math:`T` frames
    """

    def keypoints(self) -> Float[Tensor, "batch frames joints 2"]:
        """Keypoints of the windows' own frames, without their context: a view."""
        before = self.context[0]
        return self["x"][:, before : before + self.num_frames]

    def own_confidence(self) -> Float[Tensor, "batch frames joints"]:
        """Confidence of the keypoints of the windows' own frames, without their context: a view."""
        before = self.context[0]
        return self["confidence"][:, before : before + self.num_frames]

    def pose(self) -> Float[Tensor, "labelled frames joints 3"]:
        """The 3D targets, metres."""
        return self["y"]

    @property
    def labelled(self) -> int:
        """How many windows have 3D targets."""
        return len(self["y"])


def make_windows(
    graph: MotionGraph, skeleton: str, context: tuple[int, int], fields: Mapping[str, Tensor | None]
) -> Windows:
    """A batch of windows: fields that are None are left out, and all windows share ``graph``."""
    edge_index, edge_type = graph.for_data()
    windows = Windows(
        edge_index=edge_index,
        edge_type=edge_type,
        num_frames=graph.num_frames,
        skeleton=skeleton,
        context=context,
        **{name: value for name, value in fields.items() if value is not None},
    )
    windows.num_nodes = graph.num_frames * graph.num_joints
    return windows


class TrainingWindows(ABC):
    """What a model is trained on: windows of equal length, which :class:`~pygpose.data.WindowLoader` draws batches of.

    Their statistics are those of ``pose`` and ``root``: of all frames, or of a sample of them.

    Shapes:
        - **pose:** :math:`(F, J, 3)`, metres, relative to the root joint; no frames where no target is looked at
        - **root:** :math:`(F, 3)`, metres, camera frame; None where it is not known
        - **intrinsics:** :math:`(K, 9)` in screen coordinates; None where a camera is not known

    ``fps`` are the frames per second of all windows; None where they differ.
    """

    skeleton: Skeleton
    graph: MotionGraph
    num_frames: int
    context: tuple[int, int]
    fps: float | None
    labelled: bool
    sequences: Sequence[Any]
    pose: Tensor
    root: Tensor | None
    intrinsics: Tensor | None
    features: Tensor | None
    smpl: Tensor | None

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def drawn(self, parts: Iterable[Int[Tensor, " _"]], draw: torch.Generator) -> Iterator[Windows]:
        """A batch of the windows of each part, in which all that is random comes from ``draw``."""

    @property
    def subjects(self) -> list[str]:
        """Who is in the windows."""
        return sorted({clip.subject for clip in self.sequences})

    def mean_pose(self) -> Float[Tensor, "joints 3"]:
        """Mean over the frames, metres."""
        return self.pose.mean(0, dtype=torch.float64).to(self.pose.dtype)

    def pose_scale(self) -> Float[Tensor, " joints"]:
        """Standard deviation of each joint's coordinates over the frames, metres."""
        return self.pose.std(0).mean(-1)

    def bone_lengths(self) -> Float[Tensor, " joints"]:
        """Mean length of the bone from each joint's parent to the joint, metres; 0 for the root."""
        parents = [max(parent, 0) for parent in self.skeleton.parents]
        lengths = (self.pose - self.pose[:, parents]).norm(dim=-1).mean(0)
        lengths[self.skeleton.root] = 0
        return lengths

    def mean_root(self) -> Float[Tensor, "3"] | None:
        """Mean place of the root over the frames, metres, camera frame; None where it is not known."""
        return None if self.root is None else self.root.mean(0, dtype=torch.float64).to(self.root.dtype)

    def root_scale(self) -> Float[Tensor, ""] | None:
        """Standard deviation of the root's coordinates over the frames, metres; None where it is not known."""
        return None if self.root is None else self.root.std(0).mean()
