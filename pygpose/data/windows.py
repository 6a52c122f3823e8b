"""Windows of equal length out of clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from graphs import get_skeleton
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.pad import pad_sequence
from pygpose.frames import stretches


@dataclass(frozen=True)
class Windows:
    """A batch of windows. The first :attr:`labelled` of them have targets, those that follow have not.

    Shapes:
        - **keypoints:** :math:`(B, T + \\text{context}, J, 2)` normalised screen coordinates
        - **confidence:** :math:`(B, T, J)`
        - **intrinsics:** :math:`(B, 9)` as in :mod:`pygpose.keys`; None where a camera is not known
        - **pose:** :math:`(B_l, T, J, 3)`, metres, root-relative
        - **root:** :math:`(B_l, T, 3)`, metres, camera frame; None where a clip's is not known
        - **features:** :math:`(B, T + \\text{context}, F)` of the pictures; None where a clip has none
        - **smpl:** :math:`(B_l, T, 82)` as in :mod:`pygpose.keys`, NaN where a clip has none; None where no clip has
    """

    keypoints: Tensor
    confidence: Tensor
    intrinsics: Tensor | None
    pose: Tensor
    root: Tensor | None
    features: Tensor | None = None
    smpl: Tensor | None = None

    @property
    def labelled(self) -> int:
        return len(self.pose)

    def to(self, device: torch.device) -> Windows:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: value.to(device) for name, value in given.items() if value is not None})


class WindowDataset(Dataset):
    """All windows of ``num_frames`` frames, ``stride`` apart; each clip's last frames are always covered.

    Nothing is trained on a target that does not count (``valid`` of :mod:`pygpose.keys`): such frames are left out, and
    the stretches between them are clips of their own, as where recordings are cut before windows are taken of them.
    Clips that are shorter are lengthened by repeating their last frame. ``context`` frames before and after each window
    come with its keypoints; beyond a clip's ends they repeat its first and last frame. Frames of all clips lie in a few
    arrays, so that :meth:`batch` is one gather of each; ``dataset[i]`` is the window (without context) as a
    :class:`SkeletonSequence` for PyG's ``DataLoader``.

    ``labelled=False`` never looks at 3D targets, whether there are any or not; it asks for cameras instead, as what can
    be learned from such clips is whether a pose projects to its keypoints.

    Raises:
        ValueError: For no clips, none with a frame that counts, clips of different skeletons, clips without 3D targets,
            unlabelled clips without intrinsics or shorter than the window, or sizes below 1.
    """

    def __init__(
        self,
        sequences: Sequence[SkeletonSequence],
        num_frames: int,
        stride: int,
        context: tuple[int, int] = (0, 0),
        *,
        labelled: bool = True,
    ) -> None:
        if num_frames < 1 or stride < 1:
            raise ValueError(f"windows need num_frames and stride of at least 1, got {num_frames} and {stride}")
        if not sequences:
            raise ValueError("no clips to take windows from")
        skeletons = sorted({sequence.skeleton for sequence in sequences})
        if len(skeletons) > 1:
            raise ValueError(f"clips of different skeletons in one data set: {', '.join(skeletons)}")
        for sequence in sequences:
            if labelled and "y" not in sequence:
                raise ValueError(f"{sequence.describe()} has no 3D target to train on")
            if not labelled:
                _check_unlabelled(sequence, num_frames)
        self.skeleton = get_skeleton(skeletons[0])
        self.num_frames = num_frames
        self.labelled = labelled
        if labelled:
            sequences = [part for sequence in sequences for part in _counted(sequence)]
            if not sequences:
                raise ValueError("no frame of any clip counts (their valid is False throughout): nothing to train on")
        padded = [pad_sequence(sequence, num_frames) for sequence in sequences]
        self.sequences = padded
        self.keypoints = _joined([sequence.keypoints() for sequence in padded])
        self.confidence = _joined([sequence.confidence for sequence in padded]).view(self.keypoints.shape[:2])
        self.intrinsics = None
        if all("intrinsics" in sequence for sequence in padded):
            self.intrinsics = torch.cat([sequence.intrinsics for sequence in padded])
        self.pose, self.root = self.keypoints.new_zeros(0, self.skeleton.num_joints, 3), None
        self.features = self.smpl = None
        if labelled:
            self.pose = _joined([sequence.pose() for sequence in padded])
            if all("root" in sequence for sequence in padded):
                self.root = _joined([sequence.root for sequence in padded])
            if any("smpl" in sequence for sequence in padded):
                nothing = self.keypoints.new_full((1, 82), torch.nan)
                parts = [s.smpl if "smpl" in s else nothing.expand(s.num_frames, -1) for s in padded]
                self.smpl = _joined(parts)
        if all("features" in sequence for sequence in padded):
            self.features = _joined([sequence.features for sequence in padded])
        starts = [torch.tensor(window_starts(sequence.num_frames, num_frames, stride)) for sequence in padded]
        frames = torch.tensor([sequence.num_frames for sequence in padded])
        offsets = frames.cumsum(0) - frames
        self._context = context
        self._clips = torch.arange(len(padded)).repeat_interleave(torch.tensor([len(part) for part in starts]))
        self._first = offsets[self._clips]
        self._last = self._first + frames[self._clips] - 1
        self._starts = self._first + torch.cat(starts)
        # How far each window may move on before it meets the next one, or its clip's end.
        self._room = (self._last + 1 - num_frames - self._starts).clamp(max=stride - 1)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, index: int) -> SkeletonSequence:
        start = int(self._starts[index] - self._first[index])
        return self.sequences[int(self._clips[index])].window(start, start + self.num_frames)

    def batch(self, indices: Int[Tensor, " batch"], shift: Float[Tensor, " batch"] | None = None) -> Windows:
        """These windows; all share one graph. ``shift`` in [0, 1) moves each of them that far on to the next one."""
        starts = self._starts[indices]
        if shift is not None:
            starts = starts + (shift * (self._room[indices] + 1)).long()
        before, after = self._context
        frames = starts[:, None] + torch.arange(-before, self.num_frames + after)
        seen = frames.clamp(self._first[indices, None], self._last[indices, None])
        own = frames[:, before : before + self.num_frames]
        targets = own if self.labelled else own[:0]
        return Windows(
            keypoints=self.keypoints[seen],
            confidence=self.confidence[own],
            intrinsics=None if self.intrinsics is None else self.intrinsics[self._clips[indices]],
            pose=self.pose[targets],
            root=None if self.root is None else self.root[targets],
            features=None if self.features is None else self.features[seen],
            smpl=None if self.smpl is None else self.smpl[targets],
        )

    def mean_pose(self) -> Float[Tensor, "joints 3"]:
        """Mean over all frames, metres."""
        return self.pose.mean(0, dtype=torch.float64).to(self.pose.dtype)

    def pose_scale(self) -> Float[Tensor, " joints"]:
        """Standard deviation of each joint's coordinates over all frames, metres."""
        return self.pose.std(0).mean(-1)

    def mean_root(self) -> Float[Tensor, "3"] | None:
        """Mean place of the root over all frames, metres, camera frame; None where it is not known."""
        return None if self.root is None else self.root.mean(0, dtype=torch.float64).to(self.root.dtype)

    def root_scale(self) -> Float[Tensor, ""] | None:
        """Standard deviation of the root's coordinates over all frames, metres; None where it is not known."""
        return None if self.root is None else self.root.std(0).mean()


