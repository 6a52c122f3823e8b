"""Windows that end as clips end: their own frames, in reverse, stand for their context."""

import pytest
import torch

from pygpose.data import WindowDataset, load_dataset
from pygpose.data.transforms.ends import end_some
from pygpose.models.padding import lengthen


@pytest.fixture(scope="module")
def clips():
    return load_dataset("synthetic", subjects=["S1"], frames=60)[:8]


@pytest.fixture(scope="module")
def windows(clips):
    dataset = WindowDataset(clips, 20, 5, (4, 3))
    return dataset.batch(torch.arange(len(dataset)))


def test_a_share_of_each_side_is_hidden(windows):
    torch.manual_seed(0)
    many = [end_some(windows, 0.3, reflect=False)["confidence"] for _ in range(40)]
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


@pytest.mark.parametrize("reflect", [True, False])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_and_all(windows, share, reflect):
    before = windows["x"].clone(), windows["confidence"].clone()
    ended = end_some(windows, share, reflect=reflect)
    assert torch.equal(windows["x"], before[0]) and torch.equal(windows["confidence"], before[1])  # the given batch
    assert torch.equal(ended.keypoints(), windows.keypoints()) and torch.equal(ended["y"], windows["y"])
    assert torch.equal(ended.own_confidence(), windows.own_confidence())
    if not reflect:
        assert torch.equal(ended["confidence"], before[1]) == (share == 0)
        assert share == 0 or not ended["confidence"][:, :4].any() and not ended["confidence"][:, 24:].any()
    elif share == 1:
        assert torch.equal(ended["x"], lengthen(windows.keypoints(), 4, 3, "reflected"))
        assert (ended["confidence"] == 1).all()


def test_a_window_at_an_end_of_its_clip_has_what_lifting_the_clip_gives_there(clips):
    dataset = WindowDataset(clips[:1], 20, 20, (7, 7))
    ended = end_some(dataset.batch(torch.arange(3)), 0.0)
    whole = lengthen(clips[0].keypoints()[None], 7, 7, "reflected")[0]
    for window, start in enumerate((0, 20, 40)):
        assert torch.equal(ended["x"][window], whole[start : start + 34])
    assert (ended["confidence"] == 1).all()


def test_an_end_within_the_context_is_where_frames_turn(windows):
    """Two of the four frames before the window are there, and in one of them a single joint."""
    some = end_some(windows, 0.0, reflect=False)
    some["confidence"] = torch.ones_like(some["confidence"])
    some["confidence"][:, :2] = 0
    some["confidence"][:, 2, 1:] = 0
    ended = end_some(some, 0.0)
    assert torch.equal(ended["x"][:, :4], some["x"][:, [4, 3, 2, 3]])
    assert torch.equal(ended["confidence"][:, 1], some["confidence"][:, 3])


def test_one_sided_and_no_context(clips):
    for context in ((0, 0), (5, 0), (0, 5)):
        windows = WindowDataset(clips[:2], 20, 20, context).batch(torch.arange(4))
        hidden = end_some(windows, 1.0, reflect=False)
        assert torch.equal(hidden.own_confidence(), windows.own_confidence())
        assert hidden["confidence"].count_nonzero() == hidden.own_confidence().count_nonzero()
        assert torch.equal(end_some(windows, 1.0)["x"], lengthen(windows.keypoints(), *context, "reflected"))
        assert context != (0, 0) or hidden is windows
