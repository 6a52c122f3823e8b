"""The output of a network that gives SMPL's parameters."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from pygpose.smpl.projection import project_crop


@dataclass(frozen=True)
class SMPLOutput:
    """Predicted bodies of any number of frames."""

    rotations: Float[Tensor, "*frames 24 3 3"]
    shape: Float[Tensor, "*frames 10"]
    camera: Float[Tensor, "*frames 3"]
    """Camera of the crop, see :func:`~pygpose.smpl.project_crop`."""
    joints: Float[Tensor, "*frames joints 3"]
    """Joints as the body gives them: metres, camera frame, not relative to the root."""

    def keypoints(self) -> Float[Tensor, "*frames joints 2"]:
        """The joints in coordinates of the crop."""
        seen = project_crop(self.joints.flatten(0, -3), self.camera.flatten(0, -2))
        return seen.unflatten(0, self.joints.shape[:-2])