def _joined(parts: Sequence[Tensor]) -> Tensor:
    """The parts one after the other: a view, where they already lie so (as prepared data on disk do)."""
    first, place = parts[0], parts[0].data_ptr()
    for part in parts:
        if part.data_ptr() != place or not part.is_contiguous() or part.dtype != first.dtype:
            return torch.cat(list(parts))
        place += part.nbytes
    # Neighbours in memory may still be apart as storages; only one storage can be seen as one tensor.
    if place > first.untyped_storage().data_ptr() + first.untyped_storage().nbytes():
        return torch.cat(list(parts))
    rows = sum(len(part) for part in parts)
    return first.as_strided((rows, *first.shape[1:]), first.stride())


def _counted(sequence: SkeletonSequence) -> list[SkeletonSequence]:
    """The stretches of a clip whose frames all count."""
    if "valid" not in sequence or sequence.valid.all():
        return [sequence]
    return [sequence.window(start, stop) for start, stop in stretches(sequence.valid.numpy())]


def _check_unlabelled(sequence: SkeletonSequence, num_frames: int) -> None:
    if "intrinsics" not in sequence:
        raise ValueError(
            f"{sequence.describe()} has no camera intrinsics, which training without 3D targets needs; give its "
            "calibration, or state a field of view (Camera.of_view)"
        )
    if sequence.num_frames < num_frames:
        raise ValueError(
            f"{sequence.describe()} is shorter than a window of {num_frames} frames; leave unlabelled clips out that "
            "are, or take shorter windows"
        )


def window_starts(clip_frames: int, num_frames: int, stride: int) -> list[int]:
    """First frames of windows that cover a clip: every ``stride`` frames, and one that ends with the clip."""
    last = clip_frames - num_frames
    if last < 0:
        raise ValueError(f"a window of {num_frames} frames is longer than the clip of {clip_frames}")
    return [*range(0, last, stride), last]
