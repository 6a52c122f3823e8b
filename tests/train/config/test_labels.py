"""Whose targets a run sees, and which share of them.

Covers ``train.config.labels`` and ``pygpose.data.transforms.share``.
"""

import pytest
import torch

from pygpose.data import make_sequence
from pygpose.data.transforms.share import share_of
from train.config.labels import choose_subjects

PEOPLE = ["S1", "S5", "S6"]


@pytest.mark.parametrize(
    "labelled, semi, expected",
    [
        ((), (), (PEOPLE, [])),
        (("S5",), (), (["S5"], [])),
        ((), ("S6",), (["S1", "S5"], ["S6"])),
        (("S1",), ("rest",), (["S1"], ["S5", "S6"])),
        (("S1",), ("S6",), (["S1"], ["S6"])),
    ],
    ids=str,
)
def test_choices(labelled, semi, expected):
    assert choose_subjects(labelled, semi, PEOPLE) == expected


@pytest.mark.parametrize(
    "labelled, semi, sentence",
    [
        (("S2",), (), "no training subject 'S2'; known: S1, S5, S6"),
        ((), ("S9",), "no training subject 'S9'"),
        (("rest",), (), "no training subject 'rest'"),
        (("S1",), ("rest", "S5"), "no training subject 'rest'"),
        (("S1", "S5"), ("S5",), "subject 'S5' is both --labelled and --semi"),
        (tuple(PEOPLE), ("rest",), "nobody is left to be unlabelled"),
        ((), tuple(PEOPLE), "nobody is left to be labelled"),
        ((), ("rest",), "nobody is left to be labelled"),
    ],
    ids=str,
)
def test_choices_that_cannot_be_made(labelled, semi, sentence):
    with pytest.raises(ValueError, match=sentence):
        choose_subjects(labelled, semi, PEOPLE)


def test_a_share_is_one_piece_of_every_clip_the_same_for_all_cameras():
    clips = [
        make_sequence(
            torch.arange(frames).float()[:, None, None].expand(-1, 17, 2),
            skeleton="h36m17", subject="S1", action="a", camera=camera, clip=name, fps=50.0,
        )
        for name, frames in (("one", 200), ("two", 30), ("three", 3))
        for camera in ("left", "right")
    ]  # fmt: skip
    parts = share_of(clips, 0.1)
    assert [part.num_frames for part in parts] == [20, 20, 3, 3, 1, 1]
    for part, other in zip(parts[::2], parts[1::2], strict=True):
        assert torch.equal(part.x, other.x)
        assert (part.keypoints()[:, 0, 0].diff() == 1).all()
    assert [p.keypoints()[0, 0, 0] for p in parts] == [p.keypoints()[0, 0, 0] for p in share_of(clips, 0.1)]
    assert share_of(clips, 1.0) == clips
