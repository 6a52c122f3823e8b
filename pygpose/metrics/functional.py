r"""The metrics of the field, each a function of a prediction and its target.

Joints are positions ``[..., frames, joints, 3]`` in metres, taken as given: root-relative positions give the papers'
protocol 1. Results are 0-dim float64 tensors, the mean over every clip, frame and joint given, in the unit each
docstring names; :func:`acceleration_errors` keeps clips and frames. All arithmetic is float64, which autocast leaves
alone.

Every function raises ``ValueError`` for shapes that differ, empty or non-finite input, too few frames, and a skeleton
with another number of joints.
"""

from collections.abc import Sequence
from typing import cast

import roma
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import Skeleton
from pygpose.frames import stretches as stretches_of

Poses = Float[Tensor, "*batch frames joints 3"]
Scalar = Float[Tensor, ""]

MM_PER_METRE = 1000.0
AUC_THRESHOLDS_MM = range(0, 151, 5)
COLLAPSED = 1e-9  # metres: joints this close to their centroid have neither a size nor a direction to align


def mpjpe(pred: Poses, target: Poses) -> Scalar:
    r"""Mean per joint position error (protocol 1), in mm.

    .. math:: \text{MPJPE} = \frac{1}{TJ} \sum_{t,j} \lVert P_{t,j} - \hat P_{t,j} \rVert_2
    """
    pred, target = _positions(pred, target)
    return _lengths_mm(pred - target).mean()


def mpvpe(
    pred_vertices: Float[Tensor, "*batch frames vertices 3"], target_vertices: Float[Tensor, "*batch frames vertices 3"]
) -> Scalar:
    r"""Mean per vertex position error of two meshes, in mm: :func:`mpjpe` of their vertices, metres, as given.

    First subtract from each mesh the root joint of its own body, as the field's tables have it.
    """
    return mpjpe(pred_vertices, target_vertices)


def p_mpjpe(pred: Poses, target: Poses) -> Scalar:
    r"""MPJPE after the best similarity transform of each frame (protocol 2), in mm.

    .. math:: (s, R, b)_t = \arg\min \sum_j \lVert s R \hat P_{t,j} + b - P_{t,j} \rVert_2^2, \quad R \in SO(3)

    Rotation without reflection, scale and translation (Umeyama, PAMI 1991). A predicted frame whose joints all coincide
    has no rotation or scale; its best fit, scale 0, puts every joint on the target's centroid.
    """
    pred, target = _positions(pred, target)
    fit = roma.rigid_points_registration(pred, target, compute_scaling=True)
    rotation, translation, scale = cast("tuple[Tensor, Tensor, Tensor]", fit)  # roma has no type hints
    aligned = scale[..., None, None] * pred @ rotation.mT + translation[..., None, :]
    collapsed = (pred - pred.mean(dim=-2, keepdim=True)).abs().amax(dim=(-2, -1), keepdim=True) < COLLAPSED
    aligned = torch.where(collapsed, target.mean(dim=-2, keepdim=True), aligned)
    return _lengths_mm(aligned - target).mean()


def n_mpjpe(pred: Poses, target: Poses) -> Scalar:
    r"""MPJPE after the best scale of each frame (protocol 3), in mm.

    .. math:: s_t = \langle \hat P_t, P_t \rangle / \langle \hat P_t, \hat P_t \rangle

    Nothing is centred: the scale acts about the origin, the root of root-relative joints. A frame of zeros has scale 0.
    """
    pred, target = _positions(pred, target)
    energy = pred.square().sum(dim=(-2, -1), keepdim=True)
    scale = torch.where(energy > 0, (pred * target).sum(dim=(-2, -1), keepdim=True) / energy, 0.0)
    return _lengths_mm(scale * pred - target).mean()


def mpjve(pred: Poses, target: Poses) -> Scalar:
    r"""Mean per joint velocity error, in mm/frame (CVM-Net eq. 6-7).

    .. math:: \frac{1}{(T-1)J} \sum_{t,j} \lVert v_{t,j} - \hat v_{t,j} \rVert_2, \quad v_{t,j} = P_{t+1,j} - P_{t,j}
    """
    pred, target = _positions(pred, target, min_frames=2)
    return _lengths_mm((pred - target).diff(dim=-3)).mean()  # differences are linear: v - v^ is that of P - P^


def mpjacce(pred: Poses, target: Poses) -> Scalar:
    r"""Mean per joint acceleration error, in mm/frame^2 (CVM-Net eq. 8-9).

    .. math:: \frac{1}{(T-2)J} \sum_{t,j} \lVert a_{t,j} - \hat a_{t,j} \rVert_2,
        \quad a_{t+1,j} = P_{t+2,j} - 2 P_{t+1,j} + P_{t,j}

    TCMR's "Accel" is this number, too: its text says mm/s^2, but its code has no frame rate in it.
    """
    return acceleration_errors(pred, target).mean()


def acceleration_errors(pred: Poses, target: Poses) -> Float[Tensor, "*batch accelerations"]:
    r"""Acceleration error over time: of every frame but the first and the last, mean over joints, in mm/frame^2.

    .. math:: e_{t+1} = \frac{1}{J} \sum_j \lVert a_{t+1,j} - \hat a_{t+1,j} \rVert_2, \quad t = 1, \dots, T - 2

    (TCMR, Figure 5; for its unit see :func:`mpjacce`, which is the mean of this.)
    """
    pred, target = _positions(pred, target, min_frames=3)
    return _lengths_mm((pred - target).diff(n=2, dim=-3)).mean(dim=-1)


