"""What is unlike training is said, and what is like it is not."""

import copy
from dataclasses import replace

import pytest
import torch

from graphs import get_skeleton
from pygpose.data import make_sequence
from pygpose.geometry import Camera
from pygpose.inference.doubts import doubts_of, find_doubts
from pygpose.models import build_model

SKELETON = get_skeleton("h36m17")


@pytest.fixture(scope="module")
def model():
    return build_model("cvm", skeleton=SKELETON, channels=8).eval()


def person(size=0.5, confidence=None, view=55.0, fps=50.0, away=0, **lens):
    """A person who stands still in the picture's middle, as high as `size` half widths."""
    draw = torch.Generator().manual_seed(0)
    x = (size * (torch.rand(1, 17, 2, generator=draw) - 0.5)).repeat(20, 1, 1)
    x[:away, 5] = 6.0  # where a barrel lens shows nothing
    facts = dict(skeleton="h36m17", subject="S1", action="a", camera="c", clip="k", fps=fps)
    return make_sequence(
        x, confidence=confidence, calibration=replace(Camera.of_view(view, (1000, 800)), **lens), **facts
    )


def test_an_ordinary_clip_raises_no_doubt(model):
    assert find_doubts(model, person()) == []


def test_what_is_unlike_training_is_named(model):
    seen = torch.ones(20, 17)
    seen[:, [3, 6]] = 0
    (doubt,) = find_doubts(model, person(confidence=seen))
    assert doubt == "RFoot, LFoot are never seen and filled in from the others".replace(
        "RFoot, LFoot", f"{SKELETON.joints[3]}, {SKELETON.joints[6]}"
    )
    seen[:, 4:] = 0
    assert any("of the keypoints are missing" in doubt for doubt in find_doubts(model, person(confidence=seen)))
    assert "the camera sees 120 degrees" in find_doubts(model, person(2.0, view=120.0))[0]
    assert "8 frames/s" in find_doubts(model, person(fps=8.0))[0]
    assert "nearer than 1.5 m" in find_doubts(model, person(4.0))[0]
    assert "farther away than 12 m" in find_doubts(model, person(0.02))[0]
    barrel = {"radial": (-0.3, 0.0, 0.0)}
    assert find_doubts(model, person(**barrel)) == []
    assert "3 keypoints lie where the lens cannot show" in find_doubts(model, person(away=3, **barrel))[0]


def test_a_detectors_keypoints_are_unlike_exact_ones_and_another_frame_rate_unlike_the_models(model):
    graded = person(confidence=torch.full((20, 17), 0.7))
    model = copy.copy(model)
    for model.exact in (None, False):
        assert find_doubts(model, graded) == find_doubts(model, person(), detected=True) == []
    model.exact = True
    (doubt,) = find_doubts(model, graded)
    assert "the keypoints are a detector's, and the model was trained on exact ones" in doubt
    assert find_doubts(model, person(), detected=True) == [doubt] and find_doubts(model, person()) == []
    model.fps = 50.0
    assert find_doubts(model, person(fps=49.9)) == []
    (doubt,) = find_doubts(model, person(fps=25.0))
    assert doubt == "25 frames/s, which are brought to the 50 frames/s of the model's training and back"


def test_doubts_of_many_clips_are_counted(model):
    clips = [person(), person(fps=8.0), person(fps=8.0)]
    (sentence,) = doubts_of(model, clips)
    assert sentence.startswith("Unlike training: 8 frames/s") and "(in 2 of 3 clips, the first k (S1, c))" in sentence
