"""Several data sets as one: names of people, and the shares of every batch."""

import pytest
import torch

from pygpose.data import WindowDataset, WindowLoader
from pygpose.data.datasets import DataSource, LoadedData
from pygpose.data.mixture import MixedWindows, Mixture
from pygpose.data.sequence import make_sequence
from pygpose.geometry import Camera


def clip(subject, value, frames=60, **more):
    facts = dict(skeleton="h36m17", subject=subject, action="a", camera="c", clip="k", fps=50.0)
    pose = torch.full((frames, 17, 3), float(value))
    return make_sequence(torch.full((frames, 17, 2), float(value)), pose - pose[:, :1], **facts, **more)


class Source(DataSource):
    def __init__(self, value, skeleton="h36m17"):
        self.value, self.skeleton = value, skeleton

    def subjects(self, split):
        return {"train": ["S1", "S2"], "val": ["S3"], "test": [], "all": ["S1", "S2", "S3"]}[split]

    def load(self, subjects):
        return LoadedData([clip(who, self.value) for who in subjects], f"set {self.value}", (f"note {self.value}", ""))

    def checksum(self):
        return str(self.value)


def windows(value, count):
    return WindowDataset([clip("S1", value, frames=10 * count)], num_frames=10, stride=10)


def test_people_are_named_by_their_data_set():
    mixture = Mixture({"a": Source(1), "b": Source(2)})
    assert mixture.subjects("train") == ["a:S1", "a:S2", "b:S1", "b:S2"] and not mixture.subjects("test")
    data = mixture.load(["b:S3", "a:S1"])
    assert [found.subject for found in data.sequences] == ["a:S1", "b:S3"]
    assert [found.x[0, 0].item() for found in data.sequences] == [1, 2]
    assert data.title == "set 1 and set 2" and data.notes == ("a: note 1", "b: note 2") and data.input == "GT"
    assert list(mixture.training_parts(["b:S1"])) == ["b"]
    assert mixture.checksum() != Mixture({"a": Source(1), "b": Source(3)}).checksum()
    with pytest.raises(ValueError, match="a has h36m17, b has coco17; map their joints first"):
        Mixture({"a": Source(1), "b": Source(2, "coco17")})
    with pytest.raises(ValueError, match="two data sets or more, got a"):
        Mixture({"a": Source(1)})


@pytest.mark.parametrize(("shares", "size"), [((0.5, 0.5), 8), ((0.6, 0.3, 0.1), 7), ((0.75, 0.25), 3)])
def test_every_batch_holds_the_shares(shares, size):
    counts = (40, 7, 15)[: len(shares)]
    mixed = MixedWindows([windows(value, count) for value, count in enumerate(counts)], shares)
    loader = WindowLoader(mixed, size, seed=0)
    total, seen, batches = [0] * len(shares), 0, list(loader.epoch(0))
    assert len(batches) == sum(counts) // size
    for batch in batches:
        values = batch["x"][:, 0, 0, 0].round().int().tolist()
        assert len(values) == size == len(batch["y"]) == batch.labelled
        seen += size
        for part, share in enumerate(shares):
            assert abs(values.count(part) - share * size) < 1
            total[part] += values.count(part)
            assert abs(total[part] - share * seen) < 1
    again = [batch["x"] for batch in loader.epoch(0)]
    assert all(torch.equal(one["x"], other) for one, other in zip(batches, again, strict=True))


def test_a_small_set_is_gone_through_again_and_again():
    mixed = MixedWindows([windows(0, 40), WindowDataset([clip("S2", v, 10) for v in (1, 2, 3)], 10, 10)], (0.5, 0.5))
    values = torch.cat([batch["x"][:, 0, 0, 0] for batch in WindowLoader(mixed, 6, seed=1).epoch(3)]).int().tolist()
    seen = [values.count(value) for value in (1, 2, 3)]
    assert sum(seen) == len(values) / 2 and max(seen) - min(seen) <= 1


def test_what_not_all_know_is_left_out():
    some = WindowDataset([clip("S1", 1, smpl=torch.zeros(60, 82))], 10, 10)
    mixed = MixedWindows([some, windows(2, 6)], (0.5, 0.5))
    (batch, *_) = WindowLoader(mixed, 4, seed=0).epoch(0)
    assert "smpl" not in batch and mixed.smpl is None and "x" in batch
    assert len(mixed) == 12 and mixed.pose.shape == (120, 17, 3)


@pytest.mark.parametrize("shares", [(0.5,), (0.5, 0.6), (1.0, 0.0), ()])
def test_shares_that_are_none(shares):
    with pytest.raises(ValueError, match="the shares of 2 data sets in a batch must be as many positive numbers"):
        MixedWindows([windows(0, 3), windows(1, 3)], shares)


@pytest.mark.parametrize(("share", "labelled", "without"), [(0.5, 5, 5), (0.6, 4, 6), (0.9, 1, 9)])
def test_the_share_of_windows_without_targets(share, labelled, without):
    camera = {"calibration": Camera((900.0, 800.0), (480.0, 520.0), (1000, 1000))}
    bare = WindowDataset([clip("S1", 1, **camera)], 10, 10, labelled=False)
    loader = WindowLoader(WindowDataset([clip("S2", 2, **camera)], 10, 10), 10, 0, bare, unlabelled_share=share)
    (batch, *_) = loader.epoch(0)
    assert (batch.labelled, len(batch["x"]) - batch.labelled) == (labelled, without)
    with pytest.raises(ValueError, match=r"must lie in \(0, 1\), got 1"):
        WindowLoader(windows(0, 3), 4, 0, bare, unlabelled_share=1.0)
