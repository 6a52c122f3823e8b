"""Windows of equal length out of clips, and batches of them that share one graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from graphs import get_skeleton
from pygpose.data.sequence import SkeletonSequence, motion_graph


class WindowDataset(Dataset):
    """All windows of ``num_frames`` frames, ``stride`` apart; each clip's last frames are always covered.

    Clips that are shorter are lengthened by repeating their last frame. ``context`` frames before and after each window
    come with its keypoints; beyond a clip's ends they repeat its first and last frame. Frames of all clips lie in three
    arrays, so that :meth:`batch` is one gather; ``dataset[i]`` is the window (without context) as a
    :class:`SkeletonSequence` for PyG's ``DataLoader``.

    Raises:
        ValueError: For no clips, clips of different skeletons, clips without 3D targets, or sizes below 1.
    """

    def __init__(
        self, sequences: Sequence[SkeletonSequence], num_frames: int, stride: int, context: tuple[int, int] = (0, 0)
    ) -> None:
        if num_frames < 1 or stride < 1:
            raise ValueError(f"windows need num_frames and stride of at least 1, got {num_frames} and {stride}")
        if not sequences:
            raise ValueError("no clips to take windows from")
        skeletons = sorted({sequence.skeleton for sequence in sequences})
        if len(skeletons) > 1:
            raise ValueError(f"clips of different skeletons in one data set: {', '.join(skeletons)}")
        for sequence in sequences:
            if "y" not in sequence:
                raise ValueError(f"{sequence.describe()} has no 3D target to train on")
        self.skeleton = get_skeleton(skeletons[0])
        self.num_frames = num_frames
        padded = [pad_sequence(sequence, num_frames) for sequence in sequences]
        self.sequences = padded
        self.keypoints = torch.cat([sequence.keypoints() for sequence in padded])
        self.pose = torch.cat([sequence.pose() for sequence in padded])
        self.windows = [
            (clip, start)
            for clip, sequence in enumerate(padded)
            for start in window_starts(sequence.num_frames, num_frames, stride)
        ]
        offsets = torch.tensor([0, *(sequence.num_frames for sequence in padded)]).cumsum(0)
        self._starts = torch.tensor([int(offsets[clip]) + start for clip, start in self.windows])
        self._context = context
        self._first = torch.tensor([int(offsets[clip]) for clip, _ in self.windows])
        self._last = torch.tensor([int(offsets[clip + 1]) - 1 for clip, _ in self.windows])
        # How far each window may move on before it meets the next one, or its clip's end.
        ends = torch.tensor([padded[clip].num_frames - num_frames - start for clip, start in self.windows])
        self._room = ends.clamp(max=stride - 1)

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, index: int) -> SkeletonSequence:
        clip, start = self.windows[index]
        return self.sequences[clip].window(start, start + self.num_frames)

    def batch(
        self, indices: Int[Tensor, " batch"], shift: Float[Tensor, " batch"] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Keypoints ``[B, before + T + after, J, 2]`` and poses ``[B, T, J, 3]`` of these windows: all share one graph.

        ``shift`` in [0, 1) moves each window that far on to the next one.
        """
        starts = self._starts[indices]
        if shift is not None:
            starts = starts + (shift * (self._room[indices] + 1)).long()
        before, after = self._context
        frames = starts[:, None] + torch.arange(-before, self.num_frames + after)
        seen = frames.clamp(self._first[indices, None], self._last[indices, None])
        return self.keypoints[seen], self.pose[frames[:, before : before + self.num_frames]]

    def mean_pose(self) -> Float[Tensor, "joints 3"]:
        """Mean over all frames, metres."""
        return self.pose.mean(0, dtype=torch.float64).to(self.pose.dtype)

    def pose_scale(self) -> Float[Tensor, " joints"]:
        """Standard deviation of each joint's coordinates over all frames, metres."""
        return self.pose.std(0).mean(-1)


class WindowLoader:
    """Shuffled batches of a :class:`WindowDataset`, every window moved by less than a stride, so that in time every
    run of frames is seen; an epoch's order and moves depend on seed and epoch alone."""

    def __init__(self, dataset: WindowDataset, batch_size: int, seed: int) -> None:
        if batch_size < 1:
            raise ValueError(f"batch size must be at least 1, got {batch_size}")
        self.dataset = dataset
        self.batch_size = min(batch_size, len(dataset))
        self.seed = seed

    def __len__(self) -> int:
        """Batches of an epoch; windows that do not fill a batch wait for another epoch."""
        return len(self.dataset) // self.batch_size

    def epoch(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        draw = torch.Generator().manual_seed(self.seed * 100_003 + epoch)
        order = torch.randperm(len(self.dataset), generator=draw)
        shift = torch.rand(len(self.dataset), generator=draw)
        for first in range(0, len(self) * self.batch_size, self.batch_size):
            part = order[first : first + self.batch_size]
            yield self.dataset.batch(part, shift[part])


def window_starts(clip_frames: int, num_frames: int, stride: int) -> list[int]:
    """First frames of windows that cover a clip: every ``stride`` frames, and one that ends with the clip."""
    last = clip_frames - num_frames
    if last < 0:
        raise ValueError(f"a window of {num_frames} frames is longer than the clip of {clip_frames}")
    return [*range(0, last, stride), last]


def pad_sequence(sequence: SkeletonSequence, num_frames: int) -> SkeletonSequence:
    """The sequence itself, or lengthened to ``num_frames`` by repeating its last frame."""
    missing = num_frames - sequence.num_frames
    if missing <= 0:
        return sequence
    padded = SkeletonSequence(**sequence.to_dict())
    joints = sequence.num_joints
    for key in ("x", "y", "confidence"):
        if key in sequence:
            value = sequence[key]
            padded[key] = torch.cat([value, *[value[-joints:]] * missing])
    if "root" in sequence:
        padded.root = torch.cat([sequence.root, sequence.root[-1:].expand(missing, -1)])
    padded.num_frames = num_frames
    padded.num_nodes = num_frames * joints
    padded.edge_index, padded.edge_type = motion_graph(sequence.skeleton, num_frames)
    return padded
