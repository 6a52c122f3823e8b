"""The joints that each metric counts.

Every metric counts all joints of a skeleton, with two exceptions. LSP's 14 joints, on which 3DPW is scored, are
measured from a pelvis that is not one of them: no metric counts the pelvis, and the similarity of P-MPJPE is fitted
without it. MPI-INF-3DHP's own evaluation has PCK and AUC over 14 of its 17 joints, and the other errors over all 17.
Bone lengths are always those of all bones of a skeleton.
"""

from __future__ import annotations

from collections.abc import Mapping

from graphs import Skeleton

NO_ERROR: Mapping[str, tuple[str, ...]] = {"lsp15": ("Pelvis",)}
NO_SHARE: Mapping[str, tuple[str, ...]] = {**NO_ERROR, "mpi_inf_3dhp17": ("Pelvis", "Spine", "Head")}


def error_joints(skeleton: Skeleton) -> tuple[int, ...]:
    """The joints that MPJPE, P-MPJPE, N-MPJPE, MPJVE, MPJAccE and the absolute MPJPE count."""
    return _all_but(NO_ERROR.get(skeleton.name, ()), skeleton)


def benchmark_joints(skeleton: Skeleton) -> tuple[int, ...]:
    """The joints that PCK and AUC count.

    For MPI-INF-3DHP they are head top, neck, shoulders, elbows, wrists, hips, knees and ankles. Its total weighs each
    group of these by its joints, which is the mean over the 14.
    """
    return _all_but(NO_SHARE.get(skeleton.name, ()), skeleton)


def _all_but(names: tuple[str, ...], skeleton: Skeleton) -> tuple[int, ...]:
    return tuple(joint for joint, name in enumerate(skeleton.joints) if name not in names)
