"""Losses on the angles between bones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from graphs import Skeleton
from pygpose.losses.term import LOSSES, LossTerm, need_frames, need_joints

Bend = tuple[int, int, int]
"""A joint between its neighbours along the tree: parent, joint, child."""

SHORT = 1e-2  # metres: a shorter bone has no direction worth learning from
BLUNT = 1e-4  # radians by which straight and folded limbs are off, so that their angle has a gradient


def tree_bends(skeleton: Skeleton) -> list[Bend]:
    """Every two bones that follow each other along the tree. Branches that part at a joint are not compared."""
    return [(skeleton.parents[joint], joint, child) for joint, child in skeleton.bones if joint != skeleton.root]


def joint_angles(pose: Float[Tensor, "*batch joints 3"], bends: Sequence[Bend]) -> Float[Tensor, "*batch bends"]:
    r"""Included angle at each joint, in radians: :math:`\pi` for a straight limb, 0 for a folded one.

    .. math:: \theta = 2 \operatorname{atan2}\left(\sqrt{\lVert \mathbf{u} - \mathbf{v} \rVert^2 + \epsilon^2},
        \sqrt{\lVert \mathbf{u} + \mathbf{v} \rVert^2 + \epsilon^2}\right)

    with :math:`\mathbf{u}, \mathbf{v}` the directions from the joint to its parent and its child. The arc cosine of
    :math:`\mathbf{u} \cdot \mathbf{v}` has an infinite slope where a limb is straight, and people's limbs often are.
    :math:`\epsilon` = 1e-4 rounds this form off where one of the lengths is zero: angles are wrong by at most 1e-4 rad
    (0.006 degrees), at 0 and :math:`\pi`. A bone below 1 cm counts as a direction shorter than 1, which draws its angle
    to :math:`\pi/2` and bounds the gradient.

    Shapes:
        - **pose:** :math:`(*, J, 3)`, metres
        - **output:** :math:`(*, A)`, radians, in the order of ``bends``
    """
    parent, joint, child = (pose[..., indices, :] for indices in zip(*bends, strict=True))
    back, forth = (normalize(bone, dim=-1, eps=SHORT) for bone in (parent - joint, child - joint))
    return 2 * torch.atan2(_blunt_length(back - forth), _blunt_length(back + forth))


def _blunt_length(vectors: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch"]:
    return (vectors.square().sum(-1) + BLUNT**2).sqrt()


@LOSSES.register("angle")
class AngleLoss(LossTerm):
    r"""Mean squared error of the angles between bones.

    .. math:: \mathcal{L}_\theta = \frac{1}{TA} \sum_{t,a} (\hat\theta_{t,a} - \theta_{t,a})^2

    over the :math:`A` pairs of bones parent-joint, joint-child of the tree (:math:`\theta` of Gupta's Table 1 in eq. 1,
    as a mean instead of a sum). The angle is that of :func:`joint_angles`. The paper gives neither a weight nor a unit;
    the weight here is 1: an error of 10 degrees costs 0.03, of the size of a position loss of 30 mm.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, rad²

    Raises:
        ValueError: For a skeleton in which no two bones follow each other.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        self.bends = tree_bends(skeleton)
        need_joints(self.bends, "two bones in a row", "angle", skeleton)

    def forward(self, pred, target):
        return (joint_angles(pred, self.bends) - joint_angles(target, self.bends)).square().mean()


@LOSSES.register("ang_acc")
class AngularAccelerationLoss(LossTerm):
    r"""Mean squared error of the accelerations of the angles between bones.

    .. math:: \mathcal{L}_{\ddot\theta} = \frac{1}{(T-2)A} \sum_{t,a}
        (\ddot{\hat\theta}_{t,a} - \ddot\theta_{t,a})^2, \quad
        \ddot\theta_{t,a} = \theta_{t+2,a} - 2\,\theta_{t+1,a} + \theta_{t,a}

    (:math:`\ddot\theta` of Gupta's Table 1 in eq. 1, as a mean instead of a sum), over the angles of
    :class:`AngleLoss`. The paper gives neither a weight nor a unit; the weight here is 1: an error of 1 degree per
    frame² costs 3e-4.

    Shapes:
        - **pred, target:** :math:`(B, T, J, 3)`, metres
        - **output:** scalar, rad² per frame⁴

    Raises:
        ValueError: For a skeleton in which no two bones follow each other, and for fewer than 3 frames.
    """

    least_frames = 3

    def __init__(self, skeleton: Skeleton) -> None:
        super().__init__(skeleton)
        self.bends = tree_bends(skeleton)
        need_joints(self.bends, "two bones in a row", "ang_acc", skeleton)

    def forward(self, pred, target):
        need_frames(pred, self, "ang_acc")
        error = joint_angles(pred, self.bends) - joint_angles(target, self.bends)
        return error.diff(n=2, dim=1).square().mean()
