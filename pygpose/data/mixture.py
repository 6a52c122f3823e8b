"""Several data sets of one skeleton as one, and batches that hold a share of each."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from jaxtyping import Int
from torch import Tensor

from pygpose.data.batches import TrainingWindows, Windows
from pygpose.data.datasets import DataSource, LoadedData, Split

SEPARATOR = ":"


class Mixture(DataSource):
    """Data sets side by side. A person is ``DATASET:SUBJECT``, in the names of subjects and in the clips.

    Args:
        sources: The data sets by name.

    Raises:
        ValueError: For fewer than two data sets, and for data sets of different skeletons.
    """

    def __init__(self, sources: Mapping[str, DataSource]) -> None:
        if len(sources) < 2:
            raise ValueError(f"a mixture needs two data sets or more, got {', '.join(sources) or 'none'}")
        skeletons = {name: source.skeleton for name, source in sources.items()}
        if len(set(skeletons.values())) > 1:
            found = ", ".join(f"{name} has {skeleton}" for name, skeleton in skeletons.items())
            raise ValueError(f"data sets of different skeletons cannot be mixed: {found}; map their joints first")
        self.sources = dict(sources)
        self.skeleton = next(iter(skeletons.values()))

    def subjects(self, split: Split) -> list[str]:
        return [f"{name}{SEPARATOR}{who}" for name, source in self.sources.items() for who in source.subjects(split)]

    def load(self, subjects: Sequence[str]) -> LoadedData:
        return joined([self._named(name, source.load(who)) for name, source, who in self._split(subjects)])

    def load_training(self, subjects: Sequence[str]) -> LoadedData:
        return joined(list(self.training_parts(subjects).values()))

    def training_parts(self, subjects: Sequence[str]) -> dict[str, LoadedData]:
        """What to train on of these subjects, by data set; data sets without any of them are left out."""
        return {name: self._named(name, source.load_training(who)) for name, source, who in self._split(subjects)}

    def checksum(self) -> str:
        sums = [f"{name} {source.checksum()}" for name, source in self.sources.items()]
        return hashlib.sha256("\n".join(sums).encode()).hexdigest()[:16]

    def _split(self, subjects: Sequence[str]) -> Iterator[tuple[str, DataSource, list[str]]]:
        for name, source in self.sources.items():
            start = f"{name}{SEPARATOR}"
            who = [subject.removeprefix(start) for subject in subjects if subject.startswith(start)]
            if who:
                yield name, source, who

    def _named(self, name: str, data: LoadedData) -> LoadedData:
        """The same, with the data set's name before those of the people."""
        sequences = [copy.copy(clip) for clip in data.sequences]
        for clip in sequences:
            clip.subject = f"{name}{SEPARATOR}{clip.subject}"
        motions = tuple(replace(motion, subject=f"{name}{SEPARATOR}{motion.subject}") for motion in data.motions)
        notes = tuple(f"{name}: {note}" for note in data.notes if note)
        return replace(data, sequences=sequences, motions=motions, notes=notes)


def joined(parts: Sequence[LoadedData]) -> LoadedData:
    """The clips and motions of all parts, with what is said about each."""
    return LoadedData(
        [clip for part in parts for clip in part.sequences],
        " and ".join(dict.fromkeys(part.title for part in parts)),
        tuple(note for part in parts for note in part.notes),
        " and ".join(dict.fromkeys(part.input for part in parts)),
        tuple(motion for part in parts for motion in part.motions),
    )


class MixedWindows(TrainingWindows):
    """Windows of several data sets, of which every batch holds the same shares.

    An epoch is as many windows as there are in all parts together. Each part is gone through in an order of its own,
    and once more where its share asks for more windows than it has. Where a share of a batch is no whole number
    of windows, what is over counts in the next batch. Statistics are those of all frames of all parts.

    Args:
        parts: Windows of one length and skeleton, all with targets.
        shares: Of a batch, one for each part; they add up to 1.

    Raises:
        ValueError: For shares that are not one positive number a part with the sum 1.
    """

    def __init__(self, parts: Sequence[TrainingWindows], shares: Sequence[float]) -> None:
        if len(shares) != len(parts) or min(shares, default=0) <= 0 or not math.isclose(sum(shares), 1, abs_tol=1e-6):
            raise ValueError(
                f"the shares of {len(parts)} data sets in a batch must be as many positive numbers with the sum 1, got "
                f"{', '.join(f'{share:g}' for share in shares) or 'none'}"
            )
        self.parts, self.shares = list(parts), list(shares)
        first = parts[0]
        self.skeleton, self.graph, self.num_frames = first.skeleton, first.graph, first.num_frames
        self.context, self.labelled = first.context, True
        rates = {part.fps for part in parts}
        self.fps = rates.pop() if len(rates) == 1 else None
        self.sequences = [clip for part in parts for clip in part.sequences]
        self.pose = torch.cat([part.pose.to(first.pose) for part in parts])
        self.root = _all([part.root for part in parts])
        self.intrinsics = _all([part.intrinsics for part in parts])
        self.features, self.smpl = _all([part.features for part in parts]), _all([part.smpl for part in parts])

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def drawn(self, parts: Iterable[Int[Tensor, " _"]], draw: torch.Generator) -> Iterator[Windows]:
        """Batches as large as the given ones; which windows they hold is for the shares to say, and for ``draw``."""
        sizes = [len(part) for part in parts]
        streams = []
        for part, counts in zip(self.parts, zip(*self._counts(sizes), strict=True), strict=True):
            passes = -(-sum(counts) // len(part))
            order = torch.cat([torch.randperm(len(part), generator=draw) for _ in range(max(passes, 1))])
            seed = int(torch.randint(2**62, (1,), generator=draw))
            chosen = [own for own in order[: sum(counts)].split(list(counts)) if len(own)]
            streams.append((counts, part.drawn(chosen, torch.Generator().manual_seed(seed))))
        for place in range(len(sizes)):
            yield _batch([next(stream) for counts, stream in streams if counts[place]])

    def _counts(self, sizes: Sequence[int]) -> list[list[int]]:
        """Windows of each part in each batch: the running total of a part is its share of the running total of all."""
        found, given, total = [], [0] * len(self.parts), 0
        for size in sizes:
            total += size
            exact = [share * total - before for share, before in zip(self.shares, given, strict=True)]
            counts = [max(math.floor(number + 1e-9), 0) for number in exact]
            by_need = sorted(range(len(exact)), key=lambda part: counts[part] - exact[part])
            for place in range(size - sum(counts)):
                counts[by_need[place % len(by_need)]] += 1
            given = [before + count for before, count in zip(given, counts, strict=True)]
            found.append(counts)
        return found


def _all(parts: Sequence[Tensor | None]) -> Tensor | None:
    """All parts in one, where all have one."""
    known = [part for part in parts if part is not None]
    return torch.cat([part.to(known[0]) for part in known]) if len(known) == len(parts) else None


def _batch(parts: Sequence[Windows]) -> Windows:
    """One batch of all; what not all of them know of their windows is left out."""
    joined = copy.copy(parts[0])
    for name in ("x", "confidence", "intrinsics", "y", "root", "features", "smpl"):
        if all(name in part for part in parts):
            joined[name] = torch.cat([part[name].to(parts[0]["x"].device) for part in parts])
        elif name in joined:
            del joined[name]
    return joined
