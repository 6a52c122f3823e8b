"""VideoPose3D's loss on the projection of a pose without a 3D target."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from pygpose.geometry import distort_points, fit_path_to_rays, undistort_shown
from pygpose.losses.part import Part
from pygpose.losses.term import LOSSES, LossTerm

LEAST_DEPTH = 0.1  # metres


def reprojection_loss(
    positions: Float[Tensor, "batch frames joints 3"],
    keypoints: Float[Tensor, "batch frames joints 2"],
    intrinsics: Float[Tensor, "batch 9"],
    confidence: Float[Tensor, "batch frames joints"],
) -> Float[Tensor, ""]:
    r"""Mean distance of the projected joints to the keypoints.

    .. math:: \mathcal{L}_R = \frac{\sum_{t,j} c_{t,j} \lVert \pi(\hat{\mathbf{s}}_{t,j} + \hat{\mathbf{r}}_t)
        - \mathbf{x}_{t,j} \rVert_2}{\sum_{t,j} c_{t,j}}

    with the lens :math:`\pi` of :func:`~pygpose.geometry.project_points` (VideoPose3D, section 4). A prediction may be
    behind the camera early in training: as in VideoPose3D's code, rays :math:`(x, y)/z` are limited to [-1, 1] before
    the lens bends them; here depth, too, is at least 0.1 m.

    Shapes:
        - **positions:** :math:`(B, T, J, 3)`, pose and root together, metres, camera frame
        - **keypoints, intrinsics:** screen coordinates, as in :mod:`pygpose.keys`
        - **confidence:** :math:`c`; 0 where a keypoint is missing
        - **output:** scalar, screen coordinates (2 is the width of the image)
    """
    rays = (positions[..., :2] / positions[..., 2:].clamp(min=LEAST_DEPTH)).clamp(-1, 1)
    missing = confidence[..., None] == 0
    error = torch.where(missing, 0.0, distort_points(rays, intrinsics) - keypoints).norm(dim=-1)
    return (confidence * error).sum() / confidence.sum().clamp(min=1e-6)


@LOSSES.register("reproj")
class ReprojectionLoss(LossTerm):
    """The projection of unlabelled windows' poses to their keypoints: :func:`reprojection_loss`.

    The pose stands where the model says that the root is; where the model gives no path of the root, at the path that
    fits the pose to the keypoints best (:func:`~pygpose.geometry.fit_path_to_rays`).

    Shapes:
        - **positions:** :math:`(B, T, J, 3)`, pose and root together, metres, camera frame
        - **keypoints, intrinsics, confidence:** as in :func:`reprojection_loss`
        - **output:** scalar, screen coordinates (2 is the width of the image)
    """

    positional = True
    needs = ("poses", "cameras", "unlabelled")

    def forward(self, positions, keypoints, intrinsics, confidence):
        return reprojection_loss(positions, keypoints, intrinsics, confidence)

    def measure(self, part):
        # The fit has a view of the pose of its own, so that gradients are added in one order, whatever terms there are.
        root = _fitted_path(replace(part)) if part.outputs.path is None else part.path
        return self(part.pose + root[:, :, None], part.keypoints, part.intrinsics, part.confidence)


def _fitted_path(part: Part) -> Float[Tensor, "batch frames 3"]:
    rays, shown = undistort_shown(part.keypoints, part.intrinsics, part.confidence > 0)
    path = fit_path_to_rays(part.pose.double(), rays.double(), (part.confidence * shown).double(), ridge=1e-6)
    return path.to(part.pose.dtype)
