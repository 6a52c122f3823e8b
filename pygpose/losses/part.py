"""What a loss term is computed from: some windows of a batch, and what a model gave for them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch_geometric.data import Data

from graphs import MotionGraph
from pygpose.outputs import Outputs
from pygpose.smpl import SMPLOutput

Need = Literal["poses", "path", "smpl", "true_smpl", "cameras", "unlabelled", "spread"]

NEEDS: dict[Need, str] = {
    "poses": "3D poses",
    "path": "a model that gives the path of the root, and data with the true path of the root",
    "smpl": "a model that gives SMPL bodies",
    "true_smpl": "a model that gives SMPL bodies, and data with the true parameters of SMPL",
    "cameras": "the camera intrinsics of every window",
    "unlabelled": "windows without 3D targets beside those with 3D targets",
    "spread": "a model that says how uncertain it is of each position",
}
"""What a term can need beside a prediction, in the words of the error message."""


@dataclass(frozen=True)
class Part:
    """Either the labelled or the unlabelled windows of a batch, beside one output of the model for these windows.

    Every field is cut to the frames that the output and the truth have in common: an output whose truth stands ``d``
    frames later (:attr:`pygpose.outputs.Outputs.offsets`) has ``T - d`` frames. Values in half precision are given in
    single precision.

    Args:
        outputs: What the model gave.
        batch: The batch of windows that the model saw.
        output: Which of the outputs.
        unlabelled: Whether the part holds the windows without 3D targets.
        graph: The motion graph of a window; None for the skeleton's own.
    """

    outputs: Outputs
    batch: Data
    output: int = 0
    unlabelled: bool = False
    graph: MotionGraph | None = None

    @property
    def windows(self) -> slice:
        """Which windows of the batch."""
        return slice(self.batch.labelled, None) if self.unlabelled else slice(self.batch.labelled)

    @property
    def given_frames(self) -> slice:
        """Frames of the output whose truth lies inside the window."""
        offset, frames = self.outputs.offsets[self.output], self.outputs.poses.size(2)
        return slice(max(-offset, 0), frames - max(offset, 0))

    @property
    def true_frames(self) -> slice:
        """Frames of the window that these are compared with."""
        offset, frames = self.outputs.offsets[self.output], self.outputs.poses.size(2)
        return slice(max(offset, 0), frames - max(-offset, 0))

    @property
    def own_graph(self) -> MotionGraph | None:
        """The motion graph of the frames that are compared."""
        frames = range(self.outputs.poses.size(2))[self.true_frames]
        return None if self.graph is None else self.graph.window(frames.start, frames.stop)

    @cached_property
    def pose(self) -> Float[Tensor, "batch frames joints 3"]:
        """The predicted pose, metres."""
        return single(self.outputs.poses[self.output, self.windows, self.given_frames])

    @cached_property
    def target(self) -> Float[Tensor, "labelled frames joints 3"]:
        """The true pose of the labelled windows, metres."""
        return self.batch.pose()[:, self.true_frames].to(self.pose.dtype)

    @cached_property
    def path(self) -> Float[Tensor, "batch frames 3"]:
        """The predicted path of the root, metres, camera frame."""
        assert self.outputs.path is not None  # see given_by
        return single(self.outputs.path[self.windows])

    @cached_property
    def true_path(self) -> Float[Tensor, "labelled frames 3"]:
        """The true path of the root of the labelled windows, metres, camera frame."""
        return self.batch["root"]

    @cached_property
    def smpl(self) -> SMPLOutput:
        """The predicted SMPL bodies."""
        bodies = self.outputs.smpl
        assert bodies is not None  # see given_by
        values = {field.name: getattr(bodies, field.name) for field in fields(SMPLOutput)}
        chosen = (self.output, self.windows, self.given_frames)
        return SMPLOutput(**{name: single(value[chosen]) for name, value in values.items()})

    @cached_property
    def true_smpl(self) -> Float[Tensor, "labelled frames 82"]:
        """The true parameters of SMPL of the labelled windows, NaN where nobody knows them."""
        return self.batch["smpl"][:, self.true_frames]

    @cached_property
    def keypoints(self) -> Float[Tensor, "batch frames joints 2"]:
        """The keypoints that the model saw."""
        return self.batch.keypoints()[self.windows, self.true_frames]

    @cached_property
    def confidence(self) -> Float[Tensor, "batch frames joints"]:
        """The confidence of the keypoints; 0 where a keypoint is missing."""
        return self.batch.own_confidence()[self.windows, self.true_frames]

    @cached_property
    def spread(self) -> Float[Tensor, "batch frames joints"]:
        """How uncertain the model is of each position, metres."""
        assert self.outputs.spread is not None  # see given_by
        return single(self.outputs.spread[self.windows])

    @cached_property
    def intrinsics(self) -> Float[Tensor, "batch 9"]:
        """The camera of every window, as in :mod:`pygpose.keys`."""
        return self.batch["intrinsics"][self.windows]


def single(value: Tensor) -> Tensor:
    """The value in single precision where it comes in half precision."""
    return value.float() if value.dtype in (torch.bfloat16, torch.float16) else value


def given_by(outputs: Outputs, batch: Data) -> set[Need]:
    """Which needs of loss terms (:data:`NEEDS`) these outputs of a model and this batch of windows meet."""
    given: set[Need] = {"poses"}
    if outputs.path is not None and "root" in batch:
        given.add("path")
    if outputs.smpl is not None:
        given |= {"smpl", "true_smpl"} if "smpl" in batch else {"smpl"}
    if outputs.spread is not None:
        given.add("spread")
    if "intrinsics" in batch:
        given.add("cameras")
    if batch.labelled < outputs.poses.size(1):
        given.add("unlabelled")
    return given
