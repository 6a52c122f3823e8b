"""Where a motion is worse than on the whole, and whether it says so: ends of clips, unseen joints, stated spread."""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor

from graphs import Skeleton
from pygpose.metrics.functional import MM_PER_METRE, stretches
from pygpose.metrics.joints import error_joints

RADII = {50: 2.6741, 90: 5.3223}
"""Of so many per cent of all positions the true one lies within so many spreads: quantiles of the gamma distribution of
shape 3, which the distance has under the density exp(-d / b) in space."""


def trust_row(
    pred: Float[Tensor, "frames joints 3"],
    target: Float[Tensor, "frames joints 3"],
    skeleton: Skeleton,
    *,
    seen: Bool[Tensor, "frames joints"] | None = None,
    spread: Float[Tensor, "frames joints"] | None = None,
    valid: Bool[Tensor, " frames"] | None = None,
) -> dict[str, float | int]:
    """More columns of a clip's row (:func:`~pygpose.metrics.clip_row`): sums and counts.

    - the error of the first and the last frame of every stretch that counts, mm;
    - with ``seen``: the error of the joints whose keypoints are seen, and of those that are missing, mm;
    - with ``spread``: for how many of the positions that are not the root's the true position lies within the radius
      that should hold 50 % or 90 % of them, per cent.

    Args:
        pred: Predicted positions, metres.
        target: True positions, metres.
        skeleton: Its joints.
        seen: Which keypoints were seen.
        spread: The spread that the model gave (:class:`~pygpose.outputs.Outputs`), metres.
        valid: Which frames count. Not given: all.
    """
    joints = list(error_joints(skeleton))
    parts = stretches(len(pred), valid)
    error = MM_PER_METRE * (pred.double() - target.double()).norm(dim=-1)[:, joints]
    ends = [frame for part in parts for frame in {range(len(pred))[part][0], range(len(pred))[part][-1]}]
    row: dict[str, float | int] = {"ends_sum": error[ends].mean(1).sum().item(), "ends_frames": len(ends)}
    frames = [frame for part in parts for frame in range(len(pred))[part]]
    if seen is not None:
        there = seen[frames][:, joints]
        row |= {
            "mpjpe_seen_sum": error[frames][there].sum().item(),
            "seen_joints": int(there.sum()),
            "mpjpe_unseen_sum": error[frames][~there].sum().item(),
            "unseen_joints": int((~there).sum()),
        }
    if spread is not None:
        kept = [place for place, joint in enumerate(joints) if joint != skeleton.root]
        ratio = error[frames][:, kept] / (MM_PER_METRE * spread[frames][:, [joints[place] for place in kept]])
        for share, radius in RADII.items():
            row[f"within_{share}_sum"] = 100 * (ratio <= radius).double().mean(1).sum().item()
        row["spread_frames"] = len(frames)
    return row
