"""Context that is hidden from training, as it is missing at the ends of clips."""

import pytest
import torch

from pygpose.data import WindowDataset, load_dataset
from pygpose.data.transforms.ends import hide_some


@pytest.fixture(scope="module")
def windows():
    clips = load_dataset("synthetic", subjects=["S1"], frames=60)[:8]
    dataset = WindowDataset(clips, 20, 5, (4, 3))
    return dataset.batch(torch.arange(len(dataset)))


def test_a_share_of_each_side_is_hidden(windows):
    torch.manual_seed(0)
    many = [hide_some(windows, 0.3)["confidence"] for _ in range(40)]
    there = torch.cat(many) > 0
    was = windows["confidence"].repeat(40, 1, 1) > 0
    for side in (slice(0, 4), slice(24, None)):
        whole = was[:, side].all(2).all(1)  # not at an end of the clip
        kept = there[whole][:, side].flatten(1)
        assert (kept.all(1) | ~kept.any(1)).all()  # a side is hidden as one
        assert abs(kept.any(1).double().mean().item() - 0.7) < 0.05
    both = was[:, :4].all(2).all(1) & was[:, 24:].all(2).all(1)
    lost = ~there[both][:, [0, -1]].any(2)
    assert abs((lost[:, 0] & lost[:, 1]).double().mean().item() - 0.09) < 0.03  # one by one
    assert torch.equal(there[:, 4:24], was[:, 4:24])  # never of the window itself


@pytest.mark.parametrize(("share", "kept"), [(0.0, True), (1.0, False)])
def test_none_and_all(windows, share, kept):
    before = windows["confidence"].clone()
    hidden = hide_some(windows, share)
    assert torch.equal(windows["confidence"], before)  # the given batch stays as it is
    own = slice(4, 24)
    assert torch.equal(hidden.own_confidence(), before[:, own])
    assert torch.equal(hidden["confidence"], before) == kept
    assert kept or (hidden["confidence"][:, :4] == 0).all() and (hidden["confidence"][:, 24:] == 0).all()
    assert torch.equal(hidden["x"], windows["x"]) and torch.equal(hidden["y"], windows["y"])


def test_one_sided_and_no_context():
    clips = load_dataset("synthetic", subjects=["S1"], frames=60)[:2]
    for context in ((0, 0), (5, 0), (0, 5)):
        windows = WindowDataset(clips, 20, 20, context).batch(torch.arange(4))
        hidden = hide_some(windows, 1.0)
        assert torch.equal(hidden.own_confidence(), windows.own_confidence())
        assert hidden["confidence"].count_nonzero() == hidden.own_confidence().count_nonzero()
        assert context != (0, 0) or hidden is windows
