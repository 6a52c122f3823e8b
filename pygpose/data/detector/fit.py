"""The statistics of a real detector, from its output on data with truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from graphs import Skeleton
from pygpose.data.detector.compared import Compared, compare
from pygpose.data.detector.detector import Detector
from pygpose.data.detector.fit_bursts import fit_exchanges, fit_missing
from pygpose.data.detector.fit_spread import fit_confidence, fit_spread, fit_time
from pygpose.data.detector.joint_errors import JOINT_ERRORS, JointErrors, joint_kinds


def fit_detector(
    detected: np.ndarray | Sequence[np.ndarray],
    true: np.ndarray | Sequence[np.ndarray],
    confidence: np.ndarray | Sequence[np.ndarray],
    *,
    skeleton: Skeleton,
    fps: float,
) -> Detector:
    """The figures with which :class:`Detector` comes close to what a detector gave.

    Every kind of joint gets its spread, its bias, where it lies (``up``, ``out``) and its share of guesses; kinds that
    are never seen keep their defaults. So do ``hard_seconds``, ``guess_seconds`` and ``swap_confidence``, and
    lengths of bursts of which there are none. ``shift_range`` is 0, since one detector always means the same places.

    Ten clips of ten seconds tell much. Biases are constant in a clip, so one clip cannot tell them from where the
    detector places its joints.

    Args:
        detected: One clip or several, in any unit of the picture that has square pixels.
        true: Where the joints are.
        confidence: 0 where the detector gave no joint.
        fps: Frames per second.

    Shapes:
        - **detected, true:** :math:`(T, J, 2)` each
        - **confidence:** :math:`(T, J)` each, in [0, 1]

    Raises:
        ValueError: For shapes that do not fit, numbers that are not finite, confidence that does not lie in [0, 1],
            clips in which nothing is detected, whose truth has no size or that have fewer than 2 frames, and frame
            rates that are not positive.
    """
    if not 0 < fps < math.inf:
        raise ValueError(f"fps must be positive, got {fps}")
    clips = compare(detected, true, confidence, skeleton)
    kinds = joint_kinds(skeleton)
    own = {kind: [joint for joint, name in enumerate(kinds) if name == kind] for kind in sorted(set(kinds))}
    places = {kind: _place(clips, joints) for kind, joints in own.items()}
    up, out = (np.array([places[kind][axis] for kind in kinds])[:, None] for axis in range(2))
    for clip in clips:
        clip.error = clip.error - up * clip.trunk - out * clip.apart
    constant = np.stack([clip.take_constant() for clip in clips])
    spread = fit_spread(clips, kinds)
    drift_seconds, jitter = fit_time(clips, kinds, spread, fps)
    # Of so many independent errors a clip's median is one.
    samples = np.array([max(len(clip.seen) / (2 * drift_seconds * fps), 1) for clip in clips])
    by_chance = float(np.mean(math.pi / 2 / samples))
    joints = dict(JOINT_ERRORS)
    for kind in spread.spread:
        bias = np.nanmean(constant[:, own[kind]] ** 2) - by_chance * spread.spread[kind] ** 2
        joints[kind] = JointErrors(
            spread.spread[kind], math.sqrt(max(float(bias), 0)), *places[kind], guess=spread.guess[kind]
        )
    return Detector(
        joints=joints,
        drift_seconds=drift_seconds,
        jitter=jitter,
        hardness=spread.hardness,
        shift_range=0.0,
        guess_spread=spread.guess_spread,
        **fit_missing(clips, skeleton, fps),
        **fit_exchanges(clips, skeleton, fps),
        **fit_confidence(clips),
    )


def _place(clips: Sequence[Compared], joints: list[int]) -> tuple[float, float]:
    """How much higher along the trunk, and further from their partners, some joints lie than the truth's: least
    squares, without outliers."""
    rows = []
    for clip in clips:
        seen = clip.seen[:, joints]
        trunk = np.broadcast_to(clip.trunk, clip.error.shape)[:, joints]
        rows.append(np.stack([clip.error[:, joints], trunk, clip.apart[:, joints]], -1)[seen])
    error, trunk, apart = np.moveaxis(np.concatenate(rows), -1, 0)
    if not len(error):
        return 0.0, 0.0
    far = np.linalg.norm(error, axis=-1)
    near = far <= 4 * np.median(far)
    lines = np.stack([trunk[near].ravel(), apart[near].ravel()], 1)
    up, out = np.linalg.lstsq(lines, error[near].ravel(), rcond=None)[0]
    return float(up), float(out)
