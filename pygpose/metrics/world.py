r"""Errors of absolute positions, for clips in which the path of the root is known as well as the pose.

Positions may be in the frame of the camera or of the world: distances do not depend on the frame, so a fixed camera
needs no extrinsics. Paths are ``[frames, 3]`` and poses ``[frames, joints, 3]``, metres; arithmetic is float64.

Every function raises ``ValueError`` for what :mod:`pygpose.metrics.functional` refuses.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from graphs import Skeleton
from pygpose.metrics import functional
from pygpose.metrics.joints import error_joints

STANDING_M_S = 0.2  # a foot slower than this stands
WORLD_COLUMNS = ("mpjpe_absolute_sum", "root_error_sum", "drift_sum", "walked_m", "foot_skating_sum", "standing_feet")


def root_error(path: Float[Tensor, "frames 3"], target: Float[Tensor, "frames 3"]) -> Float[Tensor, ""]:
    r"""Mean distance of the root, in mm.

    .. math:: \frac{1}{T} \sum_t \lVert \hat r_t - r_t \rVert_2
    """
    return functional.mpjpe(path[:, None], target[:, None])


def drift(
    path: Float[Tensor, "frames 3"], target: Float[Tensor, "frames 3"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    r"""Error of the displacement from a clip's first frame to its last, mm, and the length of the true path, m.

    .. math:: \lVert (\hat r_T - \hat r_1) - (r_T - r_1) \rVert_2, \quad \sum_t \lVert r_{t+1} - r_t \rVert_2

    The drift per metre walked is the sum of the errors of all clips, divided by the sum of their lengths.
    """
    functional.mpjpe(path[:, None], target[:, None])  # for what it refuses
    path, target = path.double(), target.double()
    error = (path[-1] - path[0]) - (target[-1] - target[0])
    return functional.MM_PER_METRE * error.norm(), target.diff(dim=0).norm(dim=-1).sum()


def foot_skating(
    positions: Float[Tensor, "frames joints 3"],
    target: Float[Tensor, "frames joints 3"],
    skeleton: Skeleton,
    fps: float,
) -> tuple[Float[Tensor, ""], int]:
    """Mean speed of the predicted feet while the true foot stands (slower than 0.2 m/s), in mm/s.

    The second result is the number of frame-to-frame steps of all feet in the mean. Both are 0 where no foot ever
    stands, or the skeleton has no feet.

    Positions are absolute: pose and root together.
    """
    functional.mpjpe(positions, target)  # for what it refuses
    feet = list(skeleton.feet)
    ours, theirs = (fps * pose[:, feet].double().diff(dim=0).norm(dim=-1) for pose in (positions, target))
    standing = theirs < STANDING_M_S
    count = int(standing.sum())
    return (functional.MM_PER_METRE * ours[standing].mean() if count else torch.zeros((), dtype=torch.float64)), count


def world_row(
    pose: Float[Tensor, "frames joints 3"],
    path: Float[Tensor, "frames 3"],
    target: Float[Tensor, "frames joints 3"],
    target_path: Float[Tensor, "frames 3"],
    skeleton: Skeleton,
    fps: float,
    valid: Bool[Tensor, " frames"] | None = None,
) -> dict[str, float | int]:
    """What the row of a clip (:func:`~pygpose.metrics.clip_row`) has in addition where the path of the root is known.

    Args:
        pose: Root-relative positions, metres, as ``target``.
        path: Path of the root, metres, in the same frame as ``target_path``.
        valid: Which frames count. Not given: all. The drift is that of each run of neighbouring frames that count.
    """
    lengths = [len(pose), len(path), len(target), len(target_path)]
    if len(set(lengths)) > 1:
        raise ValueError(f"pose, path, target and target_path differ in shape: they have {lengths} frames")
    positions, truth = pose + path[:, None], target + target_path[:, None]
    counted = list(error_joints(skeleton))
    row: dict[str, float | int] = dict.fromkeys(WORLD_COLUMNS, 0.0) | {"standing_feet": 0}
    for part in functional.stretches(len(pose), valid):
        frames = part.stop - part.start
        error, walked = drift(path[part], target_path[part])
        skating, standing = foot_skating(positions[part], truth[part], skeleton, fps)
        row["mpjpe_absolute_sum"] += (
            frames * functional.mpjpe(positions[part][:, counted], truth[part][:, counted]).item()
        )
        row["root_error_sum"] += frames * root_error(path[part], target_path[part]).item()
        row["drift_sum"] += error.item()
        row["walked_m"] += walked.item()
        row["foot_skating_sum"] += standing * skating.item()
        row["standing_feet"] += standing
    return row
