"""The losses on bone lengths against numpy, and against the metrics of the same name."""

import numpy as np
import pytest
import torch

from graphs import Skeleton, get_skeleton
from pygpose.losses import LOSSES
from pygpose.metrics import bone_length_deviation, bone_length_error

SKELETON = get_skeleton("h36m17")


@pytest.fixture
def sequences():
    return torch.randn(2, 3, 12, 17, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64).unbind()


def lengths(pose):
    return np.stack([np.linalg.norm(pose[..., b, :] - pose[..., a, :], axis=-1) for a, b in SKELETON.bones], -1)


def test_bone_is_the_mean_error_of_lengths(sequences):
    pred, target = sequences
    value = LOSSES["bone"](SKELETON)(pred, target).item()
    assert value == pytest.approx(np.abs(lengths(pred.numpy()) - lengths(target.numpy())).mean(), rel=1e-12)
    assert 1000 * value == pytest.approx(bone_length_error(pred, target, SKELETON).item(), rel=1e-12)


def test_bone_std_is_the_deviation_over_time(sequences):
    pred, target = sequences
    value = LOSSES["bone_std"](SKELETON)(pred, target).item()
    assert value == pytest.approx(lengths(pred.numpy()).std(axis=1).mean(), rel=1e-12)
    assert 1000 * value == pytest.approx(bone_length_deviation(pred, SKELETON).item(), rel=1e-12)


def test_a_body_that_turns_and_moves_is_rigid(sequences):
    body = sequences[0][:, :1]
    turns = torch.linalg.qr(torch.randn(12, 3, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64))[0]
    moving = body @ turns + torch.arange(12.0)[:, None, None]
    assert not torch.allclose(moving[:, 0], moving[:, 1])
    assert LOSSES["bone_std"](SKELETON)(moving, torch.zeros_like(moving)).item() < 1e-12


@pytest.mark.parametrize("name", ["bone", "bone_std"])
def test_errors(name, sequences):
    with pytest.raises(ValueError, match=f"loss '{name}' needs bones, which skeleton 'point' does not have"):
        LOSSES[name](Skeleton("point", ("root",), (-1,), (), ()))


def test_one_frame_has_no_deviation(sequences):
    with pytest.raises(ValueError, match="loss 'bone_std' needs at least 2 frames, got 1"):
        LOSSES["bone_std"](SKELETON)(sequences[0][:, :1], sequences[1][:, :1])
