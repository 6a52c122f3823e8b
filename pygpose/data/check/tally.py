"""Counts many clips one after another, so that they need not be in memory together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from graphs import get_skeleton
from pygpose.data.check.drawing import Still
from pygpose.data.sequence import SkeletonSequence
from pygpose.geometry import project_points

STILLS = 6  # frames to look at
OFF = 0.1  # of screen coordinates, twice the share of an image's width, that no detector is off in the median
PROJECTED = "3D projected, off the 2D in a clip's median, share of the image's width"

Item = TypeVar("Item")


class Tally:
    """Counts clips; ``facts``, ``doubts`` and ``stills`` say what was counted."""

    def __init__(self) -> None:
        self._doubts: dict[str, list[str]] = {}
        self._subjects: Counter[str] = Counter()
        self._actions: Counter[str] = Counter()
        self._rates: Counter[str] = Counter()
        self._skeletons: Counter[str] = Counter()
        self._cameras: dict[str, bool] = {}
        self._recordings: set[tuple[str, str]] = set()
        self._lengths: list[int] = []
        self._ranges: dict[str, tuple[float, float]] = {}
        self._joints = np.zeros(2, dtype=np.int64)  # missing, all
        self._stills: list[list[Still]] = []

    def add(
        self,
        subject: str,
        clip: str,
        skeleton: str,
        fps: float | None,
        *,
        action: str | None = None,
        camera: str | None = None,
        calibrated: bool = False,
        values: Mapping[str, np.ndarray],
        keypoints: np.ndarray | None = None,
        confidence: np.ndarray | None = None,
        pose: np.ndarray | None = None,
    ) -> None:
        """Count a clip.

        Args:
            values: Arrays by what they measure. Their smallest and largest values become facts.
            keypoints: ``[T, J, 2]``, y down.
            confidence: ``[T, J]``.
            pose: ``[T, J, 3]``: x right, y down, z forward.
        """
        first = next(array for array in (keypoints, pose) if array is not None)
        self._subjects[subject] += 1
        self._recordings.add((subject, clip))
        self._lengths.append(len(first))
        self._rates["unknown" if fps is None else f"{fps:g} frames/s"] += 1
        self._skeletons[skeleton] += 1
        if action is not None:
            self._actions[action] += 1
        if camera is not None:
            self._cameras[camera] = calibrated
        for what, array in values.items():
            self._widen(what, float(array.min()), float(array.max()))
        if confidence is not None:
            self._joints += [np.count_nonzero(confidence == 0), confidence.size]
        count = STILLS if len(self._stills) < STILLS else 1
        self._stills.append(
            [
                Still(
                    f"{clip}, frame {moment}",
                    skeleton,
                    keypoints=None
                    if keypoints is None
                    else keypoints[moment].copy(),  # not a view, which would keep the whole clip
                    seen=None if confidence is None else confidence[moment] > 0,
                    pose=None if pose is None else pose[moment].copy(),
                )
                for moment in spread(range(len(first)), count)
            ]
        )

    def add_sequence(self, clip: SkeletonSequence) -> None:
        """Count a clip of a data set, and doubt its coordinates."""
        keypoints = clip.keypoints().numpy()
        values = {"2D x, image from -1 to 1": keypoints[..., 0], "2D y, same scale": keypoints[..., 1]}
        if "y" in clip:
            values["3D joints from the root, m"] = clip.pose().norm(dim=-1).numpy()
        if "root" in clip:
            values["3D root in front of the camera, m"] = clip.root[:, 2].numpy()
        self.add(
            clip.subject,
            clip.clip,
            clip.skeleton,
            clip.fps,
            action=clip.action,
            camera=clip.camera,
            calibrated="intrinsics" in clip,
            values=values,
            keypoints=keypoints,
            confidence=clip.confidence.view(clip.num_frames, -1).numpy(),
            pose=clip.pose().numpy() if "y" in clip else None,
        )
        self.doubt_sequence(clip)

    def doubt_sequence(self, clip: SkeletonSequence) -> None:
        """Doubt coordinates that no camera gives, as those of another unit, image, frame rate or camera than stated."""
        where = f"{clip.clip} ({clip.subject}, {clip.camera})"
        unseen = clip.unseen_joints()
        if unseen and "features" not in clip:  # which are lifted in the place of keypoints
            self.doubt(
                f"{', '.join(unseen)}: missing in every frame; a model fills such joints in and is unsure of them.",
                where,
            )
        keypoints = clip.keypoints()[clip.confidence.view(clip.num_frames, -1) > 0]
        if len(keypoints) and ((keypoints[:, 0] + 1).abs() < 0.01).all():
            self.doubt("All keypoints lie at the image's left edge: were they normalised before? give pixels.", where)
        elif len(keypoints) and (keypoints[:, 0].abs() > 1).float().mean() > 0.5:
            self.doubt("Most keypoints lie outside the image: it has another size, or they are not in pixels.", where)
        if "y" not in clip or "root" not in clip:
            return
        pose = clip.pose() + clip.root[:, None]
        if (pose[..., 2] <= 0).any():
            self.doubt("Joints lie behind the camera: the cameras are in another order, or the axes differ.", where)
        elif "intrinsics" in clip:
            projected = project_points(pose[None], clip.intrinsics)[0]
            off = (projected - clip.keypoints()).norm(dim=-1).median().item()
            self._widen(PROJECTED, off / 2, off / 2)
            if off > OFF:
                self.doubt(
                    f"The 3D positions, projected, lie over {OFF / 2:.0%} of the image's width off the keypoints in "
                    "the median: are the keypoints of another camera, frame rate, subject or recording?",
                    where,
                )

    def _widen(self, what: str, low: float, high: float) -> None:
        before = self._ranges.get(what, (low, high))
        self._ranges[what] = min(low, before[0]), max(high, before[1])

    def doubt(self, sentence: str, where: str) -> None:
        """Add a doubt about a clip."""
        self._doubts.setdefault(sentence, []).append(where)

    def doubts(self) -> tuple[str, ...]:
        """Sentences, each with the clips of which it is true."""
        return tuple(f"{sentence} ({listed(clips, 3)})" for sentence, clips in self._doubts.items())

    def stills(self) -> tuple[Still, ...]:
        """Evenly chosen clips, and evenly chosen frames of each where there are few."""
        chosen = spread(self._stills, STILLS)
        return tuple(still for clip in chosen for still in spread(clip, max(STILLS // len(chosen), 1)))

    def facts(self) -> dict[str, str | list[str]]:
        """Sentences about the clips, by subject matter. Empty where nothing was counted."""
        if not self._lengths:
            return {}
        facts: dict[str, str | list[str]] = {"subjects": f"{len(self._subjects)}: {listed(self._subjects)}"}
        if self._actions:
            facts["actions"] = f"{len(self._actions)}: {listed(self._actions)}"
        facts["clips"] = f"{len(self._lengths):,}, of {len(self._recordings):,} recordings"
        facts["frames"] = f"{sum(self._lengths):,} in all, {min(self._lengths):,} to {max(self._lengths):,} a clip"
        facts["frame rate"] = listed(self._rates)
        facts["joints"] = [
            f"{name}: {get_skeleton(name).num_joints} joints, {', '.join(get_skeleton(name).joints)}"
            for name in self._skeletons
        ]
        facts["values"] = [f"{what}: {low:.4g} to {high:.4g}" for what, (low, high) in self._ranges.items()]
        missing, everything = self._joints
        if everything:
            facts["missing"] = f"{missing / everything:.2%} of {everything:,} keypoints (confidence 0)"
        if self._cameras:
            known = [name for name, calibrated in self._cameras.items() if calibrated]
            facts["cameras"] = f"{len(self._cameras)}: {listed(self._cameras)}; calibration of {len(known)} known"
        return facts


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """Up to ``count`` of the items, evenly spaced."""
    count = min(count, len(items))
    return [items[(2 * number + 1) * len(items) // (2 * count)] for number in range(count)]


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names in a line. Of more than ``most``, the first."""
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
