"""What a wrong camera does to an evaluation, and what predictions say of their own confidence."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from graphs import get_skeleton
from pygpose.data import make_sequence
from pygpose.geometry import Camera
from pygpose.inference.lift import confidence_of
from pygpose.inference.predictions import read_predictions, save_predictions
from train.scoring.evaluation import split_words, with_focal_error

FACTS = dict(skeleton="h36m17", subject="S1", action="a", camera="c", clip="k", fps=50.0)


def clip(**more):
    return make_sequence(torch.zeros(6, 17, 2), **FACTS, **more)


def test_a_focal_error_changes_what_models_are_told_and_nothing_else():
    seen = clip(calibration=Camera((900.0, 800.0), (480.0, 520.0), (1000, 1000), (0.1, 0.0, 0.0)))
    before = seen.intrinsics.clone()
    (told,) = with_focal_error([seen], 0.2)
    torch.testing.assert_close(told.intrinsics[:, :2], 1.2 * before[:, :2])
    assert torch.equal(told.intrinsics[:, 2:], before[:, 2:]) and torch.equal(seen.intrinsics, before)
    assert with_focal_error([seen], 0.0)[0] is seen
    with pytest.raises(ValueError, match="has no camera whose focal length could be wrong"):
        with_focal_error([clip()], 0.2)


def test_confidence_stands_beside_predictions_and_is_not_taken_for_a_clip(tmp_path):
    spread = torch.full((6, 17), 0.05)
    sure, path = confidence_of(spread), tmp_path / "predictions.npz"
    assert sure[0, 0].item() == pytest.approx(1 - np.exp(-3) * (1 + 3 + 4.5), abs=1e-6)
    pose = torch.randn(6, 17, 3, generator=torch.Generator().manual_seed(0))
    save_predictions(path, [clip()], [pose], get_skeleton("h36m17"), [sure])
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["confidence/S1/a/c/k"], sure.numpy())
    assert list(read_predictions(path, get_skeleton("h36m17")).poses) == ["S1/a/c/k"]


def test_who_was_trained_on_and_who_is_scored_in_a_cell():
    clips = [SimpleNamespace(subject=name) for name in ("S11", "S9", "S9")]
    header = {"subjects": json.dumps(["S1", "S5", "S6", "S7"])}
    assert split_words(header, clips) == "S1,5,6,7 / S9,11"
    assert split_words({}, clips) == "not known / S9,11"
    many = {"subjects": json.dumps([f"S{number}" for number in range(19)])}
    assert split_words(many, [SimpleNamespace(subject=name) for name in ("ann", "S2")]) == "19 people / S2, ann"
