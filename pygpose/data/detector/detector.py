"""The statistics of a 2D detector, and keypoints as it would see them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import torch
from torch import Tensor

from graphs import Skeleton
from pygpose.data.detector.chance import bursts, wander
from pygpose.data.detector.door import check_seen, per_window
from pygpose.data.detector.joint_errors import JOINT_ERRORS, JointErrors, joint_kinds
from pygpose.data.detector.limbs import lost_together, swapped_together
from pygpose.data.detector.person import fill_unseen, person_size, trunk

_MOST = 0.9  # the largest share of frames that strength can make of one
_LEAST_CONFIDENCE = 0.01  # of a joint that is not missing


@dataclass(frozen=True)
class Detector:
    r"""Statistics of a 2D detector's errors, relative to the person's size in the picture; the defaults are those of a
    good detector of today.

    A joint of size-relative spread :math:`\sigma` is seen off its place by

    .. math:: e_t = b + h_t \sigma_t \left(\sqrt{1 - q}\, x_t + \sqrt{q}\, n_t\right)

    with a bias :math:`b` that is constant in a clip, a first-order autoregressive :math:`x_t`, white noise :math:`n_t`
    and a slowly changing, log-normal difficulty :math:`h_t` of mean square 1; :math:`\sigma_t` is larger where the
    joint is guessed. Confidence falls with what changes in a clip:
    :math:`c_t = c_0 \exp(-\lVert e_t - b\rVert / d_0)`, with scatter. Left and right are exchanged in bursts, for a
    limb or the whole body; joints, limbs and whole frames are missing in bursts.

    docs/detectors.md has every figure's source and says what was chosen.

    Raises:
        ValueError: For figures that are not finite, negative ones, shares above 1, times of 0, and joints without the
            kind "other".
    """

    joints: Mapping[str, JointErrors] = field(default_factory=lambda: dict(JOINT_ERRORS))
    """Errors by kind of joint. Kinds that are not there take "other"."""
    drift_seconds: float = 0.2
    """Correlation time of the slow part of the error."""
    jitter: float = 0.15
    """Share of the changing error's variance that is white noise, from frame to frame."""
    hardness: float = 0.4
    """Standard deviation of the logarithm of the difficulty; 0 makes errors Gaussian."""
    hard_seconds: float = 0.5
    """Correlation time of the difficulty."""
    shift_range: float = 1.0
    """How different detectors are in where they place joints: each window multiplies ``up`` and ``out`` of all joints
    by one factor, uniform in 1 - shift_range .. 1 + shift_range."""
    guess_spread: float = 0.04
    """Spread of a guessed joint, in place of its own."""
    guess_seconds: float = 0.3
    """Mean length of a guess."""
    swaps: float = 0.01
    """Share of the frames in which a limb is exchanged with its partner."""
    turns: float = 0.002
    """Share of the frames in which the whole body is."""
    swap_seconds: float = 0.15
    """Mean length of an exchange."""
    swap_confidence: float = 0.8
    """Confidence of exchanged joints, relative to what it would be."""
    missing: float = 0.006
    """Share of each joint's frames in which it alone is missing."""
    missing_seconds: float = 0.15
    """Mean length of that."""
    lost_limbs: float = 0.03
    """Share of the frames in which a limb is missing."""
    limb_seconds: float = 0.6
    """Mean length of that."""
    lost_frames: float = 0.005
    """Share of the frames in which all joints are missing."""
    frame_seconds: float = 0.1
    """Mean length of that."""
    confidence: float = 0.95
    """Confidence without error."""
    fade: float = 0.06
    """Error, in sizes of the person, over which confidence falls to 1/e."""
    scatter: float = 0.06
    """Standard deviation of confidence around its curve."""

    def __post_init__(self) -> None:
        shares = ("jitter", "swaps", "turns", "swap_confidence", "missing", "lost_limbs", "lost_frames", "confidence")
        for name in (one.name for one in fields(self) if one.name != "joints"):
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise ValueError(f"Detector.{name} must be finite and at least 0, got {value}")
            if name in shares and value > 1:
                raise ValueError(f"Detector.{name} must be at most 1, got {value}")
            if (name.endswith("_seconds") or name == "fade") and value == 0:
                raise ValueError(f"Detector.{name} must be positive, got 0")
        if "other" not in self.joints:
            raise ValueError(
                "Detector.joints needs the kind 'other', for joints of kinds that it lacks; it has "
                f"{', '.join(sorted(self.joints)) or 'none'}"
            )

    def see(
        self,
        keypoints: Tensor,
        confidence: Tensor,
        *,
        skeleton: Skeleton,
        fps: float | Tensor,
        draw: torch.Generator,
        strength: float | Tensor = 1.0,
    ) -> tuple[Tensor, Tensor]:
        """Keypoints and confidence as the detector would give them.

        The size of the person is the longer side of the box around the seen joints, the median over a window's frames.
        Joints that are missing afterwards are filled as readers of keypoint files do it: interpolated linearly over
        time from the places where they are seen, wrongly as they are. A window in which nothing would be left loses
        nothing.

        Args:
            keypoints: Exact places, in any unit of the picture that has square pixels.
            confidence: 0 where a joint is out of the picture or missing; it stays so, and such places are filled
                like those of other missing joints. What is seen is multiplied.
            fps: Frames per second; one number, or one a window.
            draw: Gives all random numbers, on its device.
            strength: How much of the errors; one number, or one a window. It multiplies the sizes of errors and the
                shares of frames. A window of strength 0 is returned exactly as given.

        Shapes:
            - **keypoints:** :math:`(B, T, J, 2)`, also of the result
            - **confidence:** :math:`(B, T, J)`, in [0, 1], also of the result
            - **fps, strength:** scalars or :math:`(B)`

        Raises:
            ValueError: For shapes that do not fit, confidence that does not lie in [0, 1], seen joints without a
                finite place, windows without seen joints, frame rates that are not positive, and negative strength.
        """
        check_seen(keypoints, confidence, skeleton)
        fps = per_window("fps", fps, keypoints, above=True)
        strength = per_window("strength", strength, keypoints, above=False)
        seen, flip = confidence > 0, torch.tensor(skeleton.flip, device=keypoints.device)
        places = keypoints.permute(3, 0, 1, 2).contiguous().where(seen, 0)
        partners, both = places.index_select(3, flip), seen & seen.index_select(2, flip)
        guessed, exchanged, lost = self._bursts(seen, skeleton, fps, strength, draw)
        exchanged = exchanged & both

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=draw, device=draw.device).to(keypoints)

        windows, frames, joints = seen.shape
        changing = self._changing(normal(5, *seen.shape), guessed, skeleton, fps)
        error = changing + self._figures("bias", skeleton, keypoints) * normal(2, windows, 1, joints)
        up, out = (self._figures(name, skeleton, keypoints) for name in ("up", "out"))
        shift = up * trunk(places, seen, skeleton) + out * both * (places - partners)
        factor = torch.rand(windows, 1, 1, generator=draw, device=draw.device).to(keypoints)
        shift = (1 + self.shift_range * (2 * factor - 1)) * shift
        weight = strength[:, None, None]
        error = weight * (person_size(places, seen)[:, None, None] * error + shift)

        sure = self.confidence * torch.exp(torch.hypot(*changing) * (-weight / self.fade))
        sure = (sure + self.scatter * normal(*seen.shape)).clamp(_LEAST_CONFIDENCE, 1)
        sure = torch.where(exchanged, self.swap_confidence * sure, sure) * confidence
        sure = sure.where(~lost, 0).to(confidence.dtype)
        found = fill_unseen(torch.where(exchanged, partners, places) + error, sure > 0).permute(1, 2, 3, 0)
        same = weight == 0
        return torch.where(same[..., None], keypoints, found), torch.where(same, confidence, sure)

    def _figures(self, name: str, skeleton: Skeleton, like: Tensor) -> Tensor:
        """One figure of every joint."""
        errors = (self.joints.get(kind, self.joints["other"]) for kind in joint_kinds(skeleton))
        return like.new_tensor([getattr(one, name) for one in errors])

    def _changing(self, normal: Tensor, guessed: Tensor, skeleton: Skeleton, fps: Tensor) -> Tensor:
        """The error that changes in a clip, in sizes: slow and white along both axes, and the difficulty."""
        seconds = fps.new_tensor([self.drift_seconds, self.drift_seconds, self.hard_seconds])
        slow = wander(normal[:3], torch.exp(-1 / (fps * seconds[:, None])))
        hard = torch.exp(self.hardness * slow[2] - self.hardness**2)
        spread = torch.where(guessed, self.guess_spread, self._figures("spread", skeleton, normal))
        mixed = math.sqrt(1 - self.jitter) * slow[:2] + math.sqrt(self.jitter) * normal[3:]
        return hard * spread * mixed

    def _bursts(
        self, seen: Tensor, skeleton: Skeleton, fps: Tensor, strength: Tensor, draw: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Which joints are guessed, exchanged with their partners, and missing, ``[B, T, J]`` each."""
        joints = skeleton.num_joints
        losing, swapping = (fps.new_tensor(rows(skeleton)) for rows in (lost_together, swapped_together))
        kinds = {
            "guess": (self._figures("guess", skeleton, fps).tolist(), self.guess_seconds),
            "missing": ([self.missing] * joints, self.missing_seconds),
            "limb": ([_each(self.lost_limbs, len(losing))] * len(losing), self.limb_seconds),
            "frame": ([self.lost_frames], self.frame_seconds),
            "swap": ([_each(self.swaps, len(swapping) - 1)] * (len(swapping) - 1) + [self.turns], self.swap_seconds),
        }
        share = fps.new_tensor([share for shares, _ in kinds.values() for share in shares])
        seconds = fps.new_tensor([time for shares, time in kinds.values() for _ in shares])
        uniform = torch.rand(*seen.shape[:2], len(share), generator=draw, device=draw.device).to(fps)
        on = bursts(uniform, (strength[:, None] * share).clamp(max=_MOST), fps[:, None] * seconds)
        guess, missing, limb, frame, swap = on.split([len(shares) for shares, _ in kinds.values()], 2)
        # A limb of a limb that is exchanged, too, is exchanged back.
        exchanged = (swap.to(fps) @ swapping) % 2 == 1
        lost = missing | frame | (limb.to(fps) @ losing > 0)
        return guess, exchanged, lost & (seen & ~lost).any((1, 2), keepdim=True)


def _each(share: float, groups: int) -> float:
    """The share of each of some groups, where any of them has this share together."""
    return 1 - (1 - min(share, _MOST)) ** (1 / max(groups, 1))
