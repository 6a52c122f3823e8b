"""What a training step makes smaller: --loss on the poses, and what else a model's outputs can be compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import torch
from torch import Tensor

from pygpose import keys
from pygpose.data import Windows
from pygpose.geometry import fit_path_to_rays, undistort_points
from pygpose.losses import (
    LOSSES,
    WeightedSum,
    bone_match_loss,
    crop_keypoint_loss,
    reprojection_loss,
    smpl_pose_loss,
    smpl_shape_loss,
    trajectory_loss,
)
from pygpose.models import Lifter, Outputs
from pygpose.smpl import SMPLOutput
from train.config.settings import Config


class Objective:
    """The losses of a run.

    Args:
        config: The run.
        model: Whose outputs are judged.
        loss: Of poses.
    """

    def __init__(self, config: Config, model: Lifter, loss: WeightedSum) -> None:
        self.config = config
        self.model = model
        self.loss = loss
        self.rigid = LOSSES["bone_std"](model.skeleton)

    def __call__(
        self, windows: Windows, outputs: Outputs, share: float, epoch: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The value to go down, and all its terms, unweighted and detached.

        Args:
            windows: What was seen.
            outputs: What the model says of it.
            share: Of the weights of all terms but the position losses (:class:`~pygpose.losses.WeightedSum`).
            epoch: Of training, counted from 0: unlabelled windows wait for some.
        """
        total, terms = self._of_poses(windows, outputs, share)
        for name, weight, value in self._of_places(windows, outputs.poses[0].float(), outputs.path, epoch):
            total, terms[name] = total + weight * value, value.detach()
        return total, terms

    def _of_poses(self, windows: Windows, outputs: Outputs, share: float) -> tuple[Tensor, dict[str, Tensor]]:
        """Means over all that the model gives (:attr:`Lifter.targets`)."""
        frames, found = windows.pose.size(1), []
        for i, offset in enumerate(self.model.targets):
            ours = slice(max(-offset, 0), frames - max(offset, 0))
            theirs = slice(max(offset, 0), frames - max(-offset, 0))
            pose = outputs.poses[i, : windows.labelled, ours]
            total, terms = self.loss(pose, windows.pose[:, theirs], share)
            if outputs.smpl is not None:
                bodies = {f.name: getattr(outputs.smpl, f.name)[i, :, ours] for f in fields(SMPLOutput)}
                for name, weight, value in self._of_bodies(windows, SMPLOutput(**bodies), theirs):
                    total, terms[name] = total + weight * value, value.detach()
            found.append((total, terms))
        totals, parts = zip(*found, strict=True)
        return torch.stack(totals).mean(), {
            name: torch.stack([part[name] for part in parts]).mean() for name in parts[0]
        }

    def _of_bodies(self, windows: Windows, smpl: SMPLOutput, frames: slice) -> Iterator[tuple[str, float, Tensor]]:
        """Name, weight and value of the losses of SMPL's parameters, against the truth of these frames."""
        options, before = self.config.smpl_options, self.model.context[0]
        keypoints = windows.keypoints[:, before : before + windows.confidence.size(1)][:, frames]
        confidence = windows.confidence[:, frames]
        yield "crop_keypoints", options.keypoints, crop_keypoint_loss(smpl.keypoints(), keypoints, confidence)
        if windows.smpl is not None:
            target = windows.smpl[:, frames]
            vectors, shape = target[..., :-10].unflatten(-1, (-1, 3)), target[..., -10:]
            yield "smpl_pose", options.pose, smpl_pose_loss(smpl.rotations, vectors)
            yield "smpl_shape", options.shape, smpl_shape_loss(smpl.shape, shape)

    def _of_places(
        self, windows: Windows, pose: Tensor, path: Tensor | None, epoch: int
    ) -> Iterator[tuple[str, float, Tensor]]:
        """Name, weight and value of the losses that need the root's path: its own, and those of unlabelled windows."""
        n, options = windows.labelled, self.config.semi_options
        if path is not None:
            assert windows.root is not None  # the statistics of the places were asked for before
            yield "traj", 1.0, trajectory_loss(path[:n], windows.root)
        if n == len(pose):
            return
        assert windows.intrinsics is not None  # unlabelled windows have them
        cameras, confidence = windows.intrinsics[n:], windows.confidence[n:]
        counts = float(epoch >= options.warmup)
        before = self.model.context[0]
        keypoints = windows.keypoints[n:, before : before + pose.size(1)]
        if path is None:
            rays = undistort_points(keypoints, cameras, confidence > 0)
            root = fit_path_to_rays(pose[n:].double(), rays.double(), confidence.double(), ridge=1e-6).to(pose.dtype)
        else:
            root = path[n:]
        reprojection = reprojection_loss(pose[n:] + root[:, :, None], keypoints, cameras, confidence)
        yield "reproj", counts * options.reprojection, reprojection
        yield "bone_match", counts * options.bones, bone_match_loss(pose[n:], windows.pose, self.model.skeleton)
        if options.rigid:
            yield "rigid", counts * options.rigid, self.rigid(pose[n:], pose[n:])

    def __str__(self) -> str:
        """All terms with their weights."""
        smpl, semi = self.config.smpl_options, self.config.semi_options
        others = {}
        if self.model.input == keys.FEATURES:
            others |= {"crop_keypoints": smpl.keypoints, "smpl_pose": smpl.pose, "smpl_shape": smpl.shape}
        if self.model.root_head != "none":
            others["traj"] = 1.0
        if self.config.is_semi:
            others |= {"reproj": semi.reprojection, "bone_match": semi.bones}
            if semi.rigid:
                others["rigid"] = semi.rigid
        return "+".join([str(self.loss), *(f"{name}:{weight:g}" for name, weight in others.items())])
