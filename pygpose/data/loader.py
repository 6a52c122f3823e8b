"""Batches of windows, shuffled and drawn anew in every epoch; all windows of one share a graph."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import torch

from pygpose.data.batches import TrainingWindows, Windows


class WindowLoader:
    """Shuffled batches of training windows. Windows of a :class:`~pygpose.data.WindowDataset` are moved by less than a
    stride, so that in time every run of frames is seen; those of :class:`~pygpose.data.MotionWindows` are seen by
    another camera each time. An epoch's order and draws depend on seed and epoch alone.

    With ``unlabelled`` windows, ``unlabelled_share`` of every batch has no targets: half of it (VideoPose3D, section
    4), unless another share is given. An epoch is one pass over the labelled windows; the others are drawn anew for
    each epoch, as many as it needs.

    Raises:
        ValueError: For a batch size below 1 (2 with ``unlabelled``), a share outside (0, 1), and ``unlabelled`` windows
            of another skeleton, length or context.
    """

    def __init__(
        self,
        dataset: TrainingWindows,
        batch_size: int,
        seed: int,
        unlabelled: TrainingWindows | None = None,
        unlabelled_share: float = 0.5,
    ) -> None:
        least = 1 if unlabelled is None else 2
        if batch_size < least:
            raise ValueError(f"batch size must be at least {least}, got {batch_size}")
        if not 0 < unlabelled_share < 1:
            raise ValueError(f"the share of windows without targets must lie in (0, 1), got {unlabelled_share}")
        self.dataset = dataset
        self.unlabelled = unlabelled
        self.seed = seed
        if unlabelled is None:
            self.labelled = self.batch_size = min(batch_size, len(dataset))
        else:
            _check_pair(dataset, unlabelled)
            wanted = math.floor(batch_size * (1 - unlabelled_share) + 1e-9)
            self.labelled = min(max(wanted, 1), len(dataset))
            without = max(round(self.labelled * unlabelled_share / (1 - unlabelled_share)), 1)
            self.batch_size = self.labelled + without

    def __len__(self) -> int:
        """Batches of an epoch; windows that do not fill a batch wait for another epoch."""
        return len(self.dataset) // self.labelled

    def epoch(self, epoch: int) -> Iterator[Windows]:
        draw = torch.Generator().manual_seed(self.seed * 100_003 + epoch)
        labelled = self._batches(self.dataset, self.labelled, draw)
        if self.unlabelled is None:
            yield from labelled
        else:
            without = self.batch_size - self.labelled
            for first, second in zip(labelled, self._batches(self.unlabelled, without, draw), strict=True):
                yield _join(first, second)

    def _batches(self, dataset: TrainingWindows, size: int, draw: torch.Generator) -> Iterator[Windows]:
        """As many batches as an epoch has, each of ``size`` windows; over and over where there are too few."""
        needed = len(self) * size
        passes = -(-needed // len(dataset))
        order = torch.cat([torch.randperm(len(dataset), generator=draw) for _ in range(passes)])[:needed]
        return dataset.drawn(order.split(size), draw)


def _join(labelled: Windows, unlabelled: Windows) -> Windows:
    """One batch of both; what only one of them knows of its windows is left out, and targets are the labelled ones'."""
    joined = copy.copy(labelled)
    for name in ("x", "confidence", "intrinsics", "features"):
        if name in labelled and name in unlabelled:
            joined[name] = torch.cat([labelled[name], unlabelled[name].to(labelled[name].device)])
        elif name in joined:
            del joined[name]
    return joined


def _check_pair(labelled: TrainingWindows, unlabelled: TrainingWindows) -> None:
    if labelled.skeleton.name != unlabelled.skeleton.name:
        raise ValueError(
            f"labelled clips have skeleton '{labelled.skeleton.name}', unlabelled ones '{unlabelled.skeleton.name}'; "
            "map the joints of one to the other's first"
        )
    ours, theirs = ((part.num_frames, part.context) for part in (labelled, unlabelled))
    if ours != theirs:
        raise ValueError(
            f"labelled windows have frames and context {ours}, unlabelled ones {theirs}; make them the same"
        )