def pck(pred: Poses, target: Poses, threshold_mm: float = 150.0, joints: Sequence[int] | None = None) -> Scalar:
    """Share of joints with an error strictly below the threshold, in % (3DPCK of MPI-INF-3DHP: error < threshold).

    Where ``joints`` are given, only these count: see :func:`~pygpose.metrics.benchmark_joints`.
    """
    if not threshold_mm > 0:
        raise ValueError(f"pck threshold {threshold_mm} mm admits no joint: give a positive length in millimetres")
    return _percent(_errors_mm(pred, target, joints) < threshold_mm)


def auc(pred: Poses, target: Poses, joints: Sequence[int] | None = None) -> Scalar:
    """Mean PCK over the 31 thresholds 0, 5, ..., 150 mm, in % (MPI-INF-3DHP's area under the PCK curve).

    No error is below the first threshold, so a perfect prediction has 30/31 = 96.77 %, as in the data set's own code.
    ``joints`` as for :func:`pck`.
    """
    errors = _errors_mm(pred, target, joints)
    return torch.stack([_percent(errors < threshold) for threshold in AUC_THRESHOLDS_MM]).mean()


def stretches(frames: int, valid: Bool[Tensor, " frames"] | None) -> list[slice]:
    """Every run of neighbouring frames that count. Nothing is measured across the frames between two runs.

    Raises:
        ValueError: For a ``valid`` of another length.
    """
    if valid is None:
        return [slice(0, frames)]
    if valid.shape != (frames,):
        raise ValueError(f"valid has shape {tuple(valid.shape)}; give one truth value for each of {frames} frames")
    return [slice(start, stop) for start, stop in stretches_of(valid.cpu().numpy())]


def bone_length_error(pred: Poses, target: Poses, skeleton: Skeleton) -> Scalar:
    """Mean absolute difference of bone lengths over frames and bones, in mm."""
    pred, target = _positions(pred, target)
    return (_bone_lengths_mm(pred, skeleton) - _bone_lengths_mm(target, skeleton)).abs().mean()


def bone_length_deviation(pred: Poses, skeleton: Skeleton) -> Scalar:
    """Standard deviation over time of each bone's length, mean over bones, in mm; 0 for a rigid body.

    The deviation of the frames themselves (divided by T, not T - 1): a single frame has 0.
    """
    (pred,) = _positions(pred)
    return _bone_lengths_mm(pred, skeleton).std(dim=-2, correction=0).mean()


def _positions(pred: Tensor, target: Tensor | None = None, min_frames: int = 1) -> tuple[Tensor, ...]:
    """The arguments in float64, after a check that they are comparable and finite."""
    given = {"pred": pred} if target is None else {"pred": pred, "target": target}
    for name, positions in given.items():
        shape = tuple(positions.shape)
        if len(shape) < 3 or shape[-1] != 3 or 0 in shape:
            raise ValueError(f"{name} has shape {shape}; give [..., frames, joints, 3], none of them empty")
        if shape != tuple(pred.shape):
            raise ValueError(f"pred {tuple(pred.shape)} and {name} {shape} differ in shape; nothing is broadcast here")
        if shape[-3] < min_frames:
            raise ValueError(f"{name} has {shape[-3]} frames; this metric needs {min_frames} or more")
        if not positions.isfinite().all():
            nan, infinite = int(positions.isnan().sum()), int(positions.isinf().sum())
            raise ValueError(
                f"{name} holds {nan} NaN and {infinite} infinite of {positions.numel()} values; "
                "leave out those frames or find out where they come from"
            )
    return tuple(positions.double() for positions in given.values())


def _errors_mm(pred: Tensor, target: Tensor, joints: Sequence[int] | None) -> Tensor:
    pred, target = _positions(pred, target)
    errors = _lengths_mm(pred - target)
    if joints is None:
        return errors
    if not joints or not all(0 <= joint < errors.shape[-1] for joint in joints):
        raise ValueError(
            f"joints {list(joints)} are not among the {errors.shape[-1]} of pred; give one or more of them"
        )
    return errors[..., list(joints)]


def _lengths_mm(vectors: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch"]:
    return MM_PER_METRE * torch.linalg.vector_norm(vectors, dim=-1)


def _percent(hits: Bool[Tensor, "*batch"]) -> Scalar:
    return 100 * hits.double().mean()


def _bone_lengths_mm(pose: Float[Tensor, "*batch joints 3"], skeleton: Skeleton) -> Float[Tensor, "*batch bones"]:
    if pose.shape[-2] != skeleton.num_joints or not skeleton.bones:
        raise ValueError(
            f"skeleton '{skeleton.name}' of {skeleton.num_joints} joints, {len(skeleton.bones)} bones cannot measure "
            f"poses of {pose.shape[-2]} joints; give the skeleton that they were made with"
        )
    parents, children = zip(*skeleton.bones, strict=True)
    return _lengths_mm(pose[..., children, :] - pose[..., parents, :])
