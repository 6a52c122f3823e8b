"""Windows of equal length out of clips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from graphs import MotionGraph, get_skeleton
from pygpose.data.batches import TrainingWindows, Windows, make_windows
from pygpose.data.sequence import SkeletonSequence
from pygpose.data.transforms.pad import pad_sequence
from pygpose.frames import stretches


class WindowDataset(TrainingWindows, Dataset):
    """All windows of ``num_frames`` frames, ``stride`` apart; each clip's last frames are always covered.

    Nothing is trained on a target that does not count (``valid`` of :mod:`pygpose.keys`): such frames are left out, and
    the stretches between them are clips of their own, as where recordings are cut before windows are taken of them.
    Where next-frame edges are missing, a clip is cut, too: no window reaches over a cut. Clips that are shorter are
    lengthened by repeating their last frame. ``context`` frames before and after each window come with its keypoints;
    beyond a clip's ends they repeat its first and last frame, with confidence 0. Frames of all clips lie in a few
    arrays, so that :meth:`batch` is one gather of each; ``dataset[i]`` is the window (without context) as a
    :class:`SkeletonSequence` for PyG's ``DataLoader``.

    ``labelled=False`` never looks at 3D targets, whether there are any or not; it asks for cameras instead, as what can
    be learned from such clips is whether a pose projects to its keypoints.

    Raises:
        ValueError: For no clips, none with a frame that counts, clips of different skeletons, clips without 3D targets,
            unlabelled clips without intrinsics or shorter than the window, clips with edges that are not their
            skeleton's, or sizes below 1.
    """

    def __init__(
        self,
        sequences: Sequence[SkeletonSequence],
        num_frames: int,
        stride: int,
        context: tuple[int, int] = (0, 0),
        *,
        labelled: bool = True,
        graph: str = "bones",
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
        self.graph = MotionGraph.of_skeleton(self.skeleton, num_frames, graph)
        self.labelled = labelled
        sequences = [part for sequence in sequences for part in _uncut(sequence, graph)]
        if labelled:
            sequences = [part for sequence in sequences for part in _counted(sequence)]
            if not sequences:
                raise ValueError("no frame of any clip counts (their valid is False throughout): nothing to train on")
        padded = [pad_sequence(sequence, num_frames) for sequence in sequences]
        self.sequences: Sequence[SkeletonSequence] = padded
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
        self.context = context
        rates = {float(sequence.fps) for sequence in padded}
        self.fps = rates.pop() if len(rates) == 1 else None
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
        before, after = self.context
        frames = starts[:, None] + torch.arange(-before, self.num_frames + after)
        seen = frames.clamp(self._first[indices, None], self._last[indices, None])
        inside = (seen == frames).to(self.confidence.dtype)
        own = frames[:, before : before + self.num_frames]
        targets = own if self.labelled else own[:0]
        fields = {
            "x": self.keypoints[seen],
            "confidence": self.confidence[seen] * inside[..., None],
            "intrinsics": None if self.intrinsics is None else self.intrinsics[self._clips[indices]],
            "y": self.pose[targets],
            "root": None if self.root is None else self.root[targets],
            "features": None if self.features is None else self.features[seen],
            "smpl": None if self.smpl is None else self.smpl[targets],
        }
        return make_windows(self.graph, self.skeleton.name, self.context, fields)

    def drawn(self, parts: Iterable[Int[Tensor, " _"]], draw: torch.Generator) -> Iterator[Windows]:
        """A batch of the windows of each part, every window moved on at random by less than a stride."""
        shift = torch.rand(len(self), generator=draw)
        return (self.batch(part, shift[part]) for part in parts)


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


def _uncut(sequence: SkeletonSequence, graph: str) -> list[SkeletonSequence]:
    """The stretches between the cuts of a clip, whose edges must be those of its skeleton: all windows share one
    graph."""
    found = MotionGraph.of_data(sequence, graph)
    (stretches_of_clip,) = found.stretches
    whole = len(stretches_of_clip) == 1
    parts = [sequence] if whole else [sequence.window(start, stop) for start, stop in stretches_of_clip]
    for edges in [found] if whole else [MotionGraph.of_data(part, graph) for part in parts]:
        if not edges.is_skeletons:
            raise ValueError(
                f"{sequence.describe()} has edges of its own, and windows share one graph; register them as a kind of "
                "edges (graphs.register_edges) and name that graph, or give the clip its skeleton's edges "
                "(pygpose.data.transforms.SetEdges)"
            )
    return parts


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
